#include "lang/type_resolve.hpp"

#include <algorithm>

#include "ir/builtin_table.hpp"

namespace samara::lang {

namespace {
/// Names inside names: aliases of aliases, and types as deep as the table allows.
constexpr uint32_t k_nesting_max = 600;

std::optional<Kind> plain_kind(std::string_view name) {
  for (Kind kind : {Kind::never, Kind::null, Kind::boolean, Kind::integer, Kind::float_,
                    Kind::string, Kind::datetime, Kind::blob}) {
    if (kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<Kind> unary_kind(std::string_view name) {
  for (Kind kind : {Kind::array, Kind::ref, Kind::set, Kind::vector, Kind::matrix}) {
    if (kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}
}  // namespace

TypeResolver::TypeResolver(Session& session)
    : session_(session), total_max_(size_t{4} * k_type_nodes_max) {
  for (const Module& module : session.modules) total_max_ += module.source.size();
}

const Type* TypeResolver::resolve(Module& module, const TypeNode& node) {
  active_.clear();
  spent_ = 0;
  nesting_ = 0;
  const Type* type = walk(module, node, nullptr, 0);
  return type != nullptr && type->closed() ? type : nullptr;
}

Ty* TypeResolver::resolve_type(Module& module, const TypeNode& node) {
  const Type* type = resolve(module, node);
  return type != nullptr ? session_.types.known(type) : session_.types.error();
}

const Type* TypeResolver::finish(Module& module, const TypeNode& node, Result<const Type*> made) {
  if (made) return *made;
  std::string_view message = made.error().message();
  bool key = message.find("key type") != std::string_view::npos;
  bool element = message.find("elements must be") != std::string_view::npos;
  Diagnostic& d =
      module.reporter.error(key       ? "mutable-key"
                            : element ? "vector-element"
                                      : "bad-type",
                            node.span,
                            key       ? "keys must be immutable"
                            : element ? "vectors and matrices hold Float, Integer or Boolean"
                                      : std::string(message),
                            key ? "this key could change" : "not allowed here");
  if (key) {
    d.help =
        "a key holds no Array, Set, Dict, Ref, Vector, Matrix or function, and does not refer to "
        "the recursive type around it";
  }
  return nullptr;
}

const Type* TypeResolver::reference(Module& module, const TypeNode& node, uint32_t distance) {
  if (distance == 0) {
    module.reporter
        .error("alias-cycle", node.span,
               "the type " + in_quotes(node.name.text) + " is only itself",
               "means nothing but itself")
        .help = "a recursive type needs a struct, variant or collection around itself";
    return nullptr;
  }
  return session_.table.recursive(distance);
}

bool TypeResolver::count_arguments(Module& module, const TypeNode& node, size_t wanted) {
  if (node.arguments.size() == wanted) return true;
  module.reporter.error("type-argument-count", node.span,
                        in_quotes(node.name.text) + " takes " + counted(wanted, "type argument") +
                            ", found " + std::to_string(node.arguments.size()),
                        wanted == 0 ? "takes none" : "expected " + std::to_string(wanted));
  return false;
}

const Type* TypeResolver::walk(Module& module, const TypeNode& node, const Scope* scope,
                               uint32_t depth) {
  total_++;
  if (++spent_ > k_type_nodes_max || nesting_ >= k_nesting_max || total_ > total_max_) {
    if (spent_ != SIZE_MAX / 2) {
      module.reporter.error("type-too-large", node.span, "the type is too large",
                            "written out it has too many parts or nests too deep");
    }
    spent_ = SIZE_MAX / 2 - 1;
    return nullptr;
  }
  nesting_++;
  const Type* out = nullptr;
  switch (node.form) {
    case TypeForm::name:
      out = walk_name(module, node, scope, depth);
      break;
    case TypeForm::structure:
    case TypeForm::variant:
      out = walk_named(module, node, scope, depth);
      break;
    case TypeForm::function:
      out = walk_function(module, node, scope, depth);
      break;
    case TypeForm::recursive: {
      Scope inner{.outer = scope, .name = node.name.text, .recursive = true, .depth = depth};
      out = walk(module, *node.body, &inner, depth);
      break;
    }
    case TypeForm::error:
      break;
  }
  nesting_--;
  return out;
}

const Type* TypeResolver::walk_named(Module& module, const TypeNode& node, const Scope* scope,
                                     uint32_t depth) {
  bool is_struct = node.form == TypeForm::structure;
  std::vector<NamedType> parts;
  std::vector<const TypeField*> order;
  bool good = true;
  for (const TypeField& field : node.fields) {
    const Type* type =
        field.type == nullptr ? session_.table.null() : walk(module, *field.type, scope, depth + 1);
    good = good && type != nullptr;
    parts.push_back({field.name.text, type});
    order.push_back(&field);
  }
  std::sort(order.begin(), order.end(), [](const TypeField* a, const TypeField* b) {
    return a->name.text != b->name.text ? a->name.text < b->name.text
                                        : a->name.span.begin < b->name.span.begin;
  });
  for (size_t i = 1; i < order.size(); i++) {
    if (order[i]->name.text != order[i - 1]->name.text) continue;
    Diagnostic& d =
        module.reporter.error(is_struct ? "duplicate-field" : "duplicate-case", order[i]->name.span,
                              std::string(is_struct ? "the field " : "the case ") +
                                  in_quotes(order[i]->name.text) + " stands twice in this type",
                              "second time");
    d.related.push_back({order[i - 1]->name.span, "first here"});
    return nullptr;
  }
  if (!good) return nullptr;
  if (!is_struct) {
    std::sort(parts.begin(), parts.end(),
              [](const NamedType& a, const NamedType& b) { return a.name < b.name; });
  }
  return finish(module, node,
                session_.table.checked_named(is_struct ? Kind::struct_ : Kind::variant, parts));
}

const Type* TypeResolver::walk_function(Module& module, const TypeNode& node, const Scope* scope,
                                        uint32_t depth) {
  std::vector<const Type*> inputs;
  bool good = true;
  for (const TypeNode* argument : node.arguments) {
    inputs.push_back(walk(module, *argument, scope, depth + 1));
    good = good && inputs.back() != nullptr;
  }
  const Type* output = walk(module, *node.body, scope, depth + 1);
  if (!good || output == nullptr) return nullptr;
  return finish(module, node,
                session_.table.checked_function(
                    node.is_async ? Kind::async_function : Kind::function, inputs, output));
}

const Type* TypeResolver::walk_name(Module& module, const TypeNode& node, const Scope* scope,
                                    uint32_t depth) {
  std::string_view name = node.name.text;
  for (const Scope* at = scope; at != nullptr; at = at->outer) {
    if (at->name != name) continue;
    if (!count_arguments(module, node, 0)) return nullptr;
    if (at->recursive) return reference(module, node, depth - at->depth);
    if (at->argument == nullptr) return session_.table.null();
    return walk(*at->argument_module, *at->argument, at->argument_scope, depth);
  }
  auto found = module.names.find(name);
  if (found != module.names.end()) {
    Item& item = *found->second;
    if (item.kind == ItemKind::type) {
      session_.note(module, {node.name.span, name, "type", nullptr,
                             item.closed != nullptr ? type_text(item.closed) : std::string(),
                             item.declaration->doc, item.module, item.span});
      return walk_alias(module, node, item, scope, depth);
    }
    if (item.broken && item.kind == ItemKind::object) return nullptr;
    if (!is_builtin_type_name(name)) {
      module.reporter.error("not-a-type", node.name.span, in_quotes(name) + " is no type",
                            "a function");
      return nullptr;
    }
  }
  return walk_builtin(module, node, scope, depth);
}

void TypeResolver::report_unknown(Module& module, const TypeNode& node, const Scope* scope) {
  std::string_view name = node.name.text;
  NearName near(name);
  for (std::string_view each : builtin_type_names()) near.consider(each);
  for (const auto& [each, item] : module.names) {
    if (item->kind == ItemKind::type) near.consider(each);
  }
  for (const Scope* at = scope; at != nullptr; at = at->outer) near.consider(at->name);
  std::string_view habit = habitual_type(name);
  Diagnostic& d = module.reporter.error("unknown-type", node.name.span,
                                        "there is no type " + in_quotes(name), "not known");
  d.help = habit.empty() ? near.question() : "in East it is called " + in_quotes(habit);
  d.fix = habit.empty() ? near.best() : habit;
}

const Type* TypeResolver::walk_builtin(Module& module, const TypeNode& node, const Scope* scope,
                                       uint32_t depth) {
  std::string_view name = node.name.text;
  TypeTable& table = session_.table;
  if (auto kind = plain_kind(name)) {
    return count_arguments(module, node, 0) ? table.primitive(*kind) : nullptr;
  }
  if (auto kind = unary_kind(name)) {
    if (!count_arguments(module, node, 1)) return nullptr;
    const Type* element = walk(module, *node.arguments[0], scope, depth + 1);
    return element == nullptr ? nullptr : finish(module, node, table.checked_unary(*kind, element));
  }
  if (name == "Dict") {
    if (!count_arguments(module, node, 2)) return nullptr;
    const Type* key = walk(module, *node.arguments[0], scope, depth + 1);
    const Type* value = walk(module, *node.arguments[1], scope, depth + 1);
    if (key == nullptr || value == nullptr) return nullptr;
    return finish(module, node, table.checked_dict(key, value));
  }
  if (name == "Option") {
    if (!count_arguments(module, node, 1)) return nullptr;
    const Type* some = walk(module, *node.arguments[0], scope, depth + 1);
    if (some == nullptr) return nullptr;
    NamedType cases[] = {{"none", table.null()}, {"some", some}};
    return finish(module, node, table.checked_named(Kind::variant, cases));
  }
  if (name == "Variant") {
    if (!count_arguments(module, node, 0)) return nullptr;
    return finish(module, node, table.checked_named(Kind::variant, {}));
  }
  if (name == "Location") {
    return count_arguments(module, node, 0) ? ir::location_type(table) : nullptr;
  }
  if (name == "Patch") {
    if (!count_arguments(module, node, 1)) return nullptr;
    const Type* of = walk(module, *node.arguments[0], scope, depth);
    if (of == nullptr) return nullptr;
    if (!of->closed()) {
      module.reporter.error("bad-type", node.span,
                            "Patch needs a type that does not refer to the recursive type around",
                            "refers outward");
      return nullptr;
    }
    return finish(module, node, ir::patch_type(table, of));
  }
  report_unknown(module, node, scope);
  return nullptr;
}

bool TypeResolver::same_arguments(Module& module, const TypeNode& node, const Active& active,
                                  const Scope* scope, uint32_t depth) {
  std::span<const Name> parameters = active.item->declaration->type_parameters;
  for (size_t i = 0; i < parameters.size(); i++) {
    const Scope* bound = active.scope;
    while (bound != nullptr && bound->name != parameters[i].text) bound = bound->outer;
    if (bound == nullptr || bound->argument == nullptr) return true;
    const TypeNode& argument = *node.arguments[i];
    if (argument.form == TypeForm::name && argument.arguments.empty() &&
        argument.name.text == parameters[i].text) {
      const Scope* here = scope;
      while (here != nullptr && here->name != argument.name.text) here = here->outer;
      if (here == bound) continue;
    }
    const Type* now = walk(module, argument, scope, depth);
    const Type* then =
        walk(*bound->argument_module, *bound->argument, bound->argument_scope, depth);
    if (now == nullptr || now != then) return false;
  }
  return true;
}

const Type* TypeResolver::walk_alias(Module& module, const TypeNode& node, Item& item,
                                     const Scope* scope, uint32_t depth) {
  const Declaration& declaration = *item.declaration;
  if (!count_arguments(module, node, declaration.type_parameters.size())) return nullptr;
  if (item.broken) return nullptr;
  if (item.closed != nullptr) {
    spent_ += item.closed->node_count();
    return item.closed;
  }
  for (size_t i = active_.size(); i-- > 0;) {
    if (active_[i].item != &item) continue;
    Active active = active_[i];
    if (active.depth == depth) return reference(module, node, 0);
    if (!same_arguments(module, node, active, scope, depth)) {
      module.reporter
          .error("alias-recursion", node.span,
                 "the type " + in_quotes(item.name) + " uses itself with other arguments",
                 "other arguments")
          .help = "a recursive type uses itself with its own parameters only";
      return nullptr;
    }
    return reference(module, node, depth - active.depth);
  }
  std::deque<Scope> parameters;
  const Scope* inner = nullptr;
  for (size_t i = 0; i < declaration.type_parameters.size(); i++) {
    parameters.push_back({.outer = inner,
                          .name = declaration.type_parameters[i].text,
                          .argument = node.arguments[i],
                          .argument_scope = scope,
                          .argument_module = &module});
    inner = &parameters.back();
  }
  active_.push_back({&item, depth, inner});
  const Type* out =
      declaration.type == nullptr ? nullptr : walk(*item.module, *declaration.type, inner, depth);
  active_.pop_back();
  if (out != nullptr && out->closed() && declaration.type_parameters.empty()) item.closed = out;
  return out;
}

void TypeResolver::check_declaration(Item& item) {
  if (item.progress != Progress::untouched) return;
  item.progress = Progress::done;
  const Declaration& declaration = *item.declaration;
  if (declaration.type == nullptr) {
    item.broken = true;
    return;
  }
  active_.clear();
  spent_ = 0;
  nesting_ = 0;
  size_t before = item.module->reporter.count();
  // A generic alias is looked at with Null for its parameters, which may stand everywhere.
  std::deque<Scope> parameters;
  const Scope* inner = nullptr;
  for (size_t i = 0; i < declaration.type_parameters.size(); i++) {
    const Name& name = declaration.type_parameters[i];
    for (const Scope* at = inner; at != nullptr; at = at->outer) {
      if (at->name != name.text) continue;
      item.module->reporter.error("duplicate-name", name.span,
                                  "the type parameter " + in_quotes(name.text) + " stands twice",
                                  "second time");
    }
    parameters.push_back({.outer = inner, .name = name.text});
    inner = &parameters.back();
  }
  active_.push_back({&item, 0, inner});
  const Type* out = walk(*item.module, *declaration.type, inner, 0);
  active_.clear();
  item.broken = item.module->reporter.count() != before;
  if (out != nullptr && out->closed() && declaration.type_parameters.empty()) {
    item.closed = out;
    item.module->type_names.emplace(out, item.name);
  }
}

bool TypeResolver::mentions(const TypeNode& node, const TypeArguments& arguments) const {
  if (node.form == TypeForm::name && node.arguments.empty()) {
    for (const auto& [name, type] : arguments) {
      if (name == node.name.text) return true;
    }
  }
  for (const TypeNode* each : node.arguments) {
    if (mentions(*each, arguments)) return true;
  }
  for (const TypeField& each : node.fields) {
    if (each.type != nullptr && mentions(*each.type, arguments)) return true;
  }
  return node.body != nullptr && mentions(*node.body, arguments);
}

Ty* TypeResolver::open_builtin(Module& module, const TypeNode& node,
                               const TypeArguments& arguments) {
  std::string_view name = node.name.text;
  Types& types = session_.types;
  size_t wanted = name == "Dict" ? 2 : 1;
  if (name != "Patch" && (unary_kind(name) || name == "Dict" || name == "Option")) {
    if (!count_arguments(module, node, wanted)) return types.error();
    Ty* first = resolve_open(module, *node.arguments[0], arguments);
    if (auto kind = unary_kind(name)) return types.unary(*kind, first);
    if (name == "Option") return types.option(first);
    return types.dict(first, resolve_open(module, *node.arguments[1], arguments));
  }
  if (name == "Patch") {
    if (!count_arguments(module, node, 1)) return types.error();
    const Type* of = types.closed(resolve_open(module, *node.arguments[0], arguments));
    if (of != nullptr) {
      auto made = ir::patch_type(session_.table, of);
      if (made) return types.known(*made);
    }
  }
  return nullptr;
}

Ty* TypeResolver::resolve_open(Module& module, const TypeNode& node,
                               const TypeArguments& arguments) {
  Types& types = session_.types;
  if (!mentions(node, arguments)) return resolve_type(module, node);
  switch (node.form) {
    case TypeForm::structure:
    case TypeForm::variant: {
      std::vector<std::pair<std::string_view, Ty*>> parts;
      for (const TypeField& field : node.fields) {
        parts.emplace_back(field.name.text, field.type == nullptr
                                                ? types.null()
                                                : resolve_open(module, *field.type, arguments));
      }
      if (node.form == TypeForm::variant) {
        std::sort(parts.begin(), parts.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
      }
      std::vector<Ty*> inner;
      std::vector<std::string_view> names;
      for (const auto& [name, type] : parts) {
        names.push_back(name);
        inner.push_back(type);
      }
      return types.built(node.form == TypeForm::variant ? Kind::variant : Kind::struct_, inner,
                         names);
    }
    case TypeForm::function: {
      std::vector<Ty*> inputs;
      for (const TypeNode* each : node.arguments) {
        inputs.push_back(resolve_open(module, *each, arguments));
      }
      return types.function(node.is_async, inputs, resolve_open(module, *node.body, arguments));
    }
    case TypeForm::name: {
      for (const auto& [name, type] : arguments) {
        if (name == node.name.text && node.arguments.empty()) return type;
      }
      if (Ty* made = open_builtin(module, node, arguments)) return made;
      auto at = module.names.find(node.name.text);
      if (at != module.names.end() && at->second->kind == ItemKind::type) {
        Item& item = *at->second;
        std::span<const Name> parameters = item.declaration->type_parameters;
        if (!count_arguments(module, node, parameters.size())) return types.error();
        bool running = std::find(opened_.begin(), opened_.end(), &item) != opened_.end();
        if (!running && item.declaration->type != nullptr) {
          TypeArguments inner;
          for (size_t i = 0; i < parameters.size(); i++) {
            inner.emplace_back(parameters[i].text,
                               resolve_open(module, *node.arguments[i], arguments));
          }
          opened_.push_back(&item);
          Ty* out = resolve_open(*item.module, *item.declaration->type, inner);
          opened_.pop_back();
          return out;
        }
      }
      break;
    }
    case TypeForm::recursive:
    case TypeForm::error:
      break;
  }
  module.reporter
      .error("generic-recursion", node.span,
             "a type parameter cannot stand inside a recursive type here", "recursive")
      .help = "declare the function for one type";
  return types.error();
}

}  // namespace samara::lang
