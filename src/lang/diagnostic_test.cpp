#include "lang/diagnostic.hpp"

#include <gtest/gtest.h>

namespace samara::lang {
namespace {

Diagnostic problem(Span span) {
  Diagnostic out;
  out.title = "this is wrong";
  out.span = span;
  out.label = "here";
  return out;
}

TEST(Diagnostic, shows_the_line_and_a_caret) {
  EXPECT_EQ(render(problem({8, 11}), "a.east", "let a\nlet bcd = 1\n"),
            "error: this is wrong\n"
            " --> a.east:2:3\n"
            "  |\n"
            "2 | let bcd = 1\n"
            "  |   ^^^ here\n");
}

TEST(Diagnostic, shows_related_places_and_help) {
  Diagnostic out = problem({20, 20});
  out.related.push_back({.span = {1, 2}, .message = "opened here"});
  out.help = "close it";
  EXPECT_EQ(render(out, "a.east", "f(x\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\ny"),
            "error: this is wrong\n"
            "  --> a.east:17:2\n"
            "   |\n"
            " 1 | f(x\n"
            "   |  - opened here\n"
            "...\n"
            "17 | y\n"
            "   |  ^ here\n"
            "   help: close it\n");
}

TEST(Diagnostic, aligns_carets_below_tabs_wide_and_combining_characters) {
  std::string source = "\tx = \xE5\xAD\x97\x65\xCC\x81 + y";
  auto at = static_cast<uint32_t>(source.find('y'));
  EXPECT_EQ(render(problem({at, at + 1}), "a.east", source),
            "error: this is wrong\n"
            " --> a.east:1:12\n"
            "  |\n"
            "1 |     x = \xE5\xAD\x97\x65\xCC\x81 + y\n"
            "  |               ^ here\n");
}

TEST(Diagnostic, marks_start_and_end_of_several_lines) {
  EXPECT_EQ(render(problem({2, 17}), "a.east", "a {\n  b\n  c\n  d }\n"),
            "error: this is wrong\n"
            " --> a.east:1:3\n"
            "  |\n"
            "1 | a {\n"
            "  |   ^\n"
            "...\n"
            "4 |   d }\n"
            "  |   ^^^ here\n");
}

TEST(Diagnostic, cuts_long_lines_around_the_place) {
  std::string text = render(problem({500, 503}), "a.east", std::string(1000, 'x'));
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 160U);
    at = end + 1;
  }
  EXPECT_NE(text.find("a.east:1:501"), std::string::npos);
}

TEST(Diagnostic, never_prints_bytes_that_command_a_terminal) {
  std::string text = render(problem({0, 1}), "a.east", "\x1b[31m\x80\xE2\x80\xAE");
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_NE(render(problem({0, 1}), "a.east", "x", {.colour = true}).find("\x1b[1;31m^"),
            std::string::npos);
}

TEST(Diagnostic, any_place_can_be_shown) {
  for (uint32_t begin = 0; begin < 12; begin++) {
    for (uint32_t end = 0; end < 12; end++) {
      EXPECT_FALSE(render(problem({begin, end}), "a.east", "ab\r\n\n\tc\n").empty());
      EXPECT_FALSE(render(problem({begin, end}), "a.east", "").empty());
    }
  }
}

TEST(Diagnostic, positions_count_code_points) {
  std::string source = "a\xC3\xA9z\nb";
  auto starts = line_starts_of(source);
  EXPECT_EQ(starts, (std::vector<uint32_t>{0, 5}));
  EXPECT_EQ(position_of(source, starts, 3).column, 3U);
  EXPECT_EQ(position_of(source, starts, 5).line, 2U);
  EXPECT_EQ(position_of(source, starts, 99).column, 2U);
}

}  // namespace
}  // namespace samara::lang
