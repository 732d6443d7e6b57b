// Builtins on Array without callbacks.

#include <algorithm>
#include <string>

#include "eval/arithmetic.hpp"
#include "eval/collection_support.hpp"

namespace samara::eval {
namespace {

// --- making
// ----------------------------------------------------------------------------------------------

bool array_range(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  int64_t start = args[0].integer();
  int64_t end = args[1].integer();
  int64_t step = args[2].integer();
  // Counted in advance, in unsigned numbers: the values never leave the 64-bit range.
  auto distance = [](int64_t from, int64_t to) {
    return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
  };
  uint64_t count = 0;
  if (step > 0 && start < end) {
    count = (distance(start, end) - 1) / static_cast<uint64_t>(step) + 1;
  } else if (step < 0 && start > end) {
    count = (distance(end, start) - 1) / (0 - static_cast<uint64_t>(step)) + 1;
  }
  if (count > SIZE_MAX / sizeof(Slot)) return vm.fail_memory();
  ArrayObject* result = make_array(vm, static_cast<size_t>(count));
  if (result == nullptr) return false;
  int64_t value = start;
  for (size_t i = 0; i < result->size; i++) {
    result->data[i] = Slot::of(value);
    value = integer_add(value, step);
  }
  out = Slot::of(result);
  return true;
}

bool array_linspace(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  double start = args[0].number();
  double end = args[1].number();
  int64_t count = std::max<int64_t>(args[2].integer(), 0);
  if (static_cast<uint64_t>(count) > SIZE_MAX / sizeof(Slot)) return vm.fail_memory();
  ArrayObject* result = make_array(vm, static_cast<size_t>(count));
  if (result == nullptr) return false;
  // One rounding for the step and one for each product: the last element need not be `end`.
  double step = count > 1 ? (end - start) / static_cast<double>(count - 1) : 0.0;
  for (size_t i = 0; i < result->size; i++) {
    double offset = static_cast<double>(i) * step;
    result->data[i] = float_slot(start + offset);
  }
  if (count == 1) result->data[0] = args[0];
  out = Slot::of(result);
  return true;
}

bool copy_range(Vm& vm, const ArrayObject* from, size_t begin, size_t end, Slot& out) {
  ArrayObject* result = make_array(vm, end - begin);
  if (result == nullptr) return false;
  copy_slots(result->data, from->data + begin, end - begin);
  out = Slot::of(result);
  return true;
}

bool array_copy(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  return copy_range(vm, array, 0, array->size, out);
}

bool array_concat(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* first = as<ArrayObject>(args[0]);
  auto* second = as<ArrayObject>(args[1]);
  ArrayObject* result = make_array(vm, first->size + second->size);
  if (result == nullptr) return false;
  copy_slots(result->data, first->data, first->size);
  copy_slots(result->data + first->size, second->data, second->size);
  out = Slot::of(result);
  return true;
}

// A negative index counts from the end; what lies outside is cut off.
bool array_slice(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  auto size = static_cast<int64_t>(array->size);
  auto clamp = [size](int64_t index) {
    if (index < 0) return index < -size ? 0 : index + size;
    return std::min(index, size);
  };
  int64_t begin = clamp(args[1].integer());
  int64_t end = std::max(begin, clamp(args[2].integer()));
  return copy_range(vm, array, static_cast<size_t>(begin), static_cast<size_t>(end), out);
}

bool array_reverse(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  ArrayObject* result = make_array(vm, array->size);
  if (result == nullptr) return false;
  std::reverse_copy(array->data, array->data + array->size, result->data);
  out = Slot::of(result);
  return true;
}

// --- reading
// ---------------------------------------------------------------------------------------------

bool array_size(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(as<ArrayObject>(args[0])->size));
  return true;
}

bool array_has(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(in_range(args[1].integer(), as<ArrayObject>(args[0])->size));
  return true;
}

bool array_get(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  int64_t index = args[1].integer();
  if (!in_range(index, array->size)) return fail_index(vm, index);
  out = array->data[index];
  return true;
}

bool array_try_get(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  int64_t index = args[1].integer();
  out = in_range(index, array->size) ? vm.some(site.type(0), array->data[index]) : Vm::none();
  return true;
}

bool array_string_join(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  ByteView separator = bytes_of(args[1]);
  // The same long string may occur often: 64 bits do not overflow below 2^32 elements of 2^32
  // bytes.
  uint64_t bytes = array->size == 0 ? 0 : uint64_t{separator.size()} * (array->size - 1);
  for (Slot element : array->slots()) bytes += bytes_of(element).size();
  if (bytes > UINT32_MAX) return vm.fail_memory();
  BytesObject* joined = make_bytes(vm, static_cast<size_t>(bytes));
  if (joined == nullptr) return false;
  uint8_t* at = joined->data();
  auto append = [&at](ByteView part) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  };
  for (size_t i = 0; i < array->size; i++) {
    if (i != 0) append(separator);
    append(bytes_of(array->data[i]));
  }
  out = Slot::of(joined);
  return true;
}

