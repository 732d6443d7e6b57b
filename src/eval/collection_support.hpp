#pragma once
// What the builtins on collections have in common: guards, messages, and allocation that collects
// garbage before it gives up.
//
// Threads: the evaluating thread. Source: docs/formats/builtins.md, "guards".

#include <string_view>

#include "eval/vm.hpp"
#include "value/sorted.hpp"

namespace samara::eval {

// --- guards
// ------------------------------------------------------------------------------------------ `name`
// is the container's East name, as it appears in the message.

bool fail_frozen(Vm& vm, std::string_view name);
bool fail_iterating(Vm& vm, std::string_view name);

/// Elements may be replaced: not frozen.
inline bool may_replace(Vm& vm, const Object* object, std::string_view name) {
  return SAMARA_LIKELY(!object->frozen()) || fail_frozen(vm, name);
}
/// Size and key set may change: not frozen and not under iteration.
inline bool may_resize(Vm& vm, const Object* object, std::string_view name) {
  if (SAMARA_UNLIKELY(object->frozen())) return fail_frozen(vm, name);
  return SAMARA_LIKELY(object->locks == 0) || fail_iterating(vm, name);
}

// --- messages
// ----------------------------------------------------------------------------------------

/// `Array index ⟨index⟩ out of bounds`.
bool fail_index(Vm& vm, int64_t index);
/// `prefix` followed by the key as East text.
bool fail_key(Vm& vm, std::string_view prefix, const Type* type, Slot key);

/// Whether `index` names an element of an array of `size` elements.
inline bool in_range(int64_t index, size_t size) {
  return index >= 0 && static_cast<uint64_t>(index) < size;
}

// --- allocation
// -------------------------------------------------------------------------------------- False or
// nullptr: the memory limit, already reported to the Vm. Each may run a collection: what is live
// must be in registers, on the machine stack, or otherwise rooted.

/// An array of `size` null slots.
ArrayObject* make_array(Vm& vm, size_t size);
BytesObject* make_bytes(Vm& vm, size_t size);
VectorObject* make_vector(Vm& vm, uint64_t size, uint32_t element_bytes);
MatrixObject* make_matrix(Vm& vm, uint64_t rows, uint64_t columns, uint32_t element_bytes);
bool reserve(Vm& vm, ArrayObject* array, size_t capacity);
/// Room for `more` further elements; grows in proportion, so that repeated calls stay linear.
bool reserve_more(Vm& vm, ArrayObject* array, size_t more);
bool push_slow(Vm& vm, ArrayObject* array, Slot value);
inline bool push(Vm& vm, ArrayObject* array, Slot value) {
  return SAMARA_LIKELY(vm.heap().push(array, value)) || push_slow(vm, array, value);
}
/// Appends `count` slots. `from` must not lie in `array`.
bool push_all(Vm& vm, ArrayObject* array, const Slot* from, size_t count);

/// Gives the storage of an array back: it is empty afterwards.
void discard(Heap& heap, ArrayObject* array);
/// Room for the results of a filter over `size` elements, where that is not a large part of the
/// memory limit; the array grows on demand otherwise.
bool reserve_results(Vm& vm, ArrayObject* array, size_t size);
/// Gives back room that reserve_results took and a selective filter did not need.
bool trim_results(Vm& vm, ArrayObject* array);

/// Copies of slots; also for no slots and no storage.
inline void copy_slots(Slot* to, const Slot* from, size_t count) {
  if (count != 0) std::memcpy(static_cast<void*>(to), from, count * sizeof(Slot));
}

// --- walking sets and dictionaries
// -------------------------------------------------------------------

inline bool valid(const SortedObject* sorted, SortedPlace place) {
  return place.chunk < sorted->chunk_count;
}
inline void advance(const SortedObject* sorted, SortedPlace& place) {
  if (++place.entry >= sorted->chunks[place.chunk]->count) {
    place.entry = 0;
    place.chunk++;
  }
}
/// The place of the least key above `key`: goes on with a walk after a callback that may have
/// changed the key set.
SortedPlace place_above(const SortedObject* sorted, const Order& order, Slot key);

}  // namespace samara::eval
