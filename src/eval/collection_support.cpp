#include "eval/collection_support.hpp"

#include <algorithm>
#include <string>

#include "value/text.hpp"

namespace samara::eval {

bool fail_frozen(Vm& vm, std::string_view name) {
  return vm.fail(std::string("Cannot modify frozen ").append(name));
}

bool fail_iterating(Vm& vm, std::string_view name) {
  return vm.fail(std::string("Cannot modify ").append(name).append(" during iteration"));
}

bool fail_index(Vm& vm, int64_t index) {
  return vm.fail("Array index " + std::to_string(index) + " out of bounds");
}

bool fail_key(Vm& vm, std::string_view prefix, const Type* type, Slot key) {
  std::string message(prefix);
  auto printed = append_text(message, type, key);
  if (!printed) return vm.fail(printed.error());
  return vm.fail(message);
}

namespace {
// Garbage may fill the heap up to its limit: what does not fit is tried again after a collection.
template <typename Allocate>
auto with_collection(Vm& vm, Allocate allocate) -> decltype(allocate()) {
  auto made = allocate();
  if (SAMARA_LIKELY(made)) return made;
  if (!vm.safepoint()) return {};
  made = allocate();
  if (!made) vm.fail_memory();
  return made;
}
}  // namespace

ArrayObject* make_array(Vm& vm, size_t size) {
  return with_collection(vm, [&] { return vm.heap().new_array(size); });
}

BytesObject* make_bytes(Vm& vm, size_t size) {
  return with_collection(vm, [&] { return vm.heap().new_bytes(size); });
}

VectorObject* make_vector(Vm& vm, uint64_t size, uint32_t element_bytes) {
  return with_collection(vm, [&] { return vm.heap().new_vector(size, element_bytes); });
}

MatrixObject* make_matrix(Vm& vm, uint64_t rows, uint64_t columns, uint32_t element_bytes) {
  return with_collection(vm, [&] { return vm.heap().new_matrix(rows, columns, element_bytes); });
}

bool reserve(Vm& vm, ArrayObject* array, size_t capacity) {
  return with_collection(vm, [&] { return vm.heap().reserve(array, capacity); });
}

bool reserve_more(Vm& vm, ArrayObject* array, size_t more) {
  size_t needed = array->size + more;  // both are far below 2^60: they lie in memory already
  if (needed <= array->capacity) return true;
  if (vm.heap().reserve(array, std::max(needed, array->capacity * 2))) return true;
  return reserve(vm, array, needed);
}

bool push_slow(Vm& vm, ArrayObject* array, Slot value) {
  return with_collection(vm, [&] { return vm.heap().push(array, value); });
}

bool push_all(Vm& vm, ArrayObject* array, const Slot* from, size_t count) {
  if (!reserve_more(vm, array, count)) return false;
  copy_slots(array->data + array->size, from, count);
  array->size += count;
  return true;
}

void discard(Heap& heap, ArrayObject* array) {
  if (array->data == nullptr) return;
  Object* buffer = reinterpret_cast<Object*>(array->data - array->aux) - 1;
  array->data = nullptr;
  array->size = 0;
  array->capacity = 0;
  array->aux = 0;
  heap.release(buffer);
}

bool reserve_results(Vm& vm, ArrayObject* array, size_t size) {
  if (size > vm.heap().limit() / (8 * sizeof(Slot))) return true;
  return reserve(vm, array, size);
}

bool trim_results(Vm& vm, ArrayObject* array) {
  constexpr size_t k_slack = 64;  // slots not worth a copy
  if (array->capacity - array->size <= std::max(array->size, k_slack)) return true;
  ArrayObject* tight = make_array(vm, array->size);
  if (tight == nullptr) return false;
  copy_slots(tight->data, array->data, array->size);
  discard(vm.heap(), array);
  std::swap(array->data, tight->data);
  std::swap(array->size, tight->size);
  std::swap(array->capacity, tight->capacity);
  return true;
}

SortedPlace place_above(const SortedObject* sorted, const Order& order, Slot key) {
  SortedPlace place;
  if (sorted->chunk_count == 0) return place;
  if (sorted_find(sorted, order, key, place) || place.entry >= sorted->chunks[place.chunk]->count) {
    advance(sorted, place);
  }
  return place;
}

}  // namespace samara::eval
