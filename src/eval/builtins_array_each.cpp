// Builtins on Array that call back for its elements.

#include "eval/each.hpp"

#include <algorithm>
#include "eval/key_sort.hpp"

namespace samara::eval {
namespace {

// --- one element
// -----------------------------------------------------------------------------------------

bool array_generate(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  int64_t count = args[0].integer();
  ArrayObject* result = vm.heap().new_array();
  // Only so much in advance: the callback may well fail before a huge count is reached.
  constexpr int64_t k_advance = 1 << 20;
  if (count > 0 && !reserve(vm, result, static_cast<size_t>(std::min(count, k_advance))))
    return false;
  for (int64_t i = 0; i < count; i++) {
    Slot element;
    if (!vm.call(args[1], Slot::of(i), element) || !push(vm, result, element)) return false;
  }
  out = Slot::of(result);
  return true;
}

bool array_get_or_default(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  int64_t index = args[1].integer();
  if (!in_range(index, array->size)) return vm.call(args[2], args[1], out);
  out = array->data[index];
  return true;
}

// The size cannot change while the callback runs: the place stays valid.
bool array_merge(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_replace(vm, array, "Array")) return false;
  int64_t index = args[1].integer();
  if (!in_range(index, array->size)) return fail_index(vm, index);
  IterationLock lock(array);
  if (!lock.held()) return fail_locks(vm);
  Slot merged;
  if (!vm.call(args[3], array->data[index], args[2], args[1], merged)) return false;
  array->data[index] = merged;
  out = Slot::null();
  return true;
}

bool array_merge_all(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  auto* other = as<ArrayObject>(args[1]);
  if (!may_replace(vm, array, "Array")) return false;
  IterationLock lock(array);
  IterationLock lock_other(other);
  if (!lock.held() || !lock_other.held()) return fail_locks(vm);
  for (size_t i = 0; i < other->size; i++) {
    auto index = static_cast<int64_t>(i);
    if (i >= array->size) return fail_index(vm, index);
    Slot merged;
    if (!vm.call(args[2], array->data[i], other->data[i], Slot::of(index), merged)) return false;
    array->data[i] = merged;
  }
  out = Slot::null();
  return true;
}

bool array_get_keys(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  auto* keys = as<ArrayObject>(args[1]);
  IterationLock lock(array);
  IterationLock lock_keys(keys);
  if (!lock.held() || !lock_keys.held()) return fail_locks(vm);
  ArrayObject* result = make_array(vm, keys->size);
  if (result == nullptr) return false;
  for (size_t i = 0; i < keys->size; i++) {
    Slot key = keys->data[i];
    if (in_range(key.integer(), array->size)) {
      result->data[i] = array->data[key.integer()];
      continue;
    }
    Slot made;
    if (!vm.call(args[2], key, made)) return false;
    result->data[i] = made;
  }
  out = Slot::of(result);
  return true;
}

// --- sorting
// ---------------------------------------------------------------------------------------------

// A sorted copy of the elements as they are now; the callback is called once for each, in order.
ArrayObject* sorted_by(Vm& vm, const Order& order, ArrayObject* array, Slot by) {
  ArrayObject* elements = make_array(vm, array->size);
  if (elements == nullptr) return nullptr;
  copy_slots(elements->data, array->data, array->size);
  if (elements->size < 2) return elements;
  ArrayObject* keys = make_array(vm, elements->size);
  if (keys == nullptr) return nullptr;
  bool ascending = true;
  for (size_t i = 0; i < elements->size; i++) {
    Slot key;
    if (!vm.call(by, elements->data[i], key)) return nullptr;
    keys->data[i] = key;
    ascending = ascending && (i == 0 || order(keys->data[i - 1], key) <= 0);
  }
  if (!ascending) {
    BytesObject* positions = sort_positions(vm, order, keys->data, keys->size);
    if (positions == nullptr) return nullptr;
    // The keys have done their work: their array takes the result.
    for (size_t i = 0; i < keys->size; i++) {
      keys->data[i] = elements->data[ranks_of(positions)[i].position];
    }
    std::swap(keys, elements);
    vm.heap().release(positions);
  }
  discard(vm.heap(), keys);
  return elements;
}

bool array_sort(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  ArrayObject* sorted = sorted_by(vm, site.order(1), as<ArrayObject>(args[0]), args[1]);
  if (sorted == nullptr) return false;
  out = Slot::of(sorted);
  return true;
}

bool array_sort_in_place(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array")) return false;
  IterationLock lock(array);
  if (!lock.held()) return fail_locks(vm);
  ArrayObject* sorted = sorted_by(vm, site.order(1), array, args[1]);
  if (sorted == nullptr) return false;
  copy_slots(array->data, sorted->data, sorted->size);
  discard(vm.heap(), sorted);
  out = Slot::null();
  return true;
}

bool array_is_sorted(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  IterationLock lock(array);
  if (!lock.held()) return fail_locks(vm);
  bool sorted = true;
  Slot previous;
  for (size_t i = 0; sorted && array->size >= 2 && i < array->size; i++) {
    Slot key;
    if (!vm.call(args[1], array->data[i], key)) return false;
    sorted = i == 0 || site.order(1)(previous, key) <= 0;
    previous = key;
  }
  out = Slot::of(sorted);
  return true;
}

// --- searching
// -------------------------------------------------------------------------------------------

// The least position from `low` on whose key is above `key` (k_upper), or not below it.
template <bool k_upper>
bool find_bound(Vm& vm, const Order& order, const Slot* args, size_t low, size_t& found) {
  auto* array = as<ArrayObject>(args[0]);
  size_t high = array->size;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    Slot key;
    if (!vm.call(args[2], array->data[middle], key)) return false;
    int c = order(key, args[1]);
    if (k_upper ? c <= 0 : c < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  found = low;
  return true;
}

template <bool k_upper>
bool array_find_sorted(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  IterationLock lock(args[0].object());
  if (!lock.held()) return fail_locks(vm);
  size_t found = 0;
  if (!find_bound<k_upper>(vm, site.order(1), args, 0, found)) return false;
  out = Slot::of(static_cast<int64_t>(found));
  return true;
}

bool array_find_sorted_range(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  IterationLock lock(args[0].object());
  if (!lock.held()) return fail_locks(vm);
  size_t start = 0;
  size_t end = 0;
  if (!find_bound<false>(vm, site.order(1), args, 0, start)) return false;
  if (!find_bound<true>(vm, site.order(1), args, start, end)) return false;
  FieldsObject* range = vm.heap().new_fields(2);
  range->fields()[0] = Slot::of(static_cast<int64_t>(start));
  range->fields()[1] = Slot::of(static_cast<int64_t>(end));
  out = Slot::of(range);
  return true;
}

bool array_find_first(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  IterationLock lock(array);
  if (!lock.held()) return fail_locks(vm);
  for (size_t i = 0; i < array->size; i++) {
    Slot key;
    if (!vm.call(args[2], array->data[i], key)) return false;
    if (site.order(1)(key, args[1]) == 0) {
      out = vm.some(site.types->integer(), Slot::of(static_cast<int64_t>(i)));
      return true;
    }
  }
  out = Vm::none();
  return true;
}

// --- filters
// ---------------------------------------------------------------------------------------------

bool array_filter(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  ArrayItems items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  ArrayObject* result = vm.heap().new_array();
  if (!reserve_results(vm, result, items.size())) return false;
  Slot item[ArrayItems::k_width];
  while (items.next(item)) {
    Slot keep;
    if (!vm.call(args[1], item, keep)) return false;
    if (keep.boolean() && !push(vm, result, item[0])) return false;
  }
  if (!trim_results(vm, result)) return false;
  out = Slot::of(result);
  return true;
}

bool array_filter_map(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  ArrayItems items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  ArrayObject* result = vm.heap().new_array();
  if (!reserve_results(vm, result, items.size())) return false;
  Slot item[ArrayItems::k_width];
  while (items.next(item)) {
    Slot option;
    if (!vm.call(args[1], item, option)) return false;
    if (case_of(option) == 1 && !push(vm, result, payload_of(option))) return false;
  }
  if (!trim_results(vm, result)) return false;
  out = Slot::of(result);
  return true;
}

constexpr BuiltinEntry k_entries[] = {
    {"ArrayGenerate", array_generate},
    {"ArrayGetOrDefault", array_get_or_default},
    {"ArrayMerge", array_merge},
    {"ArrayMergeAll", array_merge_all},
    {"ArrayGetKeys", array_get_keys},
    {"ArraySort", array_sort},
    {"ArraySortInPlace", array_sort_in_place},
    {"ArrayIsSorted", array_is_sorted},
    {"ArrayFindSortedFirst", array_find_sorted<false>},
    {"ArrayFindSortedLast", array_find_sorted<true>},
    {"ArrayFindSortedRange", array_find_sorted_range},
    {"ArrayFindFirst", array_find_first},
    {"ArrayForEach", each_for_each<ArrayItems>},
    {"ArrayMap", each_to_array<ArrayItems>},
    {"ArrayFilter", array_filter},
    {"ArrayFilterMap", array_filter_map},
    {"ArrayFirstMap", each_first_map<ArrayItems>},
    {"ArrayFold", each_fold<ArrayItems, 1, 2>},
    {"ArrayMapReduce", each_map_reduce<ArrayItems>},
    {"ArrayToSet", each_to_set<ArrayItems>},
    {"ArrayToDict", each_to_dict<ArrayItems>},
    {"ArrayFlattenToArray", each_flatten_to_array<ArrayItems>},
    {"ArrayFlattenToSet", each_flatten_to_set<ArrayItems>},
    {"ArrayFlattenToDict", each_flatten_to_dict<ArrayItems>},
    {"ArrayGroupFold", each_group_fold<ArrayItems>},
};

}  // namespace

std::span<const BuiltinEntry> array_each_builtins() { return k_entries; }

}  // namespace samara::eval
