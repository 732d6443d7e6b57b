#pragma once
// The files of one compilation: what each declares and imports, and what all of them share while
// they are compiled.
//
// Threads: one thread. Source: docs/formats/source.md, sections 3 and 7.

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/compile.hpp"
#include "lang/compile_messages.hpp"
#include "lang/infer_tree.hpp"
#include "lang/module_positions.hpp"
#include "lang/type_print.hpp"

namespace samara::lang {

struct Module;

enum class ItemKind : uint8_t { type, platform, function, object };
enum class Progress : uint8_t { untouched, running, done };

/// What a name of a file stands for.
struct Item {
  ItemKind kind{};
  std::string_view name;
  const Declaration* declaration = nullptr;  // object: the import
  Module* module = nullptr;                  // where it is declared
  Span span;

  // type: its closed form, when it has no parameters
  const Type* closed = nullptr;
  // type, function: how far it was worked out
  Progress progress = Progress::untouched;

  // function, platform without parameters, object
  bool signature_done = false;
  std::vector<Ty*> inputs;
  Ty* output = nullptr;
  Ty* type = nullptr;
  bool is_async = false;

  // function
  bool typed_in = false;  // at a prompt: no name, parameters from the options
  FunctionScope* scope = nullptr;
  Draft* body = nullptr;
  std::vector<Item*> lambda_uses;  // functions used inside lambdas
  bool broken = false;

  // object
  std::shared_ptr<const ir::Program> program;

  // emission, valid while `emitted_in` is the program's serial number
  uint32_t emitted_in = 0;
  ir::NameId emitted = 0;
  bool emitted_mutable = false;
  bool emitted_captured = false;
  uint32_t component = 0;
};

/// What the host knows a platform function by.
inline std::string_view registered_name(const Item& item) {
  const Declaration& declaration = *item.declaration;
  bool given = declaration.source_span.end > declaration.source_span.begin;
  return given ? declaration.source : declaration.name.text;
}

/// One file.
struct Module {
  std::string path;
  std::string owned_text;
  std::string_view source;
  std::unique_ptr<SyntaxTree> owned_tree;
  const SyntaxTree* tree = nullptr;
  std::unique_ptr<Positions> positions;
  std::unordered_map<std::string_view, Item*> names;
  std::vector<Item*> functions;  // declared here, in order
  Reporter reporter;
  TypeNames type_names;
  bool loading = false;
  bool is_main = false;
  Module* imported_by = nullptr;  // the first to import it
  Span imported_at;
};

/// An occurrence whose type is not yet closed.
struct NameUse {
  Span span;
  std::string_view name;
  const char* kind = "";
  Ty* type = nullptr;
  std::string text;  // instead of `type`
  std::string_view doc;
  Module* module = nullptr;  // of the definition
  Span definition;
};

class Probe;

/// What the parts of one compilation share.
class Session {
 public:
  Session(TypeTable& table_in, const CompileOptions& options_in)
      : table(table_in), types(table_in), options(options_in) {}

  TypeTable& table;
  Types types;
  DraftArena arena;
  const CompileOptions& options;
  bool want_occurrences = false;
  Probe* probe = nullptr;  // completion
  std::vector<NameUse> uses;
  std::deque<Module> modules;
  std::deque<Item> items;

  /// Declares the main file, and loads what it imports.
  Module* open_main(const SyntaxTree& tree, std::string_view source, std::string_view path);
  Item* new_item(ItemKind kind, std::string_view name, const Declaration& declaration,
                 Module& module, Span span);
  void note(Module& module, NameUse use);

 private:
  void declare(Module& module);
  void declare_one(Module& module, const Declaration& declaration);
  void import(Module& module, const Declaration& declaration);
  void import_file(Module& module, const Declaration& declaration);
  void import_object(Module& module, const Declaration& declaration, std::string_view scheme,
                     std::string_view text);
  bool define(Module& module, const Name& name, Item* item);
  Module* load(Module& importing, const Declaration& declaration);

  std::unordered_map<std::string_view, Module*> by_path_;
  std::vector<Module*> loading_;
};

/// Names of types and their constructors that are always there.
bool is_builtin_type_name(std::string_view name);
/// All of them, for suggestions.
std::span<const std::string_view> builtin_type_names();

}  // namespace samara::lang
