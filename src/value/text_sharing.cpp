#include "value/text_sharing.hpp"

#include <algorithm>

namespace samara {

namespace {
// Two places share only when their types agree, so a second container type of the same kind is
// enough to say yes; a container inside a collection occurs any number of times.
bool repeats(const Type* type, bool many, std::vector<Kind>& met) {
  if (type->immutable()) return false;
  bool container =
      type->is(Kind::ref) || type->is(Kind::array) || type->is(Kind::set) || type->is(Kind::dict);
  if (container) {
    if (many || std::find(met.begin(), met.end(), type->kind()) != met.end()) return true;
    met.push_back(type->kind());
  }
  if (type->is_function() || type->is(Kind::vector) || type->is(Kind::matrix)) return false;
  bool inside = many || (container && !type->is(Kind::ref));
  for (uint32_t i = 0; i < type->arity(); i++) {
    if (repeats(type->child(i), inside, met)) return true;
  }
  return false;
}
}  // namespace

bool may_share(const Type* type) {
  if (type->has_recursion()) return true;
  std::vector<Kind> met;
  return repeats(type, false, met);
}

}  // namespace samara
