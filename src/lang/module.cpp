#include "lang/module.hpp"

#include <algorithm>

#include "lang/parse.hpp"

namespace samara::lang {

namespace {

/// Files importing files, one inside the other.
constexpr size_t k_import_depth_max = 100;

constexpr std::string_view k_builtin_types[] = {
    "Never", "Null", "Boolean", "Integer", "Float",  "String", "DateTime", "Blob",     "Ref",
    "Array", "Set",  "Dict",    "Vector",  "Matrix", "Option", "Variant",  "Location", "Patch"};

std::string_view kind_of(ItemKind kind) {
  switch (kind) {
    case ItemKind::type:
      return "type";
    case ItemKind::platform:
      return "platform function";
    case ItemKind::function:
    case ItemKind::object:
      return "function";
  }
  return "";
}

}  // namespace

bool is_builtin_type_name(std::string_view name) {
  return std::find(std::begin(k_builtin_types), std::end(k_builtin_types), name) !=
         std::end(k_builtin_types);
}

std::span<const std::string_view> builtin_type_names() { return k_builtin_types; }

Item* Session::new_item(ItemKind kind, std::string_view name, const Declaration& declaration,
                        Module& module, Span span) {
  Item& item = items.emplace_back();
  item.kind = kind;
  item.name = name;
  item.declaration = &declaration;
  item.module = &module;
  item.span = span;
  return &item;
}

void Session::note(Module& module, NameUse use) {
  if (want_occurrences && module.is_main && use.span.end > use.span.begin) {
    uses.push_back(std::move(use));
  }
}

Module* Session::open_main(const SyntaxTree& tree, std::string_view source, std::string_view path) {
  Module& module = modules.emplace_back();
  module.path = path;
  module.source = source;
  module.tree = &tree;
  module.positions = std::make_unique<Positions>(source);
  module.is_main = true;
  by_path_.emplace(module.path, &module);
  declare(module);
  return &module;
}

void Session::declare(Module& module) {
  module.loading = true;
  loading_.push_back(&module);
  for (const Declaration& declaration : module.tree->declarations) {
    declare_one(module, declaration);
  }
  loading_.pop_back();
  module.loading = false;
}

bool Session::define(Module& module, const Name& name, Item* item) {
  auto [at, added] = module.names.emplace(name.text, item);
  if (added) return true;
  const Item& first = *at->second;
  Diagnostic& d = module.reporter.error("duplicate-name", name.span,
                                        in_quotes(name.text) + " is defined twice in this file",
                                        "second definition");
  if (first.module == &module || first.kind == ItemKind::object) {
    d.related.push_back(
        {first.span, "first defined here as a " + std::string(kind_of(first.kind))});
  }
  d.help = "give one of them another name";
  return false;
}

void Session::declare_one(Module& module, const Declaration& declaration) {
  switch (declaration.form) {
    case DeclarationForm::import:
      return import(module, declaration);
    case DeclarationForm::type: {
      if (is_builtin_type_name(declaration.name.text)) {
        module.reporter
            .error("duplicate-name", declaration.name.span,
                   in_quotes(declaration.name.text) + " is the name of a built-in type", "taken")
            .help = "give the type another name";
        return;
      }
      Item* item = new_item(ItemKind::type, declaration.name.text, declaration, module,
                            declaration.name.span);
      define(module, declaration.name, item);
      return;
    }
    case DeclarationForm::platform: {
      Item* item = new_item(ItemKind::platform, declaration.name.text, declaration, module,
                            declaration.name.span);
      item->is_async = declaration.is_async;
      define(module, declaration.name, item);
      return;
    }
    case DeclarationForm::function: {
      Item* item = new_item(ItemKind::function, declaration.name.text, declaration, module,
                            declaration.name.span);
      item->is_async = declaration.is_async;
      item->typed_in = !declaration.name.present() && declaration.parameters.empty() &&
                       declaration.body != nullptr && module.is_main;
      if (declaration.name.present()) define(module, declaration.name, item);
      module.functions.push_back(item);
      return;
    }
  }
}

void Session::import(Module& module, const Declaration& declaration) {
  if (options.imports == nullptr) {
    module.reporter.error("import-unavailable", declaration.source_span,
                          "imports are not available here", "nothing can be imported");
    return;
  }
  std::string_view source = declaration.source;
  for (std::string_view scheme : {"ref", "hash"}) {
    if (source.size() > scheme.size() && source.starts_with(scheme) &&
        source[scheme.size()] == ':') {
      return import_object(module, declaration, scheme, source.substr(scheme.size() + 1));
    }
  }
  import_file(module, declaration);
}

void Session::import_object(Module& module, const Declaration& declaration, std::string_view scheme,
                            std::string_view text) {
  if (declaration.imports.size() != 1) {
    module.reporter
        .error("import-one", declaration.source_span,
               "a function object gives one function, found " +
                   counted(declaration.imports.size(), "name"),
               "one function")
        .help = "write one import for each";
  }
  auto program = options.imports->function(scheme, text);
  for (const Import& import : declaration.imports) {
    Item* item =
        new_item(ItemKind::object, import.alias.text, declaration, module, import.alias.span);
    item->broken = !program || &(*program)->types() != &table;
    if (!item->broken) {
      item->program = *program;
      const Type* type = item->program->root()->type;
      item->type = types.known(type);
      item->is_async = type->is(Kind::async_function);
      for (uint32_t i = 0; i < type->input_count(); i++) {
        item->inputs.push_back(types.known(type->child(i)));
      }
      item->output = types.known(type->output());
    }
    item->signature_done = true;
    define(module, import.alias, item);
  }
  if (!program) {
    module.reporter.error("import-failed", declaration.source_span,
                          "cannot import " + in_quotes(declaration.source) + ": " +
                              std::string(program.error().message()),
                          "not found");
  } else if (&(*program)->types() != &table) {
    module.reporter.error(
        "import-failed", declaration.source_span,
        "cannot import " + in_quotes(declaration.source) + ": its types belong to another table");
  }
}

Module* Session::load(Module& importing, const Declaration& declaration) {
  auto read = options.imports->read(importing.path, declaration.source);
  if (!read) {
    importing.reporter.error("import-failed", declaration.source_span,
                             "cannot import " + in_quotes(declaration.source) + ": " +
                                 std::string(read.error().message()),
                             "cannot be read");
    return nullptr;
  }
  auto at = by_path_.find(read->path);
  if (at != by_path_.end()) {
    Module* module = at->second;
    if (!module->loading) return module;
    std::string chain;
    auto from = std::find(loading_.begin(), loading_.end(), module);
    for (; from != loading_.end(); ++from) chain += in_quotes((*from)->path) + " imports ";
    importing.reporter
        .error("import-cycle", declaration.source_span,
               "files import each other: " + chain + in_quotes(module->path), "closes the circle")
        .help = "move what both need into a third file";
    return nullptr;
  }
  if (loading_.size() >= k_import_depth_max) {
    importing.reporter.error(
        "too-deep", declaration.source_span,
        "imports nest too deep (limit " + std::to_string(k_import_depth_max) + ")");
    return nullptr;
  }
  Module& module = modules.emplace_back();
  module.path = std::move(read->path);
  module.owned_text = std::move(read->text);
  module.source = module.owned_text;
  module.positions = std::make_unique<Positions>(module.source);
  module.imported_by = &importing;
  module.imported_at = declaration.source_span;
  by_path_.emplace(module.path, &module);
  Parsed parsed = parse(module.source);
  module.owned_tree = std::move(parsed.tree);
  module.tree = module.owned_tree.get();
  for (Diagnostic& each : parsed.diagnostics) {
    module.reporter.error(each.code, each.span, each.title, each.label);
  }
  declare(module);
  return &module;
}

void Session::import_file(Module& module, const Declaration& declaration) {
  Module* from = load(module, declaration);
  for (const Import& import : declaration.imports) {
    if (from == nullptr) {
      // Known but broken, so that its uses are not reported again.
      Item* item =
          new_item(ItemKind::object, import.alias.text, declaration, module, import.alias.span);
      item->broken = true;
      item->signature_done = true;
      define(module, import.alias, item);
      continue;
    }
    auto at = from->names.find(import.name.text);
    bool hidden = at != from->names.end() && at->second->module == from &&
                  at->second->declaration->is_private;
    if (at == from->names.end() || hidden) {
      NearName near(import.name.text);
      for (const auto& [name, item] : from->names) {
        if (!item->declaration->is_private) near.consider(name);
      }
      Diagnostic& d =
          module.reporter.error(hidden ? "private-name" : "unknown-import", import.name.span,
                                in_quotes(declaration.source) + (hidden ? " keeps " : " has no ") +
                                    in_quotes(import.name.text) + (hidden ? " to itself" : ""),
                                hidden ? "private there" : "not defined there");
      d.help = hidden ? "remove `private` from it" : near.question();
      if (!hidden) d.fix = near.best();
      Item* item =
          new_item(ItemKind::object, import.alias.text, declaration, module, import.alias.span);
      item->broken = true;
      item->signature_done = true;
      define(module, import.alias, item);
      continue;
    }
    define(module, import.alias, at->second);
    Item& item = *at->second;
    note(module, {import.alias.span,
                  import.alias.text,
                  kind_of(item.kind).data(),
                  item.type,
                  {},
                  item.declaration->doc,
                  item.module,
                  item.span});
  }
}

}  // namespace samara::lang