// --- writing
// ---------------------------------------------------------------------------------------------

bool array_update(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_replace(vm, array, "Array")) return false;
  int64_t index = args[1].integer();
  if (!in_range(index, array->size)) return fail_index(vm, index);
  array->data[index] = args[2];
  out = Slot::null();
  return true;
}

bool array_push_last(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array") || !push(vm, array, args[1])) return false;
  out = Slot::null();
  return true;
}

bool array_pop_last(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array")) return false;
  if (array->size == 0) return vm.fail("Cannot pop from empty Array");
  out = array->data[--array->size];
  return true;
}

bool array_push_first(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array")) return false;
  if (!vm.heap().push_front(array, args[1])) {
    if (!vm.safepoint()) return false;
    if (!vm.heap().push_front(array, args[1])) return vm.fail_memory();
  }
  out = Slot::null();
  return true;
}

bool array_pop_first(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array")) return false;
  if (array->size == 0) return vm.fail("Cannot pop from empty Array");
  out = vm.heap().pop_front(array);
  return true;
}

// The other array may be the same one: its size and place are read when they are needed.
bool array_append(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  auto* other = as<ArrayObject>(args[1]);
  if (!may_resize(vm, array, "Array")) return false;
  size_t count = other->size;
  if (!reserve_more(vm, array, count)) return false;
  copy_slots(array->data + array->size, other->data, count);
  array->size += count;
  out = Slot::null();
  return true;
}

bool array_prepend(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  auto* other = as<ArrayObject>(args[1]);
  if (!may_resize(vm, array, "Array")) return false;
  size_t count = other->size;
  if (count == 0) {
    out = Slot::null();
    return true;
  }
  if (!reserve_more(vm, array, count)) return false;
  std::memmove(static_cast<void*>(array->data + count), array->data, array->size * sizeof(Slot));
  // Its own elements have just moved up by their number.
  copy_slots(array->data, array == other ? array->data + count : other->data, count);
  array->size += count;
  out = Slot::null();
  return true;
}

bool array_clear(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array")) return false;
  discard(vm.heap(), array);
  out = Slot::null();
  return true;
}

bool array_reverse_in_place(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  if (!may_resize(vm, array, "Array")) return false;
  std::reverse(array->data, array->data + array->size);
  out = Slot::null();
  return true;
}

constexpr BuiltinEntry k_entries[] = {
    {"ArrayRange", array_range},
    {"ArrayLinspace", array_linspace},
    {"ArrayCopy", array_copy},
    {"ArrayConcat", array_concat},
    {"ArraySlice", array_slice},
    {"ArrayReverse", array_reverse},
    {"ArraySize", array_size},
    {"ArrayHas", array_has},
    {"ArrayGet", array_get},
    {"ArrayTryGet", array_try_get},
    {"ArrayStringJoin", array_string_join},
    {"ArrayUpdate", array_update},
    {"ArrayPushLast", array_push_last},
    {"ArrayPopLast", array_pop_last},
    {"ArrayPushFirst", array_push_first},
    {"ArrayPopFirst", array_pop_first},
    {"ArrayAppend", array_append},
    {"ArrayPrepend", array_prepend},
    {"ArrayClear", array_clear},
    {"ArrayReverseInPlace", array_reverse_in_place},
};

}  // namespace

std::span<const BuiltinEntry> array_builtins() { return k_entries; }

}  // namespace samara::eval
