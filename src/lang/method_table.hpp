#pragma once
// Builtins as methods and functions: their names in source, their signatures as patterns, and the
// arguments that may be left out. All of it is derived from ir/builtins.def.
//
// `ArrayFlattenToSet` is the method `flatten_to_set` of Array; where the first argument is not of
// the type in the name it is called with the type in front: `Array.generate(n, f)`. Every method
// can be called so. Builtins without a type in their name are functions: `print(x)`.
//
// Threads: the tables are immutable once made. Source: docs/decisions/0005-source-language.md.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/builtin_table.hpp"
#include "lang/type_unify.hpp"

namespace samara::lang {

/// A builtin as source calls it.
struct Method {
  std::string name;
  std::string_view owner;  // "Array"; empty: a function
  ir::BuiltinId builtin{};
  bool takes_receiver = false;  // `x.name(…)` is possible
};

std::span<const Method> all_methods();
const Method& method_of(ir::BuiltinId builtin);
/// The method of a type, or with an empty owner the function; null: none.
const Method* find_method(std::string_view owner, std::string_view name);

/// A type in builtins.def.
struct Pattern {
  enum class Form : uint8_t { parameter, constructor, option, patch, token, primitive };
  Form form{};
  uint32_t parameter = 0;
  Kind kind{};  // constructor, primitive
  std::vector<Pattern> parts;
  std::vector<std::string_view> names;
};

struct BuiltinPattern {
  std::vector<std::string_view> type_parameters;
  std::vector<Pattern> arguments;
  Pattern result;
  bool mentions_patch = false;
};
const BuiltinPattern& pattern_of(ir::BuiltinId builtin);

/// The pattern with types for its parameters.
/// Shape: null where Patch<T> is asked for and T is not known yet.
Ty* apply(Types& types, const Pattern& pattern, std::span<Ty* const> parameters);
/// Whether the type parameter occurs in the pattern.
bool mentions(const Pattern& pattern, uint32_t parameter);

/// What stands for an argument that was left out.
enum class LeftOut : uint8_t { nothing, identity, no_flags, step_one };
struct Defaults {
  ir::BuiltinId written{};  // the builtin the name means
  ir::BuiltinId used{};     // the one that is called when the argument is missing
  uint32_t argument = 0;    // which one may be missing; the count includes the receiver
  LeftOut value{};
};
/// How the call is completed when it has one argument less; null: it is not.
const Defaults* defaults_of(ir::BuiltinId builtin);

/// The signature as people read it: `flatten_to_set((T, Integer) -> Set<K2>) -> Set<K2>`.
std::string signature_text(const Method& method);

}  // namespace samara::lang
