#pragma once
// Session: the presence of this process in a repository: a locked file in workers/ that carries its
// pins and proves that its temporary files are in use. Made on the first write. A forked child must
// open the repository anew. Threads: any.
// Specified by: docs/formats/repository.md, "Workers and pins".

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/hash.hpp"
#include "port/files.hpp"
#include "store/names.hpp"

namespace samara::store {

class Folder;

/// "tmp-<session>-<number>", both in hex: 16 and 1 to 16 digits.
class TempName {
 public:
  TempName(std::string_view session, uint64_t number);
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[40];
  size_t size_;
};

inline constexpr std::string_view k_temp_prefix = "tmp-";
inline constexpr size_t k_session_digits = 16;

/// The session of a temporary file's name; empty if it is no such name.
std::string_view temp_session(std::string_view file_name);

class Session {
 public:
  explicit Session(Folder& folder) : folder_(folder) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<TempName> temp_name();
  /// Requires: the caller holds the naming lock.
  Result<void> add_pin(const Hash& hash);
  /// Requires: the caller holds the naming lock, and the hash is pinned.
  Result<void> remove_pin(const Hash& hash);
  /// The name of the session's file; empty before the first write.
  std::string name();

 private:
  Result<void> ensure();
  Result<void> start();
  Result<void> append(char sign, const Hash& hash);

  Folder& folder_;
  // Set last when the session is made; pairs with the acquire load in ensure().
  std::atomic<bool> ready_{false};
  std::atomic<uint64_t> next_temp_{0};
  std::mutex mutex_;  // guards all below until ready_, and file_ and pins_ after it
  std::string name_;
  port::OpenFile file_;
  std::map<Hash, uint32_t> pins_;
  uint64_t lines_ = 0;
};

/// Largest session file that is read; a session rewrites its file long before.
inline constexpr uint64_t k_session_file_bytes_max = uint64_t{1} << 30;

/// Reads the pins from the text of a session's file: those added more often than removed. Lines
/// that a full disk cut short are skipped: their pin was refused.
std::vector<Hash> parse_pins(std::string_view text);

/// Whether the process behind a session file is gone. The lock that proves it is in `held`, which
/// keeps others from judging the same file until it is dropped.
Result<bool> session_dead(port::Files& files, port::Handle workers, std::string_view name,
                          port::OpenFile& held);

}  // namespace samara::store
