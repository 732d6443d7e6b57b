#include "eval/regex.hpp"

#include <gtest/gtest.h>

#include "eval/code_points.hpp"
#include "eval/regex_replacement.hpp"

using namespace samara;
using namespace samara::eval;

namespace {

class CountingWatch final : public MatchWatch {
 public:
  explicit CountingWatch(size_t attempts_max = SIZE_MAX) : left_(attempts_max) {}
  bool go_on() override { return left_-- > 0; }

 private:
  size_t left_;
};

/// All matches, joined by `|`; `!` and the reason for a bad pattern.
std::string matches(std::string_view pattern, std::string_view flags, std::string_view text) {
  Result<Regex*> regex = recent_regex(pattern, flags);
  if (!regex) return "!" + std::string(regex.error().message());
  CountingWatch watch;
  std::string out;
  for (size_t start = 0; start <= text.size();) {
    if ((*regex)->match(text, start, watch) != MatchStatus::found) break;
    Regex::Span match = (*regex)->group(0);
    if (start != 0) out += '|';
    out += text.substr(match.begin, match.end - match.begin);
    start = match.end > match.begin ? match.end : text.size() + 1;
    if (start == 0) start = 1;
  }
  return out;
}

bool found(std::string_view pattern, std::string_view flags, std::string_view text) {
  Result<Regex*> regex = recent_regex(pattern, flags);
  if (!regex) {
    ADD_FAILURE() << pattern << ": " << regex.error().message();
    return false;
  }
  CountingWatch watch;
  return (*regex)->match(text, 0, watch) == MatchStatus::found;
}

}  // namespace

TEST(Regex, classes_are_those_of_ecmascript) {
  struct Case {
    const char* pattern;
    const char* flags;
    const char* text;
    bool expected;
  };
  constexpr Case k_cases[] = {
      // ASCII words and digits, Unicode white space.
      {"\\w", "", "é", false},
      {"\\W", "", "é", true},
      {"\\d", "", "٣", false},
      {"a\\b", "", "aé", true},
      {"\\s", "", "\u00a0", true},
      {"\\s", "", "\ufeff", true},
      {"\\s", "", "\u0085", false},
      {"^\\S$", "", "\u3000", false},
      {"[^\\s]", "", "\u2003", false},
      // Ends of text and lines.
      {"a$", "", "a\n", false},
      {"a$", "m", "a\nb", true},
      {"a$", "m", "a\u2028b", true},
      {"a$", "m", "a\u000bb", false},
      {"^b", "", "a\nb", false},
      {"^b", "m", "a\nb", true},
      {"^b", "m", "a\rb", true},
      {"^b", "m", "a\u2029b", true},
      {"a.b", "", "a\nb", false},
      {"a.b", "", "a\u2028b", false},
      {"a.b", "", "a\u0085b", true},
      {"a.b", "s", "a\nb", true},
      // Code points, not UTF-16 units.
      {"^a.b$", "", "a😀b", true},
      {"^.$", "", "😀", true},
      {"^[😀😁]$", "", "😁", true},
      {"^\\ud83d\\ude00$", "", "😀", true},
      {"^[\\ud83d\\ude00]$", "", "😀", true},
      {"\\ud83d", "", "😀", false},
      {"[\\ud800-\\udfff]", "", "😀", false},
      {"^[\\ud800-\\uffff]$", "", "\ue000", true},
      // Caseless: by upper case of single units, never between ASCII and the rest.
      {"straSSE", "i", "STRASSE", true},
      {"é", "i", "É", true},
      {"[à-ý]", "i", "É", true},
      {"[^é]", "i", "É", false},
      {"ß", "i", "ẞ", false},
      {"ß", "i", "SS", false},
      {"s", "i", "ſ", false},
      {"ſ", "i", "S", false},
      {"[a-z]", "i", "ſ", false},
      {"[a-z]", "i", "K", true},
      {"k", "i", "\u212a", false},
      {"\\w", "i", "\u212a", false},
      {"å", "i", "\u212b", false},
      {"σ", "i", "ς", true},
      {"ι", "i", "\u1fbe", true},
      {"𐐀", "i", "𐐨", false},
      {"(a)\\1", "i", "aA", true},
      {"a(?:b)c", "i", "ABC", true},
      {"(?:k|a)K", "i", "AK", true},
      // Empty and full classes.
      {"[]", "", "a", false},
      {"a[^]b", "", "a\nb", true},
      {"[^\\d\\D]", "", "a", false},
      {"^[\\d\\D]$", "", "\n", true},
  };
  for (const Case& c : k_cases) {
    EXPECT_EQ(found(c.pattern, c.flags, c.text), c.expected)
        << c.pattern << " /" << c.flags << " on " << c.text;
  }
}

