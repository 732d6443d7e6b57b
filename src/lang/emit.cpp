#include "lang/emit.hpp"

#include <cmath>

namespace samara::lang {

using ir::Node;
using ir::Op;

void Emitter::fail(EmitProblem problem, Span at) {
  if (problem_ != EmitProblem::none) return;
  problem_ = problem;
  problem_at_ = at;
  problem_module_ = module_;
}

ir::LocationId Emitter::location(uint32_t offset) {
  Position at = module_->positions->at(offset);
  return program_->intern(module_->path, at.line, at.column);
}

Node* Emitter::node(Op op, const Type* type, uint32_t offset) {
  return program_->new_node(op, type, location(offset));
}

Node* Emitter::make(Op op, const Type* type, uint32_t offset, const Nodes& kids) {
  Node* made = node(op, type, offset);
  made->kids = program_->new_kids(kids);
  return made;
}

ir::NameId Emitter::unique_name(std::string_view wanted) {
  if (wanted.empty()) wanted = "_";
  if (taken_.insert(wanted).second) return program_->intern(wanted);
  uint32_t& suffix = suffixes_[wanted];
  if (suffix == 0) suffix = 1;
  while (true) {
    suffix++;
    made_names_.push_back(std::string(wanted) + "_" + std::to_string(suffix));
    if (taken_.insert(made_names_.back()).second) return program_->intern(made_names_.back());
    made_names_.pop_back();
  }
}

ir::NameId Emitter::name_of(Variable& variable) {
  if (variable.emitted_in != serial_) {
    variable.emitted_in = serial_;
    variable.emitted = unique_name(variable.name);
  }
  return variable.emitted;
}

ir::NameId Emitter::name_of(Loop& loop) {
  if (loop.emitted_in != serial_) {
    loop.emitted_in = serial_;
    loop.emitted = unique_name(loop.label.empty() ? "loop" : loop.label);
  }
  return loop.emitted;
}

Node* Emitter::definition(Variable& variable, uint32_t offset) {
  uint32_t at = variable.span.end > variable.span.begin ? variable.span.begin : offset;
  Node* made = node(Op::variable, variable.closed, at);
  made->name = name_of(variable);
  made->is_mutable = variable.is_mutable;
  made->captured = variable.captured;
  return made;
}

Node* Emitter::mention_item(Item& item, uint32_t offset) {
  Node* made = node(Op::variable, session_.types.closed(item.type), offset);
  made->name = item.emitted;
  made->is_mutable = item.emitted_mutable;
  made->captured = item.emitted_captured;
  return made;
}

Node* Emitter::null_node(uint32_t offset) {
  Node* made = node(Op::value, session_.table.null(), offset);
  made->literal_kind = Kind::null;
  return made;
}

Node* Emitter::text_node(std::string_view text, uint32_t offset) {
  Node* made = node(Op::value, session_.table.string(), offset);
  BytesObject* bytes = program_->literals().new_text(text);
  if (bytes == nullptr) fail(EmitProblem::too_large, {offset, offset + 1});
  made->literal_kind = Kind::string;
  made->literal = Slot::of(bytes);
  return made;
}

Node* Emitter::emit(const Draft& draft) {
  if (depth_ >= ir::k_ir_depth_max) {
    fail(EmitProblem::too_deep, draft.span);
  } else if (program_->node_count() > nodes_max_) {
    fail(EmitProblem::too_large, draft.span);
  }
  if (problem_ != EmitProblem::none) return null_node(draft.offset);
  depth_++;
  Node* out = dispatch(draft);
  depth_--;
  return out;
}

Node* Emitter::dispatch(const Draft& draft) {
  switch (draft.choice) {
    case Choice::none:
    case Choice::number:
      break;
    case Choice::arithmetic:
      return builtin(draft);
    case Choice::text:
      return text(draft);
    case Choice::null_after:
      return null_after(draft);
    case Choice::never_as:
      return never_as(draft);
    case Choice::rest:
      return match(draft);
    case Choice::function:
      return mention_item(*draft.item, draft.offset);
    case Choice::object:
      return object(draft);
  }
  switch (draft.op) {
    case Op::value:
      return literal(draft);
    case Op::variable:
      return mention(draft);
    case Op::function:
    case Op::async_function:
      return function(draft);
    case Op::match:
      return match(draft);
    case Op::builtin:
      return builtin(draft);
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
    case Op::while_:
      return loop(draft);
    case Op::break_:
    case Op::continue_: {
      Node* made = node(draft.op, draft.closed, draft.offset);
      made->name = name_of(*draft.loop);
      made->label_location = location(draft.loop->offset);
      return made;
    }
    case Op::let:
    case Op::assign: {
      Node* variable = definition(*draft.variable, draft.offset);
      if (draft.op == Op::assign) variable->location = location(draft.span.begin);
      Node* value = emit(*draft.kids[0]);
      return make(draft.op, draft.closed, draft.offset, {variable, value});
    }
    case Op::try_catch: {
      Node* body = emit(*draft.kids[0]);
      Node* message = definition(*draft.variables[0], draft.offset);
      Node* stack = definition(*draft.variables[1], draft.offset);
      Node* handler = emit(*draft.kids[1]);
      Node* finally = emit(*draft.kids[2]);
      return make(Op::try_catch, draft.closed, draft.offset,
                  {body, handler, message, stack, finally});
    }
    default:
      return with_kids(draft);
  }
}

Node* Emitter::with_kids(const Draft& draft) {
  Nodes kids;
  kids.reserve(draft.kids.size());
  for (const Draft* kid : draft.kids) kids.push_back(emit(*kid));
  Node* made = make(draft.op, draft.closed, draft.offset, kids);
  made->is_async = draft.is_async;
  made->optional = draft.optional;
  if (!draft.name.empty()) made->name = program_->intern(draft.name);
  if (!draft.names.empty()) {
    std::vector<ir::NameId> names;
    for (std::string_view name : draft.names) names.push_back(program_->intern(name));
    made->names = program_->new_names(names);
  }
  if (!draft.type_parameters.empty()) {
    std::vector<const Type*> types;
    for (Ty* each : draft.type_parameters) types.push_back(session_.types.closed(each));
    made->type_parameters = program_->new_types(types);
  }
  made->rows = draft.op == Op::new_matrix ? draft.integer : 0;
  made->columns = draft.columns;
  return made;
}

Node* Emitter::builtin(const Draft& draft) {
  Node* made = with_kids(draft);
  made->name = program_->intern(ir::builtin_info(draft.builtin).name);
  return made;
}

Node* Emitter::literal(const Draft& draft) {
  if (draft.literal == Kind::string) {
    Node* made = text_node(draft.text, draft.offset);
    made->type = draft.closed;
    return made;
  }
  Node* made = node(Op::value, draft.closed, draft.offset);
  made->literal_kind = draft.literal;
  switch (draft.literal) {
    case Kind::boolean:
      made->literal = Slot::of(draft.integer != 0);
      break;
    case Kind::integer:
    case Kind::datetime:
      made->literal = Slot::of(draft.integer);
      break;
    case Kind::float_:
      made->literal = std::isnan(draft.number) ? Slot{k_nan_bits} : Slot::of(draft.number);
      break;
    case Kind::blob: {
      BytesObject* bytes = program_->literals().new_bytes(as_bytes(draft.text));
      if (bytes == nullptr) fail(EmitProblem::too_large, draft.span);
      made->literal = Slot::of(bytes);
      break;
    }
    default:
      break;
  }
  return made;
}

Node* Emitter::mention(const Draft& draft) {
  Node* made = node(Op::variable, draft.closed, draft.offset);
  made->name = name_of(*draft.variable);
  made->is_mutable = draft.variable->is_mutable;
  made->captured = draft.variable->captured;
  return made;
}

Node* Emitter::function_node(const FunctionScope& scope, const Draft& body, const Type* type,
                             uint32_t offset) {
  Nodes kids;
  for (Variable* captured : scope.captures) {
    Node* made = definition(*captured, offset);
    made->location = location(offset);
    kids.push_back(made);
  }
  for (Item* item : scope.functions) kids.push_back(mention_item(*item, offset));
  auto captures = static_cast<uint32_t>(kids.size());
  for (Variable* parameter : scope.parameters) kids.push_back(definition(*parameter, offset));
  kids.push_back(emit(body));
  Node* made = make(scope.is_async ? Op::async_function : Op::function, type, offset, kids);
  made->count_a = captures;
  made->count_b = static_cast<uint32_t>(scope.parameters.size());
  return made;
}

Node* Emitter::function(const Draft& draft) {
  return function_node(*draft.function, *draft.kids[0], draft.closed, draft.offset);
}

Node* Emitter::match(const Draft& draft) {
  Nodes kids{emit(*draft.kids[0])};
  std::vector<ir::NameId> names;
  const Type* type = draft.kids[0]->closed;
  auto add = [&](std::string_view name, Node* variable, const Draft& body) {
    names.push_back(program_->intern(name));
    kids.push_back(variable);
    kids.push_back(emit(body));
  };
  auto add_rest = [&] {
    for (uint32_t i = 0; i < type->arity(); i++) {
      bool named = false;
      for (std::string_view name : draft.names) named = named || name == type->name(i);
      if (named || problem_ != EmitProblem::none) continue;
      Node* variable = node(Op::variable, type->child(i), draft.offset);
      variable->name = unique_name("_");
      add(type->name(i), variable, *draft.kids.back());
    }
  };
  for (size_t i = 0; i < draft.names.size(); i++) {
    if (draft.choice == Choice::rest && draft.arm == i) add_rest();
    add(draft.names[i], definition(*draft.variables[i], draft.kids[i + 1]->offset),
        *draft.kids[i + 1]);
  }
  if (draft.choice == Choice::rest && draft.arm == draft.names.size()) add_rest();
  Node* made = make(Op::match, draft.closed, draft.offset, kids);
  made->names = program_->new_names(names);
  return made;
}

Node* Emitter::null_after(const Draft& draft) {
  const Draft& body = *draft.kids[0];
  const Type* null = session_.table.null();
  Node* value = emit(body);
  if (body.closed->is(Kind::null) || body.closed->is(Kind::never)) return value;
  if (body.op == Op::block && body.body_block && body.choice == Choice::none) {
    Nodes kids(value->kids.begin(), value->kids.end());
    kids.push_back(null_node(draft.offset));
    value->kids = program_->new_kids(kids);
    value->type = null;
    return value;
  }
  return make(Op::block, null, draft.offset, {value, null_node(draft.offset)});
}

// The value is never made; what follows only has its type.
Node* Emitter::never_as(const Draft& draft) {
  Node* value = emit(*draft.kids[0]);
  Node* error = make(Op::error, session_.table.never(), draft.offset,
                     {text_node("not reached", draft.offset)});
  auto type = session_.table.checked_function(Kind::function, {}, draft.closed);
  if (!type) {
    fail(EmitProblem::too_large, draft.span);
    return value;
  }
  Node* function = make(Op::function, *type, draft.offset, {error});
  Node* call = make(Op::call, draft.closed, draft.offset, {function});
  return make(Op::block, draft.closed, draft.offset, {value, call});
}

Node* Emitter::text(const Draft& draft) {
  const Draft& value = *draft.kids[0];
  if (value.closed->is(Kind::string)) return emit(value);
  Node* made = builtin(draft);
  const Type* parameter[] = {value.closed};
  made->type_parameters = program_->new_types(parameter);
  return made;
}

Node* Emitter::loop(const Draft& draft) {
  Nodes kids{emit(*draft.kids[0])};
  for (Variable* variable : draft.variables) kids.push_back(definition(*variable, draft.offset));
  kids.push_back(emit(*draft.kids[1]));
  Node* made = make(draft.op, draft.closed, draft.offset, kids);
  made->name = name_of(*draft.loop);
  made->label_location = location(draft.loop->offset);
  return made;
}

}  // namespace samara::lang
