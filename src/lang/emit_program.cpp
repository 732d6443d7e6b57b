#include "lang/emit.hpp"

namespace samara::lang {

using ir::Node;
using ir::Op;

void Emitter::prepare(Item& item, bool is_mutable) {
  item.emitted_in = serial_;
  item.emitted = unique_name(item.name);
  item.emitted_mutable = is_mutable;
  item.emitted_captured = false;
}

Node* Emitter::item_function(Item& item) {
  module_ = item.module;
  return function_node(*item.scope, *item.body, session_.types.closed(item.type), item.span.begin);
}

Node* Emitter::item_let(Item& item, Node* value) {
  module_ = item.module;
  Node* variable = mention_item(item, item.span.begin);
  return make(Op::let, session_.table.null(), item.span.begin, {variable, value});
}

// What a recursive function is until its definition is assigned.
Node* Emitter::stub(Item& item) {
  module_ = item.module;
  uint32_t at = item.span.begin;
  const Type* type = session_.types.closed(item.type);
  Nodes kids;
  for (uint32_t i = 0; i < type->input_count(); i++) {
    Node* parameter = node(Op::variable, type->child(i), at);
    parameter->name = unique_name("_");
    kids.push_back(parameter);
  }
  kids.push_back(make(Op::error, session_.table.never(), at, {text_node("not defined yet", at)}));
  Node* made = make(item.is_async ? Op::async_function : Op::function, type, at, kids);
  made->count_b = type->input_count();
  return made;
}

void Emitter::component(const Component& component, Nodes& out) {
  if (!component.recursive) {
    Item& item = *component.items[0];
    Node* value = item_function(item);
    out.push_back(item_let(item, value));
    return;
  }
  for (Item* item : component.items) out.push_back(item_let(*item, stub(*item)));
  for (Item* item : component.items) {
    Node* value = item_function(*item);
    Node* variable = mention_item(*item, item->span.begin);
    out.push_back(make(Op::assign, session_.table.null(), item->span.begin, {variable, value}));
  }
}

// The program of a recursive function defines it inside and calls it.
Node* Emitter::call_self(Item& root, std::vector<Node*>& parameters) {
  uint32_t at = root.span.begin;
  Nodes kids{mention_item(root, at)};
  const Type* type = session_.types.closed(root.type);
  for (uint32_t i = 0; i < type->input_count(); i++) {
    Node* parameter = node(Op::variable, type->child(i), at);
    parameter->name = unique_name(root.scope->parameters[i]->name);
    parameters.push_back(parameter);
    Node* argument = node(Op::variable, type->child(i), at);
    argument->name = parameter->name;
    kids.push_back(argument);
  }
  return make(root.is_async ? Op::call_async : Op::call, type->output(), at, kids);
}

std::unique_ptr<ir::Program> Emitter::program(Item& root) {
  program_ = std::make_unique<ir::Program>(session_.table);
  program_->set_dialect(Dialect::b);
  std::vector<Component> components = reached_from(root);
  bool recursive = components.back().recursive;
  if (!recursive) components.pop_back();
  for (const Component& each : components) {
    for (Item* item : each.items) prepare(*item, each.recursive);
  }
  for (const Component& each : components) {
    for (const Item* item : each.items) {
      for (Item* used : item->scope->functions) used->emitted_captured = true;
    }
  }
  if (!recursive) {
    for (Item* used : root.lambda_uses) used->emitted_captured = true;
  }
  Nodes statements;
  depth_ = 2;
  for (const Component& each : components) component(each, statements);
  module_ = root.module;
  Nodes kids;
  uint32_t at = root.span.begin;
  const Type* type = session_.types.closed(root.type);
  const Type* result = type->output();
  if (recursive) {
    Node* call = call_self(root, kids);
    statements.push_back(call);
    result = call->type;
  } else {
    for (Variable* parameter : root.scope->parameters) kids.push_back(definition(*parameter, at));
    depth_ = statements.empty() ? 1 : 2;
    Node* body = emit(*root.body);
    result = body->type;
    bool spread =
        root.body->op == Op::block && root.body->body_block && root.body->choice == Choice::none;
    if (spread && !statements.empty()) {
      statements.insert(statements.end(), body->kids.begin(), body->kids.end());
    } else {
      statements.push_back(body);
    }
  }
  node_count_ = program_->node_count();
  if (problem_ != EmitProblem::none) return nullptr;
  Node* body = statements.size() == 1 && !recursive ? statements[0]
                                                    : make(Op::block, result, at, statements);
  kids.push_back(body);
  Node* function = make(root.is_async ? Op::async_function : Op::function, type, at, kids);
  function->count_b = type->input_count();
  program_->set_root(function);
  return std::move(program_);
}

}  // namespace samara::lang
