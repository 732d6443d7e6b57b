#pragma once
// The builtins that arrays, sets and dictionaries have in common, written once over *items*: what
// the collection hands to a callback for one entry (array: element, index; set: key; dictionary:
// value, key). Type parameters and arguments follow the same pattern in all three: the collection's
// own type parameters come first, the collection is the first argument.
//
// `out` may be one of the argument registers, or a variable that keeps its value if the builtin
// fails: it is written last.
//
// Items are read live, under an iteration lock: elements replaced by a callback are seen, changes
// of size are refused.
//
// Threads: the evaluating thread. Source: docs/formats/builtins.md, "Array", "Set", "Dict".

#include "eval/collection_support.hpp"
#include "eval/iteration_lock.hpp"
#include "eval/keyed_builder.hpp"

namespace samara::eval {

class ArrayItems {
 public:
  static constexpr uint32_t k_types = 1;  // type parameters of the collection
  static constexpr uint32_t k_width = 2;  // arguments a callback gets for an item
  static constexpr std::string_view k_empty = "Cannot reduce empty array with no initial value";

  explicit ArrayItems(Slot array) : array_(as<ArrayObject>(array)) {}
  Object* object() const { return array_; }
  size_t size() const { return array_->size; }
  bool next(Slot* item) {
    if (index_ >= array_->size) return false;
    item[0] = array_->data[index_];
    item[1] = Slot::of(static_cast<int64_t>(index_));
    index_++;
    return true;
  }

 private:
  ArrayObject* array_;
  size_t index_ = 0;
};

class SetItems {
 public:
  static constexpr uint32_t k_types = 1;
  static constexpr uint32_t k_width = 1;
  static constexpr std::string_view k_empty = "Cannot reduce empty set with no initial value";

  explicit SetItems(Slot set) : set_(as<SortedObject>(set)), at_(set_) {}
  Object* object() const { return set_; }
  size_t size() const { return set_->size; }
  bool next(Slot* item) {
    if (!at_.valid()) return false;
    item[0] = at_.key();
    at_.next();
    return true;
  }
  static Slot key(const Slot* item) { return item[0]; }

 private:
  SortedObject* set_;
  SortedCursor at_;
};

class DictItems {
 public:
  static constexpr uint32_t k_types = 2;
  static constexpr uint32_t k_width = 2;
  static constexpr std::string_view k_empty =
      "Cannot reduce empty dictionary with no initial value";

  explicit DictItems(Slot dict) : dict_(as<SortedObject>(dict)), at_(dict_) {}
  Object* object() const { return dict_; }
  size_t size() const { return dict_->size; }
  bool next(Slot* item) {
    if (!at_.valid()) return false;
    item[0] = at_.value();
    item[1] = at_.key();
    at_.next();
    return true;
  }
  static Slot key(const Slot* item) { return item[1]; }

 private:
  SortedObject* dict_;
  SortedCursor at_;
};

/// An item with room for an accumulator in front of it, as folds pass it.
template <typename Items>
struct Accumulated {
  Slot slots[1 + Items::k_width];
  Slot& accumulator() { return slots[0]; }
  Slot* item() { return slots + 1; }
};

/// Ends a builtin that made a collection, or failed to.
inline bool give(const SortedObject* made, Slot& out) {
  if (made == nullptr) return false;
  out = Slot::of(made);
  return true;
}

// --- no result, one result
// -----------------------------------------------------------------------------

template <typename Items>
bool each_for_each(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  Slot item[Items::k_width];
  Slot ignored;
  while (items.next(item)) {
    if (!vm.call(args[1], item, ignored)) return false;
  }
  out = Slot::null();
  return true;
}

/// arguments: collection, item → Option.
template <typename Items>
bool each_first_map(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot option;
    if (!vm.call(args[1], item, option)) return false;
    if (case_of(option) == 1) {
      out = option;
      return true;
    }
  }
  out = Vm::none();
  return true;
}

/// arguments: collection, item → T2, (T2, T2) → T2.
template <typename Items>
bool each_map_reduce(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  Slot item[Items::k_width];
  if (!items.next(item)) return vm.fail(Items::k_empty);
  Slot accumulator;
  if (!vm.call(args[1], item, accumulator)) return false;
  while (items.next(item)) {
    Slot mapped;
    if (!vm.call(args[1], item, mapped)) return false;
    if (!vm.call(args[2], accumulator, mapped, accumulator)) return false;
  }
  out = accumulator;
  return true;
}

/// The places of start value and function differ: ArrayFold (array, init, f), SetReduce and
/// DictReduce (collection, f, init).
template <typename Items, uint32_t k_init, uint32_t k_function>
bool each_fold(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  Accumulated<Items> call;
  call.accumulator() = args[k_init];
  while (items.next(call.item())) {
    if (!vm.call(args[k_function], call.slots, call.accumulator())) return false;
  }
  out = call.accumulator();
  return true;
}

// --- arrays
// --------------------------------------------------------------------------------------------

/// arguments: collection, item → T2.
template <typename Items>
bool each_to_array(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  ArrayObject* result = make_array(vm, items.size());
  if (result == nullptr) return false;
  Slot* at = result->data;
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot mapped;
    if (!vm.call(args[1], item, mapped)) return false;
    *at++ = mapped;
  }
  out = Slot::of(result);
  return true;
}

