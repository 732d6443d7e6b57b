#pragma once
// Output: what the program prints. Results go to standard output, everything else to standard
// error. Threads: Output as a stream belongs to one thread; see Progress for its own rule.

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace samara::cli {

/// A buffered file descriptor. An error is kept and reported by flush().
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  void line(std::string_view text) {
    write(text);
    write("\n");
  }
  /// Errors: disk_full, io: "cannot write to standard output: …".
  Result<void> flush();
  bool on_terminal() const;
  /// Columns of the terminal; 0 where it is none or does not tell.
  unsigned columns() const;

 private:
  void drain(std::string_view text);

  int descriptor_;
  int error_ = 0;
  std::string buffer_;
};

/// One object in one line: {"type":"…",…}.
class JsonLine {
 public:
  explicit JsonLine(std::string_view type);
  JsonLine& text(std::string_view name, std::string_view value);
  JsonLine& number(std::string_view name, int64_t value);
  JsonLine& number(std::string_view name, uint64_t value);
  JsonLine& boolean(std::string_view name, bool value);
  JsonLine& null(std::string_view name);
  /// `json` is a JSON value already.
  JsonLine& raw(std::string_view name, std::string_view json);
  std::string done();

 private:
  void name(std::string_view name);
  std::string out_;
};

/// ["a","b"]
template <typename Range>
std::string json_list(const Range& texts);
std::string json_string(std::string_view text);

template <typename Range>
std::string json_list(const Range& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    out += json_string(text);
  }
  return out + "]";
}

}  // namespace samara::cli
