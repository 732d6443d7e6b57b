#pragma once
// Types as written to types: names, aliases with and without parameters, recursion.
//
// Threads: one thread. Source: docs/formats/source.md, section 4.

#include <utility>
#include <vector>

#include "lang/module.hpp"

namespace samara::lang {

/// Type parameters of a generic platform function and what they stand for in one call.
using TypeArguments = std::vector<std::pair<std::string_view, Ty*>>;

class TypeResolver {
 public:
  explicit TypeResolver(Session& session);

  /// The closed type, or null after reporting what is wrong in `module`.
  const Type* resolve(Module& module, const TypeNode& node);
  /// As resolve; an erroneous type where that is null.
  Ty* resolve_type(Module& module, const TypeNode& node);
  /// With type parameters, whose types may still be open.
  Ty* resolve_open(Module& module, const TypeNode& node, const TypeArguments& arguments);
  /// Reports what is wrong with a type declaration.
  void check_declaration(Item& item);

 private:
  // What a name stands for besides the names of the file: `rec` and parameters of aliases.
  struct Scope {
    const Scope* outer = nullptr;
    std::string_view name;
    bool recursive = false;
    uint32_t depth = 0;                  // recursive: constructors around its root
    const TypeNode* argument = nullptr;  // parameter; null: unknown, only for checking
    const Scope* argument_scope = nullptr;
    Module* argument_module = nullptr;
  };
  // An alias being expanded.
  struct Active {
    Item* item = nullptr;
    uint32_t depth = 0;
    const Scope* scope = nullptr;  // of its parameters
  };

  const Type* walk(Module& module, const TypeNode& node, const Scope* scope, uint32_t depth);
  const Type* walk_name(Module& module, const TypeNode& node, const Scope* scope, uint32_t depth);
  const Type* walk_builtin(Module& module, const TypeNode& node, const Scope* scope,
                           uint32_t depth);
  const Type* walk_alias(Module& module, const TypeNode& node, Item& item, const Scope* scope,
                         uint32_t depth);
  const Type* walk_named(Module& module, const TypeNode& node, const Scope* scope, uint32_t depth);
  const Type* walk_function(Module& module, const TypeNode& node, const Scope* scope,
                            uint32_t depth);
  const Type* reference(Module& module, const TypeNode& node, uint32_t distance);
  bool same_arguments(Module& module, const TypeNode& node, const Active& active,
                      const Scope* scope, uint32_t depth);
  bool count_arguments(Module& module, const TypeNode& node, size_t wanted);
  const Type* finish(Module& module, const TypeNode& node, Result<const Type*> made);
  void report_unknown(Module& module, const TypeNode& node, const Scope* scope);
  bool mentions(const TypeNode& node, const TypeArguments& arguments) const;
  Ty* open_builtin(Module& module, const TypeNode& node, const TypeArguments& arguments);

  Session& session_;
  std::vector<Active> active_;
  std::vector<const Item*> opened_;  // aliases being expanded by resolve_open
  size_t spent_ = 0;                 // on the type at hand
  size_t total_ = 0;                 // on all of them
  size_t total_max_ = 0;
  uint32_t nesting_ = 0;
};

}  // namespace samara::lang
