// Types and values in memory of the C interface: made and looked at piece by piece, for languages
// that turn them into values of their own.

#include <algorithm>
#include <bit>

#include "bindings/c/handle.hpp"
#include "bindings/c/tree.hpp"
#include "engine/function_values.hpp"
#include "runtime/big_stack.hpp"
#include "value/beast2_plan.hpp"
#include "value/json.hpp"
#include "value/packed_numbers.hpp"
#include "value/sorted.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"
#include "value/text_type.hpp"
#include "value/utf8.hpp"
#include "value/varint.hpp"

struct samara_values {
  samara::TypeTable types;
  samara::Beast2Plan plan;
  samara::runtime::BigStack stack;
  std::string error;
};

struct samara_tree {
  explicit samara_tree(samara_values& owner) : values(owner) {}
  samara_values& values;
  samara::Heap heap;
  std::unique_ptr<samara::engine::FunctionValues> functions;
  samara::TypedValue root;
};

namespace samara::capi {
namespace {

// The tags of the interface are those of dialect B.
#define SAMARA_KIND(id, name, tag_a, tag_b) tag_b,
constexpr int32_t k_tags[] = {
#include "value/kinds.def"
};
#undef SAMARA_KIND
static_assert(k_tags[static_cast<size_t>(Kind::vector)] == SAMARA_KIND_VECTOR);
static_assert(k_tags[static_cast<size_t>(Kind::float_)] == SAMARA_KIND_FLOAT);
static_assert(k_tags[static_cast<size_t>(Kind::struct_)] == SAMARA_KIND_STRUCT);

const Type* type_of(const samara_type* type) { return reinterpret_cast<const Type*>(type); }
const samara_type* type_out(const Type* type) { return reinterpret_cast<const samara_type*>(type); }
Slot slot_of(samara_slot slot) { return Slot{slot}; }

int32_t finish_values(samara_values* values, const Result<void>& result) {
  if (result) return SAMARA_OK;
  values->error = result.error().message();
  return static_cast<int32_t>(result.error().code);
}

Error no_room() { return Error(Code::exhausted, "the value needs more memory than a value may"); }
Error missing(const char* what) {
  return Error(Code::invalid_argument, "no " + std::string(what) + " is given");
}

FunctionHooks* hooks_of(samara_tree& tree) {
  if (tree.functions == nullptr) {
    tree.functions = std::make_unique<engine::FunctionValues>(tree.values.types, tree.heap);
  }
  return tree.functions.get();
}

Result<void> read_beast2(samara_tree& tree, ByteView bytes, const Type* type) {
  samara_values& values = tree.values;
  Beast2Options options;
  options.functions = hooks_of(tree);
  options.sort_keys = true;
  options.plan = &values.plan;
  if (type == nullptr) {
    SAMARA_TRY(tree.root, decode_beast2_any(bytes, values.types, tree.heap, options));
    return {};
  }
  SAMARA_TRY(Slot root, decode_beast2(bytes, type, values.types, tree.heap, options));
  tree.root = {type, root};
  return {};
}

Result<void> read_tree(samara_tree& tree, int32_t format, ByteView bytes, const Type* type) {
  if (format == SAMARA_BEAST2) return read_beast2(tree, bytes, type);
  if (format == SAMARA_TEXT && type == nullptr) {
    InferResult inferred = infer_text(tree.values.types, as_text(bytes), tree.heap);
    if (!inferred) return inferred.error->to_error();
    tree.root = {inferred.type, inferred.value};
    return {};
  }
  if (format != SAMARA_TEXT && format != SAMARA_JSON) {
    return Error(Code::invalid_argument, "unknown format " + std::to_string(format));
  }
  if (type == nullptr) return Error(Code::invalid_argument, "JSON needs a type to be read");
  if (format == SAMARA_TEXT) {
    ParseResult parsed = parse_text(type, as_text(bytes), tree.heap);
    if (!parsed) return parsed.error->to_error();
    tree.root = {type, parsed.value};
    return {};
  }
  JsonResult parsed = parse_json(type, as_text(bytes), tree.heap);
  if (!parsed) return parsed.error->to_error();
  tree.root = {type, parsed.value};
  return {};
}

Result<void> write_tree(samara_tree& tree, const Type* type, Slot value, int32_t format,
                        samara_bytes* out) {
  if (format == SAMARA_TEXT) {
    SAMARA_TRY(std::string text, print_text(type, value));
    return give(as_bytes(text), out);
  }
  if (format == SAMARA_JSON) {
    SAMARA_TRY(std::string text, print_json(type, value));
    return give(as_bytes(text), out);
  }
  if (format != SAMARA_BEAST2) {
    return Error(Code::invalid_argument, "unknown format " + std::to_string(format));
  }
  Beast2Options options;
  if (!type->is_data()) options.functions = hooks_of(tree);
  options.plan = &tree.values.plan;
  SAMARA_TRY(Bytes bytes, encode_beast2(type, value, options));
  return give(bytes, out);
}

// Codecs recurse, and handing over to a larger stack costs more than most values: only types whose
// values nest without bound, and bytes of unknown type, need it.
bool nests_little(const Type* type) {
  return type->is_data() && !type->has_recursion() && type->depth() <= 64;
}

// The bytes say at once that they are of this type, so no other one has to be read.
bool begins_as(samara_values& values, const Type* type, ByteView bytes) {
  const ByteView header = values.plan.header(type, Dialect::b);
  if (bytes.size() < sizeof k_beast2_magic + header.size()) return false;
  bytes = bytes.subspan(sizeof k_beast2_magic);
  return std::equal(header.begin(), header.end(), bytes.begin());
}

template <typename F>
Result<void> with_stack(samara_values& values, bool small, F&& work) {
  if (small) return work();
  Result<void> result;
  SAMARA_CHECK(values.stack.run([&] { result = work(); }));
  return result;
}

bool is_number(const Type* type) { return type->is(Kind::float_) || type->is(Kind::integer); }

int32_t new_bytes(samara_tree* tree, ByteView bytes, samara_slot* out) {
  BytesObject* object = tree->heap.new_bytes(bytes);
  if (object == nullptr) return finish_values(&tree->values, no_room());
  *out = Slot::of(object).bits;
  return SAMARA_OK;
}

}  // namespace

void copy_floats(uint8_t* to, const uint8_t* from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t bits = 0;
    std::memcpy(&bits, from + i * 8, 8);
    const double value = std::bit_cast<double>(bits);
    if (value != value) bits = k_nan_bits;
    std::memcpy(to + i * 8, &bits, 8);
  }
}

}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

