#include "value/beast2.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "value/beast2_plan.hpp"
#include "value/compare.hpp"
#include "value/sorted.hpp"

namespace samara {
namespace {

#ifdef SAMARA_DEVICE
constexpr size_t k_many = 300;
#else
constexpr size_t k_many = 100'000;
#endif

class Beast2 : public ::testing::Test {
 protected:
  Bytes hex(std::string_view text) {
    std::string digits;
    for (char c : text) {
      if (c != ' ') digits += c;
    }
    auto bytes = from_hex(digits);
    SAMARA_ASSERT(bytes.has_value());
    return std::move(*bytes);
  }
  Slot decode(const Type* type, std::string_view text) {
    auto value = decode_beast2_value(hex(text), type, heap, options);
    EXPECT_TRUE(value) << (value ? "" : std::string(value.error().message()));
    return value ? *value : Slot::null();
  }
  std::string encode(const Type* type, Slot value) {
    auto bytes = encode_beast2_value(type, value, options);
    EXPECT_TRUE(bytes) << (bytes ? "" : std::string(bytes.error().message()));
    return bytes ? to_hex(*bytes) : "";
  }
  // A headerless input is refused at `offset` with this message.
  void refused(const Type* type, std::string_view text, Code code, uint32_t offset,
               std::string_view message) {
    auto value = decode_beast2_value(hex(text), type, heap, options);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message(), message);
    EXPECT_EQ(value.error().code, code);
    EXPECT_EQ(value.error().domain, k_domain_offset);
    EXPECT_EQ(value.error().detail, offset);
  }
  void refused_type(std::string_view text, Code code, uint32_t offset, std::string_view message) {
    auto type = decode_type(hex(text), types, Dialect::b, 8, options.canonical_only);
    ASSERT_FALSE(type) << text;
    EXPECT_EQ(type.error().message(), message);
    EXPECT_EQ(type.error().code, code);
    EXPECT_EQ(type.error().detail, offset);
  }

