// Builtins on Set.

#include "eval/each.hpp"

namespace samara::eval {
namespace {

SortedObject* set_of(Slot slot) { return as<SortedObject>(slot); }

// --- one key
// ---------------------------------------------------------------------------------------------

bool set_generate(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  int64_t count = args[0].integer();
  KeyedBuilder builder(vm, site.order(0), KeyedBuilder::Makes::set);
  for (int64_t i = 0; i < count; i++) {
    Slot key;
    KeyedBuilder::Found found;
    if (!vm.call(args[1], Slot::of(i), key) || !builder.locate(key, found)) return false;
    Slot ignored;
    if (!found.added && !vm.call(args[2], key, ignored)) return false;
  }
  return give(builder.finish(), out);
}

bool set_size(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(set_of(args[0])->size));
  return true;
}

bool set_has(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  out = Slot::of(sorted_contains(set_of(args[0]), site.order(0), args[1]));
  return true;
}

bool insert_key(Vm& vm, const BuiltinSite& site, Slot* args) {
  SortedPlace place;
  if (sorted_find(set_of(args[0]), site.order(0), args[1], place)) return false;
  sorted_insert_at(vm.heap(), set_of(args[0]), place, args[1], Slot::null());
  return true;
}

bool set_insert(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Set")) return false;
  if (!insert_key(vm, site, args)) {
    return fail_key(vm, "Set already contains key ", site.type(0), args[1]);
  }
  out = Slot::null();
  return true;
}

bool set_try_insert(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Set")) return false;
  out = Slot::of(insert_key(vm, site, args));
  return true;
}

bool delete_key(const BuiltinSite& site, Slot* args) {
  SortedPlace place;
  if (!sorted_find(set_of(args[0]), site.order(0), args[1], place)) return false;
  sorted_erase_at(set_of(args[0]), place);
  return true;
}

bool set_delete(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Set")) return false;
  if (!delete_key(site, args)) {
    return fail_key(vm, "Set does not contain key ", site.type(0), args[1]);
  }
  out = Slot::null();
  return true;
}

bool set_try_delete(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Set")) return false;
  out = Slot::of(delete_key(site, args));
  return true;
}

bool set_clear(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Set")) return false;
  sorted_clear(vm.heap(), set_of(args[0]));
  out = Slot::null();
  return true;
}

// --- two sets
// ----------------------------------------------------------------------------------------------

// Walks both sets in order and makes a set of the keys that are wanted: only in the first, only in
// the second, in both.
template <bool k_first, bool k_second, bool k_both>
bool merge_sets(Vm& vm, const Order& order, Slot first, Slot second, Slot& out) {
  SortedObject* result = new_set(vm.heap());
  SortedCursor a(set_of(first));
  SortedCursor b(set_of(second));
  auto take = [&](SortedCursor& at, bool wanted) {
    if (wanted) sorted_append(vm.heap(), result, at.key(), Slot::null());
    at.next();
    return vm.step();
  };
  while (a.valid() && b.valid()) {
    int c = order(a.key(), b.key());
    if (c == 0) b.next();
    if (!(c <= 0 ? take(a, c == 0 ? k_both : k_first) : take(b, k_second))) return false;
  }
  while (k_first && a.valid()) {
    if (!take(a, true)) return false;
  }
  while (k_second && b.valid()) {
    if (!take(b, true)) return false;
  }
  out = Slot::of(result);
  return true;
}

// One set is so much larger that looking up the keys of the other beats a walk over both.
bool much_larger(const SortedObject* large, const SortedObject* small) {
  return large->size / 16 > small->size;
}

bool set_union(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return merge_sets<true, true, true>(vm, site.order(0), args[0], args[1], out);
}

// The keys of `walked` that are (k_wanted) or are not in `other`.
template <bool k_wanted>
bool select_keys(Vm& vm, const Order& order, Slot walked, Slot other, Slot& out) {
  SortedObject* result = new_set(vm.heap());
  for (SortedCursor at(set_of(walked)); at.valid(); at.next()) {
    if (sorted_contains(set_of(other), order, at.key()) == k_wanted) {
      sorted_append(vm.heap(), result, at.key(), Slot::null());
    }
    if (!vm.step()) return false;
  }
  out = Slot::of(result);
  return true;
}

bool set_intersect(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  const Order& order = site.order(0);
  if (much_larger(set_of(args[1]), set_of(args[0]))) {
    return select_keys<true>(vm, order, args[0], args[1], out);
  }
  if (much_larger(set_of(args[0]), set_of(args[1]))) {
    return select_keys<true>(vm, order, args[1], args[0], out);
  }
  return merge_sets<false, false, true>(vm, order, args[0], args[1], out);
}

bool set_diff(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  const Order& order = site.order(0);
  if (much_larger(set_of(args[1]), set_of(args[0]))) {
    return select_keys<false>(vm, order, args[0], args[1], out);
  }
  return merge_sets<true, false, false>(vm, order, args[0], args[1], out);
}

bool set_sym_diff(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return merge_sets<true, true, false>(vm, site.order(0), args[0], args[1], out);
}

// How many keys of `first` are in `second`, counted no further than the answer needs: stops at the
// first key that is (k_stop_at_common) or is not common. Returns whether it stopped.
template <bool k_stop_at_common>
bool find_key(const Order& order, SortedObject* first, SortedObject* second) {
  if (much_larger(second, first)) {
    for (SortedCursor at(first); at.valid(); at.next()) {
      if (sorted_contains(second, order, at.key()) == k_stop_at_common) return true;
    }
    return false;
  }
  SortedCursor b(second);
  for (SortedCursor a(first); a.valid(); a.next()) {
    int c = 1;
    while (b.valid() && (c = order(a.key(), b.key())) > 0) b.next();
    bool common = b.valid() && c == 0;
    if (common == k_stop_at_common) return true;
    if (k_stop_at_common && !b.valid()) return false;
  }
  return false;
}

bool set_is_subset(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* first = set_of(args[0]);
  SortedObject* second = set_of(args[1]);
  out = Slot::of(first->size <= second->size && !find_key<false>(site.order(0), first, second));
  return true;
}

bool set_is_disjoint(Vm&, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* first = set_of(args[0]);
  SortedObject* second = set_of(args[1]);
  if (first->size > second->size) std::swap(first, second);
  out = Slot::of(!find_key<true>(site.order(0), first, second));
  return true;
}

bool set_union_in_place(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  if (!may_resize(vm, args[0].object(), "Set")) return false;
  SortedObject* set = set_of(args[0]);
  SortedObject* other = set_of(args[1]);
  const Order& order = site.order(0);
  for (SortedCursor at(other); set != other && at.valid(); at.next()) {
    if (set->size == 0 || order(sorted_last_key(set), at.key()) < 0) {
      sorted_append(vm.heap(), set, at.key(), Slot::null());
    } else {
      sorted_put(vm.heap(), set, order, at.key(), Slot::null());
    }
    if (!vm.step()) return false;
  }
  out = Slot::null();
  return true;
}

bool set_copy(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(sorted_copy(vm.heap(), set_of(args[0]), true));
  return true;
}

constexpr BuiltinEntry k_entries[] = {
    {"SetGenerate", set_generate},
    {"SetSize", set_size},
    {"SetHas", set_has},
    {"SetInsert", set_insert},
    {"SetTryInsert", set_try_insert},
    {"SetDelete", set_delete},
    {"SetTryDelete", set_try_delete},
    {"SetUnionInPlace", set_union_in_place},
    {"SetClear", set_clear},
    {"SetUnion", set_union},
    {"SetIntersect", set_intersect},
    {"SetDiff", set_diff},
    {"SetSymDiff", set_sym_diff},
    {"SetIsSubset", set_is_subset},
    {"SetIsDisjoint", set_is_disjoint},
    {"SetCopy", set_copy},
    {"SetForEach", each_for_each<SetItems>},
    {"SetMap", each_map_keyed<SetItems>},
    {"SetFilter", each_filter_keyed<SetItems>},
    {"SetFilterMap", each_filter_map_keyed<SetItems>},
    {"SetFirstMap", each_first_map<SetItems>},
    {"SetMapReduce", each_map_reduce<SetItems>},
    {"SetReduce", each_fold<SetItems, 2, 1>},
    {"SetToArray", each_to_array<SetItems>},
    {"SetToSet", each_to_set<SetItems>},
    {"SetToDict", each_to_dict<SetItems>},
    {"SetFlattenToArray", each_flatten_to_array<SetItems>},
    {"SetFlattenToSet", each_flatten_to_set<SetItems>},
    {"SetFlattenToDict", each_flatten_to_dict<SetItems>},
    {"SetGroupFold", each_group_fold<SetItems>},
};

}  // namespace

std::span<const BuiltinEntry> set_builtins() { return k_entries; }

}  // namespace samara::eval
