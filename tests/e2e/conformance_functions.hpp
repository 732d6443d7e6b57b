#pragma once
// Functions of the conformance suite of Runtime: each one written in East and in C, the C for
// WebAssembly and for native images alike. What they do is in the tests that run them.
// Threads: immutable.

#include <span>
#include <string>
#include <string_view>

namespace samara::runtime {

struct ConformanceFunction {
  const char* name;
  const char* input;   // East type of the one argument `a`
  const char* output;  // East type of the result
  const char* east;    // body of fn f(a: <input>) -> <output>; `f` may be called
  /// Body of a C function with `in` and `out` as the guest headers have them; FAIL(text),
  /// LOG(level, text) and ALLOC(size) are there for both kinds.
  const char* c;
  const char* c_before = "";  // at file level
};

std::span<const ConformanceFunction> conformance_functions();
/// Requires: there is one of that name.
const ConformanceFunction& conformance_function(std::string_view name);

/// Gives back its argument, of any type that holds no functions.
ConformanceFunction echo_of(const char* type);

std::string east_source(const ConformanceFunction& function);
std::string wasm_source(const ConformanceFunction& function);
std::string native_source(const ConformanceFunction& function);

}  // namespace samara::runtime