  TypeTable types;
  Heap heap;
  Beast2Options options;
};

// --- back-references
// ------------------------------------------------------------------------------

TEST_F(Beast2, sharing_and_cycles_come_back_as_one_object) {
  const Type* numbers = types.array(types.integer());
  Slot pair = decode(types.structure({{"a", numbers}, {"b", numbers}}), "00 01 02 02");
  EXPECT_TRUE(field_of(pair, 0).same_bits(field_of(pair, 1)));

  const Type* self = types.array(types.recursive(1));
  Slot cycle = decode(self, "00 01 01");
  EXPECT_TRUE(as<ArrayObject>(cycle)->data[0].same_bits(cycle));
  EXPECT_EQ(encode(self, cycle), "000101");

  const Type* dict = types.dict(types.string(), types.recursive(1));
  Slot me = decode(dict, "00 01 02 6d 65 04");
  EXPECT_TRUE(SortedCursor(as<SortedObject>(me)).value().same_bits(me));
  EXPECT_EQ(encode(dict, me), "0001026d6504");

  const Type* ref = types.ref(types.option(types.recursive(2)));
  Slot cell = decode(ref, "00 01 01");
  EXPECT_TRUE(payload_of(as<CellObject>(cell)->content).same_bits(cell));
  EXPECT_EQ(encode(ref, cell), "000101");
}

TEST_F(Beast2, an_object_of_another_type_is_no_target) {
  const Type* inner = types.array(types.integer());
  refused(types.array(inner), "00 01 01", Code::corrupt, 2,
          "Backreference to an object of another type at offset 2, target 1");
  const Type* pair = types.structure({{"a", inner}, {"b", types.set(types.integer())}});
  refused(pair, "00 00 01", Code::corrupt, 2,
          "Backreference to an object of another type at offset 2, target 1");
}

TEST_F(Beast2, a_recursive_type_and_its_unfolding_share_objects) {
  const Type* self = types.array(types.recursive(1));
  const Type* unfolded = types.array(self);
  ASSERT_NE(self, unfolded);
  Slot pair = decode(types.structure({{"a", self}, {"b", unfolded}}), "00 00 01");
  EXPECT_TRUE(field_of(pair, 0).same_bits(field_of(pair, 1)));
}

TEST_F(Beast2, targets_that_are_no_object_are_refused) {
  const Type* nested = types.array(types.array(types.integer()));
  refused(nested, "01", Code::corrupt, 0, "Undefined backreference at offset 0, target -1");
  refused(nested, "00 02 00 00 02", Code::corrupt, 4,
          "Undefined backreference at offset 4, target 2");
  refused(nested, "00 01 ff ff ff ff ff ff ff 0f", Code::corrupt, 2,
          "Undefined backreference at offset 2, target -9007199254740989");
}

TEST_F(Beast2, many_containers_keep_their_sharing) {
  // Every third array is one seen before: the writer's tables go through all their stages.
  const Type* type = types.array(types.array(types.integer()));
  ArrayObject* outer = heap.new_array();
  for (size_t i = 0; i < k_many; i++) {
    if (i % 3 == 2) {
      heap.push(outer, outer->data[i * 7919 % i]);
      continue;
    }
    ArrayObject* inner = heap.new_array();
    heap.push(inner, Slot::of(static_cast<int64_t>(i)));
    heap.push(outer, Slot::of(inner));
  }
  auto bytes = encode_beast2_value(type, Slot::of(outer));
  ASSERT_TRUE(bytes);
  Heap other;
  auto again = decode_beast2_value(*bytes, type, other);
  ASSERT_TRUE(again);
  const auto* copy = as<ArrayObject>(*again);
  for (size_t i = 2; i < k_many; i += 3) {
    ASSERT_TRUE(copy->data[i].same_bits(copy->data[i * 7919 % i]));
  }
  EXPECT_TRUE(equal(type, Slot::of(outer), *again));
  auto bytes_again = encode_beast2_value(type, *again);
  ASSERT_TRUE(bytes_again);
  EXPECT_EQ(*bytes_again, *bytes);
}

// --- leaves
// ---------------------------------------------------------------------------------------

TEST_F(Beast2, every_nan_is_written_as_the_one) {
  EXPECT_EQ(encode(types.float_(), Slot{0xfff8000000000001ULL}), "000000000000f87f");
  EXPECT_EQ(decode(types.float_(), "000000000000f8ff").bits, k_nan_bits);
  EXPECT_EQ(encode(types.float_(), Slot::of(-0.0)), "0000000000000080");
  refused(types.float_(), "010000000000f0ff", Code::corrupt, 0,
          "Non-canonical NaN at offset 0: 0xfff0000000000001");
}

TEST_F(Beast2, leaves_out_of_range_are_refused) {
  refused(types.boolean(), "02", Code::corrupt, 0, "Invalid boolean byte at offset 0");
  EXPECT_EQ(decode(types.datetime(), "8080e0ad9882d91e").integer(), 8'640'000'000'000'000);
  refused(types.datetime(), "8280e0ad9882d91e", Code::corrupt, 0,
          "DateTime out of range at offset 0");
  refused(types.datetime(), "8180e0ad9882d91e", Code::corrupt, 0,
          "DateTime out of range at offset 0");
  refused(types.string(), "04 61 62 c3 28", Code::corrupt, 3, "Invalid UTF-8 at offset 3");
  refused(types.vector(types.boolean()), "02 01 02", Code::corrupt, 2,
          "Invalid boolean byte at offset 2");
  refused(types.vector(types.float_()), "02 00 00 00 00 00 00 00 00", Code::corrupt, 0,
          "Buffer underflow reading vector at offset 0, length 2");
  refused(types.matrix(types.integer()), "ffffffffffffff0f ffffffffffffff0f", Code::corrupt, 0,
          "Buffer underflow reading matrix at offset 0, length 9007199254740991");
  refused(types.never(), "", Code::corrupt, 0, "Attempted to decode value of type .Never");
  EXPECT_FALSE(encode_beast2(types.never(), Slot::null()));
}

TEST_F(Beast2, payloads_of_nan_pass_through_packed_elements) {
  const Type* vector = types.vector(types.float_());
  EXPECT_EQ(encode(vector, decode(vector, "01 010000000000f07f")), "01010000000000f07f");
}

TEST_F(Beast2, canonical_input_can_be_demanded) {
  const Type* variant = types.option(types.integer());
  options.canonical_only = true;
  refused(types.integer(), "8000", Code::corrupt, 0, "Varint is longer than needed at offset 0");
  refused(variant, "8100 02", Code::corrupt, 0, "Varint is longer than needed at offset 0");
  refused(types.array(types.null()), "00 8000", Code::corrupt, 1,
          "Varint is longer than needed at offset 1");
  refused(types.float_(), "000000000000f8ff", Code::corrupt, 0,
          "Non-canonical NaN at offset 0: 0xfff8000000000000");
  refused_type("8800", Code::corrupt, 8, "varint is longer than needed");
  options.canonical_only = false;
  EXPECT_EQ(decode(types.integer(), "8200").integer(), 1);
  EXPECT_EQ(case_of(decode(variant, "8000")), 0U);
}

// --- sets and dictionaries
// --------------------------------------------------------------------------

TEST_F(Beast2, keys_out_of_order_are_refused_or_sorted) {
  const Type* set = types.set(types.integer());
  const Type* dict = types.dict(types.integer(), types.integer());
  refused(set, "00 03 06 02 04", Code::corrupt, 3, "Set keys are not ascending at offset 3");
  refused(set, "00 02 04 04", Code::corrupt, 3, "Set keys are not ascending at offset 3");
  refused(dict, "00 02 04 06 02 08", Code::corrupt, 4, "Dict keys are not ascending at offset 4");
  options.sort_keys = true;
  EXPECT_EQ(encode(set, decode(set, "00 05 06 02 04 06 02")), "0003020406");
  // The last value of a key wins.
  EXPECT_EQ(encode(dict, decode(dict, "00 04 04 06 02 08 04 0a 06 0c")), "00030208040a060c");
}

// --- limits
// -----------------------------------------------------------------------------------------

TEST_F(Beast2, counts_beyond_the_input_allocate_nothing) {
  const Type* nested = types.array(types.recursive(1));
  // Each array claims more elements than there are bytes, and holds the next.
  std::string text;
  for (size_t i = 0; i < 100; i++) text += "00ffffffff0f";
  auto value = decode_beast2_value(hex(text), nested, heap);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::corrupt);
  EXPECT_LT(heap.peak_bytes(), size_t{256} * 1024);
}

TEST_F(Beast2, elements_without_bytes_are_limited) {
  const Type* nulls = types.array(types.null());
  refused(nulls, "00 ffff3f", Code::exhausted, 1, "Too many elements without bytes at offset 1");
#ifndef SAMARA_DEVICE
  EXPECT_EQ(as<ArrayObject>(decode(nulls, "00 ffff03"))->size, 65535U);
  // What would not be read again is not written.
  ArrayObject* array = heap.new_array(1'000'000);
  auto encoded = encode_beast2_value(nulls, Slot::of(array));
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, Code::exhausted);
#endif
}

