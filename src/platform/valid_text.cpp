#include "platform/functions.hpp"
#include "value/utf8.hpp"

namespace samara::platform {

std::string as_valid_text(ByteView bytes) {
  std::string_view text = as_text(bytes);
  if (utf8_valid(text)) return std::string(text);
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t length = 1;
    while (length <= 4 && at + length <= text.size() && !utf8_valid(text.substr(at, length)))
      length++;
    if (length > 4 || at + length > text.size()) {
      out += "\xEF\xBF\xBD";
      at++;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace samara::platform
