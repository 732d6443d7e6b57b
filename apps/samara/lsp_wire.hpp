#pragma once
// The base protocol of language servers: JSON messages behind a Content-Length header, over two
// file descriptors. Threads: one reads, one writes.
// Specified by: the Language Server Protocol, version 3.17, "Base Protocol".

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace samara::cli {

/// Largest message taken, bytes: a whole source file, escaped.
inline constexpr size_t k_lsp_message_bytes_max = size_t{256} << 20;

class LspWire {
 public:
  LspWire(int input, int output) : input_(input), output_(output) {}

  /// The content of the next message; nothing at the end of the input.
  /// Errors: corrupt (no header of the protocol), exhausted (too long), io.
  Result<std::optional<std::string>> read();
  /// Whether a whole message, or the beginning of one, is there already.
  bool pending() const;
  /// Errors: io.
  Result<void> write(std::string_view content);

 private:
  /// One line of the header without CR LF; nothing at the end of the input.
  Result<std::optional<std::string>> header_line();
  Result<bool> fill();

  int input_;
  int output_;
  std::string buffer_;
  size_t at_ = 0;
};

}  // namespace samara::cli