TEST_F(Beast2, a_wide_struct_without_bytes_cannot_fill_the_memory) {
  std::vector<NamedType> fields;
  std::vector<std::string> names;
  fields.reserve(200);
  names.reserve(200);
  for (int i = 0; i < 200; i++) names.push_back("f" + std::to_string(i));
  for (const std::string& name : names) fields.push_back({name, types.null()});
  const Type* type =
      types.array(types.structure({{"flag", types.boolean()}, {"wide", types.structure(fields)}}));
  Bytes bytes = {0, 0x80, 0x20};  // 4096 elements of one byte
  bytes.resize(bytes.size() + 4096, 1);
  auto value = decode_beast2_value(bytes, type, heap);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::exhausted);
}

TEST_F(Beast2, a_struct_that_only_holds_itself_is_refused) {
  const Type* endless = types.structure({{"n", types.null()}, {"next", types.recursive(1)}});
  auto value = decode_beast2_value({}, endless, heap);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::exhausted);
}

TEST_F(Beast2, nesting_is_limited_but_linked_lists_are_not) {
  const Type* nested = types.array(types.recursive(1));
  std::string deep;
  for (uint32_t i = 0; i < k_depth_max; i++) deep += "0001";
  EXPECT_TRUE(decode_beast2_value(hex(deep + "0000"), nested, heap));
  refused(nested, deep + "000100010000", Code::exhausted, 2 * k_depth_max + 2,
          "Value nests too deep at offset " + std::to_string(2 * k_depth_max + 2));
  // A value that deep, made otherwise, is not written either.
  Slot value = Slot::of(heap.new_array());
  for (uint32_t i = 0; i < k_depth_max + 10; i++) {
    ArrayObject* outer = heap.new_array();
    heap.push(outer, value);
    value = Slot::of(outer);
  }
  auto encoded = encode_beast2_value(nested, value);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, Code::exhausted);

  const Type* list = types.variant(
      {{"cons", types.structure({{"head", types.integer()}, {"tail", types.recursive(2)}})},
       {"nil", types.null()}});
  Bytes long_list;
  for (size_t i = 0; i < k_many; i++) {
    long_list.push_back(0);
    long_list.push_back(2);
  }
  long_list.push_back(1);
  auto decoded = decode_beast2_value(long_list, list, heap);
  ASSERT_TRUE(decoded);
  auto again = encode_beast2_value(list, *decoded);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, long_list);
}

