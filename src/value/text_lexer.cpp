#include "value/text_lexer.hpp"

#include "value/number_text.hpp"
#include "value/utf8.hpp"

namespace samara {

void append_utf8(std::string& out, uint32_t c) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool TextLexer::check_encoding() {
  auto size = static_cast<size_t>(end_ - begin_);
  size_t valid = utf8_valid_prefix(reinterpret_cast<const uint8_t*>(begin_), size);
  return valid == size || fail(valid, "invalid UTF-8");
}

// Bytes of the white space character that comes next, or 0. The set is that of ECMAScript's \s.
size_t TextLexer::space_length() const {
  if (at_ == end_) return 0;
  auto first = static_cast<uint8_t>(*at_);
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  if (first < 0xC2) return 0;
  if (rest().starts_with("\xC2\xA0")) return 2;
  if (end_ - at_ < 3) return 0;
  auto second = static_cast<uint8_t>(at_[1]);
  auto third = static_cast<uint8_t>(at_[2]);
  uint32_t c = (uint32_t{first} & 15) << 12 | (uint32_t{second} & 63) << 6 | (uint32_t{third} & 63);
  if (first < 0xE0 || first > 0xEF) return 0;
  bool space = c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
               c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
  return space ? 3 : 0;
}

bool TextLexer::at_space() const { return space_length() != 0; }

void TextLexer::skip_space_slow() {
  for (size_t length = space_length(); length != 0; length = space_length()) at_ += length;
}

bool TextLexer::at_terminator() const {
  switch (peek()) {
    case '\0':
      return at_end();
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ',':
    case ')':
    case ']':
    case '}':
    case ':':
      return true;
    default:
      return false;
  }
}

bool TextLexer::identifier(std::string_view& name, std::string& scratch) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
  };
  if (at_ == end_) return false;
  if (*at_ != '`') {
    if (!plain(*at_) || is_digit(*at_)) return false;
    const char* start = at_;
    while (at_ != end_ && plain(*at_)) at_++;
    name = {start, static_cast<size_t>(at_ - start)};
    return true;
  }
  scratch.clear();
  for (const char* c = at_ + 1; c != end_; c++) {
    if (*c == '`') {
      at_ = c + 1;
      name = scratch;
      return true;
    }
    if (*c == '\\' && c + 1 != end_ && (c[1] == '\\' || c[1] == '`')) c++;
    scratch += *c;
  }
  return false;
}

bool TextLexer::string_body(std::string_view& text, std::string& scratch, bool json_escapes) {
  const char* start = at_;
  while (at_ != end_ && *at_ != '"' && *at_ != '\\') at_++;
  if (at_ != end_ && *at_ == '"') {
    text = {start, static_cast<size_t>(at_ - start)};
    at_++;
    return true;
  }
  scratch.assign(start, at_);
  while (at_ != end_) {
    if (*at_ == '"') {
      at_++;
      text = scratch;
      return true;
    }
    if (*at_ == '\\') {
      at_++;
      if (at_ == end_) break;
      if (!escape(scratch, json_escapes)) return false;
      continue;
    }
    const char* run = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') at_++;
    scratch.append(run, at_);
  }
  return fail(offset(), "unterminated string (missing closing quote)");
}

bool TextLexer::escape(std::string& out, bool json_escapes) {
  char c = *at_;
  if (c == '\\' || c == '"') {
    out += c;
    at_++;
    return true;
  }
  if (json_escapes) {
    constexpr std::string_view k_names = "/bfnrt";
    constexpr std::string_view k_values = "/\b\f\n\r\t";
    size_t which = k_names.find(c);
    if (which != std::string_view::npos) {
      out += k_values[which];
      at_++;
      return true;
    }
    if (c == 'u') return unicode_escape(out);
  }
  return fail(offset(), "unexpected escape sequence in string");
}

bool TextLexer::unicode_escape(std::string& out) {
  size_t start = offset();
  auto unit = [&](uint32_t& value) {
    if (end_ - at_ < 5 || *at_ != 'u') return false;
    value = 0;
    for (int i = 1; i <= 4; i++) {
      int digit = hex_digit(at_[i]);
      if (digit < 0) return false;
      value = value * 16 + static_cast<uint32_t>(digit);
    }
    at_ += 5;
    return true;
  };
  uint32_t first = 0;
  if (unit(first)) {
    if (first < 0xD800 || first > 0xDFFF) {
      append_utf8(out, first);
      return true;
    }
    uint32_t second = 0;
    if (first < 0xDC00 && accept('\\') && unit(second) && second >= 0xDC00 && second <= 0xDFFF) {
      append_utf8(out, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
      return true;
    }
  }
  return fail(start, "unexpected escape sequence in string");
}

bool TextLexer::fail(size_t offset, std::string_view reason, Code code) {
  if (error_ != nullptr) return false;
  error_ = std::make_unique<TextError>();
  error_->code = code;
  error_->reason = reason;
  locate(*error_, {begin_, static_cast<size_t>(end_ - begin_)}, offset);
  return false;
}

bool TextLexer::fail_expected(std::string_view what) { return fail_expected(what, offset()); }

bool TextLexer::fail_expected(std::string_view what, size_t offset) {
  std::string reason = "expected ";
  reason += what;
  const char* at = begin_ + offset;
  if (at == end_) {
    reason += ", got end of input";
  } else {
    const char* next = at + 1;
    while (next != end_ && (static_cast<uint8_t>(*next) & 0xC0) == 0x80) next++;
    reason += ", got '";
    reason.append(at, next);
    reason += '\'';
  }
  return fail(offset, reason);
}

std::unique_ptr<TextError> TextLexer::take_error() {
  for (size_t i = path_.size(); i-- > 0;) error_->path += path_[i];
  return std::move(error_);
}

}  // namespace samara
