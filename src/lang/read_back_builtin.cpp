#include <algorithm>

#include "core/assert.hpp"
#include "lang/read_back_builder.hpp"
#include "lang/read_back_operators.hpp"
#include "value/calendar.hpp"

namespace samara::lang {

using ir::BuiltinId;
using ir::Op;

bool SourceWriter::needs_number_form(const Node& datetime) {
  int64_t year = civil_from_ms(datetime.literal.integer()).year;
  return year < 0 || year > 9999;
}

Expr* SourceWriter::builtin(const Node& node, bool known) {
  auto id = ir::find_builtin(program_.name(node.name));
  SAMARA_ASSERT(id.has_value());
  if (*id == BuiltinId::StringConcat && !explicit_) {
    if (Expr* made = interpolation(node)) return made;
  }
  if (Expr* made = operator_form(node, *id)) return made;
  if (Expr* made = index_form(node, *id)) return made;
  return call_form(node, *id, known);
}

Expr* SourceWriter::operator_form(const Node& node, BuiltinId id) {
  auto tells = [&](const Node& kid) { return !kid.type->is(Kind::never) && infers(kid); };
  if (node.kids.size() == 1) {
    bool negates = id == BuiltinId::IntegerNegate || id == BuiltinId::FloatNegate;
    if (!negates && id != BuiltinId::BooleanNot) return nullptr;
    if (!tells(*node.kids[0])) return nullptr;
    Expr* made = with(ExprForm::unary, node, {expr(*node.kids[0], false)});
    made->op = negates ? Operator::minus : Operator::not_;
    return made;
  }
  if (node.kids.size() != 2) return nullptr;
  const Node& left = *node.kids[0];
  const Node& right = *node.kids[1];
  Operator op = arithmetic_operator(id);
  bool compares = false;
  if (op == Operator::none) {
    op = comparison_operator(id);
    compares = true;
  }
  if (op == Operator::none || (!tells(left) && !tells(right))) return nullptr;
  if (left.type->is(Kind::never) || right.type->is(Kind::never)) return nullptr;
  if (compares && (left.type != node.type_parameters[0] || right.type != node.type_parameters[0])) {
    return nullptr;
  }
  // What one side tells, the other need not say.
  Expr* made = with(ExprForm::binary, node, {expr(left, !tells(left)), expr(right, !tells(right))});
  made->op = op;
  return made;
}

namespace {

void collect_parts(const ir::Program& program, const ir::Node& node,
                   std::vector<const ir::Node*>& parts) {
  const ir::Node* at = &node;
  while (at->op == Op::builtin && program.name(at->name) == "StringConcat") {
    parts.push_back(at->kids[1]);
    at = at->kids[0];
  }
  parts.push_back(at);
  std::reverse(parts.begin(), parts.end());
}

uint32_t size_of(const ir::Node& node) {
  switch (node.op) {
    case Op::function:
    case Op::async_function:
    case Op::block:
    case Op::if_else:
    case Op::match:
    case Op::try_catch:
    case Op::let:
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
    case Op::while_:
      return 1000;
    default:
      break;
  }
  uint32_t size = 1;
  for (const ir::Node* kid : node.kids) size += size_of(*kid);
  return std::min(size, 1000U);
}

}  // namespace

// A concatenation with a literal or a Print in it, whose other parts are short.
Expr* SourceWriter::interpolation(const Node& node) {
  if (says_type(node)) return nullptr;
  constexpr uint32_t k_part_nodes_max = 10;
  std::vector<const Node*> parts;
  collect_parts(program_, node, parts);
  auto printed = [&](const Node& part) -> const Node* {
    if (part.op != Op::builtin || program_.name(part.name) != "Print") return nullptr;
    const Node& kid = *part.kids[0];
    bool plain = !kid.type->is(Kind::string) && !kid.type->is(Kind::never) &&
                 kid.type == part.type_parameters[0] && infers(kid) && !says_type(part);
    return plain ? &kid : nullptr;
  };
  bool worthwhile = false;
  bool after_text = false;
  for (const Node* part : parts) {
    bool is_text = part->op == Op::value;
    if (part->type->is(Kind::never) || size_of(*part) > k_part_nodes_max) return nullptr;
    if (is_text && (bytes_of(part->literal).empty() || after_text)) return nullptr;
    worthwhile = worthwhile || is_text || printed(*part) != nullptr;
    after_text = is_text;
  }
  if (!worthwhile) return nullptr;
  std::vector<Expr*> kids;
  for (const Node* part : parts) {
    const Node* inner = printed(*part);
    kids.push_back(expr(inner != nullptr ? *inner : *part, false));
  }
  return with(ExprForm::interpolation, node, std::move(kids));
}

Expr* SourceWriter::index_form(const Node& node, BuiltinId id) {
  if (id != BuiltinId::ArrayGet && id != BuiltinId::DictGet && id != BuiltinId::VectorGet) {
    return nullptr;
  }
  const Node& collection = *node.kids[0];
  if (collection.type->is(Kind::never)) return nullptr;
  BuiltinPlan how = plan(node, id, false);
  if (how.say_types) return nullptr;
  return with(ExprForm::index, node,
              {expr(collection, false), expr(*node.kids[1], how.arguments[1].output_known)});
}

Expr* SourceWriter::argument(const Node& node, Lambda how) {
  bool is_lambda = node.op == Op::function || node.op == Op::async_function;
  bool plain = is_lambda && how.may_drop_parameters;
  for (uint32_t i = 0; plain && i < node.count_b; i++) {
    plain = node.kids[node.count_a + i]->type == node.type->child(i);
  }
  return plain ? lambda(node, how) : expr(node, how.output_known);
}

namespace {

bool is_identity(const ir::Node& node) {
  if (node.op != Op::function || node.count_a != 0 || node.count_b == 0) return false;
  const ir::Node& parameter = *node.kids[0];
  const ir::Node& body = *node.kids.back();
  return body.op == Op::variable && body.name == parameter.name && body.type == parameter.type &&
         node.type->child(0) == parameter.type && node.type->output() == parameter.type;
}

bool is_default(const ir::Node& node, LeftOut value) {
  switch (value) {
    case LeftOut::identity:
      return is_identity(node);
    case LeftOut::no_flags:
      return node.op == Op::value && bytes_of(node.literal).empty();
    case LeftOut::step_one:
      return node.op == Op::value && node.literal.integer() == 1;
    case LeftOut::nothing:
      break;
  }
  return false;
}

}  // namespace

// The argument that the compiler puts in when it is missing, or npos.
size_t SourceWriter::needless_argument(const Node& node, BuiltinId id) const {
  const Defaults* defaults = defaults_of(id);
  if (explicit_ || defaults == nullptr || defaults->used != id) return std::string::npos;
  const Node& kid = *node.kids[defaults->argument];
  bool needless = !says_type(kid) && is_default(kid, defaults->value);
  return needless ? defaults->argument : std::string::npos;
}

Expr* SourceWriter::call_form(const Node& node, BuiltinId id, bool known) {
  const Method& method = method_of(id);
  BuiltinPlan how = plan(node, id, known);
  const Node* receiver =
      method.takes_receiver && !node.kids[0]->type->is(Kind::never) ? node.kids[0] : nullptr;
  Expr* callee = nullptr;
  std::vector<Expr*> kids = {nullptr};
  if (method.owner.empty()) {
    callee = name_expr(method.name, node);
  } else {
    Expr* left = receiver != nullptr ? expr(*receiver, false) : name_expr(method.owner, node);
    callee = with(ExprForm::field, node, {left});
    callee->name = name(method.name);
  }
  if (how.say_types) callee->type_arguments = types_of(node.type_parameters);
  kids[0] = callee;
  size_t needless = needless_argument(node, id);
  for (size_t i = receiver != nullptr ? 1 : 0; i < node.kids.size(); i++) {
    if (i == needless) continue;
    kids.push_back(argument(*node.kids[i], how.arguments[i]));
  }
  return with(ExprForm::call, node, std::move(kids));
}

}  // namespace samara::lang
