#include "lang/complete.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "lang/parse.hpp"

namespace samara::lang {
namespace {

class Complete : public ::testing::Test {
 protected:
  // The choices at the `$` of the source.
  std::vector<Completion> at(std::string source) {
    size_t offset = source.find('$');
    source.erase(offset, 1);
    Parsed parsed = parse(source);
    TypeTable types;
    return completions(types, *parsed.tree, source, "test.east", {}, static_cast<uint32_t>(offset));
  }
  const Completion* find(const std::vector<Completion>& in, std::string_view text) {
    auto at = std::find_if(in.begin(), in.end(),
                           [&](const Completion& each) { return each.text == text; });
    return at == in.end() ? nullptr : &*at;
  }
};

TEST_F(Complete, after_a_dot_come_fields_of_a_struct) {
  auto found = at("fn f(sale: (product: String, price: Float)) -> Float {\n  sale.$\n}\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].text, "product");
  EXPECT_EQ(found[1].kind, "field");
  EXPECT_EQ(found[1].type, "Float");
}

TEST_F(Complete, after_a_dot_come_methods_of_the_type) {
  auto found = at("fn f(xs: Array<Integer>) -> Integer { xs.si$ }");
  const Completion* size = find(found, "size");
  ASSERT_NE(size, nullptr);
  EXPECT_EQ(size->kind, "method");
  EXPECT_EQ(size->type, "size() -> Integer");
  EXPECT_EQ(find(found, "generate"), nullptr);
}

TEST_F(Complete, parameters_of_callbacks_have_types) {
  auto found = at("fn f(xs: Array<(a: Integer)>) { xs.map(x -> x.$) }");
  EXPECT_NE(find(found, "a"), nullptr);
}

TEST_F(Complete, names_in_scope_come_nearest_first) {
  auto found =
      at("fn other() {}\nfn f(first: Integer) {\n  let second = 1\n  se$\n  let third = 2\n}");
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found[0].text, "second");
  EXPECT_EQ(found[1].text, "first");
  EXPECT_NE(find(found, "other"), nullptr);
  EXPECT_NE(find(found, "print"), nullptr);
  EXPECT_EQ(find(found, "third"), nullptr);
}

TEST_F(Complete, patterns_and_literals_know_the_cases) {
  auto found = at("fn f(x: .up Integer | .down) -> Integer {\n  match x {\n    .$ -> 1\n  }\n}");
  EXPECT_NE(find(found, "up"), nullptr);
  EXPECT_NE(find(found, "down"), nullptr);
  found = at("fn f() -> .up | .down { .$ }");
  EXPECT_NE(find(found, "up"), nullptr);
}

TEST_F(Complete, types_come_where_a_type_is_due) {
  auto found = at("type Sale = (price: Float)\nfn f(x: $) {}");
  EXPECT_NE(find(found, "Sale"), nullptr);
  EXPECT_NE(find(found, "Integer"), nullptr);
  EXPECT_EQ(find(found, "f"), nullptr);
}

TEST_F(Complete, after_the_name_of_a_type_come_its_methods) {
  auto found = at("fn f() -> Array<Integer> { Array.$ }");
  EXPECT_NE(find(found, "range"), nullptr);
  EXPECT_NE(find(found, "map"), nullptr);
}

TEST_F(Complete, nothing_is_said_after_something_unknown) {
  EXPECT_TRUE(at("fn f() { unknown.$ }").empty());
}

}  // namespace
}  // namespace samara::lang
