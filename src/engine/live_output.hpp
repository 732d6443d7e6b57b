#pragma once
// LiveOutput: what a run prints, written to its live log while it runs, for those who follow it. A
// run that is over within 100 ms makes no file. Threads: write and flush from the thread of the
// run; the rest inside. Specified by: docs/formats/repository.md, "Live logs".

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "call/log.hpp"
#include "call/uuid7.hpp"
#include "port/clock.hpp"
#include "store/live_log.hpp"

namespace samara::engine {

class LiveOutput;

/// The thread that writes what runs have printed and not written themselves. It is started when
/// something is printed for the first time, and sleeps while nothing is.
class LiveOutputs {
 public:
  /// Null: nothing is written.
  LiveOutputs(store::LiveLogs* logs, port::Clock& clock) : logs_(logs), clock_(clock) {}
  /// Requires: no run goes on.
  ~LiveOutputs();
  LiveOutputs(const LiveOutputs&) = delete;
  LiveOutputs& operator=(const LiveOutputs&) = delete;

 private:
  friend class LiveOutput;
  void add(LiveOutput& output);
  void remove(LiveOutput& output);
  void work();

  store::LiveLogs* logs_;
  port::Clock& clock_;
  std::mutex mutex_;  // guards all below; held while outputs are flushed, so that none goes away
  std::condition_variable changed_;
  std::vector<LiveOutput*> outputs_;
  bool ending_ = false;
  std::thread thread_;
};

class LiveOutput final : public LogSink {
 public:
  /// `next` also gets all of it, at once; may be null.
  LiveOutput(LiveOutputs& outputs, const Uuid& attempt, uint64_t bytes_max, LogSink* next);
  /// Removes the live log. Requires: the record of the run is final.
  ~LiveOutput() override;
  LiveOutput(const LiveOutput&) = delete;
  LiveOutput& operator=(const LiveOutput&) = delete;

  void write(LogStream stream, std::string_view text) override;
  /// Writes what has been printed so far, if there is a file; to be called before the record of the
  /// run is final.
  void flush();

 private:
  friend class LiveOutputs;
  void tick();
  void open();
  void write_pending();

  LiveOutputs& outputs_;
  std::string attempt_;
  LogSink* next_;
  port::Instant due_;   // no file before
  bool added_ = false;  // the thread looks after it
  std::mutex mutex_;    // guards all below
  uint64_t bytes_left_;
  std::vector<LogEntry> pending_;
  size_t pending_bytes_ = 0;
  std::optional<store::LiveLogWriter> file_;
  bool told_ = false;  // somebody else writes to the file
};

}  // namespace samara::engine
