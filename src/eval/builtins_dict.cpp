// Builtins on Dict. Callbacks of the builtins on one entry may change the dictionary: after a
// callback the key is looked up again.

#include "eval/each.hpp"

namespace samara::eval {
namespace {

SortedObject* dict_of(Slot slot) { return as<SortedObject>(slot); }

bool fail_absent(Vm& vm, const BuiltinSite& site, Slot key) {
  return fail_key(vm, "Dict does not contain key ", site.type(0), key);
}

// --- reading one entry
// -----------------------------------------------------------------------------------

bool dict_size(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(dict_of(args[0])->size));
  return true;
}

bool dict_has(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(sorted_contains(dict_of(args[0]), site.order(0), args[1]));
  return true;
}

bool find(const BuiltinSite& site, const Slot* args, Slot& value) {
  SortedPlace place;
  if (!sorted_find(dict_of(args[0]), site.order(0), args[1], place)) return false;
  value = value_at(dict_of(args[0]), place);
  return true;
}

bool dict_get(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return find(site, args, out) || fail_absent(vm, site, args[1]);
}

bool dict_get_or_default(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return find(site, args, out) || vm.call(args[2], args[1], out);
}

bool dict_try_get(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Slot value;
  out = find(site, args, value) ? vm.some(site.type(1), value) : Vm::none();
  return true;
}

// --- writing one entry
// -----------------------------------------------------------------------------------

bool dict_insert(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Dict")) return false;
  SortedPlace place;
  if (sorted_find(dict_of(args[0]), site.order(0), args[1], place)) {
    return fail_key(vm, "Dict already contains key ", site.type(0), args[1]);
  }
  sorted_insert_at(vm.heap(), dict_of(args[0]), place, args[1], args[2]);
  out = Slot::null();
  return true;
}

// arguments: dict, key, value, (V, V, K) → V.
bool dict_insert_or_update(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* dict = dict_of(args[0]);
  if (!may_resize(vm, dict, "Dict")) return false;
  SortedPlace place;
  if (!sorted_find(dict, site.order(0), args[1], place)) {
    sorted_insert_at(vm.heap(), dict, place, args[1], args[2]);
    out = Slot::null();
    return true;
  }
  Slot merged;
  if (!vm.call(args[3], value_at(dict, place), args[2], args[1], merged)) return false;
  sorted_put(vm.heap(), dict, site.order(0), args[1], merged);
  out = Slot::null();
  return true;
}

bool dict_get_or_insert(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* dict = dict_of(args[0]);
  if (!may_resize(vm, dict, "Dict")) return false;
  if (find(site, args, out)) return true;
  Slot made;
  if (!vm.call(args[2], args[1], made)) return false;
  sorted_put(vm.heap(), dict, site.order(0), args[1], made);
  out = made;
  return true;
}

// Replaces the value of a present key.
bool swap_value(Vm& vm, const BuiltinSite& site, const Slot* args, Slot& old) {
  SortedObject* dict = dict_of(args[0]);
  if (!may_replace(vm, dict, "Dict")) return false;
  SortedPlace place;
  if (!sorted_find(dict, site.order(0), args[1], place)) return fail_absent(vm, site, args[1]);
  old = value_at(dict, place);
  value_at(dict, place) = args[2];
  return true;
}

bool dict_update(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Slot old;
  if (!swap_value(vm, site, args, old)) return false;
  out = Slot::null();
  return true;
}

bool dict_swap(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Slot old;
  if (!swap_value(vm, site, args, old)) return false;
  out = old;
  return true;
}

// What DictMerge and DictMergeAll make of an entry: merge(existing or initial(key), value, key).
bool merged_value(Vm& vm, const BuiltinSite& site, SortedObject* dict, Slot key, Slot value,
                  const Slot* functions, Slot& merged) {
  SortedPlace place;
  Slot existing;
  if (sorted_find(dict, site.order(0), key, place)) {
    existing = value_at(dict, place);
  } else if (!vm.call(functions[1], key, existing)) {
    return false;
  }
  return vm.call(functions[0], existing, value, key, merged);
}

// arguments: dict, key, value, merge, initial.
bool dict_merge(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* dict = dict_of(args[0]);
  if (!may_resize(vm, dict, "Dict")) return false;
  Slot merged;
  if (!merged_value(vm, site, dict, args[1], args[2], args + 3, merged)) return false;
  sorted_put(vm.heap(), dict, site.order(0), args[1], merged);
  out = Slot::null();
  return true;
}

bool take_out(const BuiltinSite& site, const Slot* args, Slot& value) {
  SortedPlace place;
  if (!sorted_find(dict_of(args[0]), site.order(0), args[1], place)) return false;
  value = value_at(dict_of(args[0]), place);
  sorted_erase_at(dict_of(args[0]), place);
  return true;
}

bool dict_pop(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Dict")) return false;
  return take_out(site, args, out) || fail_absent(vm, site, args[1]);
}

bool dict_delete(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!dict_pop(vm, site, args, out)) return false;
  out = Slot::null();
  return true;
}

bool dict_try_delete(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Dict")) return false;
  Slot value;
  out = Slot::of(take_out(site, args, value));
  return true;
}

bool dict_clear(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Dict")) return false;
  sorted_clear(vm.heap(), dict_of(args[0]));
  out = Slot::null();
  return true;
}

