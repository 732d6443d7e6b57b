#pragma once
// Types as East text: `.Array .Integer`, `.Struct [(name="a", type=.String)]`, and back.
//
// Threads: pure; the type table serialises itself. Source: docs/formats/text.md, "Types".

#include <memory>
#include <string>
#include <string_view>

#include "value/text_error.hpp"
#include "value/type.hpp"

namespace samara {

/// The text of a type, which may be open: references to it are written as `.Recursive n`.
std::string type_to_text(const Type* type);
void append_type_text(std::string& out, const Type* type);
/// For messages to people: at most about `bytes_max` bytes, then `…`.
std::string type_to_text_short(const Type* type, size_t bytes_max = 200);

struct TypeParseResult {
  const Type* type = nullptr;
  std::unique_ptr<TextError> error;
  explicit operator bool() const { return type != nullptr; }
};

/// Reads a whole document holding one closed type.
/// Errors: TextError with line and column; message without the closing `while parsing …`.
TypeParseResult type_from_text(TypeTable& types, std::string_view input);

}  // namespace samara
