#include "ir/builder.hpp"

#include <algorithm>

namespace samara::ir {

Var Statements::let(Expr value) {
  Var made = builder_.new_variable(value.type());
  list_.push_back(builder_.let(made, value));
  return made;
}

Var Statements::mutable_(Expr value) {
  Var made = builder_.new_variable(value.type(), true);
  list_.push_back(builder_.let(made, value));
  return made;
}

Builder::Builder(TypeTable& types) : program_(std::make_unique<Program>(types)) {
  at("<unknown>", 0, 0);
}

void Builder::at(std::string_view filename, int64_t line, int64_t column) {
  location_list_ = {{std::string(filename), line, column}};
  location_ = program_->intern(location_list_);
}

Expr Builder::node(Op op, const Type* type, std::span<Node* const> kids) {
  Node* made = program_->new_node(op, type, location_);
  made->kids = program_->new_kids(kids);
  return {made};
}

Expr Builder::with_nodes(Op op, const Type* type, std::initializer_list<Expr> values) {
  std::vector<Node*> kids;
  for (Expr value : values) kids.push_back(value.node);
  return node(op, type, kids);
}

Expr Builder::literal(const Type* type, Slot value) {
  Expr made = node(Op::value, type, {});
  made.node->literal = value;
  made.node->literal_kind = type->kind();
  return made;
}

Expr Builder::null() { return literal(types().null(), Slot::null()); }
Expr Builder::boolean(bool value) { return literal(types().boolean(), Slot::of(value)); }
Expr Builder::integer(int64_t value) { return literal(types().integer(), Slot::of(value)); }
Expr Builder::float_(double value) { return literal(types().float_(), Slot::of(value)); }
Expr Builder::datetime(int64_t milliseconds) {
  return literal(types().datetime(), Slot::of(milliseconds));
}
Expr Builder::string(std::string_view value) {
  BytesObject* made = program_->literals().new_text(value);
  SAMARA_ASSERT(made != nullptr);
  return literal(types().string(), Slot::of(made));
}
Expr Builder::blob(ByteView value) {
  BytesObject* made = program_->literals().new_bytes(value);
  SAMARA_ASSERT(made != nullptr);
  return literal(types().blob(), Slot::of(made));
}

Var Builder::new_variable(const Type* type, bool is_mutable) {
  Variable made;
  made.name = program_->intern("_" + std::to_string(variables_.size()));
  made.type = type;
  made.is_mutable = is_mutable;
  made.function = static_cast<uint32_t>(functions_.size());
  variables_.push_back(std::move(made));
  return {static_cast<uint32_t>(variables_.size() - 1)};
}

Expr Builder::mention(Var variable) {
  Variable& of = variables_[variable.number];
  Expr made = node(Op::variable, of.type, {});
  made.node->name = of.name;
  made.node->is_mutable = of.is_mutable;
  of.mentions.push_back(made.node);
  return made;
}

Expr Builder::operator()(Var variable) {
  Variable& of = variables_[variable.number];
  // Every function between the definition and here passes the variable on.
  for (size_t depth = of.function; depth < functions_.size(); depth++) {
    std::vector<Var>& captures = functions_[depth].captures;
    auto same = [&](Var other) { return other.number == variable.number; };
    if (std::none_of(captures.begin(), captures.end(), same)) captures.push_back(variable);
    of.captured = true;
  }
  return mention(variable);
}

Expr Builder::let(Var variable, Expr value) {
  return with_nodes(Op::let, types().null(), {mention(variable), value});
}

Expr Builder::assign(Var variable, Expr value) {
  return with_nodes(Op::assign, types().null(), {(*this)(variable), value});
}

Expr Builder::array(const Type* element, std::initializer_list<Expr> values) {
  return with_nodes(Op::new_array, types().array(element), values);
}
Expr Builder::set(const Type* key, std::initializer_list<Expr> values) {
  return with_nodes(Op::new_set, types().set(key), values);
}
Expr Builder::dict(const Type* key, const Type* value,
                   std::initializer_list<std::pair<Expr, Expr>> entries) {
  std::vector<Node*> kids;
  for (const auto& [k, v] : entries) kids.insert(kids.end(), {k.node, v.node});
  return node(Op::new_dict, types().dict(key, value), kids);
}
Expr Builder::ref(Expr content) {
  return with_nodes(Op::new_ref, types().ref(content.type()), {content});
}
Expr Builder::vector(const Type* element, std::initializer_list<Expr> values) {
  return with_nodes(Op::new_vector, types().vector(element), values);
}
Expr Builder::matrix(const Type* element, int64_t rows, int64_t columns,
                     std::initializer_list<Expr> values) {
  Expr made = with_nodes(Op::new_matrix, types().matrix(element), values);
  made.node->rows = rows;
  made.node->columns = columns;
  return made;
}

Expr Builder::structure(std::initializer_list<std::pair<std::string_view, Expr>> fields) {
  std::vector<NamedType> parts;
  std::vector<Node*> kids;
  std::vector<NameId> names;
  for (const auto& [field_name, value] : fields) {
    parts.push_back({field_name, value.type()});
    kids.push_back(value.node);
    names.push_back(program_->intern(field_name));
  }
  Expr made = node(Op::struct_, types().structure(parts), kids);
  made.node->names = program_->new_names(names);
  return made;
}

Expr Builder::field(Expr structure, std::string_view name) {
  int32_t index = structure.type()->index_of(name);
  SAMARA_ASSERT(index >= 0);
  Expr made =
      with_nodes(Op::get_field, structure.type()->child(static_cast<uint32_t>(index)), {structure});
  made.node->name = program_->intern(name);
  return made;
}

Expr Builder::variant(const Type* type, std::string_view case_name, Expr payload) {
  Expr made = with_nodes(Op::variant, type, {payload});
  made.node->name = program_->intern(case_name);
  return made;
}
Expr Builder::some(Expr value) { return variant(types().option(value.type()), "some", value); }
Expr Builder::none(const Type* some) { return variant(types().option(some), "none", null()); }

Expr Builder::as(const Type* type, Expr value) { return with_nodes(Op::as, type, {value}); }
Expr Builder::wrap(const Type* type, Expr value) {
  return with_nodes(Op::wrap_recursive, type, {value});
}
Expr Builder::unwrap(const Type* type, Expr value) {
  return with_nodes(Op::unwrap_recursive, type, {value});
}

Expr Builder::block_of(std::span<const Expr> statements) {
  std::vector<Node*> kids;
  for (Expr statement : statements) kids.push_back(statement.node);
  return node(Op::block, kids.empty() ? types().null() : kids.back()->type, kids);
}

Expr Builder::if_(Expr predicate, Expr then, Expr otherwise) {
  return with_nodes(Op::if_else, branch_type(then.type(), otherwise.type()),
                    {predicate, then, otherwise});
}

Label Builder::new_label() { return {program_->intern("_" + std::to_string(next_label_++))}; }

Expr Builder::finish_loop(Op op, Label label, std::initializer_list<Expr> kids) {
  Expr made = with_nodes(op, types().null(), kids);
  made.node->name = label.name;
  made.node->label_location = location_;
  return made;
}

Expr Builder::break_(Label label) {
  Expr made = node(Op::break_, types().never(), {});
  made.node->name = label.name;
  made.node->label_location = location_;
  return made;
}

Expr Builder::continue_(Label label) {
  Expr made = node(Op::continue_, types().never(), {});
  made.node->name = label.name;
  made.node->label_location = location_;
  return made;
}

Expr Builder::error(Expr message) { return with_nodes(Op::error, types().never(), {message}); }
Expr Builder::return_(Expr value) { return with_nodes(Op::return_, types().never(), {value}); }

MatchCases Builder::match(Expr variant) { return {*this, variant}; }

Var MatchCases::new_payload(std::string_view case_name) {
  int32_t index = variant_.type()->index_of(case_name);
  SAMARA_ASSERT(index >= 0);
  return builder_.new_variable(variant_.type()->child(static_cast<uint32_t>(index)));
}

void MatchCases::add(std::string_view case_name, Var payload, Expr body) {
  type_ = type_ == nullptr ? body.type() : Builder::branch_type(type_, body.type());
  names_.push_back(builder_.program_->intern(case_name));
  kids_.insert(kids_.end(), {builder_.mention(payload).node, body.node});
}

Expr MatchCases::done() {
  kids_.insert(kids_.begin(), variant_.node);
  Expr made = builder_.node(Op::match, type_ == nullptr ? builder_.types().never() : type_, kids_);
  made.node->names = builder_.program_->new_names(names_);
  return made;
}

Expr Builder::finish_try(Expr body, Expr handler, Var message, Var stack, Expr finally) {
  if (finally.node == nullptr) finally = null();
  return with_nodes(Op::try_catch, branch_type(body.type(), handler.type()),
                    {body, handler, mention(message), mention(stack), finally});
}

std::span<const Var> Builder::begin_function(std::initializer_list<const Type*> inputs) {
  functions_.emplace_back();
  std::vector<Var> parameters;
  parameters.reserve(inputs.size());
  for (const Type* input : inputs) parameters.push_back(new_variable(input));
  // The heap block of the vector stays where it is when functions_ grows.
  functions_.back().parameters = std::move(parameters);
  return functions_.back().parameters;
}

Expr Builder::end_function(Op op, Expr body, const Type* output) {
  Function function = std::move(functions_.back());
  functions_.pop_back();
  std::vector<Node*> kids;
  kids.reserve(function.captures.size() + function.parameters.size() + 1);
  for (Var capture : function.captures) kids.push_back(mention(capture).node);
  std::vector<const Type*> inputs;
  inputs.reserve(function.parameters.size());
  for (Var parameter : function.parameters) {
    kids.push_back(mention(parameter).node);
    inputs.push_back(variables_[parameter.number].type);
  }
  kids.push_back(body.node);
  if (output == nullptr) output = body.type();
  const Type* type = op == Op::function ? types().function(inputs, output)
                                        : types().async_function(inputs, output);
  Expr made = node(op, type, kids);
  made.node->count_a = static_cast<uint32_t>(function.captures.size());
  made.node->count_b = static_cast<uint32_t>(function.parameters.size());
  return made;
}

Expr Builder::call(Expr function, std::initializer_list<Expr> arguments) {
  std::vector<Node*> kids = {function.node};
  for (Expr argument : arguments) kids.push_back(argument.node);
  SAMARA_ASSERT(function.type()->is_function());
  Op op = function.type()->is(Kind::function) ? Op::call : Op::call_async;
  return node(op, function.type()->output(), kids);
}

Expr Builder::builtin(BuiltinId id, std::initializer_list<const Type*> type_parameters,
                      std::initializer_list<Expr> arguments) {
  std::span<const Type* const> parameters(type_parameters.begin(), type_parameters.size());
  auto signature = instantiate(types(), id, parameters);
  SAMARA_ASSERT(signature.has_value());
  Expr made = with_nodes(Op::builtin, signature->result, arguments);
  made.node->name = program_->intern(builtin_info(id).name);
  made.node->type_parameters = program_->new_types(parameters);
  return made;
}

Expr Builder::platform(std::string_view name, std::initializer_list<Expr> arguments,
                       const Type* output, bool is_async) {
  Expr made = with_nodes(Op::platform, output, arguments);
  made.node->name = program_->intern(name);
  made.node->is_async = is_async;
  return made;
}

std::unique_ptr<Program> Builder::finish(Expr root) {
  for (const Variable& variable : variables_) {
    for (Node* mention : variable.mentions) mention->captured = variable.captured;
  }
  program_->set_root(root.node);
  std::unique_ptr<Program> out = std::move(program_);
  program_ = std::make_unique<Program>(out->types());
  location_ = program_->intern(location_list_);
  variables_.clear();
  next_label_ = 0;
  return out;
}

}  // namespace samara::ir
