#include "lang/emit.hpp"

namespace samara::lang {

using ir::Node;

Node* Emitter::object(const Draft& draft) {
  Node* made = clone(*draft.item->program, *draft.item->program->root());
  made->type = draft.closed;
  return made;
}

// A copy with its own locations. Its names mean what they mean inside, because a function sees its
// own definitions only.
Node* Emitter::clone(const ir::Program& from, const Node& in) {
  if (depth_ >= ir::k_ir_depth_max) fail(EmitProblem::too_deep, {});
  if (problem_ != EmitProblem::none) return null_node(0);
  depth_++;
  Nodes kids;
  for (const Node* kid : in.kids) kids.push_back(clone(from, *kid));
  Node* out = program_->new_node(in.op, in.type, program_->intern(from.location(in.location)));
  out->kids = program_->new_kids(kids);
  out->is_mutable = in.is_mutable;
  out->captured = in.captured;
  out->is_async = in.is_async;
  out->optional = in.optional;
  out->count_a = in.count_a;
  out->count_b = in.count_b;
  out->label_location = program_->intern(from.location(in.label_location));
  out->name = program_->intern(from.name(in.name));
  std::vector<ir::NameId> names;
  for (ir::NameId name : in.names) names.push_back(program_->intern(from.name(name)));
  out->names = program_->new_names(names);
  out->type_parameters = program_->new_types(in.type_parameters);
  out->literal_kind = in.literal_kind;
  out->literal = in.literal;
  if (in.op == ir::Op::value &&
      (in.literal_kind == Kind::string || in.literal_kind == Kind::blob)) {
    BytesObject* copied = program_->literals().new_bytes(bytes_of(in.literal));
    if (copied == nullptr) fail(EmitProblem::too_large, {});
    out->literal = Slot::of(copied);
  }
  out->rows = in.rows;
  out->columns = in.columns;
  depth_--;
  return out;
}

}  // namespace samara::lang
