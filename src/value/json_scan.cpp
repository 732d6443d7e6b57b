#include "value/json_scan.hpp"

#include "value/number_text.hpp"
#include "value/text_error.hpp"
#include "value/utf8.hpp"

namespace samara {

namespace {

class JsonScanner {
 public:
  JsonScanner(std::string_view input, std::vector<JsonSpan>& spans, JsonSyntaxError& error)
      : input_(input), spans_(spans), error_(error) {}

  bool run() {
    size_t valid =
        utf8_valid_prefix(reinterpret_cast<const uint8_t*>(input_.data()), input_.size());
    if (valid != input_.size()) {
      at_ = valid;
      return fail("Invalid UTF-8 in JSON");
    }
    do {
      if (!value()) return false;
    } while (!open_.empty());
    skip_space();
    return at_ == input_.size() || fail("Unexpected non-whitespace character after JSON");
  }

 private:
  struct Open {
    size_t number;
    bool object;
  };

  bool fail(std::string_view what) {
    if (at_ >= input_.size()) {
      error_.reason = "Unexpected end of JSON input";
      error_.at_end = true;
    } else {
      TextError place;
      locate(place, input_, at_);
      error_.reason = what;
      error_.reason += " at position ";
      append_integer(error_.reason, static_cast<int64_t>(place.position));
      error_.reason += " (line ";
      append_integer(error_.reason, place.line);
      error_.reason += " column ";
      append_integer(error_.reason, place.column);
      error_.reason += ')';
    }
    error_.offset = at_;
    return false;
  }
  bool unexpected() {
    if (at_ >= input_.size()) return fail("");
    size_t end = at_ + 1;
    while (end < input_.size() && (static_cast<uint8_t>(input_[end]) & 0xC0) == 0x80) end++;
    return fail("Unexpected token '" + std::string(input_.substr(at_, end - at_)) + "' in JSON");
  }

  char peek() const { return at_ < input_.size() ? input_[at_] : '\0'; }
  void skip_space() {
    while (at_ < input_.size() && is_json_space(input_[at_])) at_++;
  }

  // One value and then as many commas, names and closing brackets as come before the next value.
  bool value() {
    skip_space();
    switch (peek()) {
      case '{':
        if (!push(true)) return false;
        if (peek() == '}') break;
        return peek() == '"' ? name() : fail("Expected property name or '}' in JSON");
      case '[':
        if (!push(false)) return false;
        if (peek() == ']') break;
        return true;
      case '"':
        if (!string()) return false;
        break;
      case 't':
        if (!literal("true")) return false;
        break;
      case 'f':
        if (!literal("false")) return false;
        break;
      case 'n':
        if (!literal("null")) return false;
        break;
      default:
        if (!number()) return false;
        break;
    }
    return after_value();
  }

  bool after_value() {
    for (;;) {
      if (open_.empty()) return true;
      skip_space();
      Open top = open_.back();
      if (peek() == ',') {
        at_++;
        if (!top.object) return true;
        skip_space();
        return peek() == '"' ? name() : fail("Expected double-quoted property name in JSON");
      }
      if (peek() != (top.object ? '}' : ']')) {
        return fail(top.object ? "Expected ',' or '}' after property value in JSON"
                               : "Expected ',' or ']' after array element in JSON");
      }
      at_++;
      open_.pop_back();
      spans_[top.number] = {at_, spans_.size()};
    }
  }

  bool push(bool object) {
    if (open_.size() >= k_json_depth_max) {
      error_.exhausted = true;
      return fail("Nesting too deep in JSON");
    }
    open_.push_back({spans_.size(), object});
    spans_.emplace_back();
    at_++;
    skip_space();
    return true;
  }

  bool name() {
    if (!string()) return false;
    skip_space();
    if (peek() != ':') return fail("Expected ':' after property name in JSON");
    at_++;
    return true;
  }

  bool literal(std::string_view word) {
    for (char c : word) {
      if (peek() != c) return unexpected();
      at_++;
    }
    return true;
  }

  bool digits(std::string_view what) {
    if (!is_digit(peek())) return fail(what);
    while (is_digit(peek())) at_++;
    return true;
  }

  bool number() {
    bool negative = peek() == '-';
    if (negative) at_++;
    if (!is_digit(peek()))
      return negative ? fail("No number after minus sign in JSON") : unexpected();
    if (peek() == '0') {
      at_++;
      if (is_digit(peek())) return fail("Unexpected number in JSON");
    } else {
      while (is_digit(peek())) at_++;
    }
    if (peek() == '.') {
      at_++;
      if (!digits("Unterminated fractional number in JSON")) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      at_++;
      if (peek() == '+' || peek() == '-') at_++;
      if (!digits("Exponent part is missing a number in JSON")) return false;
    }
    return true;
  }

  bool string() {
    for (at_++; at_ < input_.size(); at_++) {
      auto c = static_cast<uint8_t>(input_[at_]);
      if (c == '"') {
        at_++;
        return true;
      }
      if (c < 0x20) return fail("Bad control character in string literal in JSON");
      if (c == '\\' && !escape()) return false;
    }
    return fail("");
  }

  // Leaves at_ on the last character of the escape.
  bool escape() {
    at_++;
    constexpr std::string_view k_simple = "\"\\/bfnrt";
    if (peek() != 'u') {
      return (at_ < input_.size() && k_simple.find(peek()) != std::string_view::npos) ||
             fail("Bad escaped character in JSON");
    }
    for (int i = 0; i < 4; i++) {
      at_++;
      if (hex_digit(peek()) < 0) return fail("Bad Unicode escape in JSON");
    }
    return true;
  }

  std::string_view input_;
  std::vector<JsonSpan>& spans_;
  JsonSyntaxError& error_;
  size_t at_ = 0;
  std::vector<Open> open_;
};

}  // namespace

bool scan_json(std::string_view input, std::vector<JsonSpan>& spans, JsonSyntaxError& error) {
  spans.clear();
  return JsonScanner(input, spans, error).run();
}

}  // namespace samara
