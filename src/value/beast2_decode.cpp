// Decoding of beast2 values. Functions return the position after what they read, or nullptr once
// error_ is set: one register, one test for each value.

#include <optional>
#include <unordered_map>

#include "value/beast2.hpp"
#include "value/beast2_alias.hpp"
#include "value/beast2_error.hpp"
#include "value/beast2_plan.hpp"
#include "value/sorted.hpp"
#include "value/utf8.hpp"
#include "value/varint.hpp"

#define SAMARA_INLINE inline __attribute__((always_inline))
#define SAMARA_COLD __attribute__((noinline, cold))

namespace samara {

namespace {

using Node = Beast2Node;
using At = const uint8_t*;

constexpr int64_t k_datetime_ms_max = 8'640'000'000'000'000;
constexpr uint64_t k_negative_nan_bits = 0xfff8000000000000ULL;

class Decoder {
 public:
  // Reads from `start` on; offsets and back-references count from the front of `bytes`.
  Decoder(ByteView bytes, size_t start, Heap& heap, const Beast2Options& options, Beast2Plan& plan)
      : begin_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        heap_(heap),
        options_(options),
        plan_(plan),
        strict_(options.canonical_only),
        container_flags_(options.frozen ? k_flag_frozen : 0),
        claims_left_(bytes.size() - start),
        zero_width_left_(k_zero_width_max + 16 * uint64_t{bytes.size() - start}) {}

  At value(const Node* node, At at, Slot* out, uint32_t depth);
  Error take_error() { return std::move(*error_); }

 private:
  size_t offset(At at) const { return static_cast<size_t>(at - begin_); }
  size_t left(At at) const { return static_cast<size_t>(end_ - at); }

  // --- leaves
  // --------------------------------------------------------------------------------------

  SAMARA_INLINE At length(At at, uint64_t& value) {
    VarintFault fault = VarintFault::none;
    At next = get_varint(at, end_, value, fault);
    if (SAMARA_UNLIKELY(next == nullptr || value > k_beast2_varint_max ||
                        (strict_ && next - at > 1 && next[-1] == 0))) {
      return fail_varint("varint", at, next, value, fault);
    }
    return next;
  }

  SAMARA_INLINE At integer(At at, Slot* out) {
    VarintFault fault = VarintFault::none;
    uint64_t coded = 0;
    At next = get_varint(at, end_, coded, fault);
    if (SAMARA_UNLIKELY(next == nullptr || (strict_ && next - at > 1 && next[-1] == 0))) {
      return fail_varint("zigzag", at, next, 0, fault);
    }
    *out = Slot::of(unzigzag(coded));
    return next;
  }

  SAMARA_INLINE At datetime(At at, Slot* out) {
    At next = integer(at, out);
    if (next != nullptr && SAMARA_UNLIKELY(out->integer() > k_datetime_ms_max ||
                                           out->integer() < -k_datetime_ms_max)) {
      return fail_at("DateTime out of range", at);
    }
    return next;
  }

  SAMARA_INLINE At boolean(At at, Slot* out) {
    if (SAMARA_UNLIKELY(at == end_)) return fail_underflow("boolean", at);
    if (SAMARA_UNLIKELY(*at > 1)) return fail_at("Invalid boolean byte", at);
    *out = Slot::of(*at != 0);
    return at + 1;
  }

  SAMARA_INLINE At number(At at, Slot* out) {
    if (SAMARA_UNLIKELY(left(at) < 8)) return fail_underflow("float64", at);
    uint64_t bits = load_little(at);
    if (SAMARA_UNLIKELY((bits & 0x7fffffffffffffffULL) > 0x7ff0000000000000ULL)) {
      return not_a_number(at, bits, out);
    }
    *out = Slot{bits};
    return at + 8;
  }

  static SAMARA_INLINE uint64_t load_little(At at) {
    uint64_t bits = 0;
    std::memcpy(&bits, at, 8);
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    return bits;
  }

  SAMARA_INLINE At text(At at, Slot* out) {
    uint64_t size = 0;
    At from = length(at, size);
    if (SAMARA_UNLIKELY(from == nullptr)) return nullptr;
    if (SAMARA_UNLIKELY(size > left(from))) return fail_length("string", at, size);
    BytesObject* object = new_bytes(static_cast<size_t>(size));
    if (SAMARA_UNLIKELY(object == nullptr)) return fail_memory(at);
    if (SAMARA_UNLIKELY(!copy_is_ascii(object->data(), from, static_cast<size_t>(size))) &&
        !checked_text(from, static_cast<size_t>(size))) {
      return nullptr;
    }
    *out = Slot::of(object);
    return from + size;
  }

