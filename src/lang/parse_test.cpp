#include "lang/parse.hpp"

#include <gtest/gtest.h>

#include "lang/parse_test_support.hpp"

namespace samara::lang {
namespace {

std::string codes(const Parsed& parsed) {
  std::string out;
  for (const Diagnostic& each : parsed.diagnostics) out += (out.empty() ? "" : " ") + each.code;
  return out;
}

/// The statements of a body, or the codes of what is wrong with them.
std::string body(std::string_view text) {
  Parsed parsed = parse("fn f() {\n" + std::string(text) + "\n}");
  if (!parsed.diagnostics.empty()) return "errors: " + codes(parsed);
  std::string out;
  for (const Expr* each : parsed.tree->declarations[0].body->kids) {
    out += (out.empty() ? "" : " ") + dump(each);
  }
  return out;
}

std::string type(std::string_view text) {
  Parsed parsed = parse("type T = " + std::string(text));
  if (!parsed.diagnostics.empty()) return "errors: " + codes(parsed);
  return dump(parsed.tree->declarations[0].type);
}

TEST(Parse, literals_are_those_of_east_text) {
  EXPECT_EQ(body("null"), "null");
  EXPECT_EQ(body("true; false"), "true false");
  EXPECT_EQ(body("1_000; -5; 9223372036854775807; -9223372036854775808"),
            "1000 -5 9223372036854775807 -9223372036854775808");
  EXPECT_EQ(body("1.5; 1e3; -2.5e-1; NaN; Infinity; -Infinity"),
            "1.500000 1000.000000 -0.250000 nan inf -inf");
  EXPECT_EQ(body(R"("a\n\"\\\u{41}b")"), "\"a\n\"\\Ab\"");
  EXPECT_EQ(body("\"two\nlines\""), "\"two\nlines\"");
  EXPECT_EQ(body("1970-01-01T00:00:01; 1970-01-01T00:00:00.5; +010000-01-01T00:00:00.000"),
            "date:1000 date:500 date:253402300800000");
  EXPECT_EQ(body("0x; 0xFf00"), "blob:0 blob:2");
}

TEST(Parse, strings_interpolate) {
  EXPECT_EQ(body(R"("a\(x)b")"), "(text \"a\" x \"b\")");
  EXPECT_EQ(body(R"~("\(f(1, "in\(y)"))\(z)")~"), "(text (call f 1 (text \"in\" y)) z)");
  EXPECT_EQ(body("\"\\(\nx\n+ 1\n)\""), "(text (+ x 1))");
}

TEST(Parse, names_may_be_quoted_and_fields_may_be_keywords) {
  EXPECT_EQ(body("`a b`; `match`; `x\\`y`"), "a b match x`y");
  EXPECT_EQ(body("x.type; (match = 1, in = 2); .none; .match 1"),
            "(.type x) (struct match=1 in=2) .none (.match 1)");
}

TEST(Parse, operators_bind_as_everywhere) {
  EXPECT_EQ(body("a || b && c == d + e * f"), "(|| a (&& b (== c (+ d (* e f)))))");
  EXPECT_EQ(body("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(body("-x ** 2"), "(- (** x 2))");
  EXPECT_EQ(body("2 ** -1; 2 ** 3 ** 2"), "(** 2 -1) (** 2 (** 3 2))");
  EXPECT_EQ(body("!a.b; - 1; a -1"), "(! (.b a)) (- 1) (- a 1)");
  EXPECT_EQ(body("x as Integer + 1"), "(+ (as x Integer) 1)");
  EXPECT_EQ(body("a is b; await f(x); &1"), "(is a b) (await (call f x)) (ref 1)");
  EXPECT_EQ(body("-1.abs()"), "(call (.abs -1))");
}

TEST(Parse, a_newline_ends_a_statement_unless_the_line_goes_on) {
  EXPECT_EQ(body("a\nb"), "a b");
  EXPECT_EQ(body("a +\nb"), "(+ a b)");
  EXPECT_EQ(body("a\n+ b"), "(+ a b)");
  EXPECT_EQ(body("a\n- b"), "a (- b)");
  EXPECT_EQ(body("a\n(b)"), "a (paren b)");
  EXPECT_EQ(body("a\n[b]"), "a (array b)");
  EXPECT_EQ(body("a\n.b(1)\n.c<T>()"), "(call (.c<T,> (call (.b a) 1)))");
  EXPECT_EQ(body("a\n.none"), "a .none");
  EXPECT_EQ(body("a\n.some (1)"), "a (.some (paren 1))");
  EXPECT_EQ(body("(a\n- b)"), "(paren (- a b))");
  EXPECT_EQ(body("let x =\n 1\nx"), "(let x 1) x");
  EXPECT_EQ(body("a;; b;"), "a b");
  EXPECT_EQ(body("f(do {\na\nb\n})"), "(call f (do a b))");
}

TEST(Parse, calls_members_and_indices_chain) {
  EXPECT_EQ(body("a.b.c(1)[2](3)"), "(call (index (call (.c (.b a)) 1) 2) 3)");
  EXPECT_EQ(body("wrap<L>(x)"), "(call wrap<L,> x)");
  EXPECT_EQ(body("x.f<Array<Integer>, (Integer) -> Float>(y)"),
            "(call (.f<<Array Integer>,(fn Integer -> Float),> x) y)");
  EXPECT_EQ(body("a<b"), "(< a b)");
  EXPECT_EQ(body("a<b\nc>d"), "(< a b) (> c d)");
  EXPECT_EQ(body("f(a<b, c>d)"), "(call f (< a b) (> c d))");
}

TEST(Parse, cases_take_a_payload_on_their_line) {
  EXPECT_EQ(body(".some 1 + 2"), "(+ (.some 1) 2)");
  EXPECT_EQ(body(".some -1; .some - 1; .some -x"), "(.some -1) (- .some 1) (- .some x)");
  EXPECT_EQ(body(".a .b .c"), "(.a (.b .c))");
  EXPECT_EQ(body(".some\nx"), ".some x");
  EXPECT_EQ(body("[.a, .b]; x == .a; .a as T; .a is b"),
            "(array .a .b) (== x .a) (as .a T) (is .a b)");
  EXPECT_EQ(body(".some {1}; .some (x = 1)"), "(.some (set 1)) (.some (struct x=1))");
  EXPECT_EQ(body("if x == .some { 1 }"), "(if (== x .some) (block 1))");
}

TEST(Parse, brackets_make_structs_arrays_sets_and_dicts) {
  EXPECT_EQ(body("(); (a = 1,); (a = 1, `b c` = 2)"), "(struct) (struct a=1) (struct a=1 b c=2)");
  EXPECT_EQ(body("(x); (x: Integer); ([]: Array<Integer>)"),
            "(paren x) (: x Integer) (: (array) <Array Integer>)");
  EXPECT_EQ(body("[]; [1,\n2,\n]"), "(array) (array 1 2)");
  EXPECT_EQ(body("{}; {:}; {1, 2}; {1: 2, 3: 4,}"), "(set) (dict) (set 1 2) (dict 1 2 3 4)");
  EXPECT_EQ(body("vec[1.0]; mat[[1, 2], [3, 4]]; vec [1]"),
            "(vec 1.000000) (mat2 1 2 3 4) (index vec 1)");
}

TEST(Parse, functions_are_short_or_full) {
  EXPECT_EQ(body("x -> x + 1"), "(lambda x (+ x 1))");
  EXPECT_EQ(body("() -> 1; (a, b: Integer) -> a"), "(lambda 1) (lambda a b:Integer a)");
  EXPECT_EQ(body("x -> { x }; x -> ({x})"), "(lambda x (block x)) (lambda x (paren (set x)))");
  EXPECT_EQ(body("async x -> await f(x)"), "(async-lambda x (await (call f x)))");
  EXPECT_EQ(body("fn (x: Integer) -> Float { x.to_float() }"),
            "(lambda! x:Integer -> Float (block (call (.to_float x))))");
  EXPECT_EQ(body("async fn () {}"), "(async-lambda! (block))");
  EXPECT_EQ(body("f(x -> y -> x)"), "(call f (lambda x (lambda y x)))");
}

TEST(Parse, control_forms_are_expressions) {
  EXPECT_EQ(body("if a { 1 } else if b { 2 } else { 3 }"),
            "(if a (block 1) b (block 2) (block 3))");
  EXPECT_EQ(body("if a {\n}\nelse {\n}"), "(if a (block) (block))");
  EXPECT_EQ(body("let y = if a { 1 } else { 2 }"), "(let y (if a (block 1) (block 2)))");
  EXPECT_EQ(body("match x {\n.some y -> y\n.none -> { 0 }\n_ -> 1\n}"),
            "(match x .some y -> y .none -> (block 0) _ -> 1)");
  EXPECT_EQ(body("match x { .a -> .b; .c -> 1 }"), "(match x .a -> .b .c -> 1)");
  EXPECT_EQ(body("for x in xs {}; for i, x in xs {}; out: while true { break out; continue }"),
            "(for x xs (block)) (for i,x xs (block)) "
            "(out: while true (block (break out) (continue)))");
  EXPECT_EQ(body("try { a } catch m, s { b } finally { c }"),
            "(try m,s (block a) (block b) (block c))");
  EXPECT_EQ(body("try { a } catch { b }; try { a } finally { c }"),
            "(try (block a) (block b) -) (try (block a) - (block c))");
  EXPECT_EQ(body("return\nreturn 1\nthrow \"x\"\ndo { 1 }"),
            "(return) (return 1) (throw \"x\") (do 1)");
}

TEST(Parse, statements_define_and_assign) {
  EXPECT_EQ(body("let a: Array<Integer>= []\nvar b = 2\nb += 1\na[0] = 3"),
            "(let a:<Array Integer> (array)) (var b 2) (+= b 1) (= (index a 0) 3)");
  EXPECT_EQ(body("x -= 1; x *= 2; x /= 3; x %= 4"), "(-= x 1) (*= x 2) (/= x 3) (%= x 4)");
}

TEST(Parse, types_look_like_their_values) {
  EXPECT_EQ(type("Integer"), "Integer");
  EXPECT_EQ(type("Dict<String, Array<Integer>>"), "<Dict String <Array Integer>>");
  EXPECT_EQ(type("Variant<>"), "Variant");
  EXPECT_EQ(type("()"), "(struct)");
  EXPECT_EQ(type("(x: Integer, type: (String))"), "(struct x:Integer type:String)");
  EXPECT_EQ(type(".none | .some Integer"), "(variant none some:Integer)");
  EXPECT_EQ(type("\n  | .a\n  | .b (x: .c | .d)"), "(variant a b:(struct x:(variant c d)))");
  EXPECT_EQ(type("() -> Null"), "(fn -> Null)");
  EXPECT_EQ(type("(Integer, () -> Float) -> (String) -> Blob"),
            "(fn Integer (fn -> Float) -> (fn String -> Blob))");
  EXPECT_EQ(type("async (Integer) -> String"), "(async Integer -> String)");
  EXPECT_EQ(type("rec L = .nil | .cons (head: Integer, tail: L)"),
            "(rec L (variant nil cons:(struct head:Integer tail:L)))");
}

TEST(Parse, files_hold_declarations) {
  Parsed parsed = parse(
      "import a, b as c from \"x.east\"\n"
      "type Pair<A, B> = (first: A, second: B)\n"
      "platform idempotent async fn fetch<T>(url: String) -> Option<T>\n"
      "platform optional fn note(text: String)\n"
      "private async fn main(x: Integer, y: Pair<Integer, Float>,) -> Null { null }\n");
  ASSERT_EQ(codes(parsed), "");
  const auto& found = parsed.tree->declarations;
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].source, "x.east");
  EXPECT_EQ(found[0].imports[0].alias.text, "a");
  EXPECT_EQ(found[0].imports[1].name.text, "b");
  EXPECT_EQ(found[0].imports[1].alias.text, "c");
  EXPECT_EQ(found[1].type_parameters[1].text, "B");
  EXPECT_EQ(found[2].effect, DeclaredEffect::idempotent);
  EXPECT_TRUE(found[2].is_async);
  EXPECT_EQ(dump(found[2].type), "<Option T>");
  EXPECT_TRUE(found[3].optional);
  EXPECT_EQ(found[3].type, nullptr);
  EXPECT_TRUE(found[4].is_private && found[4].is_async);
  EXPECT_EQ(dump(found[4].parameters[1].type), "<Pair Integer Float>");
}

TEST(Parse, doc_comments_belong_to_the_declaration_after_them) {
  Parsed parsed = parse(
      "/// Of the file.\n\n// plain\n/// Doubles.\n///\n///   x: a number\nfn f() {} // end\n"
      "//// no doc\nfn g() {\n  /// inside\n}\n/// last");
  ASSERT_EQ(codes(parsed), "");
  EXPECT_EQ(parsed.tree->declarations[0].doc, "Doubles.\n\n  x: a number");
  EXPECT_EQ(parsed.tree->declarations[1].doc, "");
  EXPECT_EQ(parsed.tree->comments.size(), 9U);
  EXPECT_TRUE(parsed.tree->comments[0].own_line);
  EXPECT_FALSE(parsed.tree->comments[5].own_line);
}

TEST(Parse, spans_cover_what_was_written) {
  std::string source = "fn f() { a.b(1) + 2 }";
  Parsed parsed = parse(source);
  const Expr* sum = parsed.tree->declarations[0].body->kids[0];
  auto text = [&](Span span) { return source.substr(span.begin, span.end - span.begin); };
  EXPECT_EQ(text(sum->span), "a.b(1) + 2");
  EXPECT_EQ(text(sum->op_span), "+");
  EXPECT_EQ(text(sum->kids[0]->span), "a.b(1)");
  EXPECT_EQ(text(sum->kids[0]->op_span), ".b");
  EXPECT_EQ(text(parsed.tree->declarations[0].span), source);
}

TEST(Parse, all_errors_of_a_file_are_found) {
  Parsed parsed = parse(
      "fn f(x) -> Integer { x }\n"
      "fn g() {\n  let a = \n  let b = 1 +* 2\n  f(1 2, let, 3)\n  x => 1\n}\n"
      "type T = Array<Integer\n"
      "fn h() -> Integer { 1 }\n");
  EXPECT_EQ(codes(parsed),
            "missing-parameter-type expected-expression expected-expression missing-comma "
            "let-in-expression fat-arrow unclosed-arguments");
  EXPECT_EQ(parsed.tree->declarations.back().name.text, "h");
}

TEST(Parse, a_bracket_that_is_not_closed_costs_its_function_only) {
  Parsed parsed = parse(
      "fn f() {\n  if a {\n    g(1, 2\n    let x = 1\n  }\n}\n"
      "fn g() {\n  if a {\n    b\n}\n"
      "fn h() { (1] }\n");
  EXPECT_EQ(codes(parsed), "unclosed-bracket unclosed-bracket wrong-bracket");
  EXPECT_EQ(parsed.tree->declarations.size(), 3U);
  EXPECT_EQ(dump(parsed.tree->declarations[0].body),
            "(block (if a (block (call g 1 2) (let x 1))))");
}

TEST(Parse, a_string_that_is_not_closed_costs_its_line) {
  Parsed parsed = parse("fn f() {\n  let a = \"abc\n  let b = \"def\"\n  let c = \"x\\(y)z\"\n}\n");
  EXPECT_EQ(codes(parsed), "unclosed-string");
  EXPECT_EQ(parsed.tree->declarations[0].body->kids.size(), 3U);
  parsed = parse("fn f() {\n  let a = \"abc \\(x\n  let b = 1\n}\n");
  EXPECT_EQ(codes(parsed), "unclosed-interpolation");
}

TEST(Parse, too_many_problems_are_counted) {
  std::string source;
  for (int i = 0; i < 300; i++) source += "fn f(x) {}\n";
  Parsed parsed = parse(source);
  ASSERT_EQ(parsed.diagnostics.size(), k_source_diagnostics_max + 1);
  EXPECT_EQ(parsed.diagnostics.back().title, "200 more problems are not shown");
}

TEST(Parse, trees_have_limits) {
  auto repeat = [](std::string_view part, size_t times) {
    std::string out;
    for (size_t i = 0; i < times; i++) out += part;
    return out;
  };
  EXPECT_EQ(body(repeat("-", 200) + "x").substr(0, 3), "(- ");
  EXPECT_EQ(body(repeat("(", 300) + "x" + repeat(")", 300)), "errors: too-deep");
  EXPECT_EQ(body(repeat("- ", 300) + "x"), "errors: too-deep");
  EXPECT_EQ(body("a" + repeat(" + a", 850)).substr(0, 3), "(+ ");
  EXPECT_EQ(body("a" + repeat(" + a", 1000)), "errors: too-deep");
  EXPECT_EQ(body("a" + repeat(".b", 1000)), "errors: too-deep");
  EXPECT_EQ(type(repeat("Array<", 300) + "X" + repeat(">", 300)), "errors: too-deep");
}

// One of these takes minutes when a part of the work is quadratic.
TEST(Parse, large_nonsense_is_refused_in_linear_time) {
  constexpr size_t k_bytes = 10'000'000;
  constexpr size_t k_more_bytes = 1'000'000;
  for (std::string_view part :
       {"(", "[", "{", "f<A<A<", "a.b<a.b<", "-", "!", "\"\\(", "\"", "}", "(]", "' ", "a+", ".a ",
        "if x {} else ", "\n.a(", "x->", "f() {", "(\n"}) {
    std::string source = "fn f() {\n";
    size_t bytes = part == "(" || part == "\"\\(" ? k_bytes : k_more_bytes;
    while (source.size() < bytes) source += part;
    EXPECT_FALSE(parse(source).diagnostics.empty()) << part;
  }
}

TEST(Parse, a_prompt_takes_declarations_and_statements) {
  Parsed parsed = parse_input("fn f() -> Integer { 1 }\nlet x = f()\nx + 1");
  ASSERT_EQ(codes(parsed), "");
  ASSERT_EQ(parsed.tree->declarations.size(), 2U);
  EXPECT_FALSE(parsed.tree->declarations[1].name.present());
  EXPECT_EQ(dump(parsed.tree->declarations[1].body), "(block (let x (call f)) (+ x 1))");
}

TEST(Parse, a_prompt_waits_for_what_is_open) {
  for (const char* text : {"f(", "\"abc", "1 +", "let x =", "fn f() {", "if x", "[1,", "\"a\\(x",
                           "x ->", "match x {", "`ab", "a."}) {
    EXPECT_TRUE(is_incomplete(text)) << text;
  }
  for (const char* text : {"", "1", "f()", "let x = 1", "1 + )", "f(]", "x = = 1", ".none"}) {
    EXPECT_FALSE(is_incomplete(text)) << text;
  }
}

TEST(Parse, bytes_that_are_no_text_are_an_error) {
  Parsed parsed = parse("fn f() {\n  \"\xFF\"\n}");
  ASSERT_EQ(codes(parsed), "invalid-utf8");
  EXPECT_EQ(parsed.diagnostics[0].span.begin, 12U);
  EXPECT_EQ(codes(parse(std::string_view("fn f() { \0 }", 12))), "nul-character");
}

}  // namespace
}  // namespace samara::lang
