#pragma once
// import_image: a native image from a file becomes a function: code object, function object and
// companion. Debug data goes to the companion, so that no id depends on it.
// Threads: pure apart from the type table. Specified by: docs/formats/native-image.md, section 8.

#include <string_view>

#include "runtime/imported_function.hpp"
#include "trust/trust_rules.hpp"

namespace samara::runtime::native {

struct ImportOptions {
  /// A type of functions, of types.types; null: the one that the image says.
  const Type* type = nullptr;
  /// Where the bytes come from, for the companion.
  std::string_view source{};
  /// Whose signatures count; null: whoever's, or none.
  trust::TrustSource* trust = nullptr;
};

/// Signatures become a part beside the code, so that no id depends on them. Whether a node takes
/// the image, for its target and size, is seen when it runs.
/// Errors: corrupt (the rule of the format, with the byte), not_trusted, permission and exhausted
/// (the rule of trust that refuses it, with byte and key id), invalid_argument (no type of
/// functions; functions or Never among the types), type_mismatch (the image names the hash of
/// another type).
Result<ImportedFunction> import_image(const RecordTypes& types, ByteView bytes,
                                      const ImportOptions& options);

/// As the manifest names types: SHA-256 of the encoded types of dialect B, one after another.
Hash type_hash(std::span<const Type* const> types);

}  // namespace samara::runtime::native
