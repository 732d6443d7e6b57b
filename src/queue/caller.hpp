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
#include "queue/message_file.hpp"
#include "queue/recovery.hpp"
#include "queue/ring.hpp"
#include "queue/spin.hpp"

namespace samara::queue {

struct CallerOptions {
  /// Who this is, for people: program and process number.
  std::string word;
  /// Requests that may wait in one queue, of all callers together. Kept roughly: callers look at
  /// the folder only now and then. Ten thousand take a worker about a second.
  uint32_t waiting_max = 10'000;
  /// Requests of this caller that are not answered.
  uint32_t in_flight_max = 100'000;
  /// A worker that has answered so many requests by file is offered a ring. Zero: none is.
  uint32_t ring_after = 2;
};

/// What a worker does not take from its ring in this time goes where others may take it.
inline constexpr std::chrono::milliseconds k_ring_patience{5};

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
  /// How many requests went into rings, those that came back out of them included.
  uint64_t sent_by_ring() const { return sent_by_ring_.load(std::memory_order_relaxed); }
  bool blind() const { return bell_.blind(); }

 private:
  // The ring to one worker.
  struct RingPeer {
    RingPeer(std::string worker_id, std::unique_ptr<port::SharedMemory> memory,
             std::unique_ptr<port::Doorbell> bell)
        : worker(std::move(worker_id)), ring(std::move(memory)), doorbell(std::move(bell)) {}
    // A request that the worker may not have taken.
    struct Untaken {
      uint32_t slot = 0;
      Uuid id;
      port::Instant since;
    };
    std::string worker;
    CallerRing ring;
    std::unique_ptr<port::Doorbell> doorbell;
    std::vector<std::string> queues;  // that it serves, as far as we know
    int64_t run_ns = -1;              // how long it runs on average; -1: not known
    std::deque<Untaken> untaken;
  };
  struct Pending {
    std::string queue;
    port::OpenFile file;  // invalid when too many are open
    uint64_t reply_at = 0;
    int64_t deadline_ns = 0;
    bool abandoned = false;
    bool cancelled = false;
    // While it is in a ring: where, and what else is needed to go on without it.
    std::shared_ptr<RingPeer> peer;
    uint32_t slot = 0;
    Bytes bytes;
    uint8_t priority = 0;
    bool repeatable = false;
    uint32_t attempts_max = 1;
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
      : parts_(parts),
        options_(std::move(options)),
        bell_(parts_),
        spin_(parts_.clock, parts_.watchers.many_cores()) {}

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
  Result<void> place(const MessageName& name, ByteView bytes);

  bool post(const Request& request, FramedRequest& framed);
  std::shared_ptr<RingPeer> choose(std::string_view queue);
  static void prune(RingPeer& peer);
  void meet(const std::string& worker, const std::string& queue);
  Result<std::shared_ptr<RingPeer>> offer(const std::string& worker);
  std::optional<Answer> collect_rings();
  std::optional<Answer> collect(const std::shared_ptr<RingPeer>& peer);
  std::optional<Answer> take_answer(const Uuid& id, ByteView bytes);
  bool rings_have_news() const;
  void set_sleeping(bool sleeping);
  void move_stale(port::Instant now);
  void put_back(const Uuid& id, uint32_t attempt, std::chrono::milliseconds pause = {});
  Result<void> lose_ring(std::string_view worker);
  void lose_slot(RingPeer& peer, const CallerRing::Used& used);
  void close_rings();

  QueueParts parts_;
  CallerOptions options_;
  Bell bell_;
  std::unique_ptr<QueueFolder> folder_;
  std::unique_ptr<Presence> presence_;
  int32_t replies_watch_ = -1;
  int32_t alive_watch_ = -1;

  std::mutex hearing_;  // held by whoever is in next(); guards what follows
  port::WatchReport report_;
  bool look_ = true;
  std::map<std::string, Suspect> suspects_;
  std::map<std::string, uint32_t, std::less<>> strangers_;  // replies by file, of whom has no ring
  std::vector<std::string> gone_;  // workers whose rings are to be given up
  bool doorbell_hung_ = false;
  bool sleeping_ = false;  // workers are asked to use the doorbell
  uint32_t ring_row_ = 0;  // so many from rings since files were looked at
  size_t ring_turn_ = 0;
  Spin spin_;

  mutable std::mutex mutex_;  // guards what follows; may be taken under hearing_
  std::map<Uuid, Pending> pending_;
  std::vector<std::shared_ptr<RingPeer>> rings_;  // changed under hearing_ too
  std::multimap<int64_t, Uuid> deadlines_;
  std::vector<Spare> spares_;
  std::deque<Answer> ready_;
  std::map<std::string, uint32_t, std::less<>> credits_;  // publications until the next count
  uint64_t next_file_ = 0;
  int64_t last_ms_ = 0;
  uint32_t last_sequence_ = 0;
  uint64_t random_tail_ = 0;

  std::atomic<size_t> in_rings_{0};        // of those pending; written under mutex_
  std::atomic<uint64_t> sent_by_ring_{0};  // relaxed: a number for people and tests
  // Until when next() sleeps, nanoseconds: whoever makes a reason to wake earlier wakes it.
  std::atomic<int64_t> asleep_until_{0};
  std::atomic<bool> interrupted_{false};  // relaxed: the bell orders it
};

}  // namespace samara::queue
