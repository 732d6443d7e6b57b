#include <algorithm>

#include "core/assert.hpp"
#include "lang/print_names.hpp"
#include "lang/read_back_builder.hpp"
#include "lang/read_back_operators.hpp"
#include "value/number_text.hpp"

namespace samara::lang {

using ir::Op;

SourceWriter::SourceWriter(const ir::Program& program, std::span<const std::string> names,
                           const ReadBackOptions& options, const TypedNodes& typed)
    : program_(program),
      original_names_(names),
      options_(options),
      typed_(typed),
      explicit_(options.explicitness == Explicitness::all_types),
      facts_(program),
      tree_(std::make_unique<SyntaxTree>()),
      types_(*tree_, program.types()),
      signatures_(program.types()) {}

std::unique_ptr<SyntaxTree> SourceWriter::write() {
  auto reserve = [&](std::string_view text) {
    reserved_.emplace(text);
    names_.reserve(text);
  };
  reserve(options_.function_name);
  for (const Method& method : all_methods()) {
    if (method.owner.empty()) reserve(method.name);
  }
  for (unsigned i = 0; i < k_kind_count; i++) reserve(kind_name(static_cast<Kind>(i)));
  for (const char* word : {"Option", "Location", "Patch"}) reserve(word);
  declare_platform();
  for (const Declaration& at : platform_declarations_) reserve(at.name.text);
  declare_function(*program_.root());
  Declaration function = std::move(tree_->declarations.back());
  tree_->declarations.clear();
  types_.finish(reserved_, tree_->declarations);
  for (Declaration& at : platform_declarations_) tree_->declarations.push_back(std::move(at));
  tree_->declarations.push_back(std::move(function));
  return std::move(tree_);
}

namespace {

// The name with `_` for what cannot stand in one.
std::string plain_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (!is_plain_name(std::string_view(&c, 1)) && !is_digit(c)) c = '_';
  }
  if (!is_plain_name(out)) out.insert(0, "_");
  if (is_keyword(out) || out == "_") out += "_";
  return out;
}

}  // namespace

// One declaration for each way in which a platform function is used: calls that agree in types and
// flags share it.
void SourceWriter::declare_platform() {
  struct Known {
    const Node* call = nullptr;
    std::string local;
  };
  std::vector<Known> known;
  auto agree = [](const Node& a, const Node& b) {
    return a.name == b.name && a.type == b.type && a.is_async == b.is_async &&
           a.optional == b.optional && a.kids.size() == b.kids.size() &&
           std::equal(a.type_parameters.begin(), a.type_parameters.end(), b.type_parameters.begin(),
                      b.type_parameters.end()) &&
           std::equal(a.kids.begin(), a.kids.end(), b.kids.begin(),
                      [](const Node* x, const Node* y) { return x->type == y->type; });
  };
  std::unordered_set<std::string> taken = reserved_;
  for (const Node* call : facts_.platform_calls()) {
    auto at = std::find_if(known.begin(), known.end(),
                           [&](const Known& each) { return agree(*each.call, *call); });
    if (at != known.end()) {
      platform_names_[call] = at->local;
      continue;
    }
    std::string real(program_.name(call->name));
    std::string base = plain_name(real);
    std::string local = base;
    for (int i = 2; !taken.insert(local).second; i++) local = base + std::to_string(i);
    known.push_back({call, local});
    platform_names_[call] = local;

    Declaration made;
    made.form = DeclarationForm::platform;
    made.name = name(local);
    if (local != real) {
      made.source = tree_->copy(real);
      made.source_span = {0, 1};  // it is given, even if it is empty
    }
    made.is_async = call->is_async;
    made.optional = call->optional;
    std::vector<Name> type_parameters;
    for (size_t i = 0; i < call->type_parameters.size(); i++) {
      type_parameters.push_back(name("T" + std::to_string(i + 1)));
    }
    made.type_parameters = tree_->copy(type_parameters);
    std::vector<Parameter> parameters;
    for (size_t i = 0; i < call->kids.size(); i++) {
      std::string letter(1, static_cast<char>('a' + i % 26));
      if (i >= 26) letter += std::to_string(i / 26);
      parameters.push_back({name(letter), type(call->kids[i]->type)});
    }
    made.parameters = tree_->copy(parameters);
    if (!call->type->is(Kind::null)) made.type = type(call->type);
    platform_declarations_.push_back(std::move(made));
  }
}

