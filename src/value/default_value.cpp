#include "value/default_value.hpp"

#include "value/sorted.hpp"
#include "value/text_join.hpp"

namespace samara {

namespace {

// Works on the type value (parts, not children): reaching a reference means that the value would
// need itself.
Result<Slot> make_default(const Type* type, Heap& heap) {
  switch (type->kind()) {
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::float_:
    case Kind::datetime:
      return Slot{};  // null, false, 0, 0.0, the epoch
    case Kind::string:
    case Kind::blob:
      return Slot::of(heap.new_text(""));
    case Kind::array:
      return Slot::of(heap.new_array());
    case Kind::set:
      return Slot::of(new_set(heap));
    case Kind::dict:
      return Slot::of(new_dict(heap));
    case Kind::vector:
    case Kind::matrix: {
      uint32_t bytes = type->part(0)->is(Kind::boolean) ? 1 : 8;
      Object* object = type->is(Kind::vector) ? static_cast<Object*>(heap.new_vector(0, bytes))
                                              : heap.new_matrix(0, 0, bytes);
      return Slot::of(object);
    }
    case Kind::ref: {
      SAMARA_TRY(Slot content, make_default(type->part(0), heap));
      return Slot::of(heap.new_cell(content));
    }
    case Kind::struct_: {
      FieldsObject* fields = heap.new_fields(type->arity());
      for (uint32_t i = 0; i < type->arity(); i++) {
        SAMARA_TRY(fields->fields()[i], make_default(type->part(i), heap));
      }
      return Slot::of(fields);
    }
    case Kind::variant: {
      if (type->arity() == 0) {
        return Error(Code::type_mismatch, "Cannot create a value of an empty variant");
      }
      SAMARA_TRY(Slot payload, make_default(type->part(0), heap));
      if (type->part(0)->is(Kind::null)) return Slot::bare_case(0);
      return Slot::of(heap.new_tagged(0, payload));
    }
    case Kind::never:
    case Kind::recursive:
    case Kind::function:
    case Kind::async_function:
      break;
  }
  return Error(Code::type_mismatch,
               joined({"Cannot create a default value of type .", kind_name(type->kind())}));
}

}  // namespace

Result<Slot> default_value(const Type* type, Heap& heap) { return make_default(type, heap); }

}  // namespace samara