  SAMARA_INLINE At blob(At at, Slot* out) {
    uint64_t size = 0;
    At from = length(at, size);
    if (SAMARA_UNLIKELY(from == nullptr)) return nullptr;
    if (SAMARA_UNLIKELY(size > left(from))) return fail_length("blob", at, size);
    BytesObject* object = new_bytes(static_cast<size_t>(size));
    if (SAMARA_UNLIKELY(object == nullptr)) return fail_memory(at);
    if (size != 0) std::memcpy(object->data(), from, static_cast<size_t>(size));
    *out = Slot::of(object);
    return from + size;
  }

  SAMARA_INLINE BytesObject* new_bytes(size_t size) {
    if (SAMARA_UNLIKELY(size > 256)) return heap_.new_bytes(size);
    auto* object = static_cast<BytesObject*>(heap_.alloc(sizeof(Object) + size, ObjectKind::bytes));
    object->flags = k_flag_leaf;
    object->aux = static_cast<uint32_t>(size);
    return object;
  }

  // Requires: node->scalar.
  SAMARA_INLINE At scalar(const Node* node, At at, Slot* out) {
    switch (node->kind) {
      case Kind::integer:
        return integer(at, out);
      case Kind::string:
        return text(at, out);
      case Kind::float_:
        return number(at, out);
      case Kind::boolean:
        return boolean(at, out);
      case Kind::datetime:
        return datetime(at, out);
      case Kind::blob:
        return blob(at, out);
      default:
        *out = Slot::null();
        return at;
    }
  }

  // The same out of line, where the frame of the caller matters more.
  __attribute__((noinline)) At scalar_apart(const Node* node, At at, Slot* out) {
    return scalar(node, at, out);
  }

  // --- parts of value()
  // -----------------------------------------------------------------------------

  At marker(const Node* node, At at, Slot* out, bool& shared);
  At reference(const Node* node, At at, uint64_t distance, Slot* out);
  bool same_type(const Type* a, const Type* b);
  __attribute__((noinline)) At array(const Node* node, At at, Slot* out, uint32_t depth);
  At elements(const Node* element, At at, ArrayObject* array, size_t from, size_t to,
              uint32_t depth);
  __attribute__((noinline)) At set(const Node* node, At at, Slot* out, uint32_t depth);
  __attribute__((noinline)) At dict(const Node* node, At at, Slot* out, uint32_t depth);
  __attribute__((noinline)) At function(const Node* node, At at, Slot* out, uint32_t depth);
  At vector(const Node* node, At at, Slot* out);
  At matrix(const Node* node, At at, Slot* out);
  At packed(const Node* element, At at, uint64_t count, uint8_t* to);
  bool charge_zero_width(uint64_t slots, At at);
  bool checked_text(At from, size_t size);
  At not_a_number(At at, uint64_t bits, Slot* out);

  // --- errors
  // ----------------------------------------------------------------------------------------

  SAMARA_COLD At fail(Error error) {
    if (!error_) error_.emplace(std::move(error));
    return nullptr;
  }
  SAMARA_COLD At fail_at(const char* text, At at) {
    return fail(beast2_error_at(Code::corrupt, offset(at), text));
  }
  SAMARA_COLD At fail_memory(At at) {
    return fail(
        beast2_error_at(Code::exhausted, offset(at), "Value does not fit the memory limit"));
  }
  SAMARA_COLD At fail_depth(At at) {
    return fail(beast2_error_at(Code::exhausted, offset(at), "Value nests too deep"));
  }
  SAMARA_COLD At fail_never(At at) {
    return fail(
        beast2_error(Code::corrupt, offset(at), "Attempted to decode value of type .Never"));
  }
  SAMARA_COLD At fail_tag(At at, uint64_t tag) { return fail(beast2_invalid_tag(tag, offset(at))); }
  SAMARA_COLD At fail_underflow(const char* what, At at) {
    return fail(beast2_underflow(what, offset(at)));
  }
  SAMARA_COLD At fail_length(const char* what, At at, uint64_t length) {
    return fail(beast2_underflow(what, offset(at), length));
  }
  SAMARA_COLD At fail_varint(const char* what, At at, At next, uint64_t value, VarintFault fault) {
    if (next == nullptr) return fail(beast2_varint_fault(fault, what, at, end_, offset(at)));
    if (value > k_beast2_varint_max) return fail(beast2_varint_unsafe(value, offset(at)));
    return fail_at("Varint is longer than needed", at);
  }

