#include "apps/samara/lsp_wire.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "port/files.hpp"

namespace samara::cli {
namespace {

constexpr size_t k_chunk_bytes = size_t{64} << 10;
constexpr size_t k_header_bytes_max = 4096;

bool same_word(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == y; });
}

}  // namespace

Result<bool> LspWire::fill() {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const size_t before = buffer_.size();
  buffer_.resize(before + k_chunk_bytes);
  for (;;) {
    const ssize_t count = ::read(input_, buffer_.data() + before, k_chunk_bytes);
    if (count < 0 && errno == EINTR) continue;
    buffer_.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
    if (count < 0) return port::os_error(errno).with_context("cannot read from the editor");
    return count > 0;
  }
}

bool LspWire::pending() const {
  if (at_ < buffer_.size()) return true;
  pollfd descriptor{input_, POLLIN, 0};
  return ::poll(&descriptor, 1, 0) > 0 && (descriptor.revents & POLLIN) != 0;
}

Result<std::optional<std::string>> LspWire::header_line() {
  for (;;) {
    const size_t end = buffer_.find('\n', at_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(at_, end - at_);
      at_ = end + 1;
      if (line.ends_with('\r')) line.pop_back();
      return std::optional<std::string>(std::move(line));
    }
    if (buffer_.size() - at_ > k_header_bytes_max) {
      return Error(Code::corrupt, "a message of the editor has no header");
    }
    SAMARA_TRY(bool more, fill());
    if (more) continue;
    if (at_ < buffer_.size()) return Error(Code::corrupt, "the input ends within a header");
    return std::optional<std::string>();
  }
}

Result<std::optional<std::string>> LspWire::read() {
  std::optional<size_t> length;
  for (;;) {
    SAMARA_TRY(std::optional<std::string> line, header_line());
    if (!line) return std::optional<std::string>();
    if (line->empty()) {
      if (length) break;
      return Error(Code::corrupt, "a message of the editor has no Content-Length");
    }
    const size_t colon = line->find(':');
    if (colon == std::string::npos) {
      return Error(Code::corrupt, "'" + *line + "' is no header of the protocol");
    }
    if (!same_word(std::string_view(*line).substr(0, colon), "content-length")) continue;
    std::string_view digits = std::string_view(*line).substr(colon + 1);
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    size_t value = 0;
    auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc() || rest != digits.data() + digits.size()) {
      return Error(Code::corrupt, "'" + *line + "' gives no length");
    }
    if (value > k_lsp_message_bytes_max) {
      return Error(Code::exhausted, "a message of " + std::to_string(value) + " bytes is too long");
    }
    length = value;
  }
  while (buffer_.size() - at_ < *length) {
    SAMARA_TRY(bool more, fill());
    if (!more) return Error(Code::corrupt, "the input ends within a message");
  }
  std::string content = buffer_.substr(at_, *length);
  at_ += *length;
  return std::optional<std::string>(std::move(content));
}

Result<void> LspWire::write(std::string_view content) {
  std::string message = "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n";
  message += content;
  std::string_view rest = message;
  while (!rest.empty()) {
    const ssize_t count = ::write(output_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return port::os_error(errno).with_context("cannot write to the editor");
    rest.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

}  // namespace samara::cli
