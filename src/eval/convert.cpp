#include "eval/convert.hpp"

#include <set>
#include <utility>

namespace samara::eval {

namespace {
bool needs(const Type* from, const Type* to, std::set<std::pair<const Type*, const Type*>>& seen) {
  if (from == to || from->is(Kind::never)) return false;
  if (!seen.emplace(from, to).second) return false;
  switch (from->kind()) {
    case Kind::variant:
      for (uint32_t i = 0; i < from->arity(); i++) {
        int32_t j = to->index_of(from->name(i));
        if (j < 0) continue;  // a case whose payload is Never has no values
        if (j != static_cast<int32_t>(i)) return true;
        if (needs(from->child(i), to->child(static_cast<uint32_t>(j)), seen)) return true;
      }
      return false;
    case Kind::struct_:
      for (uint32_t i = 0; i < from->arity(); i++) {
        if (needs(from->child(i), to->child(i), seen)) return true;
      }
      return false;
    case Kind::function:
    case Kind::async_function:
      for (uint32_t i = 0; i < from->input_count(); i++) {
        if (needs(to->child(i), from->child(i), seen)) return true;
      }
      return needs(from->output(), to->output(), seen);
    default:
      return false;  // containers are invariant
  }
}
}  // namespace

bool needs_conversion(const Type* from, const Type* to) {
  std::set<std::pair<const Type*, const Type*>> seen;
  return needs(from, to, seen);
}

bool convert(Vm& vm, const Type* from, const Type* to, Slot value, Slot& out) {
  if (from == to || from->is(Kind::never)) {
    out = value;
    return true;
  }
  switch (from->kind()) {
    case Kind::variant: {
      uint32_t i = case_of(value);
      int32_t j = to->index_of(from->name(i));
      SAMARA_ASSERT(j >= 0);
      if (value.is_bare_case()) {
        out = Slot::bare_case(static_cast<uint32_t>(j));
        return true;
      }
      Slot payload;
      const Type* target = to->child(static_cast<uint32_t>(j));
      if (!convert(vm, from->child(i), target, payload_of(value), payload)) return false;
      out = Slot::of(vm.heap().new_tagged(static_cast<uint32_t>(j), payload));
      return true;
    }
    case Kind::struct_: {
      FieldsObject* fields = vm.heap().new_fields(from->arity());
      for (uint32_t i = 0; i < from->arity(); i++) {
        if (!convert(vm, from->child(i), to->child(i), field_of(value, i), fields->fields()[i]))
          return false;
      }
      out = Slot::of(fields);
      return true;
    }
    default:
      out = value;
      return true;
  }
}

}  // namespace samara::eval
