#include "apps/samara/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "port/files.hpp"
#include "value/json.hpp"

namespace samara::cli {
namespace {
constexpr size_t k_buffer_bytes = 64 * 1024;
}

void Output::write(std::string_view text) {
  if (buffer_.size() + text.size() > k_buffer_bytes) {
    drain(buffer_);
    buffer_.clear();
    if (text.size() > k_buffer_bytes) return drain(text);
  }
  buffer_ += text;
}

void Output::drain(std::string_view text) {
  while (!text.empty() && error_ == 0) {
    ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

Result<void> Output::flush() {
  drain(buffer_);
  buffer_.clear();
  if (error_ == 0) return {};
  return port::os_error(error_).with_context(descriptor_ == STDERR_FILENO
                                                 ? "cannot write to standard error"
                                                 : "cannot write to standard output");
}

bool Output::on_terminal() const { return ::isatty(descriptor_) == 1; }

unsigned Output::columns() const {
  winsize size{};
  if (::ioctl(descriptor_, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

JsonLine::JsonLine(std::string_view type) : out_("{\"type\":") { append_json_string(out_, type); }

void JsonLine::name(std::string_view name) {
  out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  name(key);
  append_json_string(out_, value);
  return *this;
}

JsonLine& JsonLine::number(std::string_view key, int64_t value) {
  return raw(key, std::to_string(value));
}

JsonLine& JsonLine::number(std::string_view key, uint64_t value) {
  return raw(key, std::to_string(value));
}

JsonLine& JsonLine::boolean(std::string_view key, bool value) {
  return raw(key, value ? "true" : "false");
}

JsonLine& JsonLine::null(std::string_view key) { return raw(key, "null"); }

JsonLine& JsonLine::raw(std::string_view key, std::string_view json) {
  name(key);
  out_ += json;
  return *this;
}

std::string JsonLine::done() { return std::move(out_) + "}"; }

}  // namespace samara::cli
