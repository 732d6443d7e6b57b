#pragma once
// A cursor over East text: white space, identifiers, literals, and the first error met.
//
// Threads: one. Source: docs/formats/text.md, "Lexical rules".

#include <string>
#include <string_view>
#include <vector>

#include "value/text_error.hpp"

namespace samara {

class TextLexer {
 public:
  explicit TextLexer(std::string_view input)
      : begin_(input.data()), at_(input.data()), end_(input.data() + input.size()) {}

  /// False, with the error set, when the input is not UTF-8. Called once, first.
  bool check_encoding();

  std::string_view input() const { return {begin_, static_cast<size_t>(end_ - begin_)}; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }
  /// The next byte, or NUL at the end.
  char peek() const { return at_ == end_ ? '\0' : *at_; }
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  void skip_bytes(size_t count) { at_ += count; }
  void seek(size_t to) { at_ = begin_ + to; }

  void skip_space() {
    if (at_ != end_ && static_cast<uint8_t>(*at_) <= ' ') skip_space_slow();
    if (at_ != end_ && static_cast<uint8_t>(*at_) >= 0x80) skip_space_slow();
  }
  /// Whether a white space character comes next.
  bool at_space() const;
  bool accept(char c) {
    if (at_ == end_ || *at_ != c) return false;
    at_++;
    return true;
  }
  bool accept(std::string_view word) {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  /// End of input, blank, `,` `)` `]` `}` or `:`: what must follow `null` and a case without
  /// payload.
  bool at_terminator() const;

  /// A plain or back-quoted name. The view is into the input or into `scratch`. Without a name
  /// nothing is consumed and the result is false.
  bool identifier(std::string_view& name, std::string& scratch);
  /// What follows an opening quote, up to and with the closing one. `json_escapes` admits the
  /// escapes of JSON. Errors: as the format's document.
  bool string_body(std::string_view& text, std::string& scratch, bool json_escapes);

  /// Records an error at a byte offset; returns false.
  bool fail(size_t offset, std::string_view reason, Code code = Code::corrupt);
  /// `expected <what>, got 'x'` or `… got end of input`, about the next character.
  bool fail_expected(std::string_view what);
  bool fail_expected(std::string_view what, size_t offset);
  /// One component of the path, given from the inside out while the error travels up.
  [[gnu::noinline]] void add_path(std::string_view component) { path_.emplace_back(component); }
  bool failed() const { return error_ != nullptr; }
  /// The finished error, without message. Requires: failed().
  std::unique_ptr<TextError> take_error();

 private:
  void skip_space_slow();
  size_t space_length() const;
  bool escape(std::string& out, bool json_escapes);
  bool unicode_escape(std::string& out);

  const char* begin_;
  const char* at_;
  const char* end_;
  std::unique_ptr<TextError> error_;
  std::vector<std::string> path_;
};

/// Appends the UTF-8 form of a code point. Requires: a scalar value.
void append_utf8(std::string& out, uint32_t code_point);

}  // namespace samara
