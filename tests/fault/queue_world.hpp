#pragma once
// QueueWorld: processes that share the simulator's files, in one thread. Each runs the real code of
// the queue until its next file operation; which process goes on there, and whether one dies there,
// is a choice, and Explorer tries the choices one after the other. Threads: one.

#include <ucontext.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "port/clock.hpp"
#include "ports/sim/memory_watcher.hpp"
#include "ports/sim/seeded_random.hpp"
#include "queue/queue_folder.hpp"

namespace samara::test {

/// The choices of one run: a path in a tree, of which the next one is taken after each run.
class Explorer {
 public:
  /// Picks one of `options`; beyond the path so far, the first.
  size_t choose(size_t options);
  /// Moves to the next path; false when all were taken.
  bool advance();
  /// Chooses by a seed instead.
  void randomize(uint64_t seed) {
    random_ = true;
    state_ = seed;
  }
  std::string text() const;

 private:
  struct Step {
    size_t taken = 0;
    size_t options = 0;
  };
  std::vector<Step> path_;
  size_t at_ = 0;
  bool random_ = false;
  uint64_t state_ = 0;
};

struct WorldLimits {
  unsigned preemptions = 2;  // a process is left although it could go on
  unsigned deaths = 0;
};

class QueueWorld final : public port::SimWait {
 public:
  QueueWorld(Explorer& explorer, const WorldLimits& limits);
  ~QueueWorld() override;

  class Process;
  using Body = std::function<void(Process&)>;
  /// `mortal`: may be chosen to die.
  void add(std::string name, bool mortal, Body body);
  /// Runs until `done` says so, or nothing can happen any more. Returns what went wrong, or
  /// nothing.
  std::string run(const std::function<bool()>& done);
  void fail(const std::string& what);
  /// While quiet, there is nothing to choose: who can go on goes on.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  /// The choices so far, for a message.
  const std::vector<std::string>& trace() const { return trace_; }

  void pass(port::Instant until, const bool& ready) override;

  port::MemoryFiles files;

 private:
  friend class Process;
  void step(const char* what);
  bool runnable(const Process& process) const;
  bool sleep_to_next();
  void resume(Process& process);
  void kill(Process& process);
  static void enter();

  // Aligned as pages are, as far as words go.
  struct SharedBytes {
    std::vector<uint64_t> words;
  };

  Explorer& explorer_;
  WorldLimits limits_;
  std::vector<std::unique_ptr<Process>> processes_;
  Process* current_ = nullptr;
  ucontext_t main_{};
  port::Instant now_{std::chrono::seconds(1'700'000'000)};
  std::string failure_;
  bool quiet_ = false;
  std::vector<std::string> trace_;
  std::map<uint64_t, std::unique_ptr<SharedBytes>> shared_;  // by number of the file
};

/// The files, the clock and the watchers of one process.
class QueueWorld::Process final : public port::Files,
                                  public port::Clock,
                                  public port::Watchers,
                                  public port::MemorySteps {
 public:
  Process(QueueWorld& world, std::string name, bool mortal, Body body, uint64_t seed);
  ~Process() override;

  const std::string& name() const { return name_; }
  bool dead() const { return dead_; }
  bool done() const { return done_; }
  /// While quiet, it is neither left nor killed.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  queue::QueueParts parts();

  Result<port::Handle> open(port::Handle d, std::string_view p, port::OpenMode m) override;
  void close(port::Handle file) override;
  Result<size_t> read_at(port::Handle f, uint64_t o, std::span<uint8_t> b) override;
  Result<void> write(port::Handle f, ByteView b) override;
  Result<void> write_at(port::Handle f, uint64_t o, ByteView b) override;
  Result<void> truncate(port::Handle f, uint64_t n) override;
  Result<void> sync(port::Handle) override { return {}; }
  Result<void> sync_directory(port::Handle) override { return {}; }
  Result<port::FileInfo> info(port::Handle f) override;
  Result<port::FileInfo> info_at(port::Handle d, std::string_view p) override;
  Result<void> touch(port::Handle) override { return {}; }
  Result<std::vector<port::DirectoryEntry>> list(port::Handle d) override;
  Result<void> make_directory(port::Handle d, std::string_view p) override;
  Result<void> rename(port::Handle fd, std::string_view f, port::Handle td, std::string_view t,
                      port::Replace r) override;
  Result<void> remove(port::Handle d, std::string_view p) override;
  Result<void> remove_directory(port::Handle d, std::string_view p) override;
  Result<bool> lock(port::Handle f, port::LockMode m, port::LockWait w) override;
  Result<void> unlock(port::Handle f) override;
  Result<bool> lock_byte(port::Handle f, uint64_t at, port::LockWait w) override;
  Result<void> unlock_byte(port::Handle f, uint64_t at) override;
  Result<ByteView> map(port::Handle, uint64_t) override { return gone(); }
  void unmap(ByteView) override {}

  port::Instant now() override { return world_.now_; }
  port::WallTime wall() override { return port::WallTime(world_.now_.time_since_epoch()); }
  void sleep_until(port::Instant deadline) override;
  Result<std::unique_ptr<port::Watcher>> make() override;
  Result<std::unique_ptr<port::Doorbell>> find_doorbell(port::Handle d,
                                                        std::string_view name) override;
  /// Each access to the memory is a step.
  Result<std::unique_ptr<port::SharedMemory>> share(port::Handle f, size_t n) override;

 private:
  friend class QueueWorld;
  bool step() override;
  class Watch;
  class Ringer;
  class Memory;
  static Error gone() { return Error(Code::io, "the process is dead"); }
  template <typename F>
  auto act(const char* what, F&& call) -> decltype(call());

  QueueWorld& world_;
  std::string name_;
  bool mortal_;
  Body body_;
  port::SeededRandom random_;
  std::set<int32_t> open_;
  bool quiet_ = false;
  bool dead_ = false;
  bool done_ = false;
  bool waiting_ = false;
  port::Instant until_{};
  const bool* ready_ = nullptr;
  std::unique_ptr<char[]> stack_;
  ucontext_t context_{};
};

}  // namespace samara::test
