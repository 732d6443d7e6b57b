#pragma once
// Form: how a module is a function, that is, how arguments get in and the result gets out. It is
// decided when the module is imported and stands in its custom section "samara.form", so that it is
// part of the hash and nothing is guessed when the function runs.
// Threads: pure. Specified by: docs/formats/wasm-function.md, "Forms".

#include <optional>
#include <string_view>

#include "core/bytes.hpp"
#include "runtime/wasm/module.hpp"
#include "value/type.hpp"

namespace samara::runtime::wasm {

enum class Form : uint8_t {
  scalars,  // parameters and result are the export's own
  bytes,    // both are encoded in the module's memory
  task,     // both pass by host functions
  command,  // a program: words, standard input, standard output
};
/// The word in the section.
std::string_view form_word(Form form);

inline constexpr std::string_view k_form_section_name = "samara.form";
inline constexpr std::string_view k_type_section_name = "samara.type";
inline constexpr std::string_view k_allocator_name = "samara_alloc";
inline constexpr std::string_view k_memory_name = "memory";
inline constexpr std::string_view k_command_name = "_start";
inline constexpr std::string_view k_samara_module_name = "samara";
inline constexpr std::string_view k_wasi_module_name = "wasi_snapshot_preview1";

/// What follows the name in the last custom section `name`; nothing where there is none.
std::optional<std::string_view> custom_text(ByteView bytes, const Module& module,
                                            std::string_view name);

/// What the section says; nothing without one. Errors: unsupported (an unknown word).
Result<std::optional<Form>> declared_form(ByteView bytes, const Module& module);
/// The form of an export that does not say it. `typed`: its East type is known from elsewhere.
Form natural_form(const Module& module, const Export& item, bool typed);
/// The module with a section that says so.
Bytes with_form(ByteView bytes, Form form);

/// The type that the module says the function has: section "samara.type.<export>", else
/// "samara.type", East text of a type. Null: it does not say. Errors: check_failed (no type).
Result<const Type*> declared_type(ByteView bytes, const Module& module, const Export& item,
                                  TypeTable& types);

}  // namespace samara::runtime::wasm
