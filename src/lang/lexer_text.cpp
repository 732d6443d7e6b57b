// What string tokens and quoted names mean.

#include "lang/lexer.hpp"
#include "value/number_text.hpp"
#include "value/text_lexer.hpp"

namespace samara::lang {

namespace {

// Replaces escapes. What the lexer has reported is taken as it stands.
std::string_view unescape(std::string_view raw, bool is_name, std::string& scratch) {
  size_t from = raw.find('\\');
  if (from == std::string_view::npos) return raw;
  scratch.assign(raw.substr(0, from));
  for (size_t i = from; i < raw.size(); i++) {
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      scratch += raw[i];
      continue;
    }
    char c = raw[++i];
    if (is_name) {
      scratch += c == 'n' ? '\n' : c;
    } else if (c == 'n') {
      scratch += '\n';
    } else if (c == 't') {
      scratch += '\t';
    } else if (c == 'r') {
      scratch += '\r';
    } else if (c == '0') {
      scratch += '\0';
    } else if (c == 'u' && i + 1 < raw.size() && raw[i + 1] == '{') {
      uint32_t code = 0;
      size_t at = i + 2;
      while (at < raw.size() && hex_digit(raw[at]) >= 0 && at < i + 8) {
        code = code << 4 | static_cast<uint32_t>(hex_digit(raw[at++]));
      }
      bool surrogate = code >= 0xD800 && code <= 0xDFFF;
      append_utf8(scratch, code > 0x10FFFF || surrogate ? 0xFFFD : code);
      i = at < raw.size() && raw[at] == '}' ? at : at - 1;
    } else {
      scratch += c;
    }
  }
  return scratch;
}

}  // namespace

std::string_view string_content(const Token& token, std::string_view source, std::string& scratch) {
  std::string_view raw = source.substr(token.begin, token.end - token.begin);
  bool opens = token.is(TokenKind::string_begin) || token.is(TokenKind::string_middle);
  if (token.inserted || raw.empty()) return {};
  if (raw.size() >= 6 && raw.starts_with("\"\"\"")) {
    raw.remove_prefix(3);
    if (raw.ends_with("\"\"\"")) raw.remove_suffix(3);
    return raw;
  }
  char quote = raw[0];
  raw.remove_prefix(1);
  if (opens) {
    raw.remove_suffix(2);
  } else if (raw.ends_with(quote == '\'' ? '\'' : '"')) {
    raw.remove_suffix(1);
  }
  return unescape(raw, false, scratch);
}

std::string_view quoted_name_content(const Token& token, std::string_view source,
                                     std::string& scratch) {
  std::string_view raw = source.substr(token.begin, token.end - token.begin);
  raw.remove_prefix(1);
  if (raw.ends_with('`')) raw.remove_suffix(1);
  return unescape(raw, true, scratch);
}

}  // namespace samara::lang
