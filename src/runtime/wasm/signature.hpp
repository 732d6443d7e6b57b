#pragma once
// How a function of East types is called in a module: which export it is, and how each argument and
// the result pass. Scalars only: Integer as i64 or i32, Float as f64 or f32, Boolean as i32, Null
// as no result.
//
// Which export: the one that the last custom section "samara.export" names; without one, the only
// function the module exports, those aside that only prepare it.
//
// Threads: pure. Specified by: docs/formats/wasm-function.md.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "call/function.hpp"
#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

inline constexpr std::string_view k_export_section_name = "samara.export";

/// How one value passes.
enum class Passing : uint8_t { integer64, integer32, float64, float32, boolean, nothing };

struct Signature {
  std::string name;  // of the export
  std::vector<Passing> parameters;
  Passing result = Passing::nothing;

  /// 32 bits each.
  uint32_t argument_cells() const;
};

/// The function that a module is.
/// Errors: check_failed, with the exports there are ("the module exports 'a' and 'b': name one").
Result<const Export*> main_export(ByteView bytes, const Module& module);
/// The module, with a custom section that makes `name` its function.
Bytes with_main_export(ByteView bytes, std::string_view name);

/// Errors: check_failed ("'fib' is (i64) -> i64, which is no way to take (String) and give
/// Integer"), and those of main_export.
Result<Signature> bind_export(ByteView bytes, const Module& module,
                              std::span<const Type* const> inputs, const Type* output);
/// The types a signature has by itself, i32 being Integer.
struct ScalarTypes {
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
};
/// Errors: unsupported (references, several results).
Result<ScalarTypes> scalar_types(const Module& module, const Export& item, TypeTable& types);

}  // namespace samara::runtime::wasm
