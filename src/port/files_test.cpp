#include "port/files.hpp"

#include <gtest/gtest.h>

#include <cerrno>

using namespace samara;
using namespace samara::port;

TEST(OsError, tells_what_a_caller_acts_on) {
  EXPECT_EQ(os_error(ENOSPC).code, Code::disk_full);
  EXPECT_EQ(os_error(ENOENT).code, Code::not_found);
  EXPECT_EQ(os_error(EEXIST).code, Code::exists);
  EXPECT_EQ(os_error(EROFS).code, Code::permission);
  EXPECT_EQ(os_error(EMFILE).code, Code::exhausted);
  EXPECT_EQ(os_error(EIO).code, Code::io);
}

TEST(OsError, keeps_the_number_and_has_a_text_for_unknown_ones) {
  Error known = os_error(ENOSPC);
  EXPECT_EQ(known.domain, k_domain_errno);
  EXPECT_EQ(known.detail, static_cast<uint32_t>(ENOSPC));
  EXPECT_EQ(known.message(), "disk full");
  EXPECT_EQ(os_error(9999).message(), "system error number 9999");
}