  At begin_;
  At end_;
  Heap& heap_;
  const Beast2Options& options_;
  Beast2Plan& plan_;
  bool strict_;
  uint8_t container_flags_;
  // Room claimed ahead for elements. Each element of at least one byte starts at a byte of its own,
  // so the claims of an honest input never exceed its size; past that, arrays grow as they fill.
  size_t claims_left_;
  uint64_t zero_width_left_;
  ReadObjects objects_;
  std::unordered_map<uint64_t, bool> same_types_;
  std::optional<Error> error_;
};

// --- leaves, the rare cases
// -----------------------------------------------------------------------

SAMARA_COLD bool Decoder::checked_text(At from, size_t size) {
  size_t valid = utf8_valid_prefix(from, size);
  if (valid == size) return true;
  fail_at("Invalid UTF-8", from + valid);
  return false;
}

SAMARA_COLD At Decoder::not_a_number(At at, uint64_t bits, Slot* out) {
  if (bits != k_nan_bits && (bits != k_negative_nan_bits || strict_)) {
    std::string text = "Non-canonical NaN at offset " + std::to_string(offset(at)) + ": 0x";
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(bits >> shift) & 15];
    return fail(beast2_error(Code::corrupt, offset(at), text));
  }
  *out = Slot{k_nan_bits};
  return at + 8;
}

bool Decoder::charge_zero_width(uint64_t slots, At at) {
  if (slots > zero_width_left_) {
    fail(beast2_error_at(Code::exhausted, offset(at), "Too many elements without bytes"));
    return false;
  }
  zero_width_left_ -= slots;
  return true;
}

// --- values
// -----------------------------------------------------------------------------------------

// The last field of a struct, the payload of a variant and the content of a ref are read by the
// loop, not by a call: linked lists of any length need no stack.
At Decoder::value(const Node* node, At at, Slot* out, uint32_t depth) {
  if (SAMARA_UNLIKELY(depth > k_depth_max)) return fail_depth(at);
  At progress = at;
  uint32_t hops = 0;
  for (;;) {
    if (node->scalar) return scalar_apart(node, at, out);
    switch (node->kind) {
      case Kind::struct_: {
        if (node->zero_slots != 0 && !charge_zero_width(node->zero_slots, at)) return nullptr;
        // A struct that holds itself directly has no finite value and would spin here.
        if (at != progress) hops = 0;
        progress = at;
        if (++hops > k_depth_max) return fail_depth(at);
        uint32_t count = node->count;
        auto* object = static_cast<FieldsObject*>(
            heap_.alloc(sizeof(Object) + count * sizeof(Slot), ObjectKind::fields));
        object->aux = count;
        if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
        *out = Slot::of(object);
        if (count == 0) return at;
        Slot* field = object->fields();
        const Node* const* part = node->parts;
        for (uint32_t i = 1; i < count; i++, part++, field++) {
          at = (*part)->scalar ? scalar(*part, at, field) : value(*part, at, field, depth + 1);
          if (SAMARA_UNLIKELY(at == nullptr)) return nullptr;
        }
        node = *part;
        out = field;
        continue;
      }
      case Kind::variant: {
        uint64_t tag = 0;
        At next = length(at, tag);
        if (SAMARA_UNLIKELY(next == nullptr)) return nullptr;
        if (SAMARA_UNLIKELY(tag >= node->count)) return fail_tag(at, tag);
        at = next;
        const Node* part = node->parts[tag];
        if (part->kind == Kind::null) {
          *out = Slot::bare_case(static_cast<uint32_t>(tag));
          return at;
        }
        auto* object =
            static_cast<TaggedObject*>(heap_.alloc(sizeof(TaggedObject), ObjectKind::tagged));
        object->aux = static_cast<uint32_t>(tag);
        if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
        *out = Slot::of(object);
        node = part;
        out = &object->payload;
        continue;
      }
      case Kind::ref: {
        bool shared = false;
        at = marker(node, at, out, shared);
        if (at == nullptr || shared) return at;
        CellObject* object = heap_.new_cell(Slot::null());
        object->flags = container_flags_;
        if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
        objects_.add(offset(at), object, node);
        *out = Slot::of(object);
        node = node->parts[0];
        out = &object->content;
        continue;
      }
      case Kind::array:
        return array(node, at, out, depth);
      case Kind::set:
        return set(node, at, out, depth);
      case Kind::dict:
        return dict(node, at, out, depth);
      case Kind::function:
      case Kind::async_function:
        return function(node, at, out, depth);
      case Kind::vector:
        return vector(node, at, out);
      case Kind::matrix:
        return matrix(node, at, out);
      case Kind::never:
        return fail_never(at);
      default:
        SAMARA_ASSERT(false);
        return nullptr;
    }
  }
}

// Reads a marker; `shared`: it was a back-reference and *out is its target.
SAMARA_INLINE At Decoder::marker(const Node* node, At at, Slot* out, bool& shared) {
  if (SAMARA_LIKELY(at != end_ && *at == 0)) return at + 1;
  uint64_t distance = 0;
  At next = length(at, distance);
  if (next == nullptr) return nullptr;
  if (distance == 0) return next;
  shared = true;
  if (reference(node, at, distance, out) == nullptr) return nullptr;
  return next;
}

At Decoder::reference(const Node* node, At at, uint64_t distance, Slot* out) {
  size_t here = offset(at);
  const ReadObjects::Entry* entry =
      distance > here ? nullptr : objects_.find(here - static_cast<size_t>(distance));
  if (entry == nullptr) return fail(beast2_undefined_reference(here, distance));
  if (entry->node != node && !same_type(entry->node->type, node->type)) {
    return fail(beast2_wrong_reference(here, distance));
  }
  *out = Slot::of(entry->object);
  return at;
}

// The same array may stand where its type is written as a recursive type and where it is written
// unfolded. The answer is kept: the question can be asked for each byte of a hostile input.
bool Decoder::same_type(const Type* a, const Type* b) {
  if (a->kind() != b->kind()) return false;
  uint64_t key = (uint64_t{a->id()} << 32) | b->id();
  auto [at, fresh] = same_types_.try_emplace(key, false);
  if (fresh) at->second = equal_modulo_unfolding(a, b);
  return at->second;
}

At Decoder::array(const Node* node, At at, Slot* out, uint32_t depth) {
  bool shared = false;
  at = marker(node, at, out, shared);
  if (at == nullptr || shared) return at;
  ArrayObject* object = heap_.new_array();
  object->flags = container_flags_;
  objects_.add(offset(at), object, node);
  *out = Slot::of(object);
  uint64_t count = 0;
  At next = length(at, count);
  if (SAMARA_UNLIKELY(next == nullptr)) return nullptr;
  if (count == 0) return next;
  const Node* element = node->parts[0];
  if (element->min_bytes == 0 && !charge_zero_width(count, at)) return nullptr;
  at = next;
  // More elements than bytes are left is an error which the loop meets in its place.
  size_t fits =
      element->min_bytes == 0 ? static_cast<size_t>(count) : left(at) / element->min_bytes;
  size_t claim = count < fits ? static_cast<size_t>(count) : fits;
  if (element->min_bytes != 0) {
    claim = claim < claims_left_ ? claim : claims_left_;
    claims_left_ -= claim;
  }
  for (uint64_t i = 0; i < count;) {
    if (i == object->capacity) {
      size_t room = claim > i ? claim : object->capacity + object->capacity / 2 + 4;
      if (room > count) room = static_cast<size_t>(count);
      object->size = static_cast<size_t>(i);
      if (!heap_.reserve(object, room)) return fail_memory(at);
    }
    size_t to = object->capacity < count ? object->capacity : static_cast<size_t>(count);
    at = elements(element, at, object, static_cast<size_t>(i), to, depth);
    if (at == nullptr) return nullptr;
    i = to;
  }
  object->size = static_cast<size_t>(count);
  return at;
}

// Requires: capacity ≥ to. The size is set by the caller: nobody looks at the array meanwhile.
At Decoder::elements(const Node* element, At at, ArrayObject* array, size_t from, size_t to,
                     uint32_t depth) {
  Slot* slot = array->data + from;
  Slot* stop = array->data + to;
  switch (element->kind) {
    case Kind::integer:
      for (; slot != stop && at != nullptr; slot++) at = integer(at, slot);
      return at;
    case Kind::float_:
      for (; slot != stop && at != nullptr; slot++) at = number(at, slot);
      return at;
    case Kind::string:
      for (; slot != stop; slot++) {
        at = text(at, slot);
        if (SAMARA_UNLIKELY(at == nullptr)) return nullptr;
        if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
      }
      return at;
    default:
      for (; slot != stop; slot++) {
        at = value(element, at, slot, depth + 1);
        if (SAMARA_UNLIKELY(at == nullptr)) return nullptr;
        if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
      }
      return at;
  }
}

At Decoder::set(const Node* node, At at, Slot* out, uint32_t depth) {
  bool shared = false;
  at = marker(node, at, out, shared);
  if (at == nullptr || shared) return at;
  SortedObject* object = new_set(heap_);
  objects_.add(offset(at), object, node);
  *out = Slot::of(object);
  uint64_t count = 0;
  At next = length(at, count);
  if (next == nullptr) return nullptr;
  const Node* key_node = node->parts[0];
  if (key_node->min_bytes == 0 && !charge_zero_width(count, at)) return nullptr;
  at = next;
  Order order(key_node->type);
  Slot last;
  for (uint64_t i = 0; i < count; i++) {
    Slot key;
    At start = at;
    at = value(key_node, at, &key, depth + 1);
    if (SAMARA_UNLIKELY(at == nullptr)) return nullptr;
    if (SAMARA_LIKELY(i == 0 || order(last, key) < 0)) {
      sorted_append(heap_, object, key, Slot::null());
      last = key;
    } else if (options_.sort_keys) {
      sorted_put(heap_, object, order, key, Slot::null());
      last = sorted_last_key(object);
    } else {
      return fail_at("Set keys are not ascending", start);
    }
    if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
  }
  object->flags |= container_flags_;
  return at;
}

At Decoder::dict(const Node* node, At at, Slot* out, uint32_t depth) {
  bool shared = false;
  at = marker(node, at, out, shared);
  if (at == nullptr || shared) return at;
  SortedObject* object = new_dict(heap_);
  objects_.add(offset(at), object, node);
  *out = Slot::of(object);
  uint64_t count = 0;
  At next = length(at, count);
  if (next == nullptr) return nullptr;
  const Node* key_node = node->parts[0];
  const Node* value_node = node->parts[1];
  if (key_node->min_bytes + value_node->min_bytes == 0 && !charge_zero_width(count, at)) {
    return nullptr;
  }
  at = next;
  Order order(key_node->type);
  Slot last;
  for (uint64_t i = 0; i < count; i++) {
    Slot key;
    Slot content;
    At start = at;
    at = value(key_node, at, &key, depth + 1);
    if (SAMARA_UNLIKELY(at == nullptr)) return nullptr;
    bool ascends = i == 0 || order(last, key) < 0;
    if (SAMARA_UNLIKELY(!ascends) && !options_.sort_keys) {
      return fail_at("Dict keys are not ascending", start);
    }
    at = value(value_node, at, &content, depth + 1);
    if (SAMARA_UNLIKELY(at == nullptr)) return nullptr;
    if (SAMARA_LIKELY(ascends)) {
      sorted_append(heap_, object, key, content);
      last = key;
    } else {
      sorted_put(heap_, object, order, key, content);
      last = sorted_last_key(object);
    }
    if (SAMARA_UNLIKELY(heap_.exhausted())) return fail_memory(at);
  }
  object->flags |= container_flags_;
  return at;
}

// --- packed values
// ------------------------------------------------------------------------------------

At Decoder::packed(const Node* element, At at, uint64_t count, uint8_t* to) {
  bool boolean = element->kind == Kind::boolean;
  auto bytes = static_cast<size_t>(count) * (boolean ? 1 : 8);
  if (boolean) {
    for (size_t i = 0; i < bytes; i++) {
      if (at[i] > 1) return fail_at("Invalid boolean byte", at + i);
    }
  }
  if (bytes != 0) std::memcpy(to, at, bytes);
  return at + bytes;
}

At Decoder::vector(const Node* node, At at, Slot* out) {
  const Node* element = node->parts[0];
  uint32_t width = element->kind == Kind::boolean ? 1 : 8;
  uint64_t size = 0;
  At next = length(at, size);
  if (next == nullptr) return nullptr;
  if (size > left(next) / width) return fail_length("vector", at, size);
  VectorObject* object = heap_.new_vector(size, width);
  if (object == nullptr) return fail_memory(at);
  *out = Slot::of(object);
  return packed(element, next, size, object->data());
}

At Decoder::matrix(const Node* node, At at, Slot* out) {
  const Node* element = node->parts[0];
  uint32_t width = element->kind == Kind::boolean ? 1 : 8;
  uint64_t rows = 0;
  uint64_t columns = 0;
  At next = length(at, rows);
  if (next != nullptr) next = length(next, columns);
  if (next == nullptr) return nullptr;
  size_t fits = left(next) / width;
  if (rows != 0 && columns > fits / rows) {
    return fail_length("matrix", at, rows);
  }
  // Rows without columns take no bytes, but whoever walks the rows takes time.
  if (rows * columns == 0 && !charge_zero_width(rows | columns, at)) return nullptr;
  MatrixObject* object = heap_.new_matrix(rows, columns, width);
  if (object == nullptr) return fail_memory(at);
  *out = Slot::of(object);
  return packed(element, next, rows * columns, object->data());
}

// --- functions
// ----------------------------------------------------------------------------------------

At Decoder::function(const Node* node, At at, Slot* out, uint32_t depth) {
  if (options_.functions == nullptr) {
    return fail(beast2_error_at(Code::unsupported, offset(at), "Functions cannot be decoded here"));
  }
  FunctionHooks& hooks = *options_.functions;
  Dialect dialect = options_.dialect;
  const Type* ir_type = hooks.ir_type(dialect);
  At start = at;
  Slot ir;
  at = value(plan_.node(ir_type), at, &ir, depth + 1);
  if (at == nullptr) return nullptr;
  std::string_view wanted = kind_name(node->kind);
  std::string_view found = ir_type->name(case_of(ir));
  if (found != wanted) {
    std::string text = "Expected ";
    text += wanted;
    text += " IR, got ";
    text += found;
    return fail_at(text.c_str(), start);
  }
  std::vector<Slot> captures;
  if (dialect == Dialect::b) {
    auto types = hooks.capture_types(ir, dialect);
    if (!types) return fail(std::move(types).error());
    uint64_t count = 0;
    At count_at = at;
    at = length(at, count);
    if (at == nullptr) return nullptr;
    if (count != types->size())
      return fail_at("Captured values do not match the function", count_at);
    captures.reserve(types->size());
    for (const Type* type : *types) {
      Slot captured;
      at = value(plan_.node(type), at, &captured, depth + 1);
      if (at == nullptr) return nullptr;
      captures.push_back(captured);
    }
  }
  auto made = hooks.assemble(node->type, ir, captures, dialect);
  if (!made) return fail(std::move(made).error());
  *out = *made;
  return at;
}

// --- entry points
// -----------------------------------------------------------------------------------

// Reads one value from `start` on. Errors as the decoder's.
Result<DecodedPrefix> decode_from(ByteView bytes, size_t start, const Type* type, Heap& heap,
                                  const Beast2Options& options) {
  SAMARA_ASSERT(type->closed());
  // A null position means failure: an empty input gets an address.
  constexpr static uint8_t k_nothing[1] = {};
  if (bytes.data() == nullptr) bytes = {k_nothing, 0};
  std::optional<Beast2Plan> own;
  Beast2Plan& plan = options.plan != nullptr ? *options.plan : own.emplace();
  Decoder decoder(bytes, start, heap, options, plan);
  DecodedPrefix result;
  At end = decoder.value(plan.node(type), bytes.data() + start, &result.value, 0);
  if (end == nullptr) return decoder.take_error();
  if (heap.exhausted()) {
    return beast2_error(Code::exhausted, start, "Value does not fit the memory limit");
  }
  result.bytes_used = static_cast<size_t>(end - bytes.data());
  return result;
}

Result<Slot> decode_all(ByteView bytes, size_t start, const Type* type, Heap& heap,
                        const Beast2Options& options) {
  SAMARA_TRY(DecodedPrefix decoded, decode_from(bytes, start, type, heap, options));
  if (decoded.bytes_used != bytes.size()) {
    return beast2_trailing(decoded.bytes_used, bytes.size() - decoded.bytes_used);
  }
  return decoded.value;
}

Dialect other(Dialect dialect) { return dialect == Dialect::a ? Dialect::b : Dialect::a; }

}  // namespace

