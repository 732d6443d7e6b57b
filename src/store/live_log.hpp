#pragma once
// Live logs: what runs print while they run, as files in tmp/live that others follow. Whoever runs,
// and a worker that runs for it, append to one file; it is locked while any of them lives, and
// removed when the record of the run is final. Nothing in it is needed: the record has it all.
// Threads: each object one at a time. Specified by: docs/formats/repository.md, "Live logs".

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "port/files.hpp"

namespace samara::store {

inline constexpr std::string_view k_live_folder = "live";  // in tmp/
/// Largest piece in one frame; longer text becomes several.
inline constexpr size_t k_live_frame_bytes_max = 64U << 10;

enum class LiveStream : uint8_t { out = 'o', err = 'e' };

struct LivePiece {
  LiveStream stream = LiveStream::out;
  std::string text;
  bool operator==(const LivePiece&) const = default;
};

/// Appends to one live log. Keeps it locked, so that nobody takes it for a dead one's.
class LiveLogWriter {
 public:
  /// Each piece is one write, so pieces of several writers do not mix.
  /// Errors: disk_full, io.
  Result<void> append(LiveStream stream, std::string_view text);
  /// To be called by the one whose run it is, when its record is final.
  void remove();

 private:
  friend class LiveLogs;
  LiveLogWriter(port::Files& files, port::OpenFile folder, port::OpenFile file,
                std::string_view name)
      : files_(&files), folder_(std::move(folder)), file_(std::move(file)), name_(name) {}

  port::Files* files_;
  port::OpenFile folder_;
  port::OpenFile file_;
  std::string name_;
};

/// Reads a live log from its beginning, as far as it has been written; also after it was removed.
class LiveLogReader {
 public:
  /// What came since the last call; empty: nothing yet. Errors: corrupt, io.
  Result<std::vector<LivePiece>> next();

 private:
  friend class LiveLogs;
  LiveLogReader(port::Files& files, port::OpenFile file) : files_(&files), file_(std::move(file)) {}

  port::Files* files_;
  port::OpenFile file_;
  uint64_t offset_ = 0;
};

/// A named run that goes on: `samara log -f NAME` finds its call by this.
struct LiveName {
  std::string name;
  std::string text;  // what whoever runs wrote: "<function> <call>", hashes as hex
};

/// Holds the name of a run that goes on until destroyed, or until the process dies.
class LiveNameHold {
 public:
  ~LiveNameHold();
  LiveNameHold(const LiveNameHold&) = delete;
  LiveNameHold& operator=(const LiveNameHold&) = delete;

 private:
  friend class LiveLogs;
  LiveNameHold(port::Files& files, port::OpenFile folder, port::OpenFile file, std::string name)
      : files_(files), folder_(std::move(folder)), file_(std::move(file)), name_(std::move(name)) {}

  port::Files& files_;
  port::OpenFile folder_;
  port::OpenFile file_;
  std::string name_;
};

/// The live logs of a repository. Threads: any.
class LiveLogs {
 public:
  /// `repository`: its path.
  LiveLogs(port::Files& files, std::string_view repository)
      : files_(files), tmp_(std::string(repository) + "/tmp") {}

  /// "<repository>/tmp/live/<attempt>.log".
  std::string path(std::string_view attempt) const;
  /// Made when missing. `attempt`: UUID, 36 characters.
  Result<LiveLogWriter> writer(std::string_view attempt);
  /// Nothing: there is none, or not any more.
  Result<std::optional<LiveLogReader>> reader(std::string_view attempt);
  /// `unique`: 16 random hex digits, so that several runs of one name are told apart.
  Result<std::unique_ptr<LiveNameHold>> hold_name(std::string_view unique, const LiveName& name);
  /// Those whose holders live.
  Result<std::vector<LiveName>> names();
  /// Removes what was left by those who are gone; the number of files.
  Result<uint64_t> sweep();

 private:
  Result<port::OpenFile> folder();
  Result<bool> abandoned(port::Handle folder, std::string_view name, port::LockMode mode,
                         port::OpenFile& held);

  port::Files& files_;
  std::string tmp_;
};

}  // namespace samara::store
