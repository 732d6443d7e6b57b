#pragma once
// What the conformance suite of Runtime runs on: each implementation, in each of its modes, and how
// it comes by a function of the suite. A new one is added to the table in the source.
// Threads: made and asked by one; the runtimes inside are for any.

#include <memory>
#include <span>
#include <string>

#include "runtime/imported_function.hpp"
#include "runtime/runtime.hpp"
#include "tests/e2e/conformance_functions.hpp"

namespace samara::runtime {

class ConformanceRuntime {
 public:
  virtual ~ConformanceRuntime() = default;
  virtual Runtime& runtime() = 0;
  /// Why nothing runs here; empty: it does.
  virtual std::string missing() = 0;
  virtual Result<ImportedFunction> make(const ConformanceFunction& function, const Type* type) = 0;
  /// Before the first run, where the mode asks for it.
  virtual Result<void> get_ready(const FunctionSource&) { return {}; }
};

/// The types of everything in the suite.
TypeTable& conformance_types();

std::span<const char* const> conformance_runtime_names();
/// Made at the first call, and kept. Requires: one of the names.
ConformanceRuntime& conformance_runtime(std::string_view name);

}  // namespace samara::runtime
