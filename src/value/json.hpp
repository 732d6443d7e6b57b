#pragma once
// East JSON: values as compact JSON under the direction of a type, and back.
//
// Integers are strings of digits, sharing and cycles are `{"$ref":"N#a/b/c"}`.
// Threads: pure; the heap belongs to the caller. Source: docs/formats/json.md.

#include <string>
#include <string_view>

#include "value/heap.hpp"
#include "value/text_error.hpp"
#include "value/type.hpp"

namespace samara {

struct JsonPrintOptions {
  size_t bytes_max = size_t{1} << 30;  // as PrintOptions
};

/// The JSON of a value.
/// Requires: `type` closed.
/// Errors: type_mismatch (Never, functions: `Cannot encode Function type to JSON`), exhausted
/// (length, nesting).
Result<std::string> print_json(const Type* type, Slot value, JsonPrintOptions options = {});
Result<void> append_json(std::string& out, const Type* type, Slot value,
                         JsonPrintOptions options = {});

/// A JSON string literal: `"`, `\` and control characters escaped, everything else raw.
void append_json_string(std::string& out, std::string_view text);

struct JsonOptions {
  bool frozen = false;  // every container made is immutable
};

/// What went wrong with a document.
enum class JsonFault : uint8_t {
  syntax,   // not JSON: `reason` is what StringParseJSON reports after `Failed to parse JSON: `
  meaning,  // JSON, but not of this type
};

struct JsonResult {
  Slot value;
  std::unique_ptr<TextError> error;
  JsonFault fault = JsonFault::meaning;
  explicit operator bool() const { return error == nullptr; }
};

/// Reads a whole document. Struct members may come in any order; `$ref` resolves in type order.
/// Requires: `type` closed. `input` may be any bytes; invalid UTF-8 is a syntax fault.
/// Errors: messages as docs/formats/json.md; malformed JSON has its real line and column.
/// Cost: linear in the input, times the logarithm of its size where keys are not ascending; 16
/// bytes of working memory for each array or object in the document.
JsonResult parse_json(const Type* type, std::string_view input, Heap& heap,
                      JsonOptions options = {});

}  // namespace samara