TEST_F(Beast2, a_full_heap_ends_decoding) {
  const Type* texts = types.array(types.string());
  Bytes bytes = {0, 0x80, 0x10};  // 2048 strings of 20 bytes
  for (int i = 0; i < 2048; i++) {
    bytes.push_back(20);
    bytes.resize(bytes.size() + 20, 'x');
  }
  Heap small({.limit_bytes = 16 * 1024});
  auto value = decode_beast2_value(bytes, texts, small);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::exhausted);
}

// --- every prefix and every changed byte
// --------------------------------------------------------------

TEST_F(Beast2, no_prefix_of_a_value_is_a_value) {
  const Type* row = types.structure({{"n", types.integer()},
                                     {"s", types.string()},
                                     {"x", types.float_()},
                                     {"b", types.blob()},
                                     {"d", types.dict(types.string(), types.set(types.integer()))},
                                     {"o", types.option(types.ref(types.boolean()))},
                                     {"v", types.vector(types.integer())},
                                     {"m", types.matrix(types.boolean())}});
  Bytes full =
      hex("a0c21e 03616263 000000000000f03f 02dead 00 01 016b 00 02 02 04 01 00 01"
          "01 0500000000000000 02 01 00 01");
  ASSERT_TRUE(decode_beast2_value(full, row, heap));
  for (size_t size = 0; size < full.size(); size++) {
    EXPECT_FALSE(decode_beast2_value(ByteView(full).first(size), row, heap)) << size;
  }
  full.push_back(0);
  auto value = decode_beast2_value(full, row, heap);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message(), "Unexpected data after Beast value at offset " +
                                         std::to_string(full.size() - 1) + " (1 bytes remaining)");
  auto prefix = decode_beast2_prefix(full, row, heap);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->bytes_used, full.size() - 1);
}

// --- headers
// ------------------------------------------------------------------------------------------

TEST_F(Beast2, rules_of_types_are_checked_in_headers) {
  refused_type("13", Code::corrupt, 8, "Invalid variant tag 19 at offset 8");
  refused_type("0c02", Code::corrupt, 8, "recursive reference leaves the type");
  refused_type("00 0c04", Code::corrupt, 9, "recursive reference leaves the type");
  refused_type("00 0c00", Code::corrupt, 9, "recursive reference leaves the type");
  refused_type("00 0c01", Code::corrupt, 9, "recursive reference leaves the type");
  refused_type("0e 00 08", Code::corrupt, 8, "Set key type must be an immutable type");
  refused_type("05 0c02 08", Code::corrupt, 8, "Dict key type must be an immutable type");
  refused_type("12 0f", Code::corrupt, 8,
               "Vector and Matrix elements must be Float, Integer or Boolean");
  refused_type("10 00 02 0161 08 0161 08", Code::corrupt, 8, "duplicate struct field");
  refused_type("11 00 02 0162 08 0161 08", Code::corrupt, 8, "variant cases are not sorted");
  refused_type("10 00 01 02c328 08", Code::corrupt, 12, "invalid UTF-8 in a name");
  refused_type("10 00 01 05 61", Code::corrupt, 11,
               "Buffer underflow reading string at offset 11, length 5");
  refused_type("10 05", Code::corrupt, 9, "Undefined backreference at offset 9, target 4");
  refused_type("10 ff", Code::corrupt, 10, "Buffer underflow reading varint at offset 10");
  std::string deep(600, '0');
  refused_type(deep + "08", Code::exhausted, 8 + 256, "type nests too deep (limit 256)");
}

