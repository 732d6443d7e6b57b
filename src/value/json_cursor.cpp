#include "value/json_cursor.hpp"

#include "value/json.hpp"
#include "value/number_text.hpp"
#include "value/text_lexer.hpp"

namespace samara {

namespace {
uint32_t unit_at(std::string_view text, size_t at) {
  uint32_t unit = 0;
  for (size_t i = at; i < at + 4; i++) unit = unit * 16 + static_cast<uint32_t>(hex_digit(text[i]));
  return unit;
}
}  // namespace

bool JsonCursor::string(std::string_view& text, std::string& scratch) {
  peek();
  size_t start = ++at_.offset;
  while (input_[at_.offset] != '"' && input_[at_.offset] != '\\') at_.offset++;
  if (input_[at_.offset] == '"') {
    text = input_.substr(start, at_.offset++ - start);
    return true;
  }
  scratch.assign(input_.substr(start, at_.offset - start));
  bool whole = true;
  while (input_[at_.offset] != '"') {
    if (input_[at_.offset] == '\\') {
      whole = unescape(scratch, false) && whole;
      continue;
    }
    size_t run = at_.offset;
    while (input_[at_.offset] != '"' && input_[at_.offset] != '\\') at_.offset++;
    scratch += input_.substr(run, at_.offset - run);
  }
  at_.offset++;
  text = scratch;
  return whole;
}

// Consumes one escape. `keep_surrogates` writes half a pair as an escape again.
bool JsonCursor::unescape(std::string& out, bool keep_surrogates) {
  char c = input_[at_.offset + 1];
  at_.offset += 2;
  if (c != 'u') {
    constexpr std::string_view k_names = "bfnrt";
    constexpr std::string_view k_values = "\b\f\n\r\t";
    size_t which = k_names.find(c);
    out += which == std::string_view::npos ? c : k_values[which];
    return true;
  }
  uint32_t unit = unit_at(input_, at_.offset);
  size_t digits = at_.offset;
  at_.offset += 4;
  if (unit < 0xD800 || unit > 0xDFFF) {
    append_utf8(out, unit);
    return true;
  }
  if (unit < 0xDC00 && input_.substr(at_.offset).starts_with("\\u")) {
    uint32_t low = unit_at(input_, at_.offset + 2);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      at_.offset += 6;
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return true;
    }
  }
  if (keep_surrogates) {
    out += "\\u";
    for (size_t i = digits; i < digits + 4; i++) {
      char digit = input_[i];
      out += digit >= 'A' && digit <= 'F' ? static_cast<char>(digit - 'A' + 'a') : digit;
    }
  }
  return false;
}

std::string_view JsonCursor::number() {
  std::string_view rest = input_.substr(at_.offset);
  size_t length = decimal_length(rest, true);
  at_.offset += length;
  return rest.substr(0, length);
}

bool JsonCursor::literal(std::string_view word) {
  if (!input_.substr(at_.offset).starts_with(word)) return false;
  at_.offset += word.size();
  return true;
}

void JsonCursor::skip() {
  switch (peek()) {
    case '{':
    case '[': {
      const JsonSpan& span = spans_[at_.container];
      at_ = {span.end, span.next};
      return;
    }
    case '"':
      for (at_.offset++; input_[at_.offset] != '"'; at_.offset++) {
        if (input_[at_.offset] == '\\') at_.offset++;
      }
      at_.offset++;
      return;
    case 't':
    case 'n':
      at_.offset += 4;
      return;
    case 'f':
      at_.offset += 5;
      return;
    default:
      number();
      return;
  }
}

void JsonCursor::append_compact(std::string& out, Place place) const {
  JsonCursor at(input_);
  at.at_ = place;
  char first = at.peek();
  size_t end = SIZE_MAX;
  if (first == '{' || first == '[') end = spans_[place.container].end;
  std::string text;
  do {
    char c = at.peek();
    if (c == '"') {
      text.clear();
      at.at_.offset++;
      out += '"';
      while (input_[at.at_.offset] != '"') {
        if (input_[at.at_.offset] != '\\') {
          text += input_[at.at_.offset++];
          continue;
        }
        std::string piece;
        if (at.unescape(piece, true)) {
          text += piece;
          continue;
        }
        // Half a pair stays an escape: the text so far is escaped for itself.
        std::string escaped;
        append_json_string(escaped, text);
        out.append(escaped, 1, escaped.size() - 2);
        out += piece;
        text.clear();
      }
      at.at_.offset++;
      std::string escaped;
      append_json_string(escaped, text);
      out.append(escaped, 1, std::string::npos);
    } else if (c == '-' || is_digit(c)) {
      double value = parse_decimal(at.number());
      if (value - value != 0) {
        out += "null";
      } else {
        append_float_ecma(out, value);
      }
    } else {
      out += c;
      at.at_.offset++;
      bool word = c >= 'a' && c <= 'z';
      while (word && at.at_.offset < input_.size() && input_[at.at_.offset] >= 'a' &&
             input_[at.at_.offset] <= 'z') {
        out += input_[at.at_.offset++];
      }
    }
  } while (end != SIZE_MAX && at.at_.offset < end);
}

}  // namespace samara