TEST(Regex, escapes_and_stray_brackets_are_those_of_ecmascript) {
  struct Case {
    const char* pattern;
    const char* text;
    bool expected;
  };
  constexpr Case k_cases[] = {
      {"^a]b$", "a]b", true},
      {"^a}b$", "a}b", true},
      {"^a{$", "a{", true},
      {"^a{,2}$", "a{,2}", true},
      {"^a{1$", "a{1", true},
      {"^a{x}$", "a{x}", true},
      {"^{$", "{", true},
      {"^\\x41\\u0042$", "AB", true},
      {"^\\x4$", "x4", true},
      {"^\\u00$", "u00", true},
      {"^\\u{3}$", "uuu", true},
      {"^\\cJ$", "\n", true},
      {"^\\c$", "\\c", true},
      {"^\\c1$", "\\c1", true},
      {"^[\\c1]$", "\x11", true},
      {"^[\\c]$", "\\", true},
      {"^\\101$", "A", true},
      {"^\\8$", "8", true},
      {"^\\400$", " 0", true},
      {"^\\p{L}$", "p{L}", true},
      {"^\\Qa\\E$", "QaE", true},
      {"^\\A$", "A", true},
      {"^\\z$", "z", true},
      {"^\\h$", "h", true},
      {"^\\e$", "e", true},
      {"^\\k<a>$", "k<a>", true},
      {"^[\\b]$", "\b", true},
      {"^[a\\-c]$", "b", false},
      {"^[\\w-c]$", "-", true},
      {"^[a-]$", "-", true},
      {"^[-a]$", "-", true},
      {"^(a)\\2$", "a\x02", true},
      {"^(?:(a)|b)\\1$", "b", true},
      {"^\\1(a)$", "a", true},
      {"^(?<x>a)\\k<x>$", "aa", true},
      {"^(?<ñ>a)\\k<ñ>$", "aa", true},
      {"^(?=ab)*ab$", "ab", true},
      {"a(?!b)", "ac", true},
      {"(?<=a)b", "ab", true},
      {"(?<!a)b", "ab", false},
      {"^a{2}?$", "aa", true},
      {"^[^a]$", "b", true},
      {"^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", true},
      {"^\\/\\#\\ $", "/# ", true},
  };
  for (const Case& c : k_cases) EXPECT_EQ(found(c.pattern, "", c.text), c.expected) << c.pattern;
  EXPECT_TRUE(found("^\\0$", "", std::string_view("\0", 1)));
  EXPECT_TRUE(found("^[\\0-\\2]$", "", std::string_view("\0", 1)));
}

TEST(Regex, white_space_is_what_trimming_removes) {
  for (uint32_t code = 0; code <= 0x10ffff; code++) {
    if (is_surrogate(code)) continue;
    // Everything at the ends of blocks, and all of the low code points.
    if (code > 0x3100 && (code & 0xff) > 1 && (code & 0xff) < 0xfe) continue;
    std::string text;
    append_code_point(text, code);
    ASSERT_EQ(found("\\s", "", text), is_white_space(code)) << code;
  }
}

TEST(Regex, lazy_and_counted_repetition) {
  EXPECT_EQ(matches("a+?", "", "aaa"), "a|a|a");
  EXPECT_EQ(matches("a{2,3}", "", "aaaaa"), "aaa|aa");
  EXPECT_EQ(matches("(?:ab){2,}", "", "ababab"), "ababab");
  EXPECT_EQ(matches("[k-s]+", "i", "KLSx"), "KLS");
}

