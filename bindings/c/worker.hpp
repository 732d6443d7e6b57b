#pragma once
// What is behind a samara_worker and a samara_request. Internal to the C interface.
// Threads: any; each member says its own rule.

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "bindings/c/admission.hpp"
#include "bindings/c/handle.hpp"
#include "call/script.hpp"
#include "engine/called_note.hpp"
#include "queue/roster.hpp"
#include "queue/worker.hpp"

namespace samara::capi {

/// Ends a function of workers and requests: keeps the message of an error for this thread, or
/// forgets the last one.
int32_t finish_worker(const Result<void>& result);
/// invalid_argument: "no path is given".
Error nothing(std::string_view what);
/// What a request carries beside its fields; empty: nothing of that name.
std::string more_text(const Request& request, std::string_view key);

/// What a request calls; read once for each function and kept.
struct Target {
  int32_t kind = SAMARA_REQUEST_OFFER;
  Hash function;
  std::string name;  // of an offer
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  std::vector<std::string> input_texts;
  std::string output_text;
  Script script;
  std::string script_kind;
  std::string environment;                  // 64 hex digits; empty: none
  mutable std::atomic<uint64_t> memory{0};  // that it is known to take
};

/// A thread that looks after requests in hand: passes on that they were cancelled, and ends the
/// process when one does not end. While nothing is in hand it sleeps.
class Watchdog {
 public:
  explicit Watchdog(samara_worker& worker) : worker_(worker) {}
  ~Watchdog();
  void start(std::chrono::milliseconds kill_after);
  void add(samara_request* request);
  void remove(samara_request* request);
  size_t count();

 private:
  void run();
  void look(std::chrono::steady_clock::time_point now);

  samara_worker& worker_;
  std::chrono::milliseconds kill_after_{2000};
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::map<samara_request*, std::chrono::steady_clock::time_point> overdue_since_;
  std::set<samara_request*> requests_;
  bool asleep_ = false;
  bool ending_ = false;
  uint64_t added_ = 0;
  std::thread thread_;
};

/// For the time of a call that a request makes.
class ParentScope {
 public:
  ParentScope(const samara_request& request, std::atomic<bool>& cancel);
  ~ParentScope();
  ParentScope(const ParentScope&) = delete;
  ParentScope& operator=(const ParentScope&) = delete;
  /// Errors: cancelled, timeout: its time is over already.
  Result<void> apply(engine::CallOptions& options);
  /// The call is over: the record of the request's own call will name it.
  void note(std::string_view name, const engine::CallResult& result);

 private:
  samara_request& request_;
  std::atomic<bool>& cancel_;
};

}  // namespace samara::capi

struct samara_worker {
  samara_worker() = default;
  samara_worker(const samara_worker&) = delete;
  samara_worker& operator=(const samara_worker&) = delete;

  samara::port::LinuxFiles& files = samara::capi::shared_files();
  samara::port::LinuxRandom random;
  samara::port::LinuxClock clock;
  samara::port::LinuxWatchers watchers;
  samara::TypeTable types;
  samara::RecordTypes records{types};
  samara::ScriptTypes scripts{types};
  samara::MessageTypes messages{records};
  std::unique_ptr<samara::store::DirectoryRepository> store;
  std::optional<samara::store::PinScope> pins;  // offers, while they are made

  std::string runtime;
  samara::Hash environment;
  std::string word;
  uint32_t slots = 1;
  std::chrono::milliseconds kill_after{2000};

  std::map<samara::Hash, std::shared_ptr<const samara::capi::Target>> offers;  // fixed by start
  std::unique_ptr<samara::queue::Worker> queue;
  std::atomic<bool> closing{false};
  std::timed_mutex taking;  // held by the one who waits for the next request
  samara::capi::Admission admission{*this};

  std::mutex targets_mutex;  // guards targets
  std::map<samara::Hash, std::shared_ptr<const samara::capi::Target>> targets;
  samara::capi::Watchdog watchdog{*this};
};

struct samara_request {
  samara_request(samara_worker& owner, samara::queue::Claim taken,
                 std::shared_ptr<const samara::capi::Target> called)
      : worker(owner),
        claim(std::move(taken)),
        target(std::move(called)),
        log(std::min<uint64_t>(claim.request.limits.log_bytes_max, k_log_bytes_max)) {}
  samara_request(const samara_request&) = delete;
  samara_request& operator=(const samara_request&) = delete;
  ~samara_request() { worker.admission.leave(*this); }

  // A reply is one message.
  static constexpr uint64_t k_log_bytes_max = uint64_t{4} << 20;

  samara_worker& worker;
  samara::queue::Claim claim;
  std::shared_ptr<const samara::capi::Target> target;
  int32_t kind = SAMARA_REQUEST_OFFER;
  std::string name;
  std::string path;
  std::vector<std::optional<samara::store::ObjectBytes>> objects;  // of the arguments
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::mutex log_mutex;  // guards log
  samara::LogBuffer log;
  // What was printed and is not yet in the live log; guarded by log_mutex.
  std::vector<samara::LogEntry> unseen;
  size_t unseen_bytes = 0;
  std::optional<samara::store::LiveLogWriter> live;
  /// Writes `unseen` where the request runs long enough to be followed. Requires: log_mutex is
  /// held.
  void show_log(std::chrono::steady_clock::time_point now);
  uint32_t seat = samara::port::Budget::k_no_seat;
  std::optional<samara::capi::MemoryGauge::Begun> gauged;
  samara::capi::CoreLoan loan{*this};
  std::mutex calls_mutex;              // guards calls and notes
  std::set<std::atomic<bool>*> calls;  // to be cancelled with it
  samara::engine::CalledNotes notes;   // of those that are over
};
