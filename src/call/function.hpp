#pragma once
// FunctionRecord: what a function is. Its encoding is the function object, whose SHA-256 is the
// function id: code, signature, named outputs and declared effects, nothing else. Names, source
// locations and comments are in the companion, which no id depends on.
// Threads: value types. Specified by: docs/formats/function.md.

#include <optional>
#include <string>
#include <vector>

#include "call/effect.hpp"
#include "call/record_types.hpp"
#include "core/hash.hpp"

namespace samara {

inline constexpr std::string_view k_kind_east = "east";
inline constexpr std::string_view k_kind_wasm = "wasm";
inline constexpr std::string_view k_kind_native = "native";

/// A result of a function, by name. Kinds: "value"; reserved: "array", "set", "dict", "fold".
struct NamedOutput {
  std::string name = "result";
  std::string kind = "value";
  bool operator==(const NamedOutput&) const = default;
};

/// A platform function that the code can reach, with the effect it had been declared with.
struct ReachedEffect {
  std::string name;
  Effect effect = Effect::unknown;
  bool operator==(const ReachedEffect&) const = default;
};

struct FunctionRecord {
  std::string kind{k_kind_east};
  Hash code;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  std::vector<NamedOutput> outputs{NamedOutput{}};
  std::vector<ReachedEffect> effects;  // sorted by name, each name once

  /// The worst of the effects.
  Effect effect() const;
  bool operator==(const FunctionRecord&) const = default;
};

/// The function object. Requires: `output` and all inputs are closed types of types.types.
/// Errors: exhausted (memory), invalid_argument (effects not sorted, no output).
Result<Bytes> encode_function(const FunctionRecord& record, const RecordTypes& types);
/// Errors: corrupt (no function object), unsupported (a newer version), type_mismatch, exhausted.
Result<FunctionRecord> decode_function(ByteView bytes, const RecordTypes& types);
/// Whether the bytes are a function object of a version we read; looks at the header only.
bool is_function_object(ByteView bytes, const RecordTypes& types);

/// What helps people and is no part of the function: names and source locations of its program.
struct FunctionCompanion {
  Hash function;
  Bytes debug;         // East: ir::DebugInfo, encoded; attached to the code it gives locations back
  std::string source;  // where it was read from, as the user named it; may be empty
  std::string doc;     // what its author says about it; may be empty
  bool operator==(const FunctionCompanion&) const = default;
};

Result<Bytes> encode_companion(const FunctionCompanion& companion, const RecordTypes& types);
/// Errors: as decode_function.
Result<FunctionCompanion> decode_companion(ByteView bytes, const RecordTypes& types);

/// "(Array<Float>, Integer) -> Float".
std::string signature_text(const FunctionRecord& record);

}  // namespace samara
