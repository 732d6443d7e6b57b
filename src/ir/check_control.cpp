#include <algorithm>

#include "ir/checker.hpp"

namespace samara::ir {

void Checker::check_block(const Node& node) {
  size_t mark = scopes_.enter();
  visit_all(node.kids);
  scopes_.leave(mark);
  const Type* last = node.kids.empty() ? types_.null() : node.kids.back()->type;
  if (!same_type(last, node.type)) {
    report(node,
           "Block evaluates to type " + type_text(last) + " but expected " + type_text(node.type));
  }
}

bool Checker::check_branch(const Node& node, const Node& body, const std::string& what) {
  if (!fits(body.type, node.type)) {
    std::string kind(op_name(node.op));
    report(body, kind + " " + what + " returns type " + type_text(body.type) + " but " + kind +
                     " expects " + type_text(node.type));
  }
  return body.type->is(Kind::never);
}

namespace {
std::string must_be_never(Op op) {
  return std::string(op_name(op)) + " has all branches returning Never, so it must have type Never";
}
}  // namespace

void Checker::check_if(const Node& node) {
  // A predicate after the first may be skipped, so what it defines is seen by later predicates and
  // its own branch, and not after the node.
  size_t outer = scopes_.enter();
  bool all_never = true;
  size_t branches = (node.kids.size() - 1) / 2;
  for (size_t i = 0; i < branches; i++) {
    const Node& predicate = *node.kids[2 * i];
    const Node& body = *node.kids[2 * i + 1];
    visit(predicate);
    if (i == 0) outer = scopes_.enter();
    expect(predicate, predicate.type, types_.boolean(), "IfElse predicate");
    visit_scoped(body);
    all_never = check_branch(node, body, "branch " + std::to_string(i)) && all_never;
  }
  const Node& otherwise = *node.kids.back();
  visit_scoped(otherwise);
  all_never = check_branch(node, otherwise, "else branch") && all_never;
  scopes_.leave(outer);
  if (all_never && !node.type->is(Kind::never)) report(node, must_be_never(node.op));
}

void Checker::check_match(const Node& node) {
  const Node& operand = *node.kids[0];
  visit(operand);
  const Type* type = operand.type;
  bool typed = type->is(Kind::variant);
  if (!typed) {
    report(node, "Match expects Variant type, got " + type_text(type));
  } else if (node.names.size() != type->arity()) {
    report(node, "Match has " + std::to_string(node.names.size()) + " cases but variant type has " +
                     std::to_string(type->arity()) + " cases");
  }
  bool all_never = true;
  std::vector<bool> seen(typed ? type->arity() : 0);
  for (size_t i = 0; i < node.names.size(); i++) {
    std::string case_name(program_.name(node.names[i]));
    const Node& variable = *node.kids[1 + 2 * i];
    const Node& body = *node.kids[2 + 2 * i];
    int32_t index = typed ? type->index_of(case_name) : -1;
    if (typed && index < 0) {
      report(node, "Match has case " + case_name + " but variant type does not");
    }
    if (index >= 0) {
      auto at = static_cast<uint32_t>(index);
      if (seen[at]) report(node, "Match has case " + case_name + " more than once");
      seen[at] = true;
      expect(variable, variable.type, type->child(at), "Match variable " + name(variable));
    }
    size_t mark = scopes_.enter();
    define_const(variable, "Match variable");
    visit(body);
    scopes_.leave(mark);
    all_never = check_branch(node, body, "case " + case_name) && all_never;
  }
  if (all_never && !node.type->is(Kind::never)) report(node, must_be_never(node.op));
}

void Checker::check_try(const Node& node) {
  const Node& body = *node.kids[0];
  const Node& handler = *node.kids[1];
  const Node& message = *node.kids[2];
  const Node& stack = *node.kids[3];
  visit_scoped(body);
  expect(message, message.type, types_.string(), "TryCatch message variable");
  expect(stack, stack.type, stack_type_, "TryCatch stack variable");
  size_t mark = scopes_.enter();
  define_const(message, "TryCatch variable");
  define_const(stack, "TryCatch variable");
  visit(handler);
  scopes_.leave(mark);
  bool all_never = check_branch(node, body, "try body");
  all_never = check_branch(node, handler, "catch body") && all_never;
  visit_scoped(*node.kids[4]);
  if (all_never && !node.type->is(Kind::never)) report(node, must_be_never(node.op));
}

void Checker::visit_loop_body(const Node& loop, const Node& body) {
  labels_.push_back(loop.name);
  visit_scoped(body);
  labels_.pop_back();
}

void Checker::check_while(const Node& node) {
  expect_node_type(node, types_.null());
  const Node& predicate = *node.kids[0];
  visit(predicate);
  expect(predicate, predicate.type, types_.boolean(), "While predicate");
  visit_loop_body(node, *node.kids[1]);
}

void Checker::check_for(const Node& node) {
  expect_node_type(node, types_.null());
  const Node& collection = *node.kids[0];
  visit(collection);
  std::string kind(op_name(node.op));
  Kind wanted = node.op == Op::for_array  ? Kind::array
                : node.op == Op::for_dict ? Kind::dict
                                          : Kind::set;
  const Type* type = collection.type;
  const Node& key = *node.kids[1];
  bool typed = type->is(wanted);
  if (!typed) {
    report(node,
           kind + " expects " + std::string(kind_name(wanted)) + " type, got " + type_text(type));
  } else {
    const Type* key_type = wanted == Kind::array ? types_.integer() : type->key();
    expect(key, key.type, key_type, kind + " key variable");
  }
  size_t mark = scopes_.enter();
  define_const(key, kind + " variable");
  if (node.op != Op::for_set) {
    const Node& value = *node.kids[2];
    define_const(value, kind + " variable");
    if (typed) {
      const Type* value_type = wanted == Kind::array ? type->element() : type->dict_value();
      expect(value, value.type, value_type, kind + " value variable");
    }
  }
  visit_loop_body(node, *node.kids.back());
  scopes_.leave(mark);
}

void Checker::check_jump(const Node& node) {
  expect_node_type(node, types_.never());
  auto first = labels_.begin() + static_cast<ptrdiff_t>(function_.first_label);
  if (std::find(first, labels_.end(), node.name) == labels_.end()) {
    report(node, (node.op == Op::break_ ? "break failed to find label "
                                        : "continue failed to find label ") +
                     name(node));
  }
}

void Checker::check_error(const Node& node) {
  const Node& message = *node.kids[0];
  visit(message);
  expect_node_type(node, types_.never());
  expect(message, message.type, types_.string(), "Error message");
}

}  // namespace samara::ir
