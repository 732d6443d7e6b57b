#include "lang/print.hpp"

#include <gtest/gtest.h>

#include "lang/parse.hpp"
#include "lang/print_compare.hpp"

namespace samara::lang {
namespace {

std::string printed(std::string_view source) {
  Parsed parsed = parse(source);
  for (const Diagnostic& at : parsed.diagnostics) {
    ADD_FAILURE() << source << "\n" << at.title << " at " << at.span.begin;
  }
  if (!parsed.diagnostics.empty()) return {};
  return print(*parsed.tree, source);
}

// Prints, and holds the laws: the same tree, the same text again, all comments.
std::string checked(std::string_view source) {
  std::string once = printed(source);
  Parsed before = parse(source);
  Parsed after = parse(once);
  for (const Diagnostic& at : after.diagnostics) {
    ADD_FAILURE() << once << "\n" << at.title << " at " << at.span.begin;
  }
  EXPECT_EQ(difference(*before.tree, *after.tree), "") << once;
  EXPECT_EQ(before.tree->comments.size(), after.tree->comments.size()) << once;
  EXPECT_EQ(print(*after.tree, once), once);
  return once;
}

// The body of a function in standard form, without its indent.
std::string body(std::string_view statements) {
  std::string source = "fn f() {\n" + std::string(statements) + "\n}\n";
  std::string text = checked(source);
  constexpr std::string_view k_head = "fn f() {\n";
  if (!text.starts_with(k_head) || !text.ends_with("}\n")) return text;
  text = text.substr(k_head.size(), text.size() - k_head.size() - 2);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    out += (line.starts_with("  ") ? line.substr(2) : line) + "\n";
    at = end + 1;
  }
  if (!out.empty()) out.pop_back();
  return out;
}

TEST(Print, redundant_parentheses_go_and_needed_ones_stay) {
  EXPECT_EQ(body("((a + b)) * (c)"), "(a + b) * c");
  EXPECT_EQ(body("a + (b * c) - (d - e)"), "a + b * c - (d - e)");
  EXPECT_EQ(body("(a ** b) ** c ** d"), "(a ** b) ** c ** d");
  EXPECT_EQ(body("(a == b) == c"), "(a == b) == c");
  EXPECT_EQ(body("-(1)"), "-(1)");
  EXPECT_EQ(body("-(-x)"), "-(-x)");
  EXPECT_EQ(body("-1"), "-1");
  EXPECT_EQ(body("(-1).abs()"), "(-1).abs()");
  EXPECT_EQ(body("!(a && b) || (c && d)"), "!(a && b) || c && d");
  EXPECT_EQ(body("(x.f)(y)"), "(x.f)(y)");
  EXPECT_EQ(body("(x as Float) + 1.0"), "x as Float + 1.0");
  EXPECT_EQ(body("(x as A) < y"), "(x as A) < y");
  EXPECT_EQ(body("(x -> x)(1)"), "(x -> x)(1)");
}

TEST(Print, payload_that_is_no_unary_gets_parentheses) {
  EXPECT_EQ(body(".some (a + b)"), ".some (a + b)");
  EXPECT_EQ(body(".some (x)"), ".some x");
  EXPECT_EQ(body(".some -1"), ".some -1");
  EXPECT_EQ(body(".some (-x)"), ".some (-x)");
  EXPECT_EQ(body(".some (.none)"), ".some .none");
  EXPECT_EQ(body("(.none).size()"), "(.none).size()");
  EXPECT_EQ(body(".a .b .c"), ".a .b .c");
}

TEST(Print, literals_are_in_standard_form) {
  EXPECT_EQ(body("[1_000, 0xFF, 1.50, 1e3, 1e30, -0.0]"), "[1000, 0xff, 1.5, 1000.0, 1e30, -0.0]");
  EXPECT_EQ(body(R"("a\u{41}\n\u{1}\"\\")"), R"("aA\n\u{1}\"\\")");
  EXPECT_EQ(body("2024-01-31T12:00:00"), "2024-01-31T12:00:00.000");
  EXPECT_EQ(body("[NaN, Infinity, -Infinity, -(Infinity)]"),
            "[NaN, Infinity, -Infinity, -(Infinity)]");
  EXPECT_EQ(body(R"--("a\(x)b\("c")")--"), R"--("a\(x)b\("c")")--");
  EXPECT_EQ(body("{}"), "{}");
  EXPECT_EQ(body("{ : }"), "{:}");
  EXPECT_EQ(body("()"), "()");
  EXPECT_EQ(body("mat[[1,2],[3,4]]"), "mat[[1, 2], [3, 4]]");
  EXPECT_EQ(body("mat[:3]"), "mat[: 3]");
}

TEST(Print, names_are_quoted_where_needed) {
  EXPECT_EQ(body("`let` + `a b` + `plain`"), "`let` + `a b` + plain");
  EXPECT_EQ(body("x.let + x.`a b`"), "x.let + x.`a b`");
  EXPECT_EQ(body("(let=1, `a b`=2)"), "(let = 1, `a b` = 2)");
  EXPECT_EQ(body("`a\\`b\\\\`"), "`a\\`b\\\\`");
}

TEST(Print, long_lists_break_with_trailing_comma) {
  EXPECT_EQ(body("[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, "
                 "cccccccccccccccccccccccccccccccccc]"),
            "[\n  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,\n"
            "  cccccccccccccccccccccccccccccccccc,\n]");
}

TEST(Print, method_chains_break_before_the_dot) {
  EXPECT_EQ(body("xs.filter(x -> x > 1).map(x -> x * 2).sort(x -> x).to_set(x -> x)"
                 ".something_much_longer_than_the_others_are()"),
            "xs\n  .filter(x -> x > 1)\n  .map(x -> x * 2)\n  .sort(x -> x)\n  .to_set(x -> x)\n"
            "  .something_much_longer_than_the_others_are()");
}

TEST(Print, last_lambda_keeps_its_braces_on_the_line_of_the_call) {
  EXPECT_EQ(body("xs.map((x, i) -> { let y = x; y })"), "xs.map((x, i) -> {\n  let y = x\n  y\n})");
}

TEST(Print, comments_keep_their_places) {
  std::string text =
      "// first\n\n/// Doc of f.\nfn f(\n  // about a\n  a: Integer, // trailing a\n) {\n"
      "  // before\n  let x = 1 // after\n\n  // own\n  x\n  // end\n}\n// last\n";
  std::string expected =
      "// first\n\n/// Doc of f.\nfn f(\n  // about a\n  a: Integer, // trailing a\n) {\n"
      "  // before\n  let x = 1 // after\n\n  // own\n  x\n  // end\n}\n\n// last\n";
  EXPECT_EQ(checked(text), expected);
}

TEST(Print, comments_at_odd_places_are_kept) {
  checked("fn f() { // a\n // b\n if x // c\n { // d\n y } // e\n else // f\n { z } // g\n}\n");
  checked("fn f() {\n  match x { // a\n // b\n .a -> 1 // c\n // d\n .b -> // e\n 2\n // f\n }\n}");
  checked(
      "fn f() {\n  let x = // a\n  // b\n a + // c\n b // d\n [ // e\n 1, // f\n 2 // g\n // h\n"
      " ]\n xs // i\n // j\n .map(x -> x) // k\n .size()\n}");
  checked(
      "fn f() {\n g(a, // a\n b // b\n ) // c\n { // d\n }\n for x in // e\n xs { }\n (// f\n "
      "x)\n}");
  checked("type A = // a\n // b\n .a // c\n | .b // d\n // e\nfn f() {}");
  checked("fn f() {\n  // only\n}\n");
  checked("// only a comment\n");
  checked("fn f(x: Integer) -> // a\n Integer // b\n { x }");
}

TEST(Print, empty_lines_are_kept_once) { EXPECT_EQ(body("a\n\n\n\nb\nc"), "a\n\nb\nc"); }

TEST(Print, declarations_are_separated_by_one_empty_line) {
  EXPECT_EQ(checked("import a from \"b.east\"\nimport c from \"d.east\"\ntype A = Integer\n"
                    "fn f() {}\nfn g() {}"),
            "import a from \"b.east\"\nimport c from \"d.east\"\n\ntype A = Integer\n\n"
            "fn f() {}\n\nfn g() {}\n");
}

TEST(Print, forms_of_statements) {
  EXPECT_EQ(body("if a {b} else if c {d} else {e}"),
            "if a {\n  b\n} else if c {\n  d\n} else {\n  e\n}");
  EXPECT_EQ(body("let x = if a {b} else {c}"), "let x = if a { b } else { c }");
  EXPECT_EQ(body("while a {b;c}"), "while a {\n  b\n  c\n}");
  EXPECT_EQ(body("outer: for i, x in xs {continue outer}"),
            "outer: for i, x in xs {\n  continue outer\n}");
  EXPECT_EQ(body("try {a} catch m, s {b} finally {c}"),
            "try {\n  a\n} catch m, s {\n  b\n} finally {\n  c\n}");
  EXPECT_EQ(body("do {a;b}"), "do {\n  a\n  b\n}");
  EXPECT_EQ(body("x+=1\nxs[0]=2"), "x += 1\nxs[0] = 2");
  EXPECT_EQ(body("let f = fn(a: Integer)->Integer {a}"), "let f = fn(a: Integer) -> Integer { a }");
  EXPECT_EQ(body("if ({1}).has(x) {y}"), "if ({1}).has(x) {\n  y\n}");
  EXPECT_EQ(body("x -> ({1})"), "x -> ({1})");
  EXPECT_EQ(body("f((let x = 1), ((x) += 2))"), "f((let x = 1), ((x) += 2))");
  EXPECT_EQ(body("a\n-b\n[c]\n(d)"), "a\n-b\n[c]\nd");
}

TEST(Print, forms_of_types) {
  auto type = [](std::string_view text) { return checked("type A = " + std::string(text) + "\n"); };
  EXPECT_EQ(type("|.a|.b (.c|.d)"), "type A = .a | .b (.c | .d)\n");
  EXPECT_EQ(type("(a:Integer,b:Array<(Integer)->()>)"),
            "type A = (a: Integer, b: Array<(Integer) -> ()>)\n");
  EXPECT_EQ(type("async ()->rec L=.nil|.cons (h:Integer,t:L)"),
            "type A = async () -> (rec L = .nil | .cons (h: Integer, t: L))\n");
  EXPECT_EQ(type("Variant<>"), "type A = Variant<>\n");
  EXPECT_EQ(checked("platform fn p<T> =\"a.b\"(a:T)\n"), "platform fn p<T> = \"a.b\"(a: T)\n");
  EXPECT_EQ(checked("type P<T,U> = Dict<T,U>\nplatform pure async fn p<T>(a:T)->T\n"),
            "type P<T, U> = Dict<T, U>\n\nplatform pure async fn p<T>(a: T) -> T\n");
}

}  // namespace
}  // namespace samara::lang
