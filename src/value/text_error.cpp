#include "value/text_error.hpp"

#include <algorithm>

#include "value/number_text.hpp"
#include "value/text_type.hpp"

namespace samara {

Error TextError::to_error() const {
  auto detail = static_cast<uint32_t>(std::min<size_t>(offset, UINT32_MAX));
  return Error(code, k_domain_offset, detail, message);
}

size_t utf16_length(std::string_view text) {
  size_t units = 0;
  for (char c : text) {
    auto byte = static_cast<uint8_t>(c);
    // Continuation bytes add nothing; a four-byte sequence is a surrogate pair.
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

void locate(TextError& error, std::string_view input, size_t offset) {
  offset = std::min(offset, input.size());
  std::string_view before = input.substr(0, offset);
  error.offset = offset;
  error.position = utf16_length(before);
  error.line = 1 + static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n'));
  size_t line_feed = before.rfind('\n');
  if (line_feed != std::string_view::npos) before.remove_prefix(line_feed + 1);
  error.column = 1 + static_cast<uint32_t>(utf16_length(before));
}

void compose(TextError& error, const Type* type) {
  error.message = "Error occurred because " + error.reason;
  if (!error.path.empty()) error.message += " at " + error.path;
  error.message += " (line ";
  append_integer(error.message, error.line);
  error.message += ", col ";
  append_integer(error.message, error.column);
  error.message += ")";
  if (type != nullptr) {
    error.message += " while parsing value of type \"";
    append_type_text(error.message, type);
    error.message += '"';
  }
}

}  // namespace samara
