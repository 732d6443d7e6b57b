#include "apps/samara/near_miss.hpp"

#include <gtest/gtest.h>

namespace samara::cli {
namespace {

const std::vector<std::string> k_known = {"init", "put", "show", "stats", "status"};

TEST(NearMiss, neighbours_that_changed_places_are_one_edit) {
  EXPECT_EQ(nearest("statsu", std::vector<std::string>{"status", "put"}), "status");
  EXPECT_EQ(nearest("hsow", k_known), "show");
}

TEST(NearMiss, a_word_that_was_only_begun_is_found) { EXPECT_EQ(nearest("ini", k_known), "init"); }

TEST(NearMiss, nothing_near_gives_nothing) {
  EXPECT_EQ(nearest("xyzzy", k_known), "");
  EXPECT_EQ(nearest("", k_known), "");
  EXPECT_EQ(did_you_mean("xyzzy", k_known), "");
  EXPECT_EQ(did_you_mean("pt", k_known), ", did you mean 'put'?");
}

}  // namespace
}  // namespace samara::cli
