#include "lang/print_names.hpp"

#include <algorithm>
#include <array>

#include "value/number_text.hpp"

namespace samara::lang {

bool is_keyword(std::string_view word) {
  static constexpr std::array<std::string_view, 31> k_reserved = {
      "Infinity", "NaN",   "as",    "async",   "await", "break",    "catch",   "continue",
      "do",       "else",  "false", "finally", "fn",    "for",      "if",      "import",
      "in",       "is",    "let",   "match",   "null",  "platform", "private", "rec",
      "return",   "throw", "true",  "try",     "type",  "var",      "while"};
  return std::binary_search(k_reserved.begin(), k_reserved.end(), word);
}

bool is_plain_name(std::string_view text) {
  auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || is_digit(c); });
}

namespace {

std::string back_quoted(std::string_view name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`' || c == '\\' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  return out + '`';
}

void append_code_point(std::string& out, char c) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  auto byte = static_cast<unsigned char>(c);
  out += "\\u{";
  if (byte >= 16) out += k_digits[byte >> 4U];
  out += k_digits[byte & 15U];
  out += '}';
}

}  // namespace

std::string quoted_name(std::string_view name) {
  // `vec[` and `mat[` begin literals.
  bool plain = is_plain_name(name) && !is_keyword(name) && name != "vec" && name != "mat";
  return plain ? std::string(name) : back_quoted(name);
}

std::string quoted_member(std::string_view name) {
  return is_plain_name(name) ? std::string(name) : back_quoted(name);
}

void append_string_part(std::string& out, std::string_view value) {
  for (size_t i = 0; i < value.size(); i++) {
    char c = value[i];
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\0':
        out += "\\0";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          append_code_point(out, c);
        } else {
          out += c;
        }
    }
  }
}

std::string string_text(std::string_view value) {
  std::string out = "\"";
  append_string_part(out, value);
  return out + '"';
}

std::string float_text(double value) {
  std::string out;
  append_float_east(out, value);
  out.erase(std::remove(out.begin(), out.end(), '+'), out.end());
  return out;
}

}  // namespace samara::lang