extern "C" {

samara_values* samara_values_new(void) { return std::make_unique<samara_values>().release(); }
void samara_values_free(samara_values* values) { std::unique_ptr<samara_values> owned(values); }
const char* samara_values_error(const samara_values* values) { return values->error.c_str(); }

int32_t samara_type_parse(samara_values* values, const char* text, const samara_type** out) {
  auto parse = [&]() -> Result<void> {
    if (text == nullptr || out == nullptr) return missing("text or place for the type");
    SAMARA_TRY(const Type* type, parse_type(values->types, text));
    *out = type_out(type);
    return {};
  };
  return finish_values(values, parse());
}

int32_t samara_type_text(samara_values* values, const samara_type* type, samara_bytes* out) {
  return finish_values(values, give(as_bytes(type_to_text(type_of(type))), out));
}

int32_t samara_type_kind(const samara_type* type) {
  return k_tags[static_cast<size_t>(type_of(type)->kind())];
}
uint32_t samara_type_count(const samara_type* type) { return type_of(type)->arity(); }
const samara_type* samara_type_part(const samara_type* type, uint32_t index) {
  return type_out(type_of(type)->child(index));
}
samara_view samara_type_name(const samara_type* type, uint32_t index) {
  ByteView name = as_bytes(type_of(type)->name(index));
  return {name.data(), name.size()};
}

int32_t samara_tree_read(samara_values* values, int32_t format, samara_view bytes,
                         const samara_type* type, samara_tree** out) {
  auto tree = std::make_unique<samara_tree>(*values);
  const Type* expected = type == nullptr ? nullptr : type_of(type);
  const bool small = format == SAMARA_BEAST2 && expected != nullptr && nests_little(expected) &&
                     begins_as(*values, expected, bytes_of_view(bytes));
  // What is this short cannot nest deeply, whatever it is.
  constexpr size_t k_short_bytes = 400;
  Result<void> result = with_stack(*values, small || bytes.size < k_short_bytes, [&] {
    return read_tree(*tree, format, bytes_of_view(bytes), expected);
  });
  *out = result ? tree.release() : nullptr;
  return finish_values(values, result);
}

int32_t samara_tree_new(samara_values* values, samara_tree** out) {
  *out = std::make_unique<samara_tree>(*values).release();
  return SAMARA_OK;
}
void samara_tree_free(samara_tree* tree) { std::unique_ptr<samara_tree> owned(tree); }
const samara_type* samara_tree_type(const samara_tree* tree) { return type_out(tree->root.type); }
samara_slot samara_tree_root(const samara_tree* tree) { return tree->root.value.bits; }

int32_t samara_tree_write(samara_tree* tree, const samara_type* type, samara_slot value,
                          int32_t format, samara_bytes* out) {
  const Type* written = type_of(type);
  // Types of little depth bound the recursion themselves.
  return finish_values(&tree->values, with_stack(tree->values, nests_little(written), [&] {
    return write_tree(*tree, written, slot_of(value), format, out);
  }));
}

samara_view samara_slot_bytes(samara_slot value) {
  ByteView bytes = bytes_of(slot_of(value));
  return {bytes.data(), bytes.size()};
}

size_t samara_slot_count(const samara_type* type, samara_slot value) {
  switch (type_of(type)->kind()) {
    case Kind::array:
      return as<ArrayObject>(slot_of(value))->size;
    case Kind::set:
    case Kind::dict:
      return as<SortedObject>(slot_of(value))->size;
    case Kind::vector:
      return static_cast<size_t>(as<VectorObject>(slot_of(value))->size);
    case Kind::string:
    case Kind::blob:
      return bytes_of(slot_of(value)).size();
    default:
      return type_of(type)->arity();
  }
}

const samara_slot* samara_slot_elements(samara_slot array) {
  static_assert(sizeof(Slot) == sizeof(samara_slot));
  return reinterpret_cast<const samara_slot*>(as<ArrayObject>(slot_of(array))->data);
}
samara_slot samara_slot_field(samara_slot structure, uint32_t index) {
  return field_of(slot_of(structure), index).bits;
}
uint32_t samara_slot_case(samara_slot variant) { return case_of(slot_of(variant)); }
samara_slot samara_slot_payload(samara_slot variant) { return payload_of(slot_of(variant)).bits; }
samara_slot samara_slot_content(samara_slot ref) {
  return as<CellObject>(slot_of(ref))->content.bits;
}

void samara_slot_entries(samara_slot sorted, samara_slot* keys, samara_slot* values) {
  auto* object = as<SortedObject>(slot_of(sorted));
  size_t i = 0;
  for (SortedCursor at(object); at.valid(); at.next(), i++) {
    keys[i] = at.key().bits;
    if (object->is_dict() && values != nullptr) values[i] = at.value().bits;
  }
}

samara_packed samara_slot_packed(const samara_type* type, samara_slot value) {
  if (type_of(type)->is(Kind::matrix)) {
    const auto* matrix = as<MatrixObject>(slot_of(value));
    return {matrix->data(), matrix->rows, matrix->columns, matrix->aux};
  }
  const auto* vector = as<VectorObject>(slot_of(value));
  return {vector->data(), 1, vector->size, vector->aux};
}

int32_t samara_packed_find(samara_values* values, samara_view beast2, const samara_type** type,
                           samara_packed* out) {
  auto find = [&]() -> Result<void> {
    SAMARA_TRY(PackedNumbers found, find_packed(values->types, bytes_of_view(beast2)));
    *type = type_out(found.type);
    *out = {found.data, found.rows, found.columns, found.element_bytes};
    return {};
  };
  return finish_values(values, find());
}

int32_t samara_new_text(samara_tree* tree, samara_view utf8, samara_slot* out) {
  if (!utf8_valid(bytes_of_view(utf8))) {
    return finish_values(&tree->values, Error(Code::invalid_argument, "the text is no UTF-8"));
  }
  return new_bytes(tree, bytes_of_view(utf8), out);
}
int32_t samara_new_blob(samara_tree* tree, samara_view bytes, samara_slot* out) {
  return new_bytes(tree, bytes_of_view(bytes), out);
}

int32_t samara_new_array(samara_tree* tree, const samara_slot* elements, size_t count,
                         samara_slot* out) {
  ArrayObject* array = tree->heap.new_array(count);
  if (array == nullptr) return finish_values(&tree->values, no_room());
  if (elements != nullptr && count > 0) {
    std::memcpy(static_cast<void*>(array->data), elements, count * sizeof(Slot));
  }
  *out = Slot::of(array).bits;
  return SAMARA_OK;
}

int32_t samara_new_struct(samara_tree* tree, const samara_slot* fields, uint32_t count,
                          samara_slot* out) {
  FieldsObject* object = tree->heap.new_fields(count);
  for (uint32_t i = 0; i < count; i++) object->fields()[i] = slot_of(fields[i]);
  *out = Slot::of(object).bits;
  return SAMARA_OK;
}

int32_t samara_new_variant(samara_tree* tree, const samara_type* type, uint32_t index,
                           samara_slot payload, samara_slot* out) {
  if (index >= type_of(type)->arity()) {
    return finish_values(&tree->values, Error(Code::invalid_argument, "there is no such case"));
  }
  // How the heap keeps a case without payload: value/slot.hpp.
  *out = type_of(type)->child(index)->is(Kind::null)
             ? Slot::bare_case(index).bits
             : Slot::of(tree->heap.new_tagged(index, slot_of(payload))).bits;
  return SAMARA_OK;
}

int32_t samara_new_ref(samara_tree* tree, samara_slot content, samara_slot* out) {
  *out = Slot::of(tree->heap.new_cell(slot_of(content))).bits;
  return SAMARA_OK;
}

int32_t samara_new_sorted(samara_tree* tree, const samara_type* type, samara_slot* out) {
  *out = Slot::of(type_of(type)->is(Kind::dict) ? new_dict(tree->heap) : new_set(tree->heap)).bits;
  return SAMARA_OK;
}

int32_t samara_sorted_put(samara_tree* tree, const samara_type* type, samara_slot sorted,
                          samara_slot key, samara_slot value) {
  Order order(type_of(type)->key());
  sorted_put(tree->heap, as<SortedObject>(slot_of(sorted)), order, slot_of(key), slot_of(value));
  if (tree->heap.exhausted()) return finish_values(&tree->values, no_room());
  return SAMARA_OK;
}

int32_t samara_new_packed(samara_tree* tree, const samara_type* type, const samara_packed* numbers,
                          samara_slot* out) {
  const Type* made = type_of(type);
  const uint32_t element_bytes = is_number(made->element()) ? 8 : 1;
  if (numbers->element_bytes != element_bytes) {
    return finish_values(&tree->values, Error(Code::invalid_argument, "elements of another size"));
  }
  uint8_t* to = nullptr;
  if (made->is(Kind::matrix)) {
    auto* matrix = tree->heap.new_matrix(numbers->rows, numbers->columns, element_bytes);
    if (matrix == nullptr) return finish_values(&tree->values, no_room());
    to = matrix->data();
    *out = Slot::of(matrix).bits;
  } else {
    auto* vector = tree->heap.new_vector(numbers->columns, element_bytes);
    if (vector == nullptr) return finish_values(&tree->values, no_room());
    to = vector->data();
    *out = Slot::of(vector).bits;
  }
  const auto count = static_cast<size_t>(numbers->rows * numbers->columns);
  if (made->element()->is(Kind::float_)) {
    copy_floats(to, numbers->data, count);
  } else if (element_bytes == 8) {
    if (count > 0) std::memcpy(to, numbers->data, count * 8);
  } else {
    for (size_t i = 0; i < count; i++) to[i] = numbers->data[i] != 0 ? 1 : 0;
  }
  return SAMARA_OK;
}

void samara_slot_set(const samara_type* type, samara_slot container, size_t index,
                     samara_slot value) {
  if (type_of(type)->is(Kind::array)) {
    as<ArrayObject>(slot_of(container))->data[index] = slot_of(value);
  } else {
    as<CellObject>(slot_of(container))->content = slot_of(value);
  }
}

samara_slot samara_slot_of_float(double value) {
  return value != value ? k_nan_bits : std::bit_cast<uint64_t>(value);
}

}  // extern "C"
