#pragma once
// The parts of patch values, by name instead of by index. Variants sort their cases: a patch is
// `patch` (containers only), `replace`, `unchanged`; an operation is `delete`, `insert`, `update`.
// Threads: pure. Source: docs/formats/patches.md.

#include "eval/patch.hpp"

namespace samara::eval {

enum class PatchForm : uint8_t { detail, replace, unchanged };

inline PatchForm form_of(const Type* patch_type, Slot patch) {
  uint32_t missing = 3 - patch_type->arity();  // no `patch` case: the others move up
  return static_cast<PatchForm>(case_of(patch) + missing);
}
inline bool is_unchanged(const Type* patch_type, Slot patch) {
  return form_of(patch_type, patch) == PatchForm::unchanged;
}
/// Whether patches of this type can do more than replace.
inline bool has_detail(const Type* patch_type) { return patch_type->arity() == 3; }

inline Slot unchanged_patch(const Type* patch_type) {
  return Slot::bare_case(patch_type->arity() - 1);
}
/// Type of the payload of case `patch`. Requires: has_detail.
inline const Type* detail_type(const Type* patch_type) { return patch_type->child(0); }
inline Slot detail_patch(Vm& vm, Slot detail) { return Slot::of(vm.heap().new_tagged(0, detail)); }

inline Slot replacement_after(Slot patch) { return field_of(payload_of(patch), 0); }
inline Slot replacement_before(Slot patch) { return field_of(payload_of(patch), 1); }
inline Slot replace_patch(Vm& vm, const Type* patch_type, Slot before, Slot after) {
  FieldsObject* fields = vm.heap().new_fields(2);
  fields->fields()[0] = after;
  fields->fields()[1] = before;
  return Slot::of(vm.heap().new_tagged(patch_type->arity() - 2, Slot::of(fields)));
}

// --- operations on elements, keys and entries
// ---------------------------------------------------------

enum class Operation : uint32_t { erase = 0, insert = 1, update = 2 };

inline Operation operation_of(Slot operation) { return static_cast<Operation>(case_of(operation)); }
inline Slot make_operation(Vm& vm, const Type* operation_type, Operation operation, Slot content) {
  auto index = static_cast<uint32_t>(operation);
  if (operation_type->child(index)->is(Kind::null)) return Slot::bare_case(index);
  return Slot::of(vm.heap().new_tagged(index, content));
}
/// Of Array: an entry is {key, offset, operation}.
inline const Type* entry_operation_type(const Type* detail) { return detail->element()->child(2); }
inline Slot make_entry(Vm& vm, int64_t key, Slot offset, Slot operation) {
  FieldsObject* entry = vm.heap().new_fields(3);
  entry->fields()[0] = Slot::of(key);
  entry->fields()[1] = offset;
  entry->fields()[2] = operation;
  return Slot::of(entry);
}
/// Of Set and Dict: a dictionary of operations.
inline const Type* keyed_operation_type(const Type* detail) { return detail->dict_value(); }

/// The types for an element or value that an update operation changes.
inline PatchTypes updated_types(const Type* value, const Type* operation_type) {
  return {value, operation_type->child(static_cast<uint32_t>(Operation::update))};
}
/// The types for field or case `i` of a struct or variant.
inline PatchTypes part_types(PatchTypes types, uint32_t i) {
  return {types.value->child(i), detail_type(types.patch)->child(i)};
}
/// The types for the content of a ref.
inline PatchTypes content_types(PatchTypes types) {
  return {types.value->element(), detail_type(types.patch)};
}
/// A variant case of type `variant`.
inline Slot make_case(Vm& vm, const Type* variant, uint32_t index, Slot payload) {
  if (variant->child(index)->is(Kind::null)) return Slot::bare_case(index);
  return Slot::of(vm.heap().new_tagged(index, payload));
}

}  // namespace samara::eval
