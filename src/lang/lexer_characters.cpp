#include "lang/lexer_characters.hpp"

#include "value/number_text.hpp"

namespace samara::lang {

namespace {

struct Lookalike {
  std::string_view character;
  std::string_view name;
  std::string_view plain;
};

constexpr Lookalike k_lookalikes[] = {
    {"\xE2\x80\x9C", "a typographic quote", "\""},
    {"\xE2\x80\x9D", "a typographic quote", "\""},
    {"\xE2\x80\x9E", "a typographic quote", "\""},
    {"\xC2\xAB", "a typographic quote", "\""},
    {"\xC2\xBB", "a typographic quote", "\""},
    {"\xE2\x80\x98", "a typographic quote", "\""},
    {"\xE2\x80\x99", "a typographic quote", "\""},
    {"\xE2\x80\x93", "a dash", "-"},
    {"\xE2\x80\x94", "a dash", "-"},
    {"\xE2\x88\x92", "a minus sign", "-"},
    {"\xC3\x97", "a times sign", "*"},
    {"\xC3\xB7", "a division sign", "/"},
    {"\xE2\x89\xA4", "a comparison sign", "<="},
    {"\xE2\x89\xA5", "a comparison sign", ">="},
    {"\xE2\x89\xA0", "a comparison sign", "!="},
    {"\xE2\x86\x92", "an arrow", "->"},
    {"\xE2\x87\x92", "an arrow", "->"},
    {"\xE2\x80\xA6", "an ellipsis", ""},
    {"\xEF\xBC\x8C", "a wide comma", ","},
    {"\xEF\xBC\x9A", "a wide colon", ":"},
    {"\xEF\xBC\x88", "a wide parenthesis", "("},
    {"\xEF\xBC\x89", "a wide parenthesis", ")"},
};

constexpr std::string_view k_spaces[] = {
    "\xC2\xA0",     "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
    "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\x8B", "\xE2\x80\xA8", "\xE2\x80\xA9",
    "\xE2\x80\xAF", "\xE3\x80\x80", "\xEF\xBB\xBF", "\x0B",         "\x0C"};

}  // namespace

int32_t two_digits_at(std::string_view text, size_t at) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_wide_space(std::string_view character) {
  for (std::string_view space : k_spaces) {
    if (space == character) return true;
  }
  return false;
}

bool is_letter_like(std::string_view text) {
  if (text.empty() || static_cast<uint8_t>(text[0]) < 0x80) return false;
  for (const Lookalike& each : k_lookalikes) {
    if (text.starts_with(each.character)) return false;
  }
  for (std::string_view space : k_spaces) {
    if (text.starts_with(space)) return false;
  }
  return true;
}

CharacterAdvice advice_about(std::string_view character) {
  for (const Lookalike& each : k_lookalikes) {
    if (each.character != character) continue;
    std::string plain(each.plain);
    return {.title = "this is " + std::string(each.name) + ", not `" + plain + "`",
            .help = plain.empty() ? "leave it out" : "write `" + plain + "`",
            .fix = plain};
  }
  if (is_wide_space(character)) {
    return {.title = "this is not an ordinary space", .help = "write a plain space", .fix = " "};
  }
  std::string shown(character);
  if (static_cast<uint8_t>(character[0]) < 0x20 || character[0] == 0x7F)
    shown = "control character";
  CharacterAdvice advice{.title = "unexpected character '" + shown + "'", .help = {}, .fix = {}};
  switch (character[0]) {
    case '^':
      advice.help = "a power is written `a ** b`; exclusive or is `a.xor(b)`, `a != b` on Boolean";
      break;
    case '@':
      advice.help = "there are no annotations or decorators";
      break;
    case '$':
      advice.help = "names have no `$` in front";
      break;
    case '\\':
      advice.help =
          "a function is written `x -> x + 1`; an expression may go on in the next line "
          "without a sign";
      break;
    case '~':
      advice.help = "there is no operator `~`";
      break;
    default:
      break;
  }
  return advice;
}

}  // namespace samara::lang