TEST(Regex, bad_patterns_and_flags_say_why) {
  struct Case {
    const char* pattern;
    const char* flags;
    const char* why;
  };
  constexpr Case k_cases[] = {
      {"(", "", "Unterminated group"},
      {"(a))", "", "Unmatched ')'"},
      {"[a", "", "Unterminated character class"},
      {"[b-a]", "", "Range out of order in character class"},
      {"*a", "", "Nothing to repeat"},
      {"a**", "", "Nothing to repeat"},
      {"a++", "", "Nothing to repeat"},
      {"^*", "", "Nothing to repeat"},
      {"\\b+", "", "Nothing to repeat"},
      {"(?<=a)*", "", "Nothing to repeat"},
      {"{1}", "", "Nothing to repeat"},
      {"(*ACCEPT)", "", "Nothing to repeat"},
      {"a{2,1}", "", "numbers out of order in {} quantifier"},
      {"a{99999}", "", "number too big in {} quantifier"},
      {"a\\", "", "\\ at end of pattern"},
      {"[\\", "", "\\ at end of pattern"},
      {"(?i)a", "", "Invalid group"},
      {"(?>a)", "", "Invalid group"},
      {"(?<1>a)", "", "Invalid capture group name"},
      {"(?<a", "", "Invalid capture group name"},
      {"(?<a>.)(?<a>.)", "", "Duplicate capture group name"},
      {"(?<a>.)\\k<b>", "", "Invalid named capture referenced"},
      {"(?<a>.)\\k", "", "Invalid named reference"},
      {"(?<=a*)b", "", "lookbehind assertion is not fixed length"},
      {"a", "x", "invalid flags 'x'"},
      {"a", "ii", "invalid flags 'ii'"},
      {"a", "u", "invalid flags 'u'"},
  };
  for (const Case& c : k_cases) {
    Result<Regex*> regex = recent_regex(c.pattern, c.flags);
    ASSERT_FALSE(regex) << c.pattern;
    EXPECT_EQ(regex.error().message(), c.why) << c.pattern;
  }
  Result<Regex*> large = recent_regex(std::string(k_regex_bytes_max + 1, 'a'), "");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().message(), "regular expression is too large");
  EXPECT_TRUE(recent_regex("a", "gims"));
}

TEST(Regex, groups_that_took_no_part_are_absent) {
  Result<Regex*> regex = recent_regex("(a)|(b)(c)?", "");
  ASSERT_TRUE(regex);
  EXPECT_EQ((*regex)->group_count(), 3u);
  CountingWatch watch;
  ASSERT_EQ((*regex)->match("xb", 0, watch), MatchStatus::found);
  EXPECT_FALSE((*regex)->group(1).present());
  EXPECT_EQ((*regex)->group(2).begin, 1u);
  EXPECT_EQ((*regex)->group(2).end, 2u);
  EXPECT_FALSE((*regex)->group(3).present());
  EXPECT_FALSE((*regex)->group(4).present());
}

