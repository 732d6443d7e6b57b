// Diff.

#include "eval/collection_support.hpp"
#include "eval/patch_shape.hpp"
#include "eval/sequence_diff.hpp"

namespace samara::eval {

namespace {

// Deletes with the position they have by then, inserts with their position in the end.
bool diff_arrays(Vm& vm, PatchTypes types, Slot before, Slot after, Slot& out) {
  auto* old_array = as<ArrayObject>(before);
  auto* new_array = as<ArrayObject>(after);
  CommonElements common;
  if (!find_common(vm, types.value->element(), old_array, new_array, common)) return false;
  const Type* operation_type = entry_operation_type(detail_type(types.patch));
  ArrayObject* entries = vm.heap().new_array();
  auto add = [&](size_t key, Operation operation, Slot content) {
    Slot made = make_operation(vm, operation_type, operation, content);
    Slot entry = make_entry(vm, static_cast<int64_t>(key), Slot::of(int64_t{0}), made);
    return push(vm, entries, entry) && vm.step();
  };
  size_t i = 0;
  size_t j = 0;
  size_t deletes = 0;
  size_t inserts = 0;
  while (i < old_array->size || j < new_array->size) {
    if (i < old_array->size && !common.first[i]) {
      if (!add(i - deletes + inserts, Operation::erase, old_array->data[i])) return false;
      i++;
      deletes++;
    } else if (j < new_array->size && !common.second[j]) {
      if (!add(j, Operation::insert, new_array->data[j])) return false;
      j++;
      inserts++;
    } else {
      i++;
      j++;
    }
  }
  out = detail_patch(vm, Slot::of(entries));
  return true;
}

// Sets and dictionaries. Nothing in common at all is a replacement.
bool diff_keyed(Vm& vm, PatchTypes types, Slot before, Slot after, Slot& out) {
  bool dict = types.value->is(Kind::dict);
  Order order(types.value->key());
  const Type* operation_type = keyed_operation_type(detail_type(types.patch));
  SortedObject* operations = new_dict(vm.heap());
  SortedCursor a(as<SortedObject>(before));
  SortedCursor b(as<SortedObject>(after));
  bool common = false;
  auto add = [&](SortedCursor& at, Operation operation, Slot content) {
    sorted_append(vm.heap(), operations, at.key(),
                  make_operation(vm, operation_type, operation, content));
  };
  while (a.valid() || b.valid()) {
    int c = !a.valid() ? 1 : (!b.valid() ? -1 : order(a.key(), b.key()));
    if (c < 0) {
      add(a, Operation::erase, dict ? a.value() : Slot::null());
      a.next();
    } else if (c > 0) {
      add(b, Operation::insert, dict ? b.value() : Slot::null());
      b.next();
    } else {
      common = true;
      if (dict) {
        PatchTypes inner = updated_types(types.value->dict_value(), operation_type);
        Slot patch;
        if (!diff_values(vm, inner, a.value(), b.value(), patch)) return false;
        if (!is_unchanged(inner.patch, patch)) add(a, Operation::update, patch);
      }
      a.next();
      b.next();
    }
    if (!vm.step()) return false;
  }
  bool both = as<SortedObject>(before)->size != 0 && as<SortedObject>(after)->size != 0;
  out = both && !common ? replace_patch(vm, types.patch, before, after)
                        : detail_patch(vm, Slot::of(operations));
  return true;
}

bool diff_structs(Vm& vm, PatchTypes types, Slot before, Slot after, Slot& out) {
  FieldsObject* parts = vm.heap().new_fields(types.value->arity());
  for (uint32_t i = 0; i < types.value->arity(); i++) {
    Slot part;
    if (!diff_values(vm, part_types(types, i), field_of(before, i), field_of(after, i), part)) {
      return false;
    }
    parts->fields()[i] = part;
  }
  out = detail_patch(vm, Slot::of(parts));
  return true;
}

}  // namespace

bool diff_values(Vm& vm, PatchTypes types, Slot before, Slot after, Slot& out) {
  if (equal(types.value, before, after)) {
    out = unchanged_patch(types.patch);
    return true;
  }
  Kind kind = has_detail(types.patch) ? types.value->kind() : Kind::null;
  switch (kind) {
    case Kind::array:
      return diff_arrays(vm, types, before, after, out);
    case Kind::set:
    case Kind::dict:
      return diff_keyed(vm, types, before, after, out);
    case Kind::struct_:
      return diff_structs(vm, types, before, after, out);
    case Kind::variant: {
      uint32_t index = case_of(before);
      if (index != case_of(after)) break;
      Slot part;
      if (!diff_values(vm, part_types(types, index), payload_of(before), payload_of(after), part)) {
        return false;
      }
      out = detail_patch(vm, make_case(vm, detail_type(types.patch), index, part));
      return true;
    }
    case Kind::ref: {
      Slot part;
      if (!diff_values(vm, content_types(types), as<CellObject>(before)->content,
                       as<CellObject>(after)->content, part)) {
        return false;
      }
      out = detail_patch(vm, part);
      return true;
    }
    default:
      break;
  }
  out = replace_patch(vm, types.patch, before, after);
  return true;
}

}  // namespace samara::eval
