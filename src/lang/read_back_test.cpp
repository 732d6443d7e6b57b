#include "lang/read_back.hpp"

#include <gtest/gtest.h>

#include "ir/builder.hpp"
#include "ir/check.hpp"
#include "lang/compile.hpp"
#include "lang/print.hpp"

namespace samara::lang {
namespace {

using ir::Builder;
using ir::BuiltinId;
using ir::Expr;
using ir::Label;
using ir::Statements;
using ir::Var;

// The natural source, which must be exact; and the explicit one must say the same.
std::string natural(const ir::Program& program) {
  SourceText source = source_text(program, "main", "");
  EXPECT_TRUE(source.exact) << source.text;
  EXPECT_TRUE(source.natural) << source.text;
  return source.text;
}

// What a program that was written comes back as.
std::string again(std::string_view source) {
  TypeTable types;
  Compilation compiled = compile_source(types, source, "a.east", {});
  for (const Diagnostic& at : compiled.diagnostics) ADD_FAILURE() << at.title << "\n" << source;
  if (compiled.functions.empty() || compiled.functions.back().program == nullptr) return {};
  return natural(*compiled.functions.back().program);
}

TEST(ReadBack, program_of_the_builder_gets_names_by_role_and_sugar) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.array(types.integer())}, [&](auto p) {
    return b.block([&](Statements& st) {
      Var total = st.mutable_(b.integer(0));
      Expr over = b(p[0]);
      st(b.for_array(over, [&](Var item, Var, Label label) {
        Expr negative = b.builtin(BuiltinId::Less, {types.integer()}, {b(item), b.integer(0)});
        Expr jump = b.if_(negative, b.continue_(label));
        Expr sum = b.add(b(total), b(item));
        Expr body[] = {jump, b.assign(total, sum)};
        return b.block_of(body);
      }));
      return b(total);
    });
  });
  EXPECT_EQ(natural(*program),
            "fn main(xs: Array<Integer>) -> Integer {\n"
            "  var total = 0\n"
            "  for item in xs {\n"
            "    if item < 0 { continue }\n"
            "    total += item\n"
            "  }\n"
            "  total\n"
            "}\n");
}

TEST(ReadBack, what_is_inferred_is_left_out_and_the_rest_is_said) {
  std::string text =
      "fn main(xs: Array<Float>) -> Option<Float> {\n"
      "  let keys: Set<String> = {}\n"
      "  let largest = xs.sort(x -> -x).try_get(0)\n"
      "  let option: Option<Integer> = .some 1\n"
      "  if keys.has(\"a\") && xs.size() > 2 { return .none }\n"
      "  largest\n"
      "}\n";
  // Names are not part of a program; types of lets come back where they are needed.
  std::string out = again(text);
  EXPECT_NE(out.find(": Set<String> = {}\n"), std::string::npos) << out;
  EXPECT_NE(out.find(": Option<Integer> = .some 1\n"), std::string::npos) << out;
  EXPECT_NE(out.find(".sort(x -> -x).try_get(0)\n"), std::string::npos) << out;
  EXPECT_NE(out.find(" && xs.size() > 2 { return .none }\n"), std::string::npos) << out;
}

TEST(ReadBack, interpolation_is_used_where_there_is_text) {
  EXPECT_EQ(again("fn main(n: Integer, text: String) -> String { \"a\\(n)b\\(text)\" }"),
            "fn main(n: Integer, text: String) -> String {\n  \"a\\(n)b\\(text)\"\n}\n");
}

TEST(ReadBack, labels_only_where_a_jump_needs_one) {
  std::string out = again(
      "fn main(n: Integer) { a: while n > 0 { b: while n > 1 { if n > 2 { break b }\n"
      "if n > 3 { continue a } } } }");
  EXPECT_NE(out.find("outer: while"), std::string::npos) << out;
  EXPECT_NE(out.find("{ break }"), std::string::npos) << out;
  EXPECT_NE(out.find("{ continue outer }"), std::string::npos) << out;
}

TEST(ReadBack, recursive_types_get_an_alias) {
  std::string out = again(
      "type L = .nil | .cons (head: Integer, tail: L)\n"
      "fn main(list: L) -> Integer { match list { .nil -> 0\n .cons c -> c.head } }");
  EXPECT_TRUE(out.starts_with("type List = .cons (head: Integer, tail: List) | .nil\n\n")) << out;
}

