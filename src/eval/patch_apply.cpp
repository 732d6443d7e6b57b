// ApplyPatch.

#include "eval/collection_support.hpp"

#include <algorithm>
#include "eval/patch_shape.hpp"

namespace samara::eval {

namespace {

// The array as two parts with the place of the last operation between them: operations in ascending
// order, as Diff makes them, take linear time in all.
class SplitArray {
 public:
  SplitArray(Vm& vm, const ArrayObject* base, size_t inserts) : vm_(vm) {
    left_ = vm.heap().new_array();
    // The right part lies at the end of its storage and grows towards the front.
    right_ = make_array(vm, base->size + inserts);
    if (right_ == nullptr) return;
    begin_ = inserts;
    copy_slots(right_->data + begin_, base->data, base->size);
  }
  bool made() const { return right_ != nullptr; }
  size_t size() const { return left_->size + right_size(); }
  bool move_to(size_t place) {
    while (left_->size > place) right_->data[--begin_] = left_->data[--left_->size];
    return move_right(place - left_->size);
  }
  bool insert(size_t place, Slot value) { return move_to(place) && push(vm_, left_, value); }
  bool erase(size_t place) {
    if (!move_to(place)) return false;
    begin_++;
    return true;
  }
  bool element(size_t place, Slot*& at) {
    if (!move_to(place)) return false;
    at = right_->data + begin_;
    return true;
  }
  bool finish(Slot& out) {
    if (!move_right(right_size())) return false;
    discard(vm_.heap(), right_);
    out = Slot::of(left_);
    return true;
  }

 private:
  size_t right_size() const { return right_->size - begin_; }
  bool move_right(size_t count) {
    if (!push_all(vm_, left_, right_->data + begin_, count)) return false;
    begin_ += count;
    return true;
  }

  Vm& vm_;
  ArrayObject* left_;
  ArrayObject* right_;
  size_t begin_ = 0;  // of the right part
};

// Key and offset together, or a place outside every array.
size_t place_of(Slot entry) {
  int64_t place = 0;
  if (__builtin_add_overflow(field_of(entry, 0).integer(), field_of(entry, 1).integer(), &place) ||
      place < 0) {
    return SIZE_MAX;
  }
  return static_cast<size_t>(place);
}

bool apply_to_array(Vm& vm, PatchTypes types, Slot base, Slot detail, Slot& out) {
  const Type* operation_type = entry_operation_type(detail_type(types.patch));
  PatchTypes inner = updated_types(types.value->element(), operation_type);
  auto* entries = as<ArrayObject>(detail);
  SplitArray split(vm, as<ArrayObject>(base), entries->size);
  if (!split.made()) return false;
  for (size_t i = 0; i < entries->size; i++) {
    Slot entry = entries->data[i];
    size_t place = place_of(entry);
    Slot operation = field_of(entry, 2);
    if (!vm.step()) return false;
    switch (operation_of(operation)) {
      case Operation::erase:
        if (place < split.size() && !split.erase(place)) return false;
        break;
      case Operation::insert:
        if (!split.insert(std::min(place, split.size()), payload_of(operation))) return false;
        break;
      case Operation::update: {
        Slot* at = nullptr;
        if (place >= split.size()) break;
        if (!split.element(place, at)) return false;
        Slot updated;
        if (!apply_patch(vm, inner, *at, payload_of(operation), updated)) return false;
        *at = updated;
        break;
      }
    }
  }
  return split.finish(out);
}

bool apply_to_keyed(Vm& vm, PatchTypes types, Slot base, Slot detail, Slot& out) {
  bool dict = types.value->is(Kind::dict);
  const Type* operation_type = keyed_operation_type(detail_type(types.patch));
  Order order(types.value->key());
  SortedObject* result = sorted_copy(vm.heap(), as<SortedObject>(base), !dict);
  for (SortedCursor at(as<SortedObject>(detail)); at.valid(); at.next()) {
    SortedPlace place;
    bool present = sorted_find(result, order, at.key(), place);
    Slot content = payload_of(at.value());
    if (!vm.step()) return false;
    switch (operation_of(at.value())) {
      case Operation::erase:
        if (present) sorted_erase_at(result, place);
        break;
      case Operation::insert:
        if (!present) {
          sorted_insert_at(vm.heap(), result, place, at.key(), content);
        } else if (dict) {
          value_at(result, place) = content;
        }
        break;
      case Operation::update: {
        if (!present) break;
        Slot updated;
        PatchTypes inner = updated_types(types.value->dict_value(), operation_type);
        if (!apply_patch(vm, inner, value_at(result, place), content, updated)) return false;
        value_at(result, place) = updated;
        break;
      }
    }
  }
  out = Slot::of(result);
  return true;
}

bool apply_to_struct(Vm& vm, PatchTypes types, Slot base, Slot detail, Slot& out) {
  FieldsObject* fields = vm.heap().new_fields(types.value->arity());
  for (uint32_t i = 0; i < types.value->arity(); i++) {
    Slot field;
    if (!apply_patch(vm, part_types(types, i), field_of(base, i), field_of(detail, i), field)) {
      return false;
    }
    fields->fields()[i] = field;
  }
  out = Slot::of(fields);
  return true;
}

}  // namespace

bool apply_patch(Vm& vm, PatchTypes types, Slot base, Slot patch, Slot& out) {
  switch (form_of(types.patch, patch)) {
    case PatchForm::unchanged:
      out = base;
      return true;
    case PatchForm::replace:
      out = replacement_after(patch);
      return true;
    case PatchForm::detail:
      break;
  }
  Slot detail = payload_of(patch);
  switch (types.value->kind()) {
    case Kind::array:
      return apply_to_array(vm, types, base, detail, out);
    case Kind::set:
    case Kind::dict:
      return apply_to_keyed(vm, types, base, detail, out);
    case Kind::struct_:
      return apply_to_struct(vm, types, base, detail, out);
    case Kind::variant: {
      uint32_t index = case_of(detail);
      Slot part = base;
      if (index == case_of(base)) {
        if (!apply_patch(vm, part_types(types, index), payload_of(base), payload_of(detail),
                         part)) {
          return false;
        }
        part = make_case(vm, types.value, index, part);
      }
      out = part;
      return true;
    }
    default: {
      SAMARA_ASSERT(types.value->is(Kind::ref));
      Slot content;
      if (!apply_patch(vm, content_types(types), as<CellObject>(base)->content, detail, content)) {
        return false;
      }
      out = Slot::of(vm.heap().new_cell(content));
      return true;
    }
  }
}

}  // namespace samara::eval
