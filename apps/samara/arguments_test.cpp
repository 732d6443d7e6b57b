#include "apps/samara/arguments.hpp"

#include <gtest/gtest.h>

#include "apps/samara/commands.hpp"

namespace samara::cli {
namespace {

CommandLine parse(std::vector<std::string_view> words) { return parse_command_line(words); }

TEST(CommandLine, options_stand_anywhere) {
  static const std::vector<std::string_view> words = {"--json", "show", "-o",
                                                      "x.json", "abc",  "-q"};
  CommandLine line = parse_command_line(words);
  EXPECT_EQ(line.problem, "");
  EXPECT_EQ(line.command, &k_show);
  EXPECT_TRUE(line.arguments.flag("json"));
  EXPECT_TRUE(line.arguments.flag("quiet"));
  EXPECT_EQ(line.arguments.value("output"), "x.json");
  EXPECT_EQ(line.arguments.positional(0), "abc");
}

TEST(CommandLine, values_may_be_joined_to_their_option) {
  EXPECT_EQ(parse({"show", "a", "--output=b"}).arguments.value("output"), "b");
  EXPECT_EQ(parse({"show", "a", "-ob"}).arguments.value("output"), "b");
  EXPECT_EQ(parse({"show", "a", "-qob"}).arguments.value("output"), "b");
}

TEST(CommandLine, negative_numbers_are_arguments) {
  CommandLine line = parse({"run", "f", "-5", "-0.5", "-Infinity", "-"});
  EXPECT_EQ(line.problem, "");
  EXPECT_EQ(line.arguments.positionals().size(), 5U);
}

TEST(CommandLine, two_dashes_end_the_options) {
  CommandLine line = parse({"run", "f", "--", "--why"});
  EXPECT_EQ(line.arguments.positional(1), "--why");
  EXPECT_FALSE(line.arguments.flag("why"));
}

TEST(CommandLine, groups_have_their_own_commands) {
  EXPECT_EQ(parse({"fn", "ls"}).command, &k_fn_ls);
  EXPECT_EQ(parse({"call", "ls"}).command, &k_call_ls);
  EXPECT_EQ(parse({"fn"}).group, "fn");
  EXPECT_EQ(parse({"rm"}).problem, "unknown command 'rm'");
}

TEST(CommandLine, help_needs_no_arguments) {
  CommandLine line = parse({"show", "-h"});
  EXPECT_EQ(line.problem, "");
  EXPECT_TRUE(line.arguments.help());
}

TEST(CommandLine, help_is_also_asked_for_in_front) {
  CommandLine line = parse({"help", "fn", "add"});
  EXPECT_TRUE(line.arguments.help());
  EXPECT_EQ(line.command, &k_fn_add);
  EXPECT_EQ(parse({"--version"}).command, &k_version);
}

TEST(CommandLine, the_last_value_of_an_option_counts) {
  EXPECT_EQ(parse({"show", "a", "-o", "x", "-o", "y"}).arguments.value("output"), "y");
}

}  // namespace
}  // namespace samara::cli
