#include "eval/builtin_test_support.hpp"

namespace samara::eval {
namespace {

class StringBuiltins : public BuiltinTest {
 protected:
  Make text(Id id, std::string_view a) {
    return [=, this] { return call(id, {}, {str(a)}); };
  }
  Make text(Id id, std::string_view a, std::string_view b) {
    return [=, this] { return call(id, {}, {str(a), str(b)}); };
  }
  Make text(Id id, std::string_view a, std::string_view b, std::string_view c) {
    return [=, this] { return call(id, {}, {str(a), str(b), str(c)}); };
  }
  Make repeat(std::string_view a, int64_t count) {
    return [=, this] { return call(Id::StringRepeat, {}, {str(a), num(count)}); };
  }
  Make substring(std::string_view a, int64_t from, int64_t to) {
    return [=, this] { return call(Id::StringSubstring, {}, {str(a), num(from), num(to)}); };
  }
  Make parse(const Type* type, std::string_view a) {
    return [=, this] { return call(Id::Parse, {type}, {str(a)}); };
  }
  Make parse_json(const Type* type, std::string_view a) {
    return [=, this] { return call(Id::StringParseJSON, {type}, {str(a)}); };
  }
  Make print_json(const Type* type, std::string_view a) {
    return [=, this] { return call(Id::StringPrintJSON, {type}, {lit(type, a)}); };
  }
};

TEST_F(StringBuiltins, concatenation_and_repetition) {
  expect_all({
      {"concat", text(Id::StringConcat, "aé", "😀"), "aé😀"},
      {"concat nothing", text(Id::StringConcat, "a", ""), "a"},
      {"concat to nothing", text(Id::StringConcat, "", "b"), "b"},
      {"repeat", repeat("aé", 3), "aéaéaé"},
      {"repeat once", repeat("ab", 1), "ab"},
      {"repeat never", repeat("ab", 0), ""},
      {"repeat less than never", repeat("ab", INT64_MIN), ""},
      {"repeat nothing", repeat("", INT64_MAX), ""},
      {"repeat beyond memory", repeat("ab", 1'000'000'000'000), "memory: memory limit reached"},
      {"repeat beyond addresses", repeat("ab", INT64_MAX), "memory: memory limit reached"},
  });
}

TEST_F(StringBuiltins, concat_and_repeat_stay_within_the_memory_limit) {
  Heap heap({.limit_bytes = 16 << 20});
  auto program = b_.program({}, [&](Parameters) {
    return b_.block([&](ir::Statements& s) {
      Var a = s.let(repeat("a", 10 << 20)());
      return concat(b_(a), b_(a));
    });
  });
  EXPECT_EQ(BuiltinTest::text(run(heap, compiled(std::move(program)), {})),
            "memory: memory limit reached");
}

TEST_F(StringBuiltins, length_and_indices_count_code_points) {
  expect_all({
      {"length", text(Id::StringLength, "aé漢😀"), "4"},
      {"length of nothing", text(Id::StringLength, ""), "0"},
      {"substring", substring("aé漢😀z", 1, 4), "é漢😀"},
      {"substring of ascii", substring("0123456789abcdef", 9, 12), "9ab"},
      {"all of it", substring("aé", 0, 2), "aé"},
      {"negative from", substring("abc", -5, 2), "ab"},
      {"negative to", substring("abc", 1, -1), ""},
      {"to before from", substring("abc", 2, 1), ""},
      {"beyond the end", substring("abc", 1, INT64_MAX), "bc"},
      {"from the end", substring("abc", 3, 9), ""},
      {"extreme indices", substring("abc", INT64_MIN, INT64_MAX), "abc"},
      {"index", text(Id::StringIndexOf, "é漢😀z", "z"), "3"},
      {"index of first", text(Id::StringIndexOf, "abab", "b"), "1"},
      {"no index", text(Id::StringIndexOf, "abc", "x"), "-1"},
      {"index of nothing", text(Id::StringIndexOf, "abc", ""), "0"},
      {"index in nothing", text(Id::StringIndexOf, "", "a"), "-1"},
  });
}

TEST_F(StringBuiltins, searching) {
  expect_all({
      {"starts", text(Id::StringStartsWith, "aéb", "aé"), "true"},
      {"does not start", text(Id::StringStartsWith, "aéb", "é"), "false"},
      {"starts with nothing", text(Id::StringStartsWith, "", ""), "true"},
      {"ends", text(Id::StringEndsWith, "aéb", "éb"), "true"},
      {"does not end", text(Id::StringEndsWith, "b", "ab"), "false"},
      {"ends with nothing", text(Id::StringEndsWith, "a", ""), "true"},
      {"contains", text(Id::StringContains, "a.b", "."), "true"},
      {"contains no pattern", text(Id::StringContains, "ab", "."), "false"},
      {"contains nothing", text(Id::StringContains, "", ""), "true"},
  });
}

TEST_F(StringBuiltins, case_is_mapped_fully) {
  expect_all({
      {"upper", text(Id::StringUpperCase, "az AZ@[`{"), "AZ AZ@[`{"},
      {"upper beyond ascii", text(Id::StringUpperCase, "straße é"), "STRASSE É"},
      {"lower", text(Id::StringLowerCase, "az AZ@[`{"), "az az@[`{"},
      {"lower beyond ascii", text(Id::StringLowerCase, "İΣ"), "i̇ς"},
      {"upper of nothing", text(Id::StringUpperCase, ""), ""},
  });
}

TEST_F(StringBuiltins, splitting) {
  expect_all({
      {"by comma", text(Id::StringSplit, ",a,", ","), R"(["", "a", ""])"},
      {"by text", text(Id::StringSplit, "a--b-c", "--"), R"(["a", "b-c"])"},
      {"without delimiter", text(Id::StringSplit, "abc", ","), R"(["abc"])"},
      {"nothing", text(Id::StringSplit, "", ","), R"([""])"},
      {"overlapping", text(Id::StringSplit, "aaa", "aa"), R"(["", "a"])"},
      {"into code points", text(Id::StringSplit, "aé😀", ""), R"(["a", "é", "😀"])"},
      {"nothing by nothing", text(Id::StringSplit, "", ""), R"([""])"},
  });
}

TEST_F(StringBuiltins, trimming_removes_unicode_white_space) {
  const char* k_all = "\t\n\v\f\r \u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
  std::string around = std::string(k_all) + "a b" + k_all;
  expect_all({
      {"both", [&] { return call(Id::StringTrim, {}, {str(around)}); }, "a b"},
      {"start", [&] { return call(Id::StringTrimStart, {}, {str(around)}); },
       std::string("a b") + k_all},
      {"end", [&] { return call(Id::StringTrimEnd, {}, {str(around)}); },
       std::string(k_all) + "a b"},
      {"only white space", [&] { return call(Id::StringTrim, {}, {str(k_all)}); }, ""},
      {"other characters stay", text(Id::StringTrim, "\u200ba\u0085"), "\u200ba\u0085"},
      {"nothing to do", text(Id::StringTrim, "é"), "é"},
      {"nothing", text(Id::StringTrimEnd, ""), ""},
  });
}

TEST_F(StringBuiltins, replacing_is_literal) {
  expect_all({
      {"all", text(Id::StringReplace, "a.b.c", ".", "--"), "a--b--c"},
      {"none", text(Id::StringReplace, "abc", "x", "y"), "abc"},
      {"dollars mean nothing", text(Id::StringReplace, "abc", "b", "$&$$$1"), "a$&$$$1c"},
      {"not again in the replacement", text(Id::StringReplace, "aa", "a", "aa"), "aaaa"},
      {"overlapping", text(Id::StringReplace, "aaa", "aa", "b"), "ba"},
      {"by nothing", text(Id::StringReplace, "banana", "an", ""), "ba"},
      {"between code points", text(Id::StringReplace, "a😀c", "", "-"), "-a-😀-c-"},
      {"in nothing", text(Id::StringReplace, "", "", "-"), "-"},
      {"everything", text(Id::StringReplace, "abc", "abc", ""), ""},
  });
}

TEST_F(StringBuiltins, replacing_stays_within_the_memory_limit) {
  Heap heap({.limit_bytes = 16 << 20});
  auto program = b_.program({}, [&](Parameters) {
    return call(Id::StringReplace, {}, {repeat("a", 1 << 16)(), str(""), repeat("b", 1 << 16)()});
  });
  EXPECT_EQ(BuiltinTest::text(run(heap, compiled(std::move(program)), {})),
            "memory: memory limit reached");
}

TEST_F(StringBuiltins, encodings) {
  auto utf8 = [this](std::string_view a) -> Make {
    return [=, this] { return call(Id::StringEncodeUtf8, {}, {str(a)}); };
  };
  auto utf16 = [this](std::string_view a) -> Make {
    return [=, this] { return call(Id::StringEncodeUtf16, {}, {str(a)}); };
  };
  expect_all({
      {"utf-8", utf8("aé😀"), "0x61c3a9f09f9880"},
      {"utf-8 of nothing", utf8(""), "0x"},
      {"utf-16", utf16("aé😀"), "0xfffe6100e9003dd800de"},
      {"utf-16 of nothing", utf16(""), "0xfffe"},
  });
}

TEST_F(StringBuiltins, values_print_and_parse) {
  const Type* option = types_.option(types_.array(I));
  expect_all({
      {"print", [&] { return print(lit(option, ".some [1, 2]")); }, ".some [1, 2]"},
      {"print a function", [&] { return print(fn({I}, [&](Parameters p) { return b_(p[0]); })); },
       "(.Integer) => .Integer"},
      {"parse", parse(option, " .some [1,2] "), ".some [1, 2]"},
      {"parse float", parse(F, "1e+21"), "1e+21"},
      {"trailing input", parse(I, "12x"),
       "error: Failed to parse .Integer at 2: Error occurred because unexpected input after parsed "
       "value (line 1, "
       "col 3) while parsing value of type \".Integer\""},
      {"out of range", parse(I, "99999999999999999999"),
       "error: Failed to parse .Integer at 0: Error occurred because integer out of range (must be "
       "64-bit signed), "
       "got 99999999999999999999 (line 1, col 1) while parsing value of type \".Integer\""},
      {"inside", parse(types_.array(I), "[1, x]"),
       "error: Failed to parse .Array .Integer at 4: Error occurred because expected integer, got "
       "'x' at [1] (line 1, "
       "col 5) while parsing value of type \".Array .Integer\""},
  });
}

TEST_F(StringBuiltins, json_of_values) {
  const Type* pair = types_.structure({{"a", I}, {"b", types_.option(F)}});
  expect_all({
      {"print", print_json(pair, "(a=1, b=.some 2.5)"),
       R"({"a":"1","b":{"type":"some","value":2.5}})"},
      {"parse", parse_json(pair, R"( {"b": {"type":"none","value":null}, "a": "7"} )"),
       "(a=7, b=.none)"},
      {"wrong type", parse_json(I, "true"),
       "error: Failed to convert JSON to .Integer: Error occurred because expected string "
       "representing integer, got "
       "true (line 1, col 1) while parsing value of type \".Integer\""},
  });
  std::string malformed = result_of(parse_json(I, "[1,"));
  EXPECT_TRUE(malformed.starts_with("error: Failed to parse JSON: ")) << malformed;
  EXPECT_GT(malformed.size(), std::string_view("error: Failed to parse JSON: ").size());
}

TEST_F(StringBuiltins, errors_print_with_their_stack) {
  const Type* stack = types_.array(types_.structure({{"filename", S}, {"line", I}, {"column", I}}));
  auto print_error = [&](const char* entries) -> Make {
    return [=, this] { return call(Id::StringPrintError, {}, {str("bad"), lit(stack, entries)}); };
  };
  expect_all({
      {"no stack", print_error("[]"), "Error: bad\n    "},
      {"one", print_error("[(filename=\"a.ts\", line=3, column=7)]"),
       "Error: bad\n    [0] a.ts 3:7"},
      {"two",
       print_error(
           "[(filename=\"a.ts\", line=3, column=7), (filename=\"b.ts\", line=1, column=2)]"),
       "Error: bad\n    [0] a.ts 3:7\n    [1] b.ts 1:2"},
  });
}

}  // namespace
}  // namespace samara::eval
