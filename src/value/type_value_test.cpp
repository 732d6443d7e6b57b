#include "value/type_value.hpp"

#include <gtest/gtest.h>

#include "value/beast2.hpp"

namespace samara {
namespace {

// A type with every constructor that dialect A has, a recursion and an inner complete one.
const Type* rich_type(TypeTable& types) {
  const Type* list = types.variant(
      {{"cons", types.structure({{"head", types.integer()}, {"tail", types.recursive(2)}})},
       {"nil", types.null()}});
  return types.structure({{"list", list},
                          {"again", list},
                          {"set", types.set(types.string())},
                          {"dict", types.dict(types.float_(), types.ref(types.blob()))},
                          {"never", types.array(types.never())},
                          {"f", types.function({types.boolean(), list}, types.datetime())},
                          {"g", types.async_function({}, types.null())},
                          {"self", types.option(types.array(types.recursive(3)))}});
}

TEST(TypeValue, types_read_back_from_their_values_in_both_dialects) {
  TypeTable types;
  Heap heap;
  const Type* rich = rich_type(types);
  for (Dialect dialect : {Dialect::a, Dialect::b}) {
    for (bool share : {false, true}) {
      TypeValueCache cache(share);
      for (const Type* type : {rich, type_type(types, dialect), types.integer()}) {
        Slot value = type_to_value(heap, type, dialect, cache);
        auto read = type_from_value(types, value, dialect);
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, type);
      }
    }
  }
}

TEST(TypeValue, a_type_value_encodes_as_the_type_in_a_header) {
  TypeTable types;
  Heap heap;
  const Type* rich = rich_type(types);
  for (Dialect dialect : {Dialect::a, Dialect::b}) {
    TypeValueCache cache(false);
    Slot value = type_to_value(heap, rich, dialect, cache);
    Beast2Options options;
    options.dialect = dialect;
    auto as_value = encode_beast2_value(type_type(types, dialect), value, options);
    auto as_header = encode_type(rich, dialect);
    ASSERT_TRUE(as_value && as_header);
    EXPECT_EQ(to_hex(*as_value), to_hex(*as_header));
  }
}

TEST(TypeValue, sharing_makes_one_value_of_equal_types) {
  TypeTable types;
  Heap heap;
  TypeValueCache sharing(true);
  TypeValueCache fresh(false);
  const Type* type = types.array(types.structure({{"a", types.integer()}}));
  Slot first = type_to_value(heap, type, Dialect::b, sharing);
  EXPECT_TRUE(first.same_bits(type_to_value(heap, type, Dialect::b, sharing)));
  EXPECT_FALSE(first.same_bits(type_to_value(heap, type, Dialect::b, fresh)));
  // Dialects number the constructors differently and share nothing.
  EXPECT_FALSE(first.same_bits(type_to_value(heap, type, Dialect::a, sharing)));
}

TEST(TypeValue, vector_and_matrix_exist_in_dialect_b_only) {
  TypeTable types;
  const Type* vector = types.array(types.vector(types.float_()));
  EXPECT_FALSE(type_fits(vector, Dialect::a));
  EXPECT_TRUE(type_fits(vector, Dialect::b));
  EXPECT_FALSE(type_fits(types.option(types.matrix(types.boolean())), Dialect::a));
  EXPECT_EQ(type_tag(Kind::vector, Dialect::a), -1);
  EXPECT_EQ(type_tag(Kind::variant, Dialect::a), 16);
  EXPECT_EQ(type_tag(Kind::vector, Dialect::b), 18);
  Heap heap;
  TypeValueCache cache;
  auto read = type_from_value(types, type_to_value(heap, vector, Dialect::b, cache), Dialect::b);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, vector);
}

class BadTypeValue : public ::testing::Test {
 protected:
  Slot tagged(Kind kind, Slot payload) {
    auto tag = static_cast<uint32_t>(type_tag(kind, Dialect::b));
    return Slot::of(heap.new_tagged(tag, payload));
  }
  Slot bare(Kind kind) {
    return Slot::bare_case(static_cast<uint32_t>(type_tag(kind, Dialect::b)));
  }
  Slot pair(Slot a, Slot b) {
    FieldsObject* fields = heap.new_fields(2);
    fields->fields()[0] = a;
    fields->fields()[1] = b;
    return Slot::of(fields);
  }
  Slot name(std::string_view text) { return Slot::of(heap.new_text(text)); }
  void expect(Slot value, Code code, std::string_view text) {
    auto read = type_from_value(types, value, Dialect::b);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, code);
    EXPECT_NE(read.error().message().find(text), std::string_view::npos) << read.error().message();
  }
  TypeTable types;
  Heap heap;
};

TEST_F(BadTypeValue, a_reference_out_of_the_type_is_refused) {
  Slot out = tagged(Kind::recursive, Slot::of(int64_t{2}));
  expect(tagged(Kind::array, out), Code::corrupt, "leaves the type");
  expect(out, Code::corrupt, "leaves the type");
  expect(tagged(Kind::array, tagged(Kind::recursive, Slot::of(int64_t{0}))), Code::corrupt,
         "leaves");
  expect(tagged(Kind::array, tagged(Kind::recursive, Slot::of(INT64_MAX))), Code::corrupt,
         "leaves");
}

TEST_F(BadTypeValue, a_value_that_contains_itself_is_refused) {
  ArrayObject* fields = heap.new_array();
  Slot self = tagged(Kind::struct_, Slot::of(fields));
  heap.push(fields, pair(name("a"), self));
  expect(self, Code::corrupt, "contains itself");
}

TEST_F(BadTypeValue, the_rules_of_types_are_checked) {
  expect(tagged(Kind::set, tagged(Kind::array, bare(Kind::integer))), Code::corrupt, "immutable");
  expect(tagged(Kind::vector, bare(Kind::string)), Code::corrupt, "Vector");
  ArrayObject* twice = heap.new_array();
  heap.push(twice, pair(name("a"), bare(Kind::integer)));
  heap.push(twice, pair(name("a"), bare(Kind::string)));
  expect(tagged(Kind::struct_, Slot::of(twice)), Code::corrupt, "duplicate");
  expect(tagged(Kind::variant, Slot::of(twice)), Code::corrupt, "duplicate");
  ArrayObject* unsorted = heap.new_array();
  heap.push(unsorted, pair(name("b"), bare(Kind::integer)));
  heap.push(unsorted, pair(name("a"), bare(Kind::string)));
  expect(tagged(Kind::variant, Slot::of(unsorted)), Code::corrupt, "not sorted");
}

TEST_F(BadTypeValue, deep_nesting_is_refused) {
  Slot value = bare(Kind::integer);
  for (int i = 0; i < 300; i++) value = tagged(Kind::array, value);
  expect(value, Code::exhausted, "too deep");
}

// 2^40 nodes when written out; each level has one list which the next uses twice.
TEST_F(BadTypeValue, a_small_value_of_a_huge_type_is_refused_quickly) {
  Slot value = bare(Kind::integer);
  for (int i = 0; i < 40; i++) {
    ArrayObject* fields = heap.new_array();
    heap.push(fields, pair(name("a"), value));
    heap.push(fields, pair(name("b"), value));
    value = tagged(Kind::struct_, Slot::of(fields));
  }
  expect(value, Code::exhausted, "too many nodes");
}

}  // namespace
}  // namespace samara
