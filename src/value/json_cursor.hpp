#pragma once
// A cursor over JSON whose syntax was checked by scan_json.
// Threads: one. Source: docs/formats/json.md.

#include <string>
#include <string_view>

#include "value/json_scan.hpp"

namespace samara {

class JsonCursor {
 public:
  /// A place to come back to.
  struct Place {
    size_t offset = 0;
    size_t container = 0;  // number of the next array or object to start
  };

  explicit JsonCursor(std::string_view input) : input_(input) {}
  bool scan(JsonSyntaxError& error) { return scan_json(input_, spans_, error); }

  std::string_view input() const { return input_; }
  Place place() const { return at_; }
  void seek(Place place) { at_ = place; }
  /// The first character of the next value, name or closing bracket.
  char peek() {
    while (is_json_space(input_[at_.offset])) at_.offset++;
    return input_[at_.offset];
  }
  bool at_end() {
    while (at_.offset < input_.size() && is_json_space(input_[at_.offset])) at_.offset++;
    return at_.offset == input_.size();
  }

  /// Steps into an array or object. Requires: peek() is its bracket.
  void open() {
    at_.offset++;
    at_.container++;
  }
  /// Whether another item or member follows, past its comma; else steps over the closing bracket.
  bool more(bool first) {
    char c = peek();
    if (c == ']' || c == '}') {
      at_.offset++;
      return false;
    }
    if (!first) at_.offset++;
    return true;
  }
  /// Reads a member's name and its colon. False when it holds an unpaired surrogate.
  bool name(std::string_view& text, std::string& scratch) {
    bool whole = string(text, scratch);
    peek();
    at_.offset++;
    return whole;
  }

  /// Reads a string. The view is into the input or `scratch`. False when an escape in it is half a
  /// surrogate pair, which no text can hold. Requires: peek() is '"'.
  bool string(std::string_view& text, std::string& scratch);
  /// The characters of a number. Requires: at one.
  std::string_view number();
  bool literal(std::string_view word);
  /// Steps over the next value.
  void skip();

  /// Appends the value at `place` as a JavaScript host would write it: no spaces, numbers and
  /// escapes normalised.
  void append_compact(std::string& out, Place place) const;

 private:
  bool unescape(std::string& out, bool keep_surrogates);

  std::string_view input_;
  Place at_;
  std::vector<JsonSpan> spans_;
};

}  // namespace samara
