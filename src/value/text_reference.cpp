#include "value/text_reference.hpp"

#include "value/number_text.hpp"
#include "value/text.hpp"
#include "value/text_join.hpp"

namespace samara {

bool at_reference(const TextLexer& lexer) {
  std::string_view rest = lexer.rest();
  size_t at = 0;
  while (at < rest.size() && is_digit(rest[at])) at++;
  return at < rest.size() && rest[at] == '#';
}

namespace {
// The end of a bracket group that starts at `open`: brackets balance, and those inside string
// literals and back-quoted names do not count. npos when it does not end.
size_t group_end(std::string_view text, size_t open) {
  size_t depth = 0;
  for (size_t i = open; i < text.size(); i++) {
    char c = text[i];
    if (c == '"' || c == '`') {
      for (i++; i < text.size() && text[i] != c; i++) {
        if (text[i] == '\\') i++;
      }
    } else if (c == '[') {
      depth++;
    } else if (c == ']' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

bool read_components(TextLexer& lexer, std::vector<std::string>& components) {
  std::string scratch;
  for (;;) {
    if (lexer.peek() == '.') {
      lexer.skip_bytes(1);
      std::string_view name;
      if (!lexer.identifier(name, scratch)) return false;
      components.push_back(joined({".", name}));
    } else if (lexer.peek() == '[') {
      size_t end = group_end(lexer.rest(), 0);
      if (end == std::string_view::npos) return false;
      components.emplace_back(lexer.rest().substr(0, end));
      lexer.skip_bytes(end);
    } else {
      return true;
    }
  }
}
}  // namespace

bool read_reference(TextLexer& lexer, const TextPaths& paths, std::string& text, uint32_t& number) {
  size_t start = lexer.offset();
  std::string_view from_start = lexer.rest();
  bool relative = lexer.peek() != '#';
  uint64_t up = 0;
  while (lexer.peek() != '#') {
    if (up < UINT64_C(1'000'000'000'000)) up = up * 10 + static_cast<uint64_t>(lexer.peek() - '0');
    lexer.skip_bytes(1);
  }
  lexer.skip_bytes(1);
  std::vector<std::string> components;
  bool complete = read_components(lexer, components);
  text = from_start.substr(0, lexer.offset() - start);
  if (relative && up > paths.depth()) {
    std::string reason = "invalid reference " + text + ": Invalid relative reference: going up ";
    append_integer(reason, static_cast<int64_t>(up));
    reason += " levels from depth ";
    append_integer(reason, static_cast<int64_t>(paths.depth()));
    return lexer.fail(start, reason);
  }
  number = TextPaths::k_none;
  if (complete) number = paths.find(relative ? static_cast<size_t>(up) : paths.depth(), components);
  return number != TextPaths::k_none || lexer.fail(start, "undefined reference " + text);
}

}  // namespace samara
