#pragma once
// How builtins are implemented: one function for each, chosen at compile time by name, given the
// call site with its type parameters and prepared helpers. Threads: implementations run on the
// evaluating thread; a site is immutable after preparation.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ir/ir.hpp"
#include "value/compare.hpp"

namespace samara::eval {

class Vm;
struct BuiltinSite;

/// Runs a builtin on `args` (rooted registers; may be overwritten as scratch). Sets `out` and
/// returns true, or reports through Vm::fail* and returns false.
using BuiltinFn = bool (*)(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out);

/// Anything a builtin wants to compute once for a call site (a compiled pattern, a codec plan).
struct SitePrepared {
  virtual ~SitePrepared() = default;
};
/// Called once when the site is compiled; `site.node` shows literal arguments. May leave it empty.
using PrepareFn = std::unique_ptr<SitePrepared> (*)(TypeTable& types, const BuiltinSite& site);

struct BuiltinSite {
  const ir::Program* program = nullptr;
  const ir::Node* node = nullptr;  // the Builtin node (or New* node)
  TypeTable* types = nullptr;
  BuiltinFn fn = nullptr;
  uint16_t argument_base = 0;
  uint16_t argument_count = 0;
  std::vector<const Type*> type_parameters;
  std::vector<Order> orders;  // one for each type parameter
  std::unique_ptr<SitePrepared> prepared;

  const Type* type(uint32_t i) const { return type_parameters[i]; }
  const Order& order(uint32_t i) const { return orders[i]; }
  /// The node's result type.
  const Type* result() const { return node->type; }
};

struct BuiltinEntry {
  std::string_view name;
  BuiltinFn fn;
  PrepareFn prepare = nullptr;
};

/// The implementation by East name, or nullptr.
const BuiltinEntry* find_builtin(std::string_view name);

// Each file of builtins offers its part of the table.
std::span<const BuiltinEntry> scalar_builtins();  // Boolean, Integer, Float, comparison, Ref
std::span<const BuiltinEntry> string_builtins();  // String and conversions
std::span<const BuiltinEntry> regex_builtins();   // Regex*
std::span<const BuiltinEntry> datetime_builtins();
std::span<const BuiltinEntry> blob_builtins();        // Blob, beast, CSV
std::span<const BuiltinEntry> array_builtins();       // Array without callbacks
std::span<const BuiltinEntry> array_each_builtins();  // Array with callbacks
std::span<const BuiltinEntry> set_builtins();
std::span<const BuiltinEntry> dict_builtins();
std::span<const BuiltinEntry> vector_builtins();  // Vector, Matrix
std::span<const BuiltinEntry> patch_builtins();   // Diff, ApplyPatch, …

}  // namespace samara::eval