TEST_F(Beast2, a_list_in_a_header_may_refer_to_an_earlier_one) {
  // Struct {a: Struct {x: Integer}, b: <the same list of fields>}
  Bytes header = hex("10 00 02 0161 10 00 01 0178 08 0162 10 07");
  auto type = decode_type(header, types, Dialect::b, 0);
  ASSERT_TRUE(type) << std::string(type.error().message());
  const Type* inner = types.structure({{"x", types.integer()}});
  EXPECT_EQ(type->type, types.structure({{"a", inner}, {"b", inner}}));
  EXPECT_EQ(type->bytes_used, header.size());
  EXPECT_FALSE(decode_type(header, types, Dialect::b, 0, true));
  // A list inside itself, and a list of inputs where fields are wanted.
  refused_type("10 00 01 0161 10 04", Code::corrupt, 14, "type contains itself");
  refused_type("07 00 01 08 10 03", Code::corrupt, 13,
               "Backreference to an object of another type at offset 13, target 10");
}

TEST_F(Beast2, a_small_header_of_a_huge_type_is_refused) {
  // Each level lists the level before twice, the second time by reference.
  Bytes header = hex("10 00 01 0161 08");
  for (int i = 0; i < 40; i++) {
    Bytes outer = hex("10 00 02 0161");
    size_t inner_list = outer.size() + 2;  // behind tag and marker of the inner struct
    outer.insert(outer.end(), header.begin(), header.end());
    Bytes second = hex("0162 10");
    outer.insert(outer.end(), second.begin(), second.end());
    size_t distance = outer.size() - inner_list;
    while (distance >= 0x80) {
      outer.push_back(static_cast<uint8_t>(distance | 0x80));
      distance >>= 7;
    }
    outer.push_back(static_cast<uint8_t>(distance));
    header = outer;
  }
  auto type = decode_type(header, types, Dialect::b);
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().code, Code::exhausted);
}

TEST_F(Beast2, the_header_tells_type_and_dialect) {
  const Type* text = types.string();
  Slot value = Slot::of(heap.new_text("hello"));
  for (Dialect dialect : {Dialect::a, Dialect::b}) {
    options.dialect = dialect;
    auto bytes = encode_beast2(text, value, options);
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(looks_like_beast2(*bytes));
    // Typed: either header will do, unless only one is asked for.
    EXPECT_TRUE(decode_beast2(*bytes, text, types, heap));
    Beast2Options only;
    only.other_dialect = false;
    only.dialect = dialect == Dialect::a ? Dialect::b : Dialect::a;
    EXPECT_FALSE(decode_beast2(*bytes, text, types, heap, only));
  }
  // Self-describing: B first, where tag 0e starts a Set, then A.
  auto a = decode_beast2_any(hex("89456173740d0a01 0e 0568656c6c6f"), types, heap);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->dialect, Dialect::a);
  EXPECT_EQ(a->type, text);
  auto b = decode_beast2_any(hex("89456173740d0a01 0f 00"), types, heap);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->type, text);
  EXPECT_EQ(b->dialect, Dialect::b);
}

TEST_F(Beast2, another_type_in_the_header_is_named) {
  auto value =
      decode_beast2(hex("89456173740d0a01 08 54"), types.array(types.float_()), types, heap);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::type_mismatch);
  EXPECT_EQ(value.error().message(), "Type mismatch: expected .Array .Float, got .Integer");
  // An unfolding is another type here.
  const Type* self = types.array(types.recursive(1));
  auto bytes = encode_beast2(types.array(self), Slot::of(heap.new_array()));
  ASSERT_TRUE(bytes);
  EXPECT_FALSE(decode_beast2(*bytes, self, types, heap));
}

TEST_F(Beast2, the_magic_is_checked) {
  auto newer = decode_beast2(hex("89456173740d0a02 08 54"), types.integer(), types, heap);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Code::unsupported);
  EXPECT_EQ(newer.error().message(),
            "Invalid Beast magic bytes at offset 7: expected 0x1, got 0x2");
  auto other = decode_beast2_any(hex("4561737400ea57ff 06"), types, heap);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::corrupt);
}

// --- options
// ------------------------------------------------------------------------------------------

