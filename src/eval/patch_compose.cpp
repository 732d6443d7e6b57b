// ComposePatch and InvertPatch.

#include "eval/collection_support.hpp"
#include "eval/patch_shape.hpp"

namespace samara::eval {

namespace {

// --- invert
// ----------------------------------------------------------------------------------------------

bool invert_operation(Vm& vm, const Type* element, const Type* operation_type, Slot operation,
                      Slot& out) {
  Slot content = payload_of(operation);
  switch (operation_of(operation)) {
    case Operation::erase:
      out = make_operation(vm, operation_type, Operation::insert, content);
      return true;
    case Operation::insert:
      out = make_operation(vm, operation_type, Operation::erase, content);
      return true;
    case Operation::update: {
      Slot inverse;
      if (!invert_patch(vm, updated_types(element, operation_type), content, inverse)) return false;
      out = make_operation(vm, operation_type, Operation::update, inverse);
      return true;
    }
  }
  return true;
}

bool invert_entries(Vm& vm, PatchTypes types, Slot detail, Slot& out) {
  const Type* operation_type = entry_operation_type(detail_type(types.patch));
  auto* entries = as<ArrayObject>(detail);
  ArrayObject* result = make_array(vm, entries->size);
  if (result == nullptr) return false;
  for (size_t i = 0; i < entries->size; i++) {
    Slot entry = entries->data[entries->size - 1 - i];
    Slot operation;
    if (!invert_operation(vm, types.value->element(), operation_type, field_of(entry, 2),
                          operation) ||
        !vm.step()) {
      return false;
    }
    result->data[i] = make_entry(vm, field_of(entry, 0).integer(), field_of(entry, 1), operation);
  }
  out = Slot::of(result);
  return true;
}

// The values of a set's operations are null, so that any type serves for its elements.
const Type* content_type(const Type* type) {
  return type->is(Kind::dict) ? type->dict_value() : nullptr;
}

bool invert_operations(Vm& vm, PatchTypes types, Slot detail, Slot& out) {
  const Type* operation_type = keyed_operation_type(detail_type(types.patch));
  SortedObject* result = new_dict(vm.heap());
  for (SortedCursor at(as<SortedObject>(detail)); at.valid(); at.next()) {
    Slot operation;
    if (!invert_operation(vm, content_type(types.value), operation_type, at.value(), operation) ||
        !vm.step()) {
      return false;
    }
    sorted_append(vm.heap(), result, at.key(), operation);
  }
  out = Slot::of(result);
  return true;
}

bool invert_detail(Vm& vm, PatchTypes types, Slot detail, Slot& out) {
  switch (types.value->kind()) {
    case Kind::array:
      return invert_entries(vm, types, detail, out);
    case Kind::set:
    case Kind::dict:
      return invert_operations(vm, types, detail, out);
    case Kind::struct_: {
      FieldsObject* parts = vm.heap().new_fields(types.value->arity());
      for (uint32_t i = 0; i < types.value->arity(); i++) {
        Slot part;
        if (!invert_patch(vm, part_types(types, i), field_of(detail, i), part)) return false;
        parts->fields()[i] = part;
      }
      out = Slot::of(parts);
      return true;
    }
    case Kind::variant: {
      uint32_t index = case_of(detail);
      Slot part;
      if (!invert_patch(vm, part_types(types, index), payload_of(detail), part)) return false;
      out = make_case(vm, detail_type(types.patch), index, part);
      return true;
    }
    default:
      SAMARA_ASSERT(types.value->is(Kind::ref));
      return invert_patch(vm, content_types(types), detail, out);
  }
}

// --- compose
// ---------------------------------------------------------------------------------------------

// What one key's operations come to; `nothing` when they cancel.
bool compose_operations(Vm& vm, const Type* value, const Type* operation_type, Slot first,
                        Slot second, Slot& out, bool& nothing) {
  nothing = false;
  out = first;  // for sequences that no value can have gone through
  Operation p = operation_of(first);
  Operation q = operation_of(second);
  if (value == nullptr) {
    nothing = true;
    return true;
  }
  PatchTypes inner = updated_types(value, operation_type);
  Slot content;
  if (p == Operation::insert && q == Operation::erase) {
    nothing = true;
  } else if (p == Operation::insert && q == Operation::update) {
    if (!apply_patch(vm, inner, payload_of(first), payload_of(second), content)) return false;
    out = make_operation(vm, operation_type, Operation::insert, content);
  } else if (p == Operation::erase && q == Operation::insert) {
    content = replace_patch(vm, inner.patch, payload_of(first), payload_of(second));
    out = make_operation(vm, operation_type, Operation::update, content);
  } else if (p == Operation::update && q == Operation::update) {
    if (!compose_patches(vm, inner, payload_of(first), payload_of(second), content)) return false;
    nothing = is_unchanged(inner.patch, content);
    out = make_operation(vm, operation_type, Operation::update, content);
  } else if (p == Operation::update && q == Operation::erase) {
    // The value there was before both.
    Slot inverse;
    if (!invert_patch(vm, inner, payload_of(first), inverse) ||
        !apply_patch(vm, inner, payload_of(second), inverse, content)) {
      return false;
    }
    out = make_operation(vm, operation_type, Operation::erase, content);
  }
  return true;
}

bool compose_keyed(Vm& vm, PatchTypes types, Slot first, Slot second, Slot& out, bool& nothing) {
  const Type* operation_type = keyed_operation_type(detail_type(types.patch));
  Order order(types.value->key());
  SortedObject* result = new_dict(vm.heap());
  SortedCursor a(as<SortedObject>(first));
  SortedCursor b(as<SortedObject>(second));
  while (a.valid() || b.valid()) {
    int c = !a.valid() ? 1 : (!b.valid() ? -1 : order(a.key(), b.key()));
    Slot key = c <= 0 ? a.key() : b.key();
    Slot operation = c <= 0 ? a.value() : b.value();
    bool cancelled = false;
    if (c == 0 && !compose_operations(vm, content_type(types.value), operation_type, a.value(),
                                      b.value(), operation, cancelled)) {
      return false;
    }
    if (!cancelled) sorted_append(vm.heap(), result, key, operation);
    if (c <= 0) a.next();
    if (c >= 0) b.next();
    if (!vm.step()) return false;
  }
  nothing = result->size == 0;
  out = Slot::of(result);
  return true;
}

bool compose_entries(Vm& vm, Slot first, Slot second, Slot& out, bool& nothing) {
  auto* a = as<ArrayObject>(first);
  auto* b = as<ArrayObject>(second);
  ArrayObject* result = make_array(vm, a->size + b->size);
  if (result == nullptr) return false;
  copy_slots(result->data, a->data, a->size);
  copy_slots(result->data + a->size, b->data, b->size);
  nothing = result->size == 0;
  out = Slot::of(result);
  return true;
}

bool compose_details(Vm& vm, PatchTypes types, Slot first, Slot second, Slot& out, bool& nothing) {
  switch (types.value->kind()) {
    case Kind::array:
      return compose_entries(vm, first, second, out, nothing);
    case Kind::set:
    case Kind::dict:
      return compose_keyed(vm, types, first, second, out, nothing);
    case Kind::struct_: {
      FieldsObject* parts = vm.heap().new_fields(types.value->arity());
      nothing = true;
      for (uint32_t i = 0; i < types.value->arity(); i++) {
        PatchTypes inner = part_types(types, i);
        Slot part;
        if (!compose_patches(vm, inner, field_of(first, i), field_of(second, i), part))
          return false;
        parts->fields()[i] = part;
        nothing = nothing && is_unchanged(inner.patch, part);
      }
      out = Slot::of(parts);
      return true;
    }
    case Kind::variant: {
      uint32_t index = case_of(first);
      if (index != case_of(second)) {
        return vm.fail("Cannot compose patches for different variant cases");
      }
      PatchTypes inner = part_types(types, index);
      Slot part;
      if (!compose_patches(vm, inner, payload_of(first), payload_of(second), part)) return false;
      nothing = is_unchanged(inner.patch, part);
      out = make_case(vm, detail_type(types.patch), index, part);
      return true;
    }
    default: {
      SAMARA_ASSERT(types.value->is(Kind::ref));
      PatchTypes inner = content_types(types);
      if (!compose_patches(vm, inner, first, second, out)) return false;
      nothing = is_unchanged(inner.patch, out);
      return true;
    }
  }
}

}  // namespace

bool invert_patch(Vm& vm, PatchTypes types, Slot patch, Slot& out) {
  switch (form_of(types.patch, patch)) {
    case PatchForm::unchanged:
      out = patch;
      return true;
    case PatchForm::replace:
      out = replace_patch(vm, types.patch, replacement_after(patch), replacement_before(patch));
      return true;
    case PatchForm::detail:
      break;
  }
  Slot inverse;
  if (!invert_detail(vm, types, payload_of(patch), inverse)) return false;
  out = detail_patch(vm, inverse);
  return true;
}

bool compose_patches(Vm& vm, PatchTypes types, Slot first, Slot second, Slot& out) {
  PatchForm p = form_of(types.patch, first);
  PatchForm q = form_of(types.patch, second);
  if (p == PatchForm::unchanged || q == PatchForm::unchanged) {
    out = p == PatchForm::unchanged ? second : first;
    return true;
  }
  if (p == PatchForm::detail && q == PatchForm::detail) {
    Slot detail;
    bool nothing = false;
    if (!compose_details(vm, types, payload_of(first), payload_of(second), detail, nothing)) {
      return false;
    }
    out = nothing ? unchanged_patch(types.patch) : detail_patch(vm, detail);
    return true;
  }
  // One of them replaces: the result does too. What the other does to its end is computed.
  Slot before;
  Slot after;
  if (p == PatchForm::replace) {
    before = replacement_before(first);
    if (!apply_patch(vm, types, replacement_after(first), second, after)) return false;
  } else {
    after = replacement_after(second);
    Slot inverse;
    if (!invert_patch(vm, types, first, inverse) ||
        !apply_patch(vm, types, replacement_before(second), inverse, before)) {
      return false;
    }
  }
  out = replace_patch(vm, types.patch, before, after);
  return true;
}

}  // namespace samara::eval
