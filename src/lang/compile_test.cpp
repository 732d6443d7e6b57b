// What compiles, what it becomes, and that names, modules and locations are as the document says.
#include "lang/compile.hpp"

#include <gtest/gtest.h>

#include <map>

#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "lang/compile_test_support.hpp"

namespace samara::lang {
namespace {

class Compile : public CompileTest {};

TEST_F(Compile, functions_of_a_file_become_programs_in_order) {
  Compilation done = compile("fn a() -> Integer { 1 }\nprivate fn b() {}\n");
  ASSERT_EQ(done.functions.size(), 2U);
  EXPECT_EQ(done.functions[0].name, "a");
  EXPECT_TRUE(done.functions[1].is_private);
  EXPECT_EQ(type_text(done.functions[0].program->root()->type), "() -> Integer");
  EXPECT_EQ(type_text(done.functions[1].program->root()->type), "() -> Null");
}

TEST_F(Compile, a_body_of_one_statement_is_that_statement) {
  EXPECT_EQ(hash("fn f() -> Integer { 1 }"), hash("fn f() -> Integer {\n  (1)\n}\n"));
  EXPECT_NE(hash("fn f() -> Integer { 1 }"), hash("fn f() -> Integer { do { 1 } }"));
}

TEST_F(Compile, numbers_without_point_take_the_type_they_need) {
  EXPECT_EQ(hash("fn f(x: Float) -> Float { x + 1 }"), hash("fn f(x: Float) -> Float { x + 1.0 }"));
  EXPECT_EQ(hash("fn f() -> Array<Float> { let x = [1, 2]\n x }"),
            hash("fn f() -> Array<Float> { let x = [1.0, 2.0]\n x }"));
}

TEST_F(Compile, an_empty_dict_learns_its_type_from_later_statements) {
  std::string_view source =
      "fn f(xs: Array<(k: String, n: Integer)>) -> Dict<String, Integer> {\n"
      "  let total = {:}\n"
      "  for x in xs { total.merge(x.k, x.n, (old, new) -> old + new) }\n"
      "  total\n}\n";
  EXPECT_EQ(hash(source).size(), 64U);
}

TEST_F(Compile, methods_of_unknown_receivers_wait_for_the_rest_of_the_function) {
  EXPECT_EQ(hash("fn f(n: Float) -> Float {\n let g = x -> x.abs() + 1\n g(n)\n}"),
            hash("fn f(n: Float) -> Float {\n let g = (x: Float) -> x.abs() + 1\n g(n)\n}"));
}

TEST_F(Compile, explicit_and_inferred_forms_are_one_program) {
  EXPECT_EQ(hash("fn f(xs: Array<Integer>) -> Array<Float> { xs.map(x -> x.to_float()) }"),
            hash("fn f(xs: Array<Integer>) -> Array<Float> {\n"
                 "  (xs: Array<Integer>).map<Integer, Float>(\n"
                 "    fn (x: Integer, i: Integer) -> Float { x.to_float() })\n}"));
  EXPECT_EQ(hash("fn f(a: Integer) -> Boolean { a == 1 }"),
            hash("fn f(a: Integer) -> Boolean { equal<Integer>(a, (1: Integer)) }"));
}

TEST_F(Compile, left_out_arguments_are_what_the_table_says) {
  EXPECT_EQ(hash("fn f(xs: Array<Integer>) -> Array<Integer> { xs.sort() }"),
            hash("fn f(xs: Array<Integer>) -> Array<Integer> { xs.sort(x -> x) }"));
  EXPECT_EQ(hash("fn f(s: String) -> Boolean { s.regex_contains(\"a\") }"),
            hash("fn f(s: String) -> Boolean { s.regex_contains(\"a\", \"\") }"));
  EXPECT_EQ(hash("fn f(d: Dict<String, Integer>) { d.merge(\"a\", 1, (a, b) -> a + b) }"),
            hash("fn f(d: Dict<String, Integer>) { "
                 "d.insert_or_update(\"a\", 1, (a, b, k) -> a + b) }"));
}

TEST_F(Compile, an_ascription_fixes_how_a_recursive_type_is_written) {
  std::string_view types =
      "type L = .nil | .cons (head: Integer, tail: L)\n"
      "type U = .nil | .cons (head: Integer, tail: L)\n";
  std::string folded = std::string(types) + "fn f(x: L) { let y = (x: L)\n let z = y }";
  std::string unfolded = std::string(types) + "fn f(x: L) { let y = (x: U)\n let z = y }";
  EXPECT_NE(hash(folded), hash(unfolded));
}

TEST_F(Compile, functions_it_uses_are_part_of_a_function) {
  std::string_view source =
      "fn twice(x: Integer) -> Integer { x * 2 }\n"
      "fn f(x: Integer) -> Integer { twice(twice(x)) }\n";
  EXPECT_EQ(hash(source, "f"), hash("fn f(x: Integer) -> Integer {\n"
                                    "  let twice = (y: Integer) -> y * 2\n"
                                    "  twice(twice(x))\n}"));
}

TEST_F(Compile, a_recursive_function_is_a_variable_assigned_after_its_definition) {
  EXPECT_EQ(hash("fn f(x: Integer) -> Integer { if x < 1 { 0 } else { f(x - 1) } }"),
            hash("fn f(x: Integer) -> Integer {\n"
                 "  var g: (Integer) -> Integer = x -> throw \"not defined yet\"\n"
                 "  g = x -> if x < 1 { 0 } else { g(x - 1) }\n"
                 "  g(x)\n}"));
}

TEST_F(Compile, functions_that_reach_each_other_compile) {
  hash(
      "fn even(n: Integer) -> Boolean { n == 0 || odd(n - 1) }\n"
      "fn odd(n: Integer) -> Boolean { n != 0 && even(n - 1) }\n",
      "odd");
}

TEST_F(Compile, a_function_by_name_leaves_out_what_it_does_not_take) {
  hash(
      "fn twice(x: Integer) -> Integer { x * 2 }\n"
      "fn f(xs: Array<Integer>) -> Array<Integer> { xs.map(twice) }\n",
      "f");
}

TEST_F(Compile, locations_point_to_the_operator_of_the_source) {
  Compilation done = compile("fn f(x: Integer) -> Integer {\n  x + 1\n}\n");
  const ir::Program& program = *done.functions[0].program;
  const ir::Node& add = *program.root()->kids.back();
  EXPECT_EQ(ir::location_text(program.location(add.location)), "test.east 2:5");
}

TEST_F(Compile, columns_count_code_points) {
  Compilation done = compile("fn f(x: String) -> String {\n  \"é\" + x\n}\n");
  const ir::Program& program = *done.functions[0].program;
  const ir::Node& add = *program.root()->kids.back();
  EXPECT_EQ(ir::location_text(program.location(add.location)), "test.east 2:7");
}

TEST_F(Compile, files_import_functions_and_types_once) {
  files_["shapes.east"] =
      "type Point = (x: Float, y: Float)\n"
      "fn length(p: Point) -> Float { (p.x * p.x + p.y * p.y).sqrt() }\n";
  files_["other.east"] =
      "import length from \"shapes.east\"\n"
      "fn unit() -> Float { length((x=1, y=0)) }\n";
  EXPECT_EQ(hash("import length, Point from \"shapes.east\"\n"
                 "import unit from \"other.east\"\n"
                 "fn f(p: Point) -> Float { length(p) + unit() }\n",
                 "f"),
            hash("type Point = (x: Float, y: Float)\n"
                 "fn length(p: Point) -> Float { (p.x * p.x + p.y * p.y).sqrt() }\n"
                 "fn unit() -> Float { length((x=1, y=0)) }\n"
                 "fn f(p: Point) -> Float { length(p) + unit() }\n",
                 "f"));
}

TEST_F(Compile, files_that_import_each_other_are_named) {
  files_["b.east"] = "import f from \"test.east\"\nfn g() -> Integer { f() }\n";
  EXPECT_EQ(first_code("import g from \"b.east\"\nfn f() -> Integer { g() }\n"), "import-broken");
}

TEST_F(Compile, function_objects_are_put_in_as_literals) {
  Compilation made = compile("fn twice(x: Integer) -> Integer { x * 2 }\n");
  objects_["twice"] = std::move(made.functions[0].program);
  EXPECT_EQ(hash("import twice from \"ref:twice\"\nfn f(x: Integer) -> Integer { twice(x) }"),
            hash("fn f(x: Integer) -> Integer { (fn (x: Integer) -> Integer { x * 2 })(x) }"));
}

TEST_F(Compile, a_declaration_must_be_what_is_offered) {
  ir::PlatformList offered;
  ASSERT_TRUE(offered.add("now", {{}, types_.integer(), false}));
  options_.platform = &offered;
  EXPECT_EQ(first_code("platform fn now() -> Float\nfn f() -> Float { now() }"),
            "platform-mismatch");
  EXPECT_EQ(first_code("fn f() -> Integer { now() }"), "");
}

TEST_F(Compile, types_as_text_read_back) {
  for (std::string_view text :
       {"Integer", "(x: Integer, `a b`: Array<Float>)", ".a | .b Integer", "Option<String>",
        "rec R = .cons (head: Integer, tail: R) | .nil", "(Integer, (Float) -> Null) -> (.a | .b)",
        "async () -> Integer", "Variant<>", "()", ".only (.a | .b)", "Dict<String, Vector<Float>>",
        "Array<rec R = (kids: Array<R>)>"}) {
    auto type = parse_type_text(types_, text);
    ASSERT_TRUE(type) << text << ": " << type.error().message();
    EXPECT_EQ(type_text(*type), text);
  }
}

TEST_F(Compile, aliases_with_parameters_are_expanded) {
  EXPECT_EQ(hash("type Pair<A, B> = (a: A, b: B)\n"
                 "type Tree<T> = .leaf | .node (value: T, kids: Array<Tree<T>>)\n"
                 "fn f(p: Pair<Integer, Tree<Float>>) -> Integer { p.a }\n"),
            hash("fn f(p: (a: Integer, b: rec T = .leaf | .node (value: Float, kids: Array<T>))) "
                 "-> Integer { p.a }\n"));
}

TEST_F(Compile, occurrences_tell_what_names_mean) {
  Parsed parsed = parse(
      "/// Doubles.\nfn twice(x: Integer) -> Integer { x * 2 }\n"
      "fn f(y: Integer) -> Integer { twice(y) }\n");
  std::string_view source =
      "/// Doubles.\nfn twice(x: Integer) -> Integer { x * 2 }\n"
      "fn f(y: Integer) -> Integer { twice(y) }\n";
  Compilation done =
      lang::compile(types_, *parsed.tree, source, "test.east", options_, Wanted::occurrences);
  std::map<std::string, std::string> found;
  for (const Occurrence& each : done.occurrences) {
    found[each.name + "@" + std::to_string(each.span.begin)] =
        each.kind + " " + each.type + " " + std::to_string(each.definition.begin);
  }
  size_t call = source.rfind("twice(y)");
  EXPECT_EQ(found["twice@" + std::to_string(call)],
            "function (Integer) -> Integer " + std::to_string(source.find("twice")));
  EXPECT_EQ(found["y@" + std::to_string(call + 6)],
            "parameter Integer " + std::to_string(source.find("y: Integer")));
}

}  // namespace
}  // namespace samara::lang
