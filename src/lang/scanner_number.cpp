// Numbers, dates and blobs.

#include "lang/lexer_characters.hpp"
#include "lang/scanner.hpp"
#include "value/number_text.hpp"
#include "value/text_datetime.hpp"

namespace samara::lang {

void Scanner::after_number(size_t begin) {
  size_t end = at_;
  while (end < source_.size() && is_name_part(source_[end])) end++;
  if (end == at_) return;
  std::string_view digits = text(begin, at_);
  std::string_view rest = text(at_, end);
  std::string help = "put a space or an operator between the number and what follows";
  if (digits == "0" && (rest[0] == 'b' || rest[0] == 'B' || rest[0] == 'o' || rest[0] == 'O')) {
    help = "integers are written in decimal";
  } else if (rest == "e" || rest == "E") {
    help = "an exponent needs digits, as in `1e9`";
  } else if (rest == "_") {
    help = "underscores stand between digits, as in `1_000`";
  } else if (rest == "f" || rest == "L" || rest == "l" || rest == "n" || rest == "u" ||
             rest == "d" || rest == "i" || rest == "i64" || rest == "f64" || rest == "u8") {
    help = "numbers have no suffix: `1` is an Integer, `1.0` a Float";
  }
  report("bad-number", "a number cannot be followed by letters", at_, end,
         "directly after the number", std::move(help));
  at_ = end;
}

bool Scanner::date(size_t begin) {
  size_t length = 0;
  int64_t ms = 0;
  auto status = read_datetime(source_.substr(begin), length, ms);
  if (status == DateTimeStatus::not_a_date) {
    size_t end = begin;
    while (end < source_.size() && (is_digit(source_[end]) || source_[end] == '-' ||
                                    source_[end] == ':' || source_[end] == 'T')) {
      end++;
    }
    std::string_view all = text(begin, end);
    // Only what has the form of a day can be meant as a date: `2024-1` is a subtraction.
    if (all.size() < 10 || two_digits_at(all, 5) < 0 || all[7] != '-' ||
        two_digits_at(all, 8) < 0) {
      return false;
    }
    if (end < source_.size() && source_[end] == 'Z') end++;
    report("incomplete-date", "a date needs its time of day", begin, end, "the time is incomplete",
           "write the time in full, in UTC: `" + std::string(all.substr(0, 10)) + "T00:00:00`",
           all.size() == 10 ? std::string(all) + "T00:00:00" : std::string());
    push(TokenKind::datetime, begin, end);
    at_ = end;
    return true;
  }
  push(TokenKind::datetime, begin, begin + length);
  at_ = begin + length;
  if (status == DateTimeStatus::impossible) {
    report("bad-date", "there is no such date", begin, at_, "this day or time does not exist",
           "a date is `YYYY-MM-DDTHH:MM:SS`, with up to three digits of a second after a point");
  }
  size_t end = at_;
  if (is_digit(peek())) {
    while (end < source_.size() && is_digit(source_[end])) end++;
    report("date-digits", "dates are exact to a millisecond", at_, end, "too many digits",
           "three digits after the point are the most");
  } else if (peek() == 'Z' || ((peek() == '+' || peek() == '-') &&
                               two_digits_at(source_, at_ + 1) >= 0 && peek(3) == ':')) {
    end += peek() == 'Z' ? size_t{1} : size_t{3};
    while (end < source_.size() && (is_digit(source_[end]) || source_[end] == ':')) end++;
    report("date-zone", "a date has no time zone", at_, end, "dates are in UTC",
           peek() == 'Z' ? "leave out the `Z`" : "write the date in UTC");
  }
  at_ = end;
  return true;
}

void Scanner::blob() {
  size_t begin = at_;
  at_ += 2;
  size_t end = at_;
  while (end < source_.size() && is_name_part(source_[end])) end++;
  size_t bad = at_;
  while (bad < end && hex_digit(source_[bad]) >= 0) bad++;
  push(TokenKind::blob, begin, end);
  at_ = end;
  if (bad < end) {
    report("bad-blob", "a blob has hexadecimal digits only", bad, bad + 1, "not a digit of a blob",
           "`0x` starts a blob, two digits for each byte");
  } else if ((end - begin) % 2 != 0) {
    std::string help = "a blob has two digits for each byte";
    if (end - begin <= 17) {
      uint64_t value = 0;
      for (size_t i = begin + 2; i < end; i++) {
        value = value << 4 | static_cast<uint64_t>(hex_digit(source_[i]));
      }
      help += ": `0x0" + std::string(text(begin + 2, end)) + "`; the number is written `" +
              std::to_string(value) + "`";
    }
    report("odd-blob", "a blob needs an even number of digits", begin, end,
           "half a byte is missing", std::move(help));
  }
}

void Scanner::number() {
  size_t begin = at_;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) return blob();
  if (peek(4) == '-' && is_digit(peek(1)) && is_digit(peek(2)) && is_digit(peek(3)) &&
      date(begin)) {
    return;
  }
  auto digits = [this] {
    while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) at_++;
  };
  TokenKind kind = TokenKind::integer;
  digits();
  if (peek() == '.' && is_digit(peek(1))) {
    kind = TokenKind::float_;
    at_++;
    digits();
  } else if (peek() == '.' && peek(1) != '.' && !is_name_start(peek(1)) && peek(1) != '`') {
    report("digits-after-point", "digits are missing after the point", at_, at_ + 1,
           "nothing follows the point", "write `" + std::string(text(begin, at_)) + ".0`", ".0");
    push(TokenKind::float_, begin, at_);
    at_++;
    return;
  }
  bool sign = peek(1) == '+' || peek(1) == '-';
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
    kind = TokenKind::float_;
    at_ += sign ? size_t{2} : size_t{1};
    digits();
  }
  push(kind, begin, at_);
  after_number(begin);
}

void Scanner::point_and_digits() {
  size_t begin = at_;
  at_++;
  while (is_digit(peek())) at_++;
  bool after_value = false;
  if (!space_ && !lexed_.tokens.empty()) {
    TokenKind before = lexed_.tokens.back().kind;
    after_value = before == TokenKind::name || before == TokenKind::quoted_name ||
                  before == TokenKind::r_paren || before == TokenKind::r_bracket;
  }
  if (after_value) {
    report("tuple-index", "values have no numbered parts", begin, at_, "not the name of a field",
           "a field of a struct is read by its name, an element of an array by `[" +
               std::string(text(begin + 1, at_)) + "]`");
    return;
  }
  report("digits-before-point", "digits are missing before the point", begin, begin + 1,
         "nothing stands before the point", "write `0" + std::string(text(begin, at_)) + "`", "0.");
  push(TokenKind::float_, begin, at_);
  after_number(begin);
}

}  // namespace samara::lang
