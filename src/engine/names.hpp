#pragma once
// How people name objects, functions and calls: by ref, by the name of a function, by hash or by a
// unique beginning of one.
// Threads: any. Specified by: docs/formats/function.md, "Names".

#include <optional>
#include <string>
#include <string_view>

#include "store/repository.hpp"

namespace samara::engine {

inline constexpr std::string_view k_function_refs = "functions/";     // name -> function object
inline constexpr std::string_view k_debug_refs = "debug/";            // function id -> companion
inline constexpr std::string_view k_signature_refs = "signatures/";   // function id -> part
inline constexpr std::string_view k_quarantine_refs = "quarantine/";  // function id -> failures
/// Whether a ref is one that the engine keeps for itself.
bool is_internal_ref(std::string_view name);
/// Digits a prefix must have: shorter ones are guesses.
inline constexpr size_t k_prefix_digits_min = 4;

/// The object that `text` names: a ref, then a hash or prefix.
/// Errors: not_found, ambiguous (the text lists what it could be).
Result<Hash> resolve_object(store::Repository& repository, std::string_view text);
/// As above; a name below functions/ goes first.
Result<Hash> resolve_function(store::Repository& repository, std::string_view text);
/// A call by its id or a prefix. Errors: as above.
Result<store::CallKey> resolve_call(store::Repository& repository, std::string_view text);

/// The ref of a function's companion.
std::string debug_ref(const Hash& function);

}  // namespace samara::engine
