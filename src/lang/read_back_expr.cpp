#include "core/assert.hpp"
#include "lang/read_back_builder.hpp"

namespace samara::lang {

using ir::Op;

Expr* SourceWriter::expr(const Node& node, bool known) {
  bool typed = false;
  switch (node.op) {
    case Op::let:
    case Op::assign: {
      // A statement where a value is due.
      return with(ExprForm::parenthesized, node, {statement(node)});
    }
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
    case Op::while_:
    case Op::break_:
    case Op::continue_:
    case Op::return_:
    case Op::error:
      break;
    case Op::value:
      // Literals outside of the years that have a form are said as numbers.
      typed = node.literal_kind == Kind::datetime && needs_number_form(node);
      break;
    case Op::function:
    case Op::async_function:
      // The full form says the type by itself, unless the node writes it in another way.
      for (uint32_t i = 0; i < node.count_b; i++) {
        typed = typed || node.kids[node.count_a + i]->type != node.type->child(i);
      }
      break;
    case Op::as:
    case Op::wrap_recursive:
    case Op::unwrap_recursive:
    case Op::platform:
      break;
    case Op::builtin:
      // Type arguments say enough where there are some.
      typed = natural_type(node) != node.type ||
              (says_type(node) && (explicit_ || node.type_parameters.empty()) &&
               !node.type->is(Kind::never));
      break;
    default:
      typed = says_type(node) || natural_type(node) != node.type || (!known && !infers(node));
      if (node.type->is(Kind::never)) typed = false;
      break;
  }
  if (!typed) return form(node, known);
  Expr* made = with(ExprForm::ascription, node, {form(node, true)});
  made->type = type(node.type);
  return made;
}

Expr* SourceWriter::form(const Node& node, bool known) {
  switch (node.op) {
    case Op::as: {
      Expr* made = with(ExprForm::cast, node, {expr(*node.kids[0], false)});
      made->type = type(node.type);
      return made;
    }
    case Op::function:
    case Op::async_function:
      return lambda(node, {known, known, false});
    case Op::block:
      return block(node, known, Braces::do_);
    case Op::break_:
    case Op::continue_: {
      Expr* made = make(node.op == Op::break_ ? ExprForm::break_ : ExprForm::continue_, &node);
      if (!loops_.empty() && loops_.back().node->name == node.name) return made;
      for (const OpenLoop& open : loops_) {
        if (open.node->name == node.name) made->label = name(open.label);
      }
      return made;
    }
    case Op::builtin:
      return builtin(node, known);
    case Op::call:
    case Op::call_async:
      return call(node);
    case Op::error:
      return with(ExprForm::throw_, node, {expr(*node.kids[0], true)});
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
    case Op::while_:
      return loop(node);
    case Op::get_field: {
      Expr* made = with(ExprForm::field, node, {expr(*node.kids[0], false)});
      made->name = name(program_.name(node.name));
      return made;
    }
    case Op::if_else:
      return if_else(node, known);
    case Op::match:
      return match(node, known);
    case Op::new_array:
    case Op::new_set:
    case Op::new_dict:
    case Op::new_ref:
    case Op::new_vector:
    case Op::new_matrix:
      return collection(node, known);
    case Op::platform:
      return platform(node);
    case Op::return_:
      return with(ExprForm::return_, node,
                  {expr(*node.kids[0], output_known_ && node.kids[0]->type == output_)});
    case Op::struct_:
      return structure(node, known);
    case Op::try_catch:
      return try_catch(node, known);
    case Op::wrap_recursive:
    case Op::unwrap_recursive: {
      const Node& kid = *node.kids[0];
      Expr* callee = name_expr(node.op == Op::wrap_recursive ? "wrap" : "unwrap", node);
      const Type* of[] = {node.type};
      callee->type_arguments = types_of(of);
      return with(ExprForm::call, node, {callee, expr(kid, kid.type == node.type)});
    }
    case Op::value:
      return value(node);
    case Op::variable:
      return name_expr(names_.find(node.name).name, node);
    case Op::variant:
      return variant(node, known);
    case Op::assign:
    case Op::let:
      break;
  }
  SAMARA_ASSERT(false);
  return nullptr;
}

Expr* SourceWriter::value(const Node& node) {
  Expr* made = make(ExprForm::null, &node);
  switch (node.literal_kind) {
    case Kind::null:
      break;
    case Kind::boolean:
      made->form = ExprForm::boolean;
      made->integer = node.literal.boolean() ? 1 : 0;
      break;
    case Kind::integer:
      made->form = ExprForm::integer;
      made->integer = node.literal.integer();
      break;
    case Kind::float_:
      made->form = ExprForm::float_;
      made->number = node.literal.number();
      break;
    case Kind::datetime:
      made->form = needs_number_form(node) ? ExprForm::integer : ExprForm::datetime;
      made->integer = node.literal.integer();
      break;
    case Kind::string:
      made->form = ExprForm::string;
      made->text = tree_->copy(as_text(bytes_of(node.literal)));
      break;
    default:
      made->form = ExprForm::blob;
      made->text = tree_->copy(as_text(bytes_of(node.literal)));
      break;
  }
  return made;
}

Expr* SourceWriter::collection(const Node& node, bool known) {
  std::vector<Expr*> kids;
  ExprForm form = ExprForm::array;
  // Where the kids tell the type, they are written as they would be alone.
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Type* expected =
        node.op == Op::new_dict && i % 2 == 1 ? node.type->dict_value() : node.type->element();
    kids.push_back(expr(*node.kids[i], known && node.kids[i]->type == expected));
  }
  switch (node.op) {
    case Op::new_set:
      form = ExprForm::set;
      break;
    case Op::new_dict:
      form = ExprForm::dict;
      break;
    case Op::new_ref:
      form = ExprForm::ref;
      break;
    case Op::new_vector:
      form = ExprForm::vector;
      break;
    case Op::new_matrix:
      form = ExprForm::matrix;
      break;
    default:
      break;
  }
  Expr* made = with(form, node, std::move(kids));
  if (node.op == Op::new_matrix) {
    made->integer = node.rows;
    if (node.rows == 0 && node.columns > 0) made->text = tree_->copy(std::to_string(node.columns));
  }
  return made;
}

