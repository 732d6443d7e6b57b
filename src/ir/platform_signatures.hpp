#pragma once
// What the checker must know about the platform functions a program may call.
//
// Threads: lookups are pure. Source: docs/formats/east-ir.md, section 5.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "value/type.hpp"

namespace samara::ir {

struct PlatformSignature {
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  bool is_async = false;
};

class PlatformSignatures {
 public:
  virtual ~PlatformSignatures() = default;
  /// The signature of a function: first one of exactly this name without type parameters, then a
  /// generic one applied to `type_parameters`. All types belong to `types`.
  /// Errors: not_found (not offered), type_mismatch (the type parameters do not fit).
  virtual Result<PlatformSignature> find(TypeTable& types, std::string_view name,
                                         std::span<const Type* const> type_parameters) const = 0;
};

/// A fixed list of functions with fixed types; the empty one is for programs that use none.
class PlatformList : public PlatformSignatures {
 public:
  /// Errors: exists, "Duplicate platform function definition for '⟨name⟩'".
  Result<void> add(std::string_view name, PlatformSignature signature);
  Result<PlatformSignature> find(TypeTable& types, std::string_view name,
                                 std::span<const Type* const> type_parameters) const override;

 private:
  std::map<std::string, PlatformSignature, std::less<>> functions_;
};

}  // namespace samara::ir
