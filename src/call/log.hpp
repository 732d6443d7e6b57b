#pragma once
// Console output of a run: whatever the function prints becomes part of its execution record.
// Threads: a sink is used by the thread that runs the function.
// Specified by: docs/formats/execution-record.md, "Log".

#include <string>
#include <string_view>
#include <vector>

#include "call/record_types.hpp"
#include "core/bytes.hpp"

namespace samara {

enum class LogStream : uint8_t { out, err };
std::string_view stream_word(LogStream stream);

/// Takes console output in order. Text may be any bytes; pieces need not be lines.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogStream stream, std::string_view text) = 0;
};

/// A piece of output; neighbours are of different streams, except for very long ones.
struct LogEntry {
  LogStream stream = LogStream::out;
  std::string text;
  bool operator==(const LogEntry&) const = default;
};

/// Keeps output up to a limit and counts the rest; may pass it on as it comes.
class LogBuffer final : public LogSink {
 public:
  explicit LogBuffer(uint64_t bytes_max, LogSink* live = nullptr)
      : bytes_max_(bytes_max), live_(live) {}
  void write(LogStream stream, std::string_view text) override;

  const std::vector<LogEntry>& entries() const { return entries_; }
  std::vector<LogEntry> take() { return std::move(entries_); }
  uint64_t bytes() const { return bytes_; }
  uint64_t bytes_dropped() const { return dropped_; }

 private:
  uint64_t bytes_max_;
  LogSink* live_;
  uint64_t bytes_ = 0;
  uint64_t dropped_ = 0;
  std::vector<LogEntry> entries_;
};

/// A log as an object. Bytes that are no UTF-8 are replaced by U+FFFD.
Result<Bytes> encode_log(std::span<const LogEntry> entries, const RecordTypes& types);
Result<std::vector<LogEntry>> decode_log(ByteView bytes, const RecordTypes& types);

}  // namespace samara
