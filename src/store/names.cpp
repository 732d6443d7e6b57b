#include "store/names.hpp"

namespace samara::store {

namespace {

Error refused(std::string_view why) { return Error(Code::invalid_argument, why); }

// Length of the well-formed UTF-8 sequence that `text` begins with, 0 if it begins with none.
size_t utf8_sequence(std::string_view text) {
  auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  auto continues = [&](size_t i, uint8_t low, uint8_t high) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    // Overlong forms and surrogates are excluded by the range of the second byte.
    const uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2, 0x80, 0xbf) && continues(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

}  // namespace

Result<void> check_component(std::string_view name) {
  if (name.empty()) return refused("a part of the name is empty");
  if (name == "." || name == "..") return refused("'.' and '..' are no names");
  if (name.size() > k_name_component_bytes_max) {
    return refused("a part of the name is longer than 255 bytes");
  }
  for (size_t i = 0; i < name.size();) {
    const uint8_t byte = static_cast<uint8_t>(name[i]);
    if (byte == '/') return refused("this name cannot contain '/'");
    if (byte < 0x20 || byte == 0x7f) return refused("the name contains a control character");
    const size_t length = utf8_sequence(name.substr(i));
    if (length == 0) return refused("the name is not valid UTF-8");
    // U+0080 to U+009F are control characters as well.
    if (length == 2 && byte == 0xc2 && static_cast<uint8_t>(name[i + 1]) < 0xa0) {
      return refused("the name contains a control character");
    }
    i += length;
  }
  return {};
}

Result<void> check_ref_name(std::string_view name) {
  if (name.size() > k_ref_name_bytes_max) return refused("the name is longer than 1024 bytes");
  while (true) {
    const size_t slash = name.find('/');
    SAMARA_CHECK(check_component(name.substr(0, slash)));
    if (slash == std::string_view::npos) return {};
    name = name.substr(slash + 1);
  }
}

ObjectName::ObjectName(const Hash& hash) {
  static constexpr char k_digits[] = "0123456789abcdef";
  for (size_t i = 0; i < 31; i++) {
    text[2 * i] = k_digits[hash.bytes[i + 1] >> 4];
    text[2 * i + 1] = k_digits[hash.bytes[i + 1] & 15];
  }
}

bool is_lower_hex(std::string_view text, size_t digits) {
  if (text.size() != digits) return false;
  for (char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string in_quotes(const Hash& hash) { return "'" + hash.short_hex() + "…'"; }

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace samara::store
