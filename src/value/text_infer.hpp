#pragma once
// East text without an expected type: the type follows from the text (arguments on a command line).
//
// Threads: pure; table and heap belong to the caller. Source: docs/formats/text.md, "Inference".

#include <memory>
#include <string_view>

#include "value/heap.hpp"
#include "value/text_error.hpp"
#include "value/type.hpp"

namespace samara {

struct InferResult {
  const Type* type = nullptr;
  Slot value;
  std::unique_ptr<TextError> error;
  explicit operator bool() const { return error == nullptr; }
};

/// Type and value of a whole document. Element types of collections are widened to a common one:
/// `[.a 1, .b "x"]` is an Array of a Variant with both cases.
/// Errors: TextError whose message is `<reason>[ at <path>] (line L, col C)`. References, Refs and
/// functions are refused.
InferResult infer_text(TypeTable& types, std::string_view input, Heap& heap);

}  // namespace samara