TEST(ReadBack, unused_bindings_have_no_name) {
  std::string out = again(
      "fn main(n: Option<Integer>) -> Integer { try { match n { .none -> 1\n .some m -> 2 } }"
      " catch message, stack { 3 } }");
  EXPECT_NE(out.find(".some -> 2"), std::string::npos) << out;
  EXPECT_NE(out.find("catch {"), std::string::npos) << out;
}

TEST(ReadBack, names_do_not_clash_with_what_can_be_seen) {
  TypeTable types;
  Builder b(types);
  const Type* i = types.integer();
  auto program = b.program({i, i}, [&](auto p) {
    Expr inner = b.lambda({i, i}, [&](std::span<const Var> q) {
      Expr left = b.add(b(p[0]), b(q[0]));
      Expr right = b.add(b(p[1]), b(q[1]));
      return b.add(left, right);
    });
    return b.call(inner, {b(p[0]), b(p[1])});
  });
  // Four variables that are seen at one place have four names.
  EXPECT_EQ(natural(*program),
            "fn main(a: Integer, b: Integer) -> Integer {\n"
            "  ((c: Integer, d: Integer) -> a + c + (b + d))(a, b)\n"
            "}\n");
}

TEST(ReadBack, names_of_people_are_kept) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.integer()}, [&](auto p) { return b.add(b(p[0]), b(p[0])); });
  ir::NameId wanted = program->intern("quantity");
  ir::Node* root = program->mutable_root();
  root->kids[0]->name = wanted;
  for (ir::Node* kid : root->kids[1]->kids) kid->name = wanted;
  EXPECT_EQ(natural(*program),
            "fn main(quantity: Integer) -> Integer {\n  quantity + quantity\n}\n");
}

TEST(ReadBack, one_platform_name_with_two_types_is_declared_twice) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.integer()}, [&](auto p) {
    Expr first = b.platform("log", {b(p[0])}, types.null());
    Expr second = b.platform("log", {b.string("x")}, types.null());
    Expr both[] = {first, second};
    return b.block_of(both);
  });
  EXPECT_EQ(natural(*program),
            "platform fn log(a: Integer)\n"
            "platform fn log2 = \"log\"(a: String)\n"
            "\n"
            "fn main(a: Integer) {\n"
            "  log(a)\n"
            "  log2(\"x\")\n"
            "}\n");
}

TEST(ReadBack, doc_stands_before_the_function) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({}, [&](auto) { return b.integer(1); });
  SourceText source = source_text(*program, "one", "The number one.\nNot two.");
  EXPECT_EQ(source.text, "/// The number one.\n/// Not two.\nfn one() -> Integer {\n  1\n}\n");
  EXPECT_TRUE(source.exact);
}

TEST(ReadBack, explicit_form_says_every_type) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.integer()}, [&](auto p) {
    return b.block([&](Statements& st) {
      Var array = st.let(b.array(types.integer(), {b(p[0])}));
      return b.builtin(BuiltinId::ArraySize, {types.integer()}, {b(array)});
    });
  });
  auto tree = read_back(*program, {"main", "", Explicitness::all_types});
  EXPECT_EQ(print(*tree, {}),
            "fn main(a: Integer) -> Integer {\n"
            "  let xs: Array<Integer> = ([(a: Integer)]: Array<Integer>)\n"
            "  ((xs: Array<Integer>).size<Integer>(): Integer)\n"
            "}\n");
}

TEST(ReadBack, programs_too_deep_for_source_are_said_to_be_inexact) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.boolean()}, [&](auto p) {
    Expr out = b(p[0]);
    for (int i = 0; i < 900; i++) out = b.builtin(BuiltinId::BooleanNot, {}, {out});
    return out;
  });
  SourceText source = source_text(*program, "main", "");
  EXPECT_FALSE(source.exact);
  EXPECT_FALSE(source.text.empty());
}

TEST(ReadBack, long_chains_of_operators_are_exact) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.integer()}, [&](auto p) {
    Expr out = b(p[0]);
    for (int i = 0; i < 800; i++) out = b.add(out, b.integer(i));
    return out;
  });
  EXPECT_TRUE(source_text(*program, "main", "").exact);
}

}  // namespace
}  // namespace samara::lang