Result<DecodedPrefix> decode_beast2_prefix(ByteView bytes, const Type* type, Heap& heap,
                                           const Beast2Options& options) {
  return decode_from(bytes, 0, type, heap, options);
}

Result<Slot> decode_beast2_value(ByteView bytes, const Type* type, Heap& heap,
                                 const Beast2Options& options) {
  return decode_all(bytes, 0, type, heap, options);
}

namespace {

Result<TypedValue> decode_any_as(ByteView bytes, TypeTable& types, Heap& heap,
                                 const Beast2Options& options) {
  size_t start = sizeof k_beast2_magic;
  SAMARA_TRY(DecodedType header, decode_type(bytes.subspan(start), types, options.dialect, start,
                                             options.canonical_only));
  SAMARA_TRY(Slot value, decode_all(bytes, start + header.bytes_used, header.type, heap, options));
  return TypedValue{header.type, value, options.dialect};
}

// Where the value starts when the header, in the dialect of the options, is `expected`; 0 if it is
// another type. `found` is that type.
Result<size_t> match_header(ByteView bytes, const Type* expected, TypeTable& types,
                            const Beast2Options& options, const Type*& found) {
  size_t start = sizeof k_beast2_magic;
  std::optional<Beast2Plan> own;
  Beast2Plan& plan = options.plan != nullptr ? *options.plan : own.emplace();
  // No type's encoding is the beginning of another's, so equal bytes mean an equal type.
  ByteView header = plan.header(expected, options.dialect);
  if (!header.empty() && bytes.size() - start >= header.size() &&
      std::memcmp(bytes.data() + start, header.data(), header.size()) == 0) {
    return start + header.size();
  }
  SAMARA_TRY(DecodedType decoded, decode_type(bytes.subspan(start), types, options.dialect, start,
                                              options.canonical_only));
  found = decoded.type;
  return found == expected ? start + decoded.bytes_used : size_t{0};
}

}  // namespace