// Exponential and quadratic patterns, interpreted (short texts) and as machine code (long ones).
TEST(Regex, catastrophic_patterns_end_at_a_limit) {
  CountingWatch watch;
  Result<Regex*> regex = recent_regex("^(?:a+)+(?:x|y)$", "");
  ASSERT_TRUE(regex);
  EXPECT_EQ((*regex)->match(std::string(100, 'a'), 0, watch), MatchStatus::limit);
  std::string text = std::string(50, 'a') + std::string(10'000, 'b');
  EXPECT_EQ((*regex)->match(text, 0, watch), MatchStatus::limit);
  EXPECT_EQ((*regex)->match(text, 0, watch), MatchStatus::limit);
}

TEST(Regex, later_attempts_get_fewer_steps) {
  CountingWatch watch;
  Result<Regex*> regex = recent_regex(".*[xy].*[xy]", "");
  ASSERT_TRUE(regex);
  // 200,000 attempts of up to 200,000 steps each: every one is within the first limit.
  std::string text(200'000, 'a');
  EXPECT_EQ((*regex)->match(text, 0, watch), MatchStatus::limit);
  std::string short_text = text.substr(0, 2000);
  EXPECT_EQ((*regex)->match(short_text, 0, watch), MatchStatus::none);
}

TEST(Regex, a_search_goes_on_where_a_stage_of_attempts_ended) {
  CountingWatch watch;
  Result<Regex*> regex = recent_regex("[ab]+[xy]z", "");
  ASSERT_TRUE(regex);
  // Far more failing attempts than the first stages have, then a match.
  std::string text;
  for (int i = 0; i < 30'000; i++) text += "ab ";
  size_t begin = text.size();
  text += "ayz";
  ASSERT_EQ((*regex)->match(text, 0, watch), MatchStatus::found);
  EXPECT_EQ((*regex)->group(0).begin, begin);
}

TEST(Regex, the_watch_can_stop_a_search) {
  Result<Regex*> regex = recent_regex("[ab]+[xy]z", "");
  ASSERT_TRUE(regex);
  CountingWatch watch(10);
  EXPECT_EQ((*regex)->match(std::string(100, 'a') + " z", 0, watch), MatchStatus::stopped);
}

TEST(Regex, long_texts_match_as_short_ones_do) {
  CountingWatch watch;
  std::string text(100'000, 'a');
  text += "Ké\n😀";
  Result<Regex*> regex = recent_regex("k(é).(.)$", "is");
  ASSERT_TRUE(regex);
  for (int i = 0; i < 3; i++) {  // compiled to machine code on the way
    ASSERT_EQ((*regex)->match(text, 0, watch), MatchStatus::found);
    EXPECT_EQ((*regex)->group(0).begin, 100'000u);
    EXPECT_EQ((*regex)->group(2).end, text.size());
  }
}

TEST(Regex, the_cache_keeps_patterns_apart_and_drops_old_ones) {
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 100; i++) {
      std::string pattern = "^" + std::to_string(i) + "x$";
      EXPECT_TRUE(found(pattern, "", std::to_string(i) + "x"));
      EXPECT_FALSE(found(pattern, "", std::to_string(i) + "X"));
      EXPECT_TRUE(found(pattern, "i", std::to_string(i) + "X"));
    }
  }
}

namespace {

/// The parts as text: groups as `{n}`; `!` and the message of an error.
std::string parts_of(std::string_view pattern, std::string_view replacement) {
  Result<Regex*> regex = recent_regex(pattern, "");
  if (!regex) return "bad pattern";
  Result<std::vector<ReplacementPart>> parts = parse_replacement(replacement, **regex);
  if (!parts) return "!" + std::string(parts.error().message());
  std::string out;
  for (const ReplacementPart& part : *parts) {
    out += part.is_group ? "{" + std::to_string(part.group) + "}" : std::string(part.text);
  }
  return out;
}

}  // namespace

TEST(RegexReplacement, groups_and_dollars) {
  EXPECT_EQ(parts_of("a", "plain"), "plain");
  EXPECT_EQ(parts_of("a", "x$$y"), "x$y");
  EXPECT_EQ(parts_of("(a)", "[$1]"), "[{1}]");
  EXPECT_EQ(parts_of("(a)", "$12"), "{1}2");
  EXPECT_EQ(parts_of("(a)(b)", "$3"), "$3");
  EXPECT_EQ(parts_of("a", "[$1]"), "[$1]");
  EXPECT_EQ(parts_of("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", "$11$100$12"), "{11}{10}0{1}2");
  EXPECT_EQ(parts_of("(?<n>a)", "<$<n>>"), "<{1}>");
  EXPECT_EQ(parts_of("(?<n>a)", "<$<m>>"), "<>");
  EXPECT_EQ(parts_of("(a)", "<$<n>>"), "<$<n>>");
  EXPECT_EQ(parts_of("(?<_a1>a)(b)", "$<_a1>$2"), "{1}{2}");
}

TEST(RegexReplacement, errors_say_what_is_wrong) {
  constexpr std::string_view k_prefix = "!invalid regex replacement string: ";
  auto error = [&](std::string_view replacement) {
    std::string text = parts_of("(a)", replacement);
    return text.starts_with(k_prefix) ? text.substr(k_prefix.size()) : "no error: " + text;
  };
  EXPECT_EQ(error("a$"), "unescaped $ at end of string");
  EXPECT_EQ(error("$$$"), "unescaped $ at end of string");
  EXPECT_EQ(error("$<"), "unterminated group name in $<...>");
  EXPECT_EQ(error("$<ab"), "unterminated group name in $<...>");
  EXPECT_EQ(error("$<a b>"), "invalid character \" \" in group name in $<...>");
  EXPECT_EQ(error("$<\">"), "invalid character \"\\\"\" in group name in $<...>");
  EXPECT_EQ(error("$<é>"), "invalid character \"é\" in group name in $<...>");
  EXPECT_EQ(error("$<>"), "empty group name in $<>");
  EXPECT_EQ(error("$0"), "unescaped $ at $0");
  EXPECT_EQ(error("$&"), "unescaped $ at $&");
  EXPECT_EQ(error("$😀"), "unescaped $ at $😀");
}
