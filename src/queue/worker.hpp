#pragma once
// Worker: takes requests from queues and answers them. How many it has in hand at once is up to
// those who call next().
//
// Threads: next by one thread at a time; answer, give_back and poll by any.
// Specified by: docs/formats/queue.md, "Worker".

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "queue/backlog.hpp"
#include "queue/bell.hpp"
#include "queue/recovery.hpp"
#include "queue/ring.hpp"
#include "queue/spin.hpp"

namespace samara::queue {

struct WorkerOptions {
  /// The queues served, for example {"python"}; at least one.
  std::vector<std::string> queues;
  /// Who this is, for people: program and process number.
  std::string word;
  /// How many requests it runs at once: callers put no more into its rings than it can soon take.
  uint32_t slots = 1;
};

/// A request in hand.
struct Claim {
  Request request;
  uint32_t attempt = 1;
  /// Where workers were ended over it to save memory.
  std::optional<StopNote> stopped;
  /// Becomes true when the caller has given up; seen by next and poll.
  std::shared_ptr<const std::atomic<bool>> cancelled;
};

class Worker {
 public:
  /// `path` is the folder `queue` of a repository. Errors: invalid_argument, io, permission.
  static Result<std::unique_ptr<Worker>> open(const QueueParts& parts, std::string_view path,
                                              WorkerOptions options);
  /// What is in hand is put back by others as after a death; give it back or answer it before.
  ~Worker();

  /// The next request; none: it is `until`, or interrupt was called. A request that another worker
  /// died over is handed out only when nothing else is in hand, and nothing beside it, so that it
  /// is known which one kills workers. Errors: io.
  Result<std::optional<Claim>> next(port::Instant until);
  /// Sends the reply and ends the claim. `id`, `worker` and `attempt` are filled in. A caller that
  /// is gone is no error. Errors: exhausted (too large), disk_full, io: the claim stays in hand.
  Result<void> answer(const Uuid& id, Reply reply);
  /// Puts a request back as if it had never been taken: for a worker that ends in order.
  Result<void> give_back(const Uuid& id);
  /// Learns of cancellations without waiting: for a worker that is busy and not in next().
  Result<void> poll();
  /// Ends the present or the next wait of next().
  void interrupt();
  /// For programs that wait for other things as well: a file descriptor that can be read from (by
  /// poll, epoll, libuv) when next(port::k_long_ago) may give something. Whoever waits by it first
  /// calls that until it gives nothing. The worker's own until it ends. -1: there is none, because
  /// the worker is blind. Requires: no thread is in next().
  int32_t wait_descriptor();

  const std::string& id() const { return presence_->id(); }
  size_t in_hand() const;
  /// Whether it looks again and again instead of being woken.
  bool blind() const { return bell_.blind(); }

 private:
  struct Queue {
    std::string name;
    port::Handle waiting;
    int32_t watch = -1;
  };
  // A ring, and the caller at its other end.
  struct RingPeer {
    RingPeer(std::string caller_id, std::unique_ptr<port::SharedMemory> memory,
             std::unique_ptr<port::Doorbell> bell)
        : caller(std::move(caller_id)), ring(std::move(memory)), doorbell(std::move(bell)) {}
    std::string caller;
    WorkerRing ring;
    std::unique_ptr<port::Doorbell> doorbell;
  };
  // A request that waits in a ring.
  struct Posted {
    std::shared_ptr<RingPeer> peer;
    WorkerRing::Posted slot;
  };
  struct Held {
    std::string name;
    MessageName parsed;
    port::OpenFile file;
    uint64_t reply_at = 0;
    size_t queue = 0;
    std::shared_ptr<std::atomic<bool>> cancelled;
    bool answering = false;
    std::optional<StopNote> stopped;
    // Of one that came by ring; then there is no file.
    std::shared_ptr<RingPeer> peer;
    WorkerRing::Posted slot;
    port::Instant taken{};
  };

  Worker(const QueueParts& parts, WorkerOptions options)
      : parts_(parts),
        options_(std::move(options)),
        bell_(parts_),
        spin_(parts_.clock, parts_.watchers.many_cores()) {}

  Result<void> start(std::string_view path);
  Result<void> hear(port::Instant until);
  Result<void> look();
  std::optional<Claim> nothing();
  void note_cancel(const std::string& file_name);
  void attach(std::string_view caller);
  Result<std::shared_ptr<RingPeer>> take_up(std::string_view caller);
  void detach(const RingPeer* peer);
  void sweep_rings();
  void drain_rings();
  bool rings_have_news() const;
  void set_sleeping(bool sleeping);
  Result<std::optional<Claim>> claim_posted();
  Result<std::optional<Claim>> take_posted(const Posted& posted, Held held, ByteView bytes);
  Result<void> answer_by_ring(Held& held, const Reply& reply);
  void tell_load();
  Result<std::optional<Claim>> claim(const Backlog::Entry& entry);
  Result<std::optional<Claim>> take(const Backlog::Entry& entry);
  enum class Verdict : uint8_t { run, late, unwanted };
  Result<Verdict> judge(const Request& request, const Held& held) const;
  Reply reply_of(OutcomeKind kind, std::string_view text, const Held& held) const;
  Reply late_reply(const Held& held) const;
  Result<void> finish(const Uuid& id, const Result<void>& done);
  Held* begin_answer(const Uuid& id);
  bool may_take_first();
  port::Instant wake_time(port::Instant until) const;
  int64_t wall_ms() const;

  QueueParts parts_;
  WorkerOptions options_;
  Bell bell_;
  std::unique_ptr<QueueFolder> folder_;
  std::unique_ptr<Presence> presence_;
  std::vector<Queue> queues_;
  int32_t claims_watch_ = -1;

  std::mutex hearing_;  // held by whoever waits or collects; guards what follows
  Backlog backlog_;
  port::WatchReport report_;
  bool look_ = true;
  uint32_t misses_ = 0;
  bool outside_ = false;   // somebody waits by the descriptor
  bool sleeping_ = false;  // callers are asked to use the doorbell
  std::map<std::pair<uint8_t, Uuid>, Posted> posted_;
  std::vector<WorkerRing::Posted> drained_;
  bool ring_first_ = false;  // what is to be taken first waits in a ring
  uint32_t ring_row_ = 0;    // so many from rings since files were looked at
  bool doorbell_hung_ = false;
  Spin spin_;

  mutable std::mutex
      mutex_;  // guards the next four; may be taken under hearing_, not the other way
  std::map<Uuid, Held> held_;
  std::vector<std::shared_ptr<RingPeer>> rings_;  // changed under hearing_ too
  bool alone_ = false;                            // what is in hand wants to be alone
  bool drain_ = false;                            // next() waits until nothing is in hand

  std::atomic<bool> interrupted_{false};  // relaxed: the bell orders it
};

}  // namespace samara::queue
