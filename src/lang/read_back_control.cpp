#include <algorithm>

#include "lang/read_back_builder.hpp"

namespace samara::lang {

using ir::Op;

namespace {

bool is_literal(const ir::Node& node, Kind kind) {
  return node.op == Op::value && node.literal_kind == kind;
}

// What reads well as an operand.
bool is_simple(const ir::Node& node) {
  switch (node.op) {
    case Op::value:
    case Op::variable:
      return true;
    case Op::get_field:
    case Op::builtin:
    case Op::call:
    case Op::platform:
    case Op::unwrap_recursive:
      return std::all_of(node.kids.begin(), node.kids.end(), [](const ir::Node* kid) {
        return kid->op == Op::function || is_simple(*kid);
      });
    case Op::if_else:
      // `&&` and `||` themselves.
      return node.kids.size() == 3 && node.type->is(Kind::boolean) &&
             (is_literal(*node.kids[1], Kind::boolean) ||
              is_literal(*node.kids[2], Kind::boolean)) &&
             is_simple(*node.kids[0]) && is_simple(*node.kids[1]) && is_simple(*node.kids[2]);
    default:
      return false;
  }
}

}  // namespace

// `a && b`, `a || b`, or null.
Expr* SourceWriter::logical(const Node& node) {
  if (node.kids.size() != 3 || !node.type->is(Kind::boolean)) return nullptr;
  const Node& then = *node.kids[1];
  const Node& otherwise = *node.kids[2];
  bool is_and = is_literal(otherwise, Kind::boolean) && !otherwise.literal.boolean();
  bool is_or = is_literal(then, Kind::boolean) && then.literal.boolean();
  if (is_and == is_or || !is_simple(*node.kids[0])) return nullptr;
  const Node& right = is_and ? then : otherwise;
  if (!is_simple(right) || !right.type->is(Kind::boolean)) return nullptr;
  Expr* made = with(ExprForm::binary, node, {expr(*node.kids[0], true), expr(right, true)});
  made->op = is_and ? Operator::and_ : Operator::or_;
  return made;
}

Expr* SourceWriter::if_else(const Node& node, bool known) {
  if (Expr* made = logical(node)) return made;
  const Node& otherwise = *node.kids.back();
  bool no_else = is_literal(otherwise, Kind::null) && node.type->is(Kind::null);
  std::vector<Expr*> kids;
  size_t outer = names_.enter();
  for (size_t i = 0; i + 1 < node.kids.size(); i += 2) {
    const Node& inner = *node.kids[i + 1];
    no_else = no_else && (inner.type->is(Kind::null) || inner.type->is(Kind::never));
    kids.push_back(expr(*node.kids[i], true));
    // The first condition belongs to the scope around.
    if (i == 0) outer = names_.enter();
    kids.push_back(body(inner, known && inner.type == node.type));
  }
  if (!no_else) kids.push_back(body(otherwise, known && otherwise.type == node.type));
  names_.leave(outer);
  return with(ExprForm::if_, node, std::move(kids));
}

Expr* SourceWriter::match(const Node& node, bool known) {
  std::vector<Expr*> kids = {expr(*node.kids[0], false)};
  std::vector<Arm> arms;
  for (size_t i = 0; i < node.names.size(); i++) {
    const Node& payload = *node.kids[1 + 2 * i];
    const Node& inner = *node.kids[2 + 2 * i];
    std::string_view case_name = program_.name(node.names[i]);
    size_t mark = names_.enter();
    Arm arm;
    arm.case_name = name(case_name);
    if (facts_.uses(payload) > 0) arm.payload = define(payload, Role::payload, case_name);
    kids.push_back(body_or_expr(inner, known && inner.type == node.type));
    arms.push_back(arm);
    names_.leave(mark);
  }
  Expr* made = with(ExprForm::match, node, std::move(kids));
  made->arms = tree_->copy(arms);
  return made;
}

Expr* SourceWriter::loop(const Node& node) {
  bool is_while = node.op == Op::while_;
  Expr* over = expr(*node.kids[0], is_while);
  size_t mark = names_.enter();
  Expr* made = make(is_while ? ExprForm::while_ : ExprForm::for_, &node);
  if (node.op == Op::for_array) {
    const Node& index = *node.kids[1];
    const Node& element = *node.kids[2];
    if (facts_.uses(index) > 0) {
      made->name = define(index, Role::index, {});
      made->second = define(element, Role::element, {});
    } else {
      made->name = define(element, Role::element, {});
    }
  } else if (!is_while) {
    made->name = define(*node.kids[1], Role::key, {});
    if (node.op == Op::for_dict && facts_.uses(*node.kids[2]) > 0) {
      made->second = define(*node.kids[2], Role::value, {});
    }
  }
  std::string label;
  if (facts_.needs_label(node)) {
    label = labels_ == 0 ? "outer" : "outer" + std::to_string(labels_ + 1);
    labels_++;
    made->label = name(label);
  }
  loops_.push_back({&node, label});
  const Node& inner = *node.kids.back();
  std::vector<Expr*> kids = {over, body(inner, false)};
  loops_.pop_back();
  names_.leave(mark);
  made->kids = tree_->copy(kids);
  return made;
}

Expr* SourceWriter::try_catch(const Node& node, bool known) {
  const Node& tried = *node.kids[0];
  const Node& handler = *node.kids[1];
  const Node& message = *node.kids[2];
  const Node& stack = *node.kids[3];
  const Node& finally = *node.kids[4];
  Expr* made = make(ExprForm::try_, &node);
  Expr* first = body(tried, known && tried.type == node.type);
  size_t mark = names_.enter();
  bool uses_stack = facts_.uses(stack) > 0;
  if (uses_stack || facts_.uses(message) > 0) made->name = define(message, Role::message, {});
  if (uses_stack) made->second = define(stack, Role::stack, {});
  Expr* second = body(handler, known && handler.type == node.type);
  names_.leave(mark);
  Expr* third = is_literal(finally, Kind::null) ? nullptr : body(finally, false);
  std::vector<Expr*> kids = {first, second, third};
  made->kids = tree_->copy(kids);
  return made;
}

}  // namespace samara::lang
