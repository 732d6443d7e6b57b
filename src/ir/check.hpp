#pragma once
// The static checker: whether a program keeps the rules of the language, so that evaluating it can
// only end in a value, an East error or a limit. Collects every violation, not only the first.
//
// Threads: pure apart from the type table and the cache. Source: docs/formats/east-ir.md,
// section 4.

#include <string>
#include <vector>

#include "ir/builtin_table.hpp"
#include "ir/ir.hpp"
#include "ir/platform_signatures.hpp"

namespace samara::ir {

/// One violation. The message ends with ` at ⟨file line:col⟩` of the first location.
struct Diagnostic {
  std::string message;
  LocationList locations;
};

/// Violations reported for one program; those after are dropped.
inline constexpr size_t k_diagnostics_max = 200;
/// Types in messages are cut to about this many bytes.
inline constexpr size_t k_type_text_max = 2000;

struct CheckOptions {
  /// A function value decoded with its captured variables: the root may have captures.
  bool root_captures = false;
  /// Kept by the caller for many programs of one type table; null: made for this call.
  SignatureCache* signatures = nullptr;
};

/// The violations in the order of the program; empty when it may run.
/// Cost: linear in the program, apart from comparing recursive types that are written differently.
std::vector<Diagnostic> diagnose(const Program& program, const PlatformSignatures& platform,
                                 const CheckOptions& options = {});

/// Errors: check_failed with the first message, and how many follow.
Result<void> check(const Program& program, const PlatformSignatures& platform,
                   const CheckOptions& options = {});

}  // namespace samara::ir
