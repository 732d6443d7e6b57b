#pragma once
// East text: the readable form of values, one line, read and written under the direction of a type.
//
// Sharing and cycles through Ref, Array, Set and Dict are written as references `N#path`.
// Threads: pure; the heap belongs to the caller. Source: docs/formats/text.md.

#include <string>
#include <string_view>

#include "value/heap.hpp"
#include "value/text_error.hpp"
#include "value/type.hpp"

namespace samara {

struct PrintOptions {
  /// The text may become this long: shared structs are written out at each place, so a small value
  /// can have a large text.
  size_t bytes_max = size_t{1} << 30;
};

/// The text of a value.
/// Requires: `type` closed.
/// Errors: type_mismatch (Never), exhausted (length, nesting deeper than k_text_depth_max).
/// Cost: linear in the text.
Result<std::string> print_text(const Type* type, Slot value, PrintOptions options = {});
/// As above, appended to `out`, whose contents on an error are not specified.
Result<void> append_text(std::string& out, const Type* type, Slot value, PrintOptions options = {});

/// A name as it appears in text: bare when it is `[A-Za-z_][A-Za-z0-9_]*`, else back-quoted.
void append_identifier(std::string& out, std::string_view name);
/// A String literal: only `\` and `"` are escaped.
void append_string_literal(std::string& out, std::string_view text);

struct TextOptions {
  bool frozen = false;  // every container made is immutable
  /// Besides `\\` and `\"` also read the escapes of JSON, as one older printer writes them.
  bool json_escapes = false;
};

/// Reads a whole document: white space, one value, white space, the end.
/// Requires: `type` closed. `input` may be any bytes; invalid UTF-8 is an error.
/// Errors: TextError with the exact messages of docs/formats/text.md.
/// Cost: linear in the input, times the logarithm of its size where keys are not ascending.
ParseResult parse_text(const Type* type, std::string_view input, Heap& heap,
                       TextOptions options = {});

}  // namespace samara
