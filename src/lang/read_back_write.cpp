#include <algorithm>

#include "core/assert.hpp"
#include "lang/print_names.hpp"
#include "lang/read_back_builder.hpp"
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

}  // namespace samara::lang
