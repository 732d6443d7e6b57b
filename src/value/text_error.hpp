#pragma once
// Where and why a document (East text, JSON) could not be read, in the words East programs see.
//
// Threads: values. Source: docs/formats/text.md, "Errors".

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/sanitizers.hpp"
#include "value/slot.hpp"
#include "value/type.hpp"

namespace samara {

struct TextError {
  Code code = Code::corrupt;  // corrupt, or exhausted when a limit was reached
  std::string reason;         // without place
  std::string path;           // of the enclosing containers, outermost first; may be empty
  std::string message;        // the whole sentence
  size_t position = 0;        // UTF-16 code units before the place, from 0
  size_t offset = 0;          // bytes before the place
  uint32_t line = 1;
  uint32_t column = 1;  // UTF-16 code units after the last line feed, plus 1

  /// The error of the system for callers without East programs: message, byte offset as detail.
  Error to_error() const;
};

/// The number of UTF-16 code units of UTF-8 text.
size_t utf16_length(std::string_view text);

/// Sets position, offset, line and column from a byte offset into `input`.
void locate(TextError& error, std::string_view input, size_t offset);

/// Sets message: `Error occurred because <reason>[ at <path>] (line L, col C) while parsing value
/// of type "<type>"`, or without the type when it is null.
void compose(TextError& error, const Type* type);

/// A value, or the reason why there is none.
struct ParseResult {
  Slot value;
  std::unique_ptr<TextError> error;
  explicit operator bool() const { return error == nullptr; }
};

/// Values may nest this deep in documents. A level takes at most about 300 bytes of stack, several
/// times more where a sanitizer spreads the frames.
#if defined(SAMARA_DEVICE)
inline constexpr uint32_t k_text_depth_max = 200;
#elif SAMARA_ADDRESS_SANITIZER
inline constexpr uint32_t k_text_depth_max = 2'000;
#else
inline constexpr uint32_t k_text_depth_max = 10'000;
#endif

}  // namespace samara
