#include "value/datetime_format.hpp"

#include <array>

namespace samara {

namespace {

struct TokenRow {
  std::string_view name;     // case of the token type; the rows are sorted by it
  std::string_view pattern;  // empty for literal
};

constexpr std::array<TokenRow, k_date_token_count> k_tokens = {{
    {"ampmLower", "a"},
    {"ampmUpper", "A"},
    {"day1", "D"},
    {"day2", "DD"},
    {"hour12_1", "h"},
    {"hour12_2", "hh"},
    {"hour24_1", "H"},
    {"hour24_2", "HH"},
    {"literal", ""},
    {"millisecond3", "SSS"},
    {"minute1", "m"},
    {"minute2", "mm"},
    {"month1", "M"},
    {"month2", "MM"},
    {"monthNameFull", "MMMM"},
    {"monthNameShort", "MMM"},
    {"second1", "s"},
    {"second2", "ss"},
    {"weekdayNameFull", "dddd"},
    {"weekdayNameMin", "dd"},
    {"weekdayNameShort", "ddd"},
    {"year2", "YY"},
    {"year4", "YYYY"},
}};

std::string_view pattern_of(DateToken token) {
  return k_tokens[static_cast<size_t>(token)].pattern;
}

// The token whose pattern `text` starts with, the longest one; literal when there is none.
DateToken match(std::string_view text) {
  DateToken best = DateToken::literal;
  for (size_t i = 0; i < k_tokens.size(); i++) {
    std::string_view pattern = k_tokens[i].pattern;
    auto token = static_cast<DateToken>(i);
    if (pattern.size() > pattern_of(best).size() && text.starts_with(pattern)) best = token;
  }
  return best;
}

void add_literal(DateFormat& format, std::string_view text) {
  if (format.empty() || format.back().kind != DateToken::literal) {
    format.push_back({DateToken::literal, {}});
  }
  format.back().literal += text;
}

}  // namespace

const Type* datetime_token_type(TypeTable& types) {
  std::array<NamedType, k_date_token_count> cases;
  for (size_t i = 0; i < cases.size(); i++) {
    bool literal = static_cast<DateToken>(i) == DateToken::literal;
    cases[i] = {k_tokens[i].name, literal ? types.string() : types.null()};
  }
  return types.variant(cases);
}

DateFormat tokenize_datetime_format(std::string_view pattern) {
  DateFormat format;
  for (size_t at = 0; at < pattern.size();) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      add_literal(format, pattern.substr(at + 1, 1));
      at += 2;
      continue;
    }
    DateToken token = match(pattern.substr(at));
    if (token == DateToken::literal) {
      add_literal(format, pattern.substr(at++, 1));
    } else {
      format.push_back({token, {}});
      at += pattern_of(token).size();
    }
  }
  return format;
}

std::string datetime_format_to_text(const DateFormat& format) {
  std::string out;
  for (const DateFormatToken& token : format) {
    out += pattern_of(token.kind);
    std::string_view literal = token.literal;
    for (size_t i = 0; i < literal.size(); i++) {
      if (literal[i] == '\\' || match(literal.substr(i)) != DateToken::literal) out += '\\';
      out += literal[i];
    }
  }
  return out;
}

namespace {

enum Level : uint8_t { year, month, day, hour, minute, second, millisecond, none };
constexpr std::string_view k_level_names[] = {"year",   "month",  "day",        "hour",
                                              "minute", "second", "millisecond"};
constexpr std::string_view k_level_tokens[] = {"YYYY or YY", "MM or M", "DD or D",
                                               "HH or H",    "mm or m", "ss or s"};

Level level_of(DateToken token) {
  switch (token) {
    case DateToken::year2:
    case DateToken::year4:
      return year;
    case DateToken::month1:
    case DateToken::month2:
    case DateToken::month_name_full:
    case DateToken::month_name_short:
      return month;
    case DateToken::day1:
    case DateToken::day2:
      return day;
    case DateToken::hour12_1:
    case DateToken::hour12_2:
    case DateToken::hour24_1:
    case DateToken::hour24_2:
      return hour;
    case DateToken::minute1:
    case DateToken::minute2:
      return minute;
    case DateToken::second1:
    case DateToken::second2:
      return second;
    case DateToken::millisecond3:
      return millisecond;
    case DateToken::ampm_lower:
    case DateToken::ampm_upper:
    case DateToken::literal:
    case DateToken::weekday_name_full:
    case DateToken::weekday_name_min:
    case DateToken::weekday_name_short:
      return none;
  }
  return none;
}

Error invalid_format(std::string text) {
  return Error(Code::invalid_argument, "Invalid format: " + text);
}

}  // namespace

Result<void> validate_datetime_format(const DateFormat& format) {
  bool has[none + 1] = {};
  for (const DateFormatToken& token : format) has[level_of(token.kind)] = true;
  for (int level = month; level <= millisecond; level++) {
    if (!has[level]) continue;
    int first = level <= day ? year : hour;
    for (int needed = first; needed < level; needed++) {
      if (has[needed]) continue;
      std::string name(k_level_names[level]);
      return invalid_format("cannot have " + name + " without " +
                            std::string(k_level_names[needed]) + ". Use " +
                            std::string(k_level_tokens[needed]) + " before " + name + " tokens.");
    }
    if (level < hour || !has[year]) continue;
    for (int needed = month; needed <= day; needed++) {
      if (has[needed]) continue;
      return invalid_format("cannot skip from " + std::string(k_level_names[needed - 1]) + " to " +
                            std::string(k_level_names[level]) + ". Use " +
                            std::string(k_level_tokens[needed]) + " between them.");
    }
  }
  return {};
}

Slot datetime_format_to_value(Heap& heap, const DateFormat& format) {
  ArrayObject* tokens = heap.new_array();
  for (const DateFormatToken& token : format) {
    auto index = static_cast<uint32_t>(token.kind);
    Slot slot = Slot::bare_case(index);
    if (token.kind == DateToken::literal) {
      slot = Slot::of(heap.new_tagged(index, Slot::of(heap.new_text(token.literal))));
    }
    if (!heap.push(tokens, slot)) break;
  }
  return Slot::of(tokens);
}

DateFormat datetime_format_from_value(Slot tokens) {
  DateFormat format;
  for (Slot slot : as<ArrayObject>(tokens)->slots()) {
    auto kind = static_cast<DateToken>(case_of(slot));
    format.push_back({kind, {}});
    if (kind == DateToken::literal) format.back().literal = text_of(payload_of(slot));
  }
  return format;
}

}  // namespace samara
