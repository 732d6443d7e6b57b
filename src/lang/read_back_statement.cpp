#include "lang/read_back_builder.hpp"
#include "lang/read_back_operators.hpp"

namespace samara::lang {

using ir::Op;

Expr* SourceWriter::statement(const Node& node) {
  switch (node.op) {
    case Op::let:
      return let(node);
    case Op::assign:
      return assign(node);
    case Op::builtin:
      if (Expr* update = index_update(node)) return update;
      break;
    default:
      break;
  }
  return expr(node, false);
}

namespace {

std::string_view hint_of(const ir::Program& program, const ir::Node& value, bool is_mutable,
                         bool steers_loop) {
  switch (value.op) {
    case Op::get_field:
      return program.name(value.name);
    case Op::builtin: {
      auto id = ir::find_builtin(program.name(value.name));
      if (id && value.type->is(Kind::integer) && method_of(*id).name == "size") return "size";
      if (id && method_of(*id).name == "keys") return "keys";
      break;
    }
    default:
      break;
  }
  if (steers_loop && value.type->is(Kind::integer)) return "i";
  if (is_mutable && (value.type->is(Kind::integer) || value.type->is(Kind::float_))) {
    return value.op == Op::value ? "total" : "";
  }
  return "";
}

}  // namespace

Expr* SourceWriter::let(const Node& node) {
  const Node& variable = *node.kids[0];
  const Node& value = *node.kids[1];
  Expr* made = make(ExprForm::let, &node);
  made->is_mutable = variable.is_mutable;
  bool typed = says_type(node) || says_type(value) || variable.type != value.type ||
               !infers(value) || variable.type->is(Kind::never);
  Expr* kid = expr(value, typed && variable.type == value.type);
  // The name is chosen after the value, which cannot see it.
  made->name = define(variable, Role::local,
                      hint_of(program_, value, variable.is_mutable, facts_.steers_loop(variable)));
  if (typed) made->type = type(variable.type);
  std::vector<Expr*> kids = {kid};
  made->kids = tree_->copy(kids);
  return made;
}

Expr* SourceWriter::assign(const Node& node) {
  const Node& variable = *node.kids[0];
  const Node& value = *node.kids[1];
  Expr* place = name_expr(names_.find(variable.name).name, variable);
  if (value.op == Op::builtin && !says_type(value) && value.kids.size() == 2) {
    auto id = ir::find_builtin(program_.name(value.name));
    Operator op = id ? arithmetic_operator(*id) : Operator::none;
    const Node& left = *value.kids[0];
    bool same = left.op == Op::variable && left.name == variable.name &&
                left.type == natural_type(left) && variable.type == left.type;
    if (op != Operator::none && op != Operator::power && same && !says_type(left)) {
      Expr* made = with(ExprForm::assign, node, {place, expr(*value.kids[1], true)});
      made->op = op;
      return made;
    }
  }
  bool known = facts_.definition(variable.name)->type == value.type;
  Expr* made = with(ExprForm::assign, node, {place, expr(value, known)});
  made->op = Operator::assign;
  return made;
}

// `a[i] = v`, which is a statement only.
Expr* SourceWriter::index_update(const Node& node) {
  auto id = ir::find_builtin(program_.name(node.name));
  if (!id || says_type(node)) return nullptr;
  bool updates = *id == ir::BuiltinId::ArrayUpdate || *id == ir::BuiltinId::DictUpdate ||
                 *id == ir::BuiltinId::VectorSet;
  const Node& collection = *node.kids[0];
  if (!updates || collection.type->is(Kind::never) || !infers(collection)) return nullptr;
  BuiltinPlan how = plan(node, *id, false);
  if (how.say_types) return nullptr;
  Expr* place = with(ExprForm::index, node,
                     {expr(collection, false), expr(*node.kids[1], how.arguments[1].output_known)});
  Expr* made =
      with(ExprForm::assign, node, {place, expr(*node.kids[2], how.arguments[2].output_known)});
  made->op = Operator::assign;
  return made;
}

// A Block in braces when it has several statements, or must say that it is one.
Expr* SourceWriter::block(const Node& node, bool known, Braces braces) {
  Expr* made = make(ExprForm::block, &node);
  made->braces = braces;
  std::vector<Expr*> kids;
  size_t mark = names_.enter();
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Node& kid = *node.kids[i];
    bool last = i + 1 == node.kids.size();
    bool as_value = last && known && kid.op != Op::let && kid.op != Op::assign &&
                    !(kid.op == Op::builtin && kid.type->is(Kind::null));
    kids.push_back(as_value ? expr(kid, kid.type == node.type) : statement(kid));
  }
  names_.leave(mark);
  made->kids = tree_->copy(kids);
  return made;
}

Expr* SourceWriter::body(const Node& node, bool known) {
  bool several = node.op == Op::block && node.kids.size() > 1 && natural_type(node) == node.type;
  if (several) return block(node, known, Braces::body);
  size_t mark = names_.enter();
  Expr* made = make(ExprForm::block);
  made->braces = Braces::body;
  bool nothing = node.op == Op::value && node.literal_kind == Kind::null;
  if (!nothing) {
    bool plain = node.op != Op::let && node.op != Op::assign &&
                 !(node.op == Op::builtin && node.type->is(Kind::null));
    std::vector<Expr*> kids = {plain ? expr(node, known) : statement(node)};
    made->kids = tree_->copy(kids);
  }
  names_.leave(mark);
  return made;
}

Expr* SourceWriter::body_or_expr(const Node& node, bool known) {
  switch (node.op) {
    case Op::let:
    case Op::assign:
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
    case Op::while_:
      return body(node, known);
    case Op::block:
      if (node.kids.size() > 1) return body(node, known);
      break;
    case Op::builtin:
      if (node.type->is(Kind::null)) {
        size_t mark = names_.enter();
        Expr* update = index_update(node);
        names_.leave(mark);
        if (update != nullptr) return body(node, known);
      }
      break;
    default:
      break;
  }
  size_t mark = names_.enter();
  Expr* made = expr(node, known);
  names_.leave(mark);
  return made;
}

}  // namespace samara::lang