TEST_F(Beast2, frozen_reaches_every_container) {
  options.frozen = true;
  const Type* type = types.structure({{"a", types.array(types.ref(types.integer()))},
                                      {"s", types.set(types.integer())},
                                      {"d", types.dict(types.integer(), types.null())}});
  Slot value = decode(type, "00 01 00 02  00 01 02  00 01 02");
  for (uint32_t i = 0; i < 3; i++) EXPECT_TRUE(field_of(value, i).object()->frozen());
  EXPECT_TRUE(as<ArrayObject>(field_of(value, 0))->data[0].object()->frozen());
}

TEST_F(Beast2, a_plan_serves_many_types_and_calls) {
  Beast2Plan plan;
  options.plan = &plan;
  const Type* self = types.array(types.recursive(1));
  EXPECT_EQ(plan.node(self), plan.node(self));
  EXPECT_EQ(plan.node(self)->parts[0], plan.node(self));
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(encode(self, decode(self, "00010000")), "00010000");
    EXPECT_EQ(encode(types.integer(), Slot::of(int64_t{-1})), "01");
  }
}

TEST_F(Beast2, functions_need_hooks) {
  const Type* function = types.function({}, types.null());
  refused(function, "0d", Code::unsupported, 0, "Functions cannot be decoded here at offset 0");
  auto encoded = encode_beast2(function, Slot::of(heap.new_closure(nullptr, 0)));
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, Code::unsupported);
  // Types of functions, and containers without any, do not.
  EXPECT_EQ(encode(types.array(function), decode(types.array(function), "0000")), "0000");
}

// --- sinks
// --------------------------------------------------------------------------------------------

struct ChunkSink final : ByteSink {
  Bytes all;
  size_t largest = 0;
  size_t writes_left = SIZE_MAX;
  Result<void> write(ByteView chunk) override {
    if (writes_left-- == 0) return Error(Code::disk_full, "no space");
    all.insert(all.end(), chunk.begin(), chunk.end());
    largest = std::max(largest, chunk.size());
    return {};
  }
};

TEST_F(Beast2, chunks_make_up_the_same_bytes) {
  const Type* type = types.array(types.structure({{"s", types.string()}, {"n", types.integer()}}));
  ArrayObject* array = heap.new_array();
  for (size_t i = 0; i < k_many / 10; i++) {
    FieldsObject* row = heap.new_fields(2);
    row->fields()[0] = Slot::of(heap.new_text(std::string(i % 100, 'x')));
    row->fields()[1] = Slot::of(static_cast<int64_t>(i * i));
    heap.push(array, Slot::of(row));
  }
  // One string larger than the buffer, in the middle.
  as<FieldsObject>(array->data[array->size / 2])->fields()[0] =
      Slot::of(heap.new_text(std::string(k_many * 2, 'y')));
  auto whole = encode_beast2(type, Slot::of(array));
  ASSERT_TRUE(whole);
  ChunkSink sink;
  ASSERT_TRUE(write_beast2(sink, type, Slot::of(array)));
  EXPECT_EQ(sink.all, *whole);
  EXPECT_LE(sink.largest, std::max<size_t>(64 * 1024, k_many * 2));
  auto again = decode_beast2(*whole, type, types, heap);
  ASSERT_TRUE(again);
  EXPECT_TRUE(equal(type, *again, Slot::of(array)));

  Bytes appended = {1, 2, 3};
  ASSERT_TRUE(append_beast2(appended, type, Slot::of(array)));
  EXPECT_EQ(Bytes(appended.begin() + 3, appended.end()), *whole);
}

TEST_F(Beast2, the_error_of_a_sink_ends_the_encoding) {
  const Type* type = types.array(types.string());
  ArrayObject* array = heap.new_array();
  for (size_t i = 0; i < k_many; i++)
    heap.push(array, Slot::of(heap.new_text("a text of some length")));
  for (size_t good : {0U, 1U, 2U}) {
    ChunkSink sink;
    sink.writes_left = good;
    auto done = write_beast2(sink, type, Slot::of(array));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::disk_full);
  }
  Bytes out = {7};
  EXPECT_FALSE(append_beast2(out, types.never(), Slot::null()));
  EXPECT_EQ(out, Bytes{7});
}

}  // namespace
}  // namespace samara