Result<TypedValue> decode_beast2_any(ByteView bytes, TypeTable& types, Heap& heap,
                                     const Beast2Options& options) {
  SAMARA_CHECK(check_beast_magic(bytes, k_beast2_magic));
  auto first = decode_any_as(bytes, types, heap, options);
  if (first || !options.other_dialect || heap.exhausted()) return first;
  Beast2Options again = options;
  again.dialect = other(options.dialect);
  auto second = decode_any_as(bytes, types, heap, again);
  return second ? std::move(second) : std::move(first);
}

Result<Slot> decode_beast2(ByteView bytes, const Type* expected, TypeTable& types, Heap& heap,
                           const Beast2Options& options) {
  SAMARA_CHECK(check_beast_magic(bytes, k_beast2_magic));
  // Told in this order: what is wrong with the value, another type, what is wrong with the header.
  std::optional<Error> value_error;
  std::optional<Error> mismatch;
  std::optional<Error> header_error;
  Beast2Options attempt = options;
  for (int i = 0; i < (options.other_dialect ? 2 : 1); i++) {
    const Type* found = nullptr;
    auto start = match_header(bytes, expected, types, attempt, found);
    if (!start) {
      if (!header_error) header_error.emplace(std::move(start).error());
    } else if (*start == 0) {
      if (!mismatch) mismatch.emplace(beast_type_mismatch(expected, found));
    } else {
      auto value = decode_all(bytes, *start, expected, heap, attempt);
      // Headers can be equal in both dialects while the functions behind them are not.
      if (value || expected->is_data() || heap.exhausted()) return value;
      if (!value_error) value_error.emplace(std::move(value).error());
    }
    attempt.dialect = other(attempt.dialect);
  }
  if (value_error) return std::move(*value_error);
  return mismatch ? std::move(*mismatch) : std::move(*header_error);
}

}  // namespace samara
