#include "runtime/command/line.hpp"

#include <gtest/gtest.h>

namespace samara::runtime::command {
namespace {

TEST(CommandLine, placeholders_become_paths) {
  auto line = parse_line("sort -n {in} > {out}", 1);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->shell, "sort -n /box/in1 > /box/out");
  EXPECT_TRUE(line->in_file[0]);
  EXPECT_TRUE(line->out_file);
  EXPECT_FALSE(line->stdin_number);
}

TEST(CommandLine, what_has_no_placeholder_is_standard_input) {
  auto line = parse_line("join {in2} -", 2);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->shell, "join /box/in2 -");
  EXPECT_EQ(line->stdin_number, 0U);
  EXPECT_FALSE(line->out_file);
}

TEST(CommandLine, other_braces_are_the_shells) {
  for (std::string_view text : {"echo ${in} {a,b} {} { }", "awk '{print $1}'", "echo {", "{in0}"}) {
    auto line = parse_line(text, 0);
    ASSERT_TRUE(line) << text;
    EXPECT_EQ(line->shell, text);
  }
  auto nested = parse_line("awk '{print}' {in}; { cat {in}; }", 1);
  ASSERT_TRUE(nested);
  EXPECT_EQ(nested->shell, "awk '{print}' /box/in1; { cat /box/in1; }");
}

TEST(CommandLine, mistakes_are_told) {
  EXPECT_EQ(parse_line("cat {in3}", 2).error().code, Code::invalid_argument);
  auto two = parse_line("cat", 2);
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().message().find("{in2}"), std::string::npos);
}

}  // namespace
}  // namespace samara::runtime::command