// --- whole dictionaries
// ------------------------------------------------------------------------------------

bool dict_generate(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  int64_t count = args[0].integer();
  KeyedBuilder builder(vm, site.order(0), KeyedBuilder::Makes::dict);
  for (int64_t i = 0; i < count; i++) {
    Slot key;
    Slot value;
    if (!vm.call(args[1], Slot::of(i), key) || !vm.call(args[2], Slot::of(i), value)) return false;
    if (!merge_entry(vm, builder, args[3], key, value)) return false;
  }
  return give(builder.finish(), out);
}

// Both are locked: the second would otherwise change under the walk, and the first may be the
// second. arguments: dict, dict, (V, V, K) → V.
bool dict_union_in_place(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* dict = dict_of(args[0]);
  SortedObject* other = dict_of(args[1]);
  if (!may_resize(vm, dict, "Dict")) return false;
  IterationLock lock(dict);
  IterationLock lock_other(other);
  if (!lock.held() || !lock_other.held()) return fail_locks(vm);
  for (SortedCursor at(other); at.valid(); at.next()) {
    SortedPlace place;
    if (!sorted_find(dict, site.order(0), at.key(), place)) {
      sorted_insert_at(vm.heap(), dict, place, at.key(), at.value());
      if (!vm.step()) return false;
      continue;
    }
    Slot merged;
    if (!vm.call(args[2], value_at(dict, place), at.value(), at.key(), merged)) return false;
    value_at(dict, place) = merged;
  }
  out = Slot::null();
  return true;
}

// arguments: dict, dict, merge, initial.
bool dict_merge_all(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* dict = dict_of(args[0]);
  SortedObject* other = dict_of(args[1]);
  if (!may_resize(vm, dict, "Dict")) return false;
  IterationLock lock(dict);
  IterationLock lock_other(other);
  if (!lock.held() || !lock_other.held()) return fail_locks(vm);
  for (SortedCursor at(other); at.valid(); at.next()) {
    Slot merged;
    if (!merged_value(vm, site, dict, at.key(), at.value(), args + 2, merged)) return false;
    sorted_put(vm.heap(), dict, site.order(0), at.key(), merged);
  }
  out = Slot::null();
  return true;
}

bool dict_keys(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(sorted_copy(vm.heap(), dict_of(args[0]), true));
  return true;
}

bool dict_copy(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(sorted_copy(vm.heap(), dict_of(args[0]), false));
  return true;
}

// Neither collection is locked: what the callback adds to or removes from the keys ahead is seen.
// arguments: dict, set, K → V.
bool dict_get_keys(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  const Order& order = site.order(0);
  SortedObject* dict = dict_of(args[0]);
  SortedObject* keys = as<SortedObject>(args[1]);
  SortedObject* result = new_dict(vm.heap());
  SortedPlace at;
  while (valid(keys, at)) {
    Slot key = key_at(keys, at);
    SortedPlace place;
    if (sorted_find(dict, order, key, place)) {
      sorted_append(vm.heap(), result, key, value_at(dict, place));
      advance(keys, at);
      if (!vm.step()) return false;
      continue;
    }
    Slot made;
    if (!vm.call(args[2], key, made)) return false;
    sorted_append(vm.heap(), result, key, made);
    at = place_above(keys, order, key);
  }
  out = Slot::of(result);
  return true;
}

constexpr BuiltinEntry k_entries[] = {
    {"DictGenerate", dict_generate},
    {"DictSize", dict_size},
    {"DictHas", dict_has},
    {"DictGet", dict_get},
    {"DictGetOrDefault", dict_get_or_default},
    {"DictTryGet", dict_try_get},
    {"DictInsert", dict_insert},
    {"DictInsertOrUpdate", dict_insert_or_update},
    {"DictGetOrInsert", dict_get_or_insert},
    {"DictUpdate", dict_update},
    {"DictSwap", dict_swap},
    {"DictMerge", dict_merge},
    {"DictDelete", dict_delete},
    {"DictTryDelete", dict_try_delete},
    {"DictPop", dict_pop},
    {"DictClear", dict_clear},
    {"DictUnionInPlace", dict_union_in_place},
    {"DictMergeAll", dict_merge_all},
    {"DictKeys", dict_keys},
    {"DictGetKeys", dict_get_keys},
    {"DictForEach", each_for_each<DictItems>},
    {"DictCopy", dict_copy},
    {"DictMap", each_map_keyed<DictItems>},
    {"DictFilter", each_filter_keyed<DictItems>},
    {"DictFilterMap", each_filter_map_keyed<DictItems>},
    {"DictFirstMap", each_first_map<DictItems>},
    {"DictMapReduce", each_map_reduce<DictItems>},
    {"DictReduce", each_fold<DictItems, 2, 1>},
    {"DictToArray", each_to_array<DictItems>},
    {"DictToSet", each_to_set<DictItems>},
    {"DictToDict", each_to_dict<DictItems>},
    {"DictFlattenToArray", each_flatten_to_array<DictItems>},
    {"DictFlattenToSet", each_flatten_to_set<DictItems>},
    {"DictFlattenToDict", each_flatten_to_dict<DictItems>},
    {"DictGroupFold", each_group_fold<DictItems>},
};

}  // namespace

std::span<const BuiltinEntry> dict_builtins() { return k_entries; }

}  // namespace samara::eval
