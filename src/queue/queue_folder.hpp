#pragma once
// QueueFolder: the open folders of a repository's queues, and who is present in them.
// Threads: any. Specified by: docs/formats/queue.md, "Layout" and "Presence".

#include <map>
#include <mutex>

#include "call/message_types.hpp"
#include "port/files.hpp"
#include "port/random.hpp"
#include "port/watcher.hpp"
#include "queue/message_name.hpp"

namespace samara::queue {

/// What queues need of the world; outlives whoever uses it.
struct QueueParts {
  port::Files& files;
  port::Watchers& watchers;
  port::Clock& clock;
  port::Random& random;
  const MessageTypes& types;
};

/// Whether `name` may name a queue: 1 to 100 of a-z, 0-9, '.', '_', '-', '@', '+', the first a
/// letter or digit, and not "peers".
bool is_queue_name(std::string_view name);

class QueueFolder {
 public:
  /// `path` is the folder `queue` of a repository; folders in it are made when missing.
  static Result<std::unique_ptr<QueueFolder>> open(const QueueParts& parts, std::string_view path);

  const QueueParts& parts() const { return parts_; }
  port::Files& files() const { return parts_.files; }
  port::Handle root() const { return root_.handle(); }
  port::Handle alive() const { return alive_.handle(); }
  port::Handle claims() const { return claims_.handle(); }
  port::Handle replies() const { return replies_.handle(); }
  /// The folder of waiting messages; it stays open. Errors: invalid_argument (the name).
  Result<port::Handle> waiting(std::string_view queue);
  /// The names of all queues that there are.
  Result<std::vector<std::string>> queues();

 private:
  explicit QueueFolder(const QueueParts& parts) : parts_(parts) {}

  QueueParts parts_;
  port::OpenFile root_, alive_, claims_, replies_;
  std::mutex mutex_;
  std::map<std::string, port::OpenFile, std::less<>> waiting_;  // guarded by mutex_
};

/// Files in `alive` of those who start workers anew: locked as those of peers, and left by a death.
inline constexpr std::string_view k_supervisor_prefix = "supervisor-";

enum class PeerKind : char { caller = 'c', worker = 'w' };
std::string peer_file(PeerKind kind, std::string_view id);

/// Being there: a lock on a file that the kernel drops when we die, and a folder of our own.
class Presence {
 public:
  /// `word` is for people: who this is. Errors: io, disk_full, permission.
  static Result<std::unique_ptr<Presence>> enter(QueueFolder& folder, PeerKind kind,
                                                 std::string_view word);
  /// Goes in order if the folder is empty; else leaves it, as a death does, to those who recover.
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  const std::string& id() const { return id_; }
  /// Claims of a worker, replies to a caller.
  port::Handle folder() const { return own_.handle(); }

 private:
  Presence(QueueFolder& folder, PeerKind kind) : folder_(folder), kind_(kind) {}
  port::Handle home() const {
    return kind_ == PeerKind::worker ? folder_.claims() : folder_.replies();
  }

  QueueFolder& folder_;
  PeerKind kind_;
  std::string id_;
  port::OpenFile lock_, own_;
};

enum class Life : uint8_t { alive, dead, gone };
/// dead: its lock is free and its file is still there. Opens for reading only, so that looking
/// wakes nobody who watches for deaths.
Result<Life> life_of(QueueFolder& folder, std::string_view peer_file);

/// make_directory for which an existing one is no error.
Result<void> ensure_folder(port::Files& files, port::Handle directory, std::string_view name);
/// Removal for which a missing file is no error.
Result<void> remove_if_there(port::Files& files, port::Handle directory, std::string_view name);

}  // namespace samara::queue
