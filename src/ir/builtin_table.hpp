#pragma once
// The builtins as data: names, parameter counts, guards, and signatures as types.
//
// Threads: pure; the table is constant. Source: docs/formats/builtins.md.

#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "value/type.hpp"

namespace samara::ir {

enum class BuiltinId : uint8_t {
#define SAMARA_BUILTIN(id, type_params, args, result, notes) id,
#include "ir/builtins.def"
#undef SAMARA_BUILTIN
};
inline constexpr unsigned k_builtin_count = 235;

struct BuiltinInfo {
  std::string_view name;
  // Columns of builtins.def as written.
  std::string_view type_parameters;
  std::string_view arguments;
  std::string_view result;
  uint8_t type_parameter_count = 0;
  uint8_t argument_count = 0;
  bool only_dialect_b = false;
  bool guard_frozen = false;     // the first argument must not be frozen
  bool guard_iteration = false;  // … nor under iteration
  bool locks = false;            // … and is locked while the builtin runs
};

const BuiltinInfo& builtin_info(BuiltinId id);
/// Names are case sensitive. Cost: a binary search.
std::optional<BuiltinId> find_builtin(std::string_view name);

struct Signature {
  std::vector<const Type*> arguments;
  const Type* result = nullptr;
};

/// The signature for the given type parameters.
/// Requires: closed type parameters of `types`.
/// Errors: type_mismatch (wrong number of type parameters), corrupt (a parameter is not allowed
/// where it stands, for example a mutable set key), exhausted (type limits).
Result<Signature> instantiate(TypeTable& types, BuiltinId id,
                              std::span<const Type* const> type_parameters);

/// Signatures already made for one type table; a program uses few of them many times.
/// Threads: one thread.
class SignatureCache {
 public:
  explicit SignatureCache(TypeTable& types) : types_(types) {}
  SignatureCache(const SignatureCache&) = delete;
  SignatureCache& operator=(const SignatureCache&) = delete;
  /// As instantiate. Owns: the signature lives as long as the cache.
  Result<const Signature*> get(BuiltinId id, std::span<const Type* const> type_parameters);

 private:
  struct Entry {
    BuiltinId id{};
    std::vector<const Type*> type_parameters;
    Signature signature;
  };
  TypeTable& types_;
  std::deque<Entry> entries_;
  std::unordered_multimap<uint64_t, const Entry*> by_key_;
};

/// The type of a datetime format token.
const Type* datetime_token_type(TypeTable& types);
/// `{filename: String, line: Integer, column: Integer}`: one entry of an error's location stack.
const Type* location_type(TypeTable& types);
/// The type of differences between two values of `type`. A recursive type is entered once: at the
/// reference to itself a patch can only replace. Errors: exhausted (type limits).
Result<const Type*> patch_type(TypeTable& types, const Type* type);

}  // namespace samara::ir
