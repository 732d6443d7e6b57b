#pragma once
// Caller: publishes requests and gathers the replies, any number at once. While it waits it also
// looks after workers that die, its own requests' or not.
//
// Threads: next by one thread at a time; the others by any.
// Specified by: docs/formats/queue.md, "Caller".

#include <atomic>
#include <deque>
#include <optional>
#include <unordered_map>

#include "queue/bell.hpp"
#include "queue/recovery.hpp"

namespace samara::queue {

struct CallerOptions {
  /// Who this is, for people: program and process number.
  std::string word;
  /// Requests that may wait in one queue, of all callers together. Kept roughly: callers look at
  /// the folder only now and then. Ten thousand take a worker about a second.
  uint32_t waiting_max = 10'000;
  /// Requests of this caller that are not answered.
  uint32_t in_flight_max = 100'000;
};

enum class WhenFull : uint8_t { fail, wait };

struct Answer {
  Uuid id;
  Reply reply;
};

class Caller {
 public:
  /// `path` is the folder `queue` of a repository. Errors: io, permission, exhausted.
  static Result<std::unique_ptr<Caller>> open(const QueueParts& parts, std::string_view path,
                                              CallerOptions options);
  /// Nobody waits any more: what is not yet taken is withdrawn by others, as after a death.
  ~Caller();

  /// Gives the request its id and puts it into a queue. Objects that it names must be stored and
  /// pinned until the reply. Errors: exhausted (the queue is full, up to `until`; or a limit),
  /// invalid_argument (the queue's name), disk_full, io.
  Result<Uuid> publish(std::string_view queue, Request request, WhenFull when_full = WhenFull::fail,
                       port::Instant until = port::k_never);
  /// The next reply, of whatever request; none: it is `until`, or interrupt was called. A request
  /// whose deadline passes is answered `timeout` here, whatever its worker does. Errors: io.
  Result<std::optional<Answer>> next(port::Instant until);
  /// Withdraws a request: it is answered `cancelled` by next() at once, or its worker is told,
  /// whose reply still comes. An id that is not in flight is left alone.
  Result<void> cancel(const Uuid& id);
  /// As cancel, and no reply comes.
  Result<void> abandon(const Uuid& id);
  /// Ends the present or the next wait of next().
  void interrupt();

  const std::string& id() const { return presence_->id(); }
  size_t in_flight() const;
  bool blind() const { return bell_.blind(); }

 private:
  struct Pending {
    std::string queue;
    port::OpenFile file;  // invalid when too many are open
    uint64_t reply_at = 0;
    int64_t deadline_ns = 0;
    bool abandoned = false;
  };
  // A file in our folder whose message is done; its inode carries the next one.
  struct Spare {
    std::string name;
    port::OpenFile file;
  };
  struct Suspect {
    port::Instant at;
    std::chrono::nanoseconds pause;
  };

  Caller(const QueueParts& parts, CallerOptions options)
      : parts_(parts), options_(std::move(options)), bell_(parts_) {}

  Result<void> start(std::string_view path);
  Result<Spare> fresh_file();
  Uuid make_id();
  Result<void> make_room(std::string_view queue, port::Handle waiting, WhenFull when_full,
                         port::Instant until);
  Result<bool> has_room(std::string_view queue, port::Handle waiting);
  Result<void> hear(port::Instant until);
  Result<void> look();
  Result<void> look_at_peers();
  void receive(const std::string& file_name);
  void recycle(std::string name, port::OpenFile file, uint64_t size_bytes);
  std::optional<Answer> take_ready();
  void expire(port::Instant now);
  Result<void> settle_suspects(port::Instant now);
  port::Instant wake_time(port::Instant until);
  Result<bool> withdraw(const Uuid& id, std::string_view queue);
  Result<bool> tell_worker(const Uuid& id);
  void finish_here(const Uuid& id, OutcomeKind kind, std::string_view text);

  QueueParts parts_;
  CallerOptions options_;
  Bell bell_;
  std::unique_ptr<QueueFolder> folder_;
  std::unique_ptr<Presence> presence_;
  int32_t replies_watch_ = -1;
  int32_t alive_watch_ = -1;

  std::mutex hearing_;  // held by whoever is in next(); guards the next three
  port::WatchReport report_;
  bool look_ = true;
  std::map<std::string, Suspect> suspects_;

  mutable std::mutex mutex_;  // guards what follows; may be taken under hearing_
  std::map<Uuid, Pending> pending_;
  std::multimap<int64_t, Uuid> deadlines_;
  std::vector<Spare> spares_;
  std::deque<Answer> ready_;
  std::map<std::string, uint32_t, std::less<>> credits_;  // publications until the next count
  uint64_t next_file_ = 0;
  int64_t last_ms_ = 0;
  uint32_t last_sequence_ = 0;
  uint64_t random_tail_ = 0;

  std::atomic<bool> interrupted_{false};  // relaxed: the bell orders it
};

}  // namespace samara::queue
