#include "value/beast2_plan.hpp"

#include "value/beast2.hpp"

namespace samara {

const Beast2Node* Beast2Plan::node(const Type* type) {
  auto [at, fresh] = by_type_.try_emplace(type, nullptr);
  if (!fresh) return at->second;
  Beast2Node& node = nodes_.emplace_back();
  at->second = &node;
  node.kind = type->kind();
  node.scalar = type->is_scalar() || type->is(Kind::string) || type->is(Kind::blob);
  node.type = type;
  node.min_bytes = type->min_bytes();
  // The parts of a function are no parts of its values.
  if (type->is_function()) return &node;
  // A body that holds itself meets its own node again here: it is in the map already.
  std::vector<const Beast2Node*>& parts = parts_.emplace_back();
  parts.reserve(type->arity());
  for (uint32_t i = 0; i < type->arity(); i++) {
    parts.push_back(this->node(type->child(i)));
    if (type->is(Kind::struct_) && type->child(i)->min_bytes() == 0) node.zero_slots++;
  }
  node.count = type->arity();
  node.parts = parts.data();
  return &node;
}

ByteView Beast2Plan::header(const Type* type, Dialect dialect) {
  auto [at, fresh] = headers_[dialect == Dialect::a ? 0 : 1].try_emplace(type);
  if (fresh) {
    auto encoded = encode_type(type, dialect);
    if (encoded) at->second = std::move(*encoded);
  }
  return at->second;
}

}  // namespace samara
