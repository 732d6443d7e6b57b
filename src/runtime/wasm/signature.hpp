#pragma once
// How a function of East types is called in a module: which export it is, and how the arguments and
// the result pass. Of the form 'scalars' one to one: Integer as i64 or i32, Float as f64 or f32,
// Boolean as i32, Null as no result.
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
#include "runtime/wasm/form.hpp"
#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

inline constexpr std::string_view k_export_section_name = "samara.export";

/// How one value passes.
enum class Passing : uint8_t { integer64, integer32, float64, float32, boolean, nothing };

struct Signature {
  std::string name;  // of the export
  Form form = Form::scalars;
  std::vector<Passing> parameters;  // scalars alone, as the result
  Passing result = Passing::nothing;
};

/// The function that a module is.
/// Errors: check_failed, with the exports there are ("the module exports 'a' and 'b': name one").
Result<const Export*> main_export(ByteView bytes, const Module& module);
/// The module, with a custom section that makes `name` its function.
Bytes with_main_export(ByteView bytes, std::string_view name);

/// Errors: check_failed ("export 'fib' is (i64) -> i64, which does not fit (String) -> Integer"; an
/// export that the form needs is not there), unsupported (types that do not pass in that form), and
/// those of main_export and declared_form.
Result<Signature> bind_export(ByteView bytes, const Module& module,
                              std::span<const Type* const> inputs, const Type* output);
/// The types a function has by itself.
struct PlainTypes {
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
};
/// The types of a program that nobody has given any: words and standard input to standard output.
PlainTypes command_types(TypeTable& types);
/// Those of numbers, i32 being Integer. Errors: unsupported (references, several results).
Result<PlainTypes> scalar_types(const Module& module, const Export& item, TypeTable& types);

}  // namespace samara::runtime::wasm