/// arguments: collection, item → Array.
template <typename Items>
bool each_flatten_to_array(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  ArrayObject* result = vm.heap().new_array();
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot part;
    if (!vm.call(args[1], item, part)) return false;
    auto* array = as<ArrayObject>(part);
    if (!push_all(vm, result, array->data, array->size)) return false;
  }
  out = Slot::of(result);
  return true;
}

// --- sets
// ----------------------------------------------------------------------------------------------

/// arguments: collection, item → K2.
template <typename Items>
bool each_to_set(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  KeyedBuilder builder(vm, site.order(Items::k_types), KeyedBuilder::Makes::set);
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot key;
    KeyedBuilder::Found found;
    if (!vm.call(args[1], item, key) || !builder.locate(key, found)) return false;
  }
  return give(builder.finish(), out);
}

/// arguments: collection, item → Set.
template <typename Items>
bool each_flatten_to_set(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  KeyedBuilder builder(vm, site.order(Items::k_types), KeyedBuilder::Makes::set);
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot part;
    if (!vm.call(args[1], item, part)) return false;
    for (SortedCursor at(as<SortedObject>(part)); at.valid(); at.next()) {
      KeyedBuilder::Found found;
      if (!vm.step() || !builder.locate(at.key(), found)) return false;
    }
  }
  return give(builder.finish(), out);
}

// --- dictionaries
// --------------------------------------------------------------------------------------

/// Enters `value` under `key`, or what `conflict` (existing, value, key) makes of it.
inline bool merge_entry(Vm& vm, KeyedBuilder& builder, Slot conflict, Slot key, Slot value) {
  KeyedBuilder::Found found;
  if (!builder.locate(key, found)) return false;
  if (!found.added && !vm.call(conflict, builder.value(found.index), value, key, value))
    return false;
  builder.set_value(found.index, value);
  return true;
}

/// arguments: collection, item → K2, item → V2, (V2, V2, K2) → V2.
template <typename Items>
bool each_to_dict(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  KeyedBuilder builder(vm, site.order(Items::k_types), KeyedBuilder::Makes::dict);
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot key;
    Slot value;
    if (!vm.call(args[1], item, key) || !vm.call(args[2], item, value)) return false;
    if (!merge_entry(vm, builder, args[3], key, value)) return false;
  }
  return give(builder.finish(), out);
}

/// arguments: collection, item → Dict, (V2, V2, K2) → V2.
template <typename Items>
bool each_flatten_to_dict(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  const Order& order = site.order(Items::k_types);
  KeyedBuilder builder(vm, order, KeyedBuilder::Makes::dict);
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot part;
    if (!vm.call(args[1], item, part)) return false;
    auto* dict = as<SortedObject>(part);
    // Not locked: a conflict callback may change the key set of the part it is given entries of.
    SortedPlace place;
    while (valid(dict, place)) {
      Slot key = key_at(dict, place);
      size_t size = dict->size;
      if (!vm.step() || !merge_entry(vm, builder, args[2], key, value_at(dict, place)))
        return false;
      if (SAMARA_LIKELY(dict->size == size && valid(dict, place) &&
                        key_at(dict, place).same_bits(key))) {
        advance(dict, place);
      } else {
        place = place_above(dict, order, key);
      }
    }
  }
  return give(builder.finish(), out);
}

/// arguments: collection, item → K2, K2 → T2, (T2, item) → T2.
template <typename Items>
bool each_group_fold(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  KeyedBuilder builder(vm, site.order(Items::k_types), KeyedBuilder::Makes::dict);
  Accumulated<Items> call;
  while (items.next(call.item())) {
    Slot key;
    if (!vm.call(args[1], {call.item(), Items::k_width}, key)) return false;
    KeyedBuilder::Found found;
    if (!builder.locate(key, found)) return false;
    if (found.added) {
      if (!vm.call(args[2], key, call.accumulator())) return false;
    } else {
      call.accumulator() = builder.value(found.index);
    }
    Slot folded;
    if (!vm.call(args[3], call.slots, folded)) return false;
    builder.set_value(found.index, folded);
  }
  return give(builder.finish(), out);
}

// --- the same keys with other values
// --------------------------------------------------------------------

/// arguments: set or dictionary, item → V2.
template <typename Items>
bool each_map_keyed(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  SortedObject* result = new_dict(vm.heap());
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot value;
    if (!vm.call(args[1], item, value)) return false;
    sorted_append(vm.heap(), result, Items::key(item), value);
  }
  out = Slot::of(result);
  return true;
}

/// arguments: set or dictionary, item → Option<V2>.
template <typename Items>
bool each_filter_map_keyed(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  SortedObject* result = new_dict(vm.heap());
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot option;
    if (!vm.call(args[1], item, option)) return false;
    if (case_of(option) == 1) {
      sorted_append(vm.heap(), result, Items::key(item), payload_of(option));
    }
  }
  out = Slot::of(result);
  return true;
}

/// arguments: set or dictionary, item → Boolean. Makes a collection of the same kind.
template <typename Items>
bool each_filter_keyed(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Items items(args[0]);
  IterationLock lock(items.object());
  if (!lock.held()) return fail_locks(vm);
  SortedObject* result =
      as<SortedObject>(args[0])->is_dict() ? new_dict(vm.heap()) : new_set(vm.heap());
  Slot item[Items::k_width];
  while (items.next(item)) {
    Slot keep;
    if (!vm.call(args[1], item, keep)) return false;
    if (keep.boolean()) sorted_append(vm.heap(), result, Items::key(item), item[0]);
  }
  out = Slot::of(result);
  return true;
}

}  // namespace samara::eval
