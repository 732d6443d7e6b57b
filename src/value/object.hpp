#pragma once
// Layouts of heap objects. Every object starts with an eight-byte header. Objects never move, live
// in one Heap, and die with it or when nothing reaches them (value/heap.hpp).
//
// Threads: an object belongs to the thread that owns its heap; shared only when nobody writes.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "core/assert.hpp"
#include "core/bytes.hpp"
#include "value/slot.hpp"

namespace samara {

enum class ObjectKind : uint8_t {
  free_cell = 0,  // not an object: memory the heap may hand out
  bytes,          // String, Blob: aux = length
  fields,         // Struct: aux = field count
  tagged,         // Variant with a payload: aux = case index
  cell,           // Ref, and the cell of a captured mutable variable
  array,          // Array
  sorted,         // Set, Dict
  buffer,         // storage of an Array: slots
  chunk,          // storage of a Set or Dict
  index,          // chunk table of a Set or Dict
  closure,        // Function value: aux = number of captured slots
  vector,         // Vector: packed elements
  matrix,         // Matrix: packed elements, row-major
  host,           // a platform function used as a value
};

inline constexpr uint8_t k_flag_frozen = 1;  // mutating builtins must fail
inline constexpr uint8_t k_flag_leaf = 2;    // holds no pointer: the collector need not look inside
inline constexpr uint8_t k_flag_mark = 4;    // used by the collector

struct Object {
  ObjectKind kind = ObjectKind::free_cell;
  uint8_t flags = 0;
  uint16_t locks = 0;  // iteration locks held (arrays, sets, dictionaries)
  uint32_t aux = 0;

  bool frozen() const { return (flags & k_flag_frozen) != 0; }
};
static_assert(sizeof(Object) == 8);

struct BytesObject : Object {
  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  uint32_t size() const { return aux; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data()), aux}; }
  ByteView view() const { return {data(), aux}; }
};

struct FieldsObject : Object {
  Slot* fields() { return reinterpret_cast<Slot*>(this + 1); }
  const Slot* fields() const { return reinterpret_cast<const Slot*>(this + 1); }
};

struct TaggedObject : Object {
  Slot payload;
};

struct CellObject : Object {
  Slot content;
};

/// `data` points into a buffer object; `aux` slots in front of it are free (left by PopFirst).
struct ArrayObject : Object {
  Slot* data = nullptr;
  size_t size = 0;
  size_t capacity = 0;  // slots from data on
  std::span<Slot> slots() { return {data, size}; }
  std::span<const Slot> slots() const { return {data, size}; }
};

struct VectorObject : Object {  // aux = element size in bytes (8 or 1)
  uint64_t size;
  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(this + 1); }
};

struct MatrixObject : Object {  // aux = element size in bytes (8 or 1)
  uint64_t rows;
  uint64_t columns;
  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(this + 1); }
};

/// A function value. `code` belongs to the evaluator, which also keeps it alive.
struct ClosureObject : Object {
  const void* code;
  Slot* captures() { return reinterpret_cast<Slot*>(this + 1); }
  const Slot* captures() const { return reinterpret_cast<const Slot*>(this + 1); }
};

template <typename T>
T* as(Slot slot) {
  return static_cast<T*>(slot.object());
}
inline std::string_view text_of(Slot slot) { return as<BytesObject>(slot)->text(); }
inline ByteView bytes_of(Slot slot) { return as<BytesObject>(slot)->view(); }
inline Slot field_of(Slot slot, uint32_t i) { return as<FieldsObject>(slot)->fields()[i]; }
inline uint32_t case_of(Slot slot) {
  return slot.is_bare_case() ? static_cast<uint32_t>(slot.bits >> 1) : slot.object()->aux;
}
/// Payload of a variant; null for a bare case.
inline Slot payload_of(Slot slot) {
  return slot.is_bare_case() ? Slot::null() : as<TaggedObject>(slot)->payload;
}

}  // namespace samara
