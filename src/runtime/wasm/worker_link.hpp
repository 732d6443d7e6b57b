#pragma once
// WorkerLink: one worker, as the host sees it: what it has loaded, and a run in it from the first
// message to the outcome. Threads: one at a time.
// Specified by: docs/decisions/0007-wasm-workers.md.

#include <list>
#include <string>

#include "runtime/wasm/channel.hpp"
#include "runtime/wasm/worker_pool.hpp"

namespace samara::runtime::wasm {

struct HelloMessage;
struct ResultMessage;

class WorkerLink {
 public:
  /// Waits for the worker's hello. Errors: unsupported (too few walls stand), io (it has ended).
  static Result<std::unique_ptr<WorkerLink>> start(std::unique_ptr<port::Worker> worker,
                                                   port::Clock& clock);

  const std::vector<port::SandboxWall>& walls() const { return walls_; }
  bool has(uint64_t binding) const;
  uint32_t runs() const { return runs_; }
  /// Nobody waits at the other end any more. Cost: a system call.
  bool gone();
  /// It can be used again.
  bool sound() const { return sound_; }
  /// It ended before it knew of what it was asked: that can be asked of another one.
  bool unheard() const { return unheard_; }

  /// Unless it has it. Errors: as WorkerPool::load.
  Result<void> load(const ReadyModule& module, const Binding& binding);
  /// Errors: as WorkerPool::run.
  Result<RunResult> run(const ReadyModule& module, const Binding& binding,
                        const RunRequest& request, port::Instant begin);

 private:
  struct Known {
    uint64_t number = 0;
    std::shared_ptr<const Bytes> code;  // that it has been given
    std::string note;                   // what runs, for people
  };
  class Running;

  WorkerLink(std::unique_ptr<port::Worker> worker, port::Clock& clock)
      : worker_(std::move(worker)), clock_(clock), channel_(*worker_, clock, Side::host) {}

  /// Sends what is answered by `answer`. The outer error: the worker is of no more use.
  Result<Result<void>> ask(uint8_t kind, ByteView body);
  Result<void> give_code(Known& known, const ReadyModule& module);
  /// Ends it and says how it ended, for people.
  std::string end_text(bool lied);

  std::unique_ptr<port::Worker> worker_;
  port::Clock& clock_;
  Channel channel_;
  std::vector<port::SandboxWall> walls_;
  std::list<Known> known_;  // the last used is first
  uint32_t runs_ = 0;
  bool sound_ = true;
  bool unheard_ = false;
};

}  // namespace samara::runtime::wasm