Expr* SourceWriter::structure(const Node& node, bool known) {
  std::vector<Expr*> kids;
  std::vector<Name> fields;
  for (uint32_t i = 0; i < node.kids.size(); i++) {
    fields.push_back(name(program_.name(node.names[i])));
    kids.push_back(expr(*node.kids[i], known && node.kids[i]->type == node.type->child(i)));
  }
  Expr* made = with(ExprForm::structure, node, std::move(kids));
  made->fields = tree_->copy(fields);
  return made;
}

Expr* SourceWriter::variant(const Node& node, bool known) {
  const Node& payload = *node.kids[0];
  int32_t index = node.type->index_of(program_.name(node.name));
  const Type* expected = index < 0 ? nullptr : node.type->child(static_cast<uint32_t>(index));
  Expr* made = make(ExprForm::variant, &node);
  made->name = name(program_.name(node.name));
  bool nothing = payload.op == Op::value && payload.literal_kind == Kind::null;
  if (nothing) return made;
  std::vector<Expr*> kids = {expr(payload, known && payload.type == expected)};
  made->kids = tree_->copy(kids);
  return made;
}

Expr* SourceWriter::call(const Node& node) {
  const Node& callee = *node.kids[0];
  Expr* function = expr(callee, false);
  if (function->form == ExprForm::field) {
    function = with(ExprForm::parenthesized, callee, {function});
  }
  std::vector<Expr*> kids = {function};
  for (uint32_t i = 1; i < node.kids.size(); i++) {
    const Node& kid = *node.kids[i];
    bool known = callee.type->is_function() && callee.type->child(i - 1) == kid.type;
    kids.push_back(expr(kid, known));
  }
  Expr* made = with(ExprForm::call, node, std::move(kids));
  if (node.op == Op::call) return made;
  made = with(ExprForm::unary, node, {made});
  made->op = Operator::await;
  return made;
}

Expr* SourceWriter::platform(const Node& node) {
  Expr* callee = name_expr(platform_name(node), node);
  callee->type_arguments = types_of(node.type_parameters);
  std::vector<Expr*> kids = {callee};
  for (const Node* kid : node.kids) kids.push_back(expr(*kid, true));
  Expr* made = with(ExprForm::call, node, std::move(kids));
  if (!node.is_async) return made;
  made = with(ExprForm::unary, node, {made});
  made->op = Operator::await;
  return made;
}

Expr* SourceWriter::lambda(const Node& node, Lambda how) {
  const Node& inner = *node.kids.back();
  const Type* output = node.type->output();
  std::span<ir::Node* const> parameters = node.kids.subspan(node.count_a, node.count_b);
  bool same_inputs = true;
  for (uint32_t i = 0; i < parameters.size(); i++) {
    same_inputs = same_inputs && parameters[i]->type == node.type->child(i);
  }
  bool body_tells = inner.type == output && infers(inner) && !facts_.returns(node);
  Expr* made = make(ExprForm::lambda, &node);
  made->is_async = node.op == Op::async_function;
  made->full_form = says_type(node) || !same_inputs || (!how.output_known && !body_tells);
  bool types = made->full_form || !how.inputs_known;

  const Type* outer_output = output_;
  bool outer_known = output_known_;
  std::vector<OpenLoop> outer_loops;
  outer_loops.swap(loops_);
  output_ = output;
  output_known_ = true;
  size_t mark = names_.enter();
  std::vector<Parameter> made_parameters;
  for (const Node* parameter : parameters) {
    made_parameters.push_back(
        {define(*parameter, Role::parameter, {}), types ? type(parameter->type) : nullptr});
  }
  if (how.may_drop_parameters && !types) {
    for (size_t i = parameters.size(); i > 1 && facts_.uses(*parameters[i - 1]) == 0; i--) {
      made_parameters.pop_back();
    }
  }
  made->parameters = tree_->copy(made_parameters);
  if (made->full_form && !output->is(Kind::null)) made->type = type(output);
  bool known = (made->full_form || how.output_known) && inner.type == output;
  std::vector<Expr*> kids = {made->full_form ? body(inner, known) : body_or_expr(inner, known)};
  made->kids = tree_->copy(kids);
  names_.leave(mark);
  loops_.swap(outer_loops);
  output_ = outer_output;
  output_known_ = outer_known;
  return made;
}

}  // namespace samara::lang
