#include "eval/builtin_test_support.hpp"

namespace samara::eval {
namespace {

class RegexBuiltins : public BuiltinTest {
 protected:
  Make contains(std::string_view text, std::string_view pattern, std::string_view flags = "") {
    return [=, this] { return call(Id::RegexContains, {}, {str(text), str(pattern), str(flags)}); };
  }
  Make index_of(std::string_view text, std::string_view pattern, std::string_view flags = "") {
    return [=, this] { return call(Id::RegexIndexOf, {}, {str(text), str(pattern), str(flags)}); };
  }
  Make replace(std::string_view text, std::string_view pattern, std::string_view replacement,
               std::string_view flags = "") {
    return [=, this] {
      return call(Id::RegexReplace, {}, {str(text), str(pattern), str(flags), str(replacement)});
    };
  }
};

TEST_F(RegexBuiltins, contains_and_index) {
  expect_all({
      {"contains", contains("a1b", "\\d"), "true"},
      {"contains not", contains("ab", "\\d"), "false"},
      {"flags", contains("A\nB", "a.b", "is"), "true"},
      {"global says nothing", contains("aa", "a", "g"), "true"},
      {"index", index_of("é😀1", "[0-9]"), "2"},
      {"no index", index_of("abc", "[0-9]"), "-1"},
      {"index at the end", index_of("abc", "$"), "3"},
      {"index of nothing", index_of("abc", ""), "0"},
      {"bad pattern", contains("a", "("), "error: Invalid regular expression: Unterminated group"},
      {"bad pattern of index", index_of("a", "a**"),
       "error: Invalid regular expression: Nothing to repeat"},
      {"bad flags", contains("a", "a", "q"),
       "error: Invalid regular expression: invalid flags 'q'"},
  });
}

TEST_F(RegexBuiltins, replaces_every_match) {
  expect_all({
      {"all", replace("a1b22c", "\\d+", "#"), "a#b#c"},
      {"none", replace("abc", "\\d", "#"), "abc"},
      {"groups", replace("John Smith", "(\\w+) (\\w+)", "$2 $1"), "Smith John"},
      {"named groups", replace("k=v", "(?<key>\\w)=(?<value>\\w)", "$<value>=$<key>$<no>"), "v=k"},
      {"unmatched group", replace("b", "(a)|b", "[$1]"), "[]"},
      {"empty matches", replace("abc", "x*", "-"), "-a-b-c-"},
      {"empty after a match", replace("baac", "a*", "-"), "-b--c-"},
      {"empty between code points", replace("a😀", "", "-"), "-a-😀-"},
      {"in nothing", replace("", "^", "x"), "x"},
      {"to nothing", replace("aaa", "a", ""), ""},
      {"empty by nothing", replace("abc", "", ""), "abc"},
      {"anchors see the whole text", replace("aaa", "^a", "b"), "baa"},
      {"lines", replace("a\nb", "^", "> ", "m"), "> a\n> b"},
      {"caseless", replace("AbaB", "b", "x", "i"), "Axax"},
      {"dollar", replace("a", "a", "$$1"), "$1"},
      {"bad pattern", replace("a", "[", "x"),
       "error: Invalid regular expression: Unterminated character class"},
      {"replacement is checked without a match", replace("a", "x", "$"),
       "error: invalid regex replacement string: unescaped $ at end of string"},
      {"unterminated", replace("a", "x", "$<"),
       "error: invalid regex replacement string: unterminated group name in $<...>"},
      {"bad character", replace("a", "x", "$<a b>"),
       "error: invalid regex replacement string: invalid character \" \" in group name in $<...>"},
      {"empty name", replace("a", "x", "$<>"),
       "error: invalid regex replacement string: empty group name in $<>"},
      {"other character", replace("a", "x", "$&"),
       "error: invalid regex replacement string: unescaped $ at $&"},
  });
}

// Line 1 is the builtin, line 2 the replacement argument.
TEST_F(RegexBuiltins, a_bad_replacement_is_reported_where_it_stands_when_the_rest_is_literal) {
  auto run_with = [&](bool literal_pattern, bool literal_flags, std::string_view pattern = "x") {
    Heap heap;
    auto program = b_.program({}, [&](Parameters) {
      b_.at("f", 3, 1);
      Expr text = str("a");
      Expr made_pattern = literal_pattern ? str(pattern) : concat(str(pattern), str(""));
      Expr flags = literal_flags ? str("") : concat(str(""), str(""));
      b_.at("f", 2, 1);
      Expr replacement = str("$");
      b_.at("f", 1, 1);
      return call(Id::RegexReplace, {}, {text, made_pattern, flags, replacement});
    });
    Ran ran = run(heap, compiled(std::move(program)), {});
    EXPECT_FALSE(ran.ok);
    EXPECT_EQ(ran.error.stack.size(), 1u);
    return ran.error.stack.empty() ? int64_t{0} : ran.error.stack[0].line;
  };
  EXPECT_EQ(run_with(true, true), 2);
  EXPECT_EQ(run_with(false, true), 1);
  EXPECT_EQ(run_with(true, false), 1);
  EXPECT_EQ(run_with(true, true, "("), 1);  // the pattern is at fault
}

TEST_F(RegexBuiltins, catastrophic_patterns_end_as_a_limit_that_cannot_be_caught) {
  auto catastrophe = [&]() -> Expr {
    Expr text = call(Id::StringRepeat, {}, {str("a"), num(200)});
    return call(Id::RegexContains, {}, {text, str("^(?:a+)+(?:x|y)$"), str("")});
  };
  EXPECT_EQ(result_of(catastrophe), "steps: limit of a regular expression match reached");
  EXPECT_EQ(result_of([&] {
              return b_.try_(catastrophe(), [&](Var, Var) { return b_.boolean(false); });
            }),
            "steps: limit of a regular expression match reached");
}

TEST_F(RegexBuiltins, limits_of_the_run_hold_inside_a_match) {
  auto program = [&] {
    return compiled(b_.program({}, [&](Parameters) {
      Expr text = call(Id::StringRepeat, {}, {str("ab"), num(100'000)});
      return call(Id::RegexContains, {}, {text, str("[ab]+?[xy]+[xy]"), str("")});
    }));
  };
  Heap heap;
  int asked = 0;
  VmOptions deadline;
  deadline.deadline_passed = [&] { return ++asked > 3; };
  EXPECT_EQ(run(heap, program(), {}, std::move(deadline)).failure, FailureKind::timeout);
  VmOptions steps;
  steps.steps_max = 50;
  EXPECT_EQ(run(heap, program(), {}, std::move(steps)).failure, FailureKind::steps);
}

TEST_F(RegexBuiltins, replacing_stays_within_the_memory_limit) {
  Heap heap({.limit_bytes = 16 << 20});
  auto program = b_.program({}, [&](Parameters) {
    Expr text = call(Id::StringRepeat, {}, {str("a"), num(1 << 16)});
    Expr replacement = call(Id::StringRepeat, {}, {str("b"), num(1 << 16)});
    return call(Id::RegexReplace, {}, {text, str("a"), str(""), replacement});
  });
  EXPECT_EQ(text(run(heap, compiled(std::move(program)), {})), "memory: memory limit reached");
}

}  // namespace
}  // namespace samara::eval
