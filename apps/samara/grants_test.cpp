#include "apps/samara/grants.hpp"

#include <gtest/gtest.h>

#include "eval/platform.hpp"

namespace samara::cli {
namespace {

class GrantsOption : public ::testing::Test {
 protected:
  CommandLine line;
  Context context{line};
};

TEST_F(GrantsOption, names_and_places) {
  auto grants = parse_grants(context, "fs:/data/../srv/./x/,net");
  ASSERT_TRUE(grants);
  EXPECT_EQ(grants->capabilities, (std::vector<std::string>{"fs", "net"}));
  EXPECT_EQ(grants->file_roots, (std::vector<std::string>{"/srv/x"}));
}

TEST_F(GrantsOption, all_files_are_more_than_some) {
  auto grants = parse_grants(context, "fs,fs:/data");
  ASSERT_TRUE(grants);
  EXPECT_TRUE(grants->file_roots.empty());
}

TEST_F(GrantsOption, unknown_ones_are_refused) {
  EXPECT_EQ(parse_grants(context, "nett").error().message(),
            "unknown capability 'nett', did you mean 'net'?");
  EXPECT_FALSE(parse_grants(context, "net:example.com"));
  EXPECT_TRUE(parse_grants(context, "")->capabilities.empty());
}

TEST_F(GrantsOption, whatever_a_platform_function_asks_for_can_be_granted) {
  for (const eval::PlatformFunction* function : context.platform().list()) {
    if (function->capability.empty()) continue;
    EXPECT_TRUE(parse_grants(context, function->capability)) << function->name;
  }
}

TEST_F(GrantsOption, paths_are_made_absolute) {
  EXPECT_EQ(absolute_path("a/b", "/w"), "/w/a/b");
  EXPECT_EQ(absolute_path("../..", "/w"), "/");
  EXPECT_EQ(absolute_path("", "/w"), "/w");
}

}  // namespace
}  // namespace samara::cli