const std::string& SourceWriter::platform_name(const Node& call) const {
  auto at = platform_names_.find(&call);
  SAMARA_ASSERT(at != platform_names_.end());
  return at->second;
}

void SourceWriter::declare_function(const Node& root) {
  Declaration made;
  made.form = DeclarationForm::function;
  made.doc = tree_->copy(options_.doc);
  made.name = name(options_.function_name);
  made.is_async = root.op == Op::async_function;
  std::vector<Parameter> parameters;
  for (const Node* parameter : root.kids.subspan(root.count_a, root.count_b)) {
    parameters.push_back({define(*parameter, Role::parameter, {}), type(parameter->type)});
  }
  made.parameters = tree_->copy(parameters);
  output_ = root.type->output();
  if (!output_->is(Kind::null)) made.type = type(output_);
  made.body = body(*root.kids.back(), root.kids.back()->type == output_);
  tree_->declarations.push_back(std::move(made));
}

Expr* SourceWriter::make(ExprForm form, const Node* origin) {
  Expr* made = tree_->new_expr(form, {});
  if (origin != nullptr) origins_[made] = origin;
  return made;
}

Expr* SourceWriter::with(ExprForm form, const Node& origin, std::vector<Expr*> kids) {
  Expr* made = make(form, &origin);
  made->kids = tree_->copy(kids);
  return made;
}

Expr* SourceWriter::name_expr(std::string_view text, const Node& origin) {
  Expr* made = make(ExprForm::name, &origin);
  made->name = name(text);
  return made;
}

Name SourceWriter::define(const Node& variable, Role role, std::string_view hint) {
  std::string_view canonical = program_.name(variable.name);
  std::string_view original = canonical;
  size_t number = 0;
  for (char c : canonical.substr(1)) number = number * 10 + static_cast<size_t>(c - '0');
  if (number < original_names_.size()) original = original_names_[number];
  return name(names_.define(variable, original, role, hint));
}

std::span<TypeNode*> SourceWriter::types_of(std::span<const Type* const> all) {
  std::vector<TypeNode*> made;
  for (const Type* each : all) made.push_back(type(each));
  return tree_->copy(made);
}

std::string_view SourceWriter::label_of(const Node& loop) {
  for (const OpenLoop& open : loops_) {
    if (open.node == &loop) return open.label;
  }
  return {};
}

// --- statements

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

// --- expressions

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
      typed = natural_type(node) != node.type || (says_type(node) && !node.type->is(Kind::never));
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
  (void)known;
  std::vector<Expr*> kids;
  ExprForm form = ExprForm::array;
  // Where the kids tell the type, they are written as they would be alone.
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Type* expected =
        node.op == Op::new_dict && i % 2 == 1 ? node.type->dict_value() : node.type->element();
    kids.push_back(expr(*node.kids[i], node.kids[i]->type == expected));
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
  (void)known;
  std::vector<Expr*> kids;
  std::vector<Name> fields;
  for (uint32_t i = 0; i < node.kids.size(); i++) {
    fields.push_back(name(program_.name(node.names[i])));
    kids.push_back(expr(*node.kids[i], node.kids[i]->type == node.type->child(i)));
  }
  Expr* made = with(ExprForm::structure, node, std::move(kids));
  made->fields = tree_->copy(fields);
  return made;
}

Expr* SourceWriter::variant(const Node& node, bool known) {
  (void)known;
  const Node& payload = *node.kids[0];
  int32_t index = node.type->index_of(program_.name(node.name));
  const Type* expected = index < 0 ? nullptr : node.type->child(static_cast<uint32_t>(index));
  Expr* made = make(ExprForm::variant, &node);
  made->name = name(program_.name(node.name));
  bool nothing = payload.op == Op::value && payload.literal_kind == Kind::null;
  if (nothing) return made;
  std::vector<Expr*> kids = {expr(payload, payload.type == expected)};
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
