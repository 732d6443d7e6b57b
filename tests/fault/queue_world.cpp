#include "queue_world.hpp"

#include <algorithm>

namespace samara::test {

using port::Handle;
using port::Instant;

namespace {

constexpr size_t k_stack_bytes = 256 * 1024;
QueueWorld::Process* entering = nullptr;
QueueWorld* entering_world = nullptr;

const MessageTypes& message_types() {
  static TypeTable table;
  static RecordTypes records(table);
  static const MessageTypes types(records);
  return types;
}

// Stacks are used again: a run takes less time than clearing one.
std::vector<std::unique_ptr<char[]>>& free_stacks() {
  static std::vector<std::unique_ptr<char[]>> stacks;
  return stacks;
}

}  // namespace

size_t Explorer::choose(size_t options) {
  if (options <= 1) return 0;
  if (random_) {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    // Mostly goes on, so that whole stretches of different processes lie side by side.
    z ^= z >> 31;
    return z % 8 < 5 ? 0 : (z >> 8) % options;
  }
  if (at_ == path_.size()) path_.push_back({0, options});
  SAMARA_ASSERT(path_[at_].options == options);  // a run depends on nothing but its choices
  return path_[at_++].taken;
}

bool Explorer::advance() {
  at_ = 0;
  while (!path_.empty() && path_.back().taken + 1 == path_.back().options) path_.pop_back();
  if (path_.empty()) return false;
  path_.back().taken++;
  return true;
}

std::string Explorer::text() const {
  std::string out;
  for (const Step& step : path_) out += std::to_string(step.taken) + " ";
  return out;
}

QueueWorld::QueueWorld(Explorer& explorer, const WorldLimits& limits)
    : explorer_(explorer), limits_(limits) {
  SAMARA_ASSERT(files.make_directory(port::k_no_directory, "/queue"));
}

QueueWorld::~QueueWorld() = default;

void QueueWorld::add(std::string name, bool mortal, Body body) {
  const uint64_t seed = processes_.size() + 1;
  processes_.push_back(
      std::make_unique<Process>(*this, std::move(name), mortal, std::move(body), seed));
}

void QueueWorld::fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

void QueueWorld::enter() {
  Process* process = entering;
  QueueWorld* world = entering_world;
  process->body_(*process);
  process->done_ = true;
  // Back to the scheduler for good.
  swapcontext(&process->context_, &world->main_);
}

void QueueWorld::resume(Process& process) {
  current_ = &process;
  if (process.stack_ == nullptr) {
    auto& stacks = free_stacks();
    if (stacks.empty()) {
      process.stack_ = std::make_unique<char[]>(k_stack_bytes);
    } else {
      process.stack_ = std::move(stacks.back());
      stacks.pop_back();
    }
    getcontext(&process.context_);
    process.context_.uc_stack.ss_sp = process.stack_.get();
    process.context_.uc_stack.ss_size = k_stack_bytes;
    process.context_.uc_link = &main_;
    makecontext(&process.context_, &QueueWorld::enter, 0);
    entering = &process;
    entering_world = this;
  }
  swapcontext(&main_, &process.context_);
}

bool QueueWorld::runnable(const Process& process) const {
  if (process.done_ || process.dead_) return false;
  return !process.waiting_ || *process.ready_ || process.until_ <= now_;
}

bool QueueWorld::sleep_to_next() {
  Instant next = port::k_never;
  for (const auto& process : processes_) {
    if (process->done_ || process->dead_) continue;
    next = std::min(next, process->until_);
  }
  if (next == port::k_never) return false;
  now_ = std::max(now_, next);
  return true;
}

void QueueWorld::kill(Process& process) {
  process.dead_ = true;
  for (int32_t number : process.open_) files.close(Handle{number});
  process.open_.clear();
}

std::string QueueWorld::run(const std::function<bool()>& done) {
  constexpr int k_steps_max = 20000;
  int steps = 0;
  while (failure_.empty() && !done()) {
    if (++steps > k_steps_max) fail("it never ends");
    std::vector<Process*> able;
    for (const auto& process : processes_) {
      if (runnable(*process)) able.push_back(process.get());
    }
    if (able.empty()) {
      if (!sleep_to_next()) fail("everybody waits: a wake-up was lost");
      continue;
    }
    // The one that ran goes on, if it can; leaving it costs a preemption, unless it waits.
    size_t others = able.size() - 1;
    auto same = std::find(able.begin(), able.end(), current_);
    if (same != able.end()) {
      std::swap(able[0], *same);
      const bool leave = current_->waiting_ || limits_.preemptions > 0;
      if (current_->quiet_ || !leave) others = 0;
    }
    if (quiet_) others = 0;
    std::vector<Process*> victims;
    const bool quiet = quiet_ || (same != able.end() && current_->quiet_);
    for (const auto& process : processes_) {
      const bool may_die = process->mortal_ && !process->quiet_ && !process->done_ &&
                           !process->dead_ && process->stack_ != nullptr;
      if (limits_.deaths > 0 && !quiet && may_die) victims.push_back(process.get());
    }
    const size_t choice = explorer_.choose(1 + others + victims.size());
    if (choice > others) {
      Process& victim = *victims[choice - others - 1];
      limits_.deaths--;
      trace_.push_back(victim.name_ + " dies");
      kill(victim);
      // Its stack unwinds; nothing it does has an effect.
      resume(victim);
      continue;
    }
    Process* chosen = able[choice];
    if (same != able.end() && choice > 0 && !current_->waiting_) limits_.preemptions--;
    chosen->waiting_ = false;
    chosen->until_ = port::k_never;
    resume(*chosen);
  }
  for (const auto& process : processes_) {
    if (process->done_ || process->stack_ == nullptr) continue;
    if (!process->dead_) kill(*process);
    resume(*process);
  }
  return failure_;
}

void QueueWorld::step(const char* what) {
  Process* process = current_;
  trace_.push_back(process->name_ + " " + what);
  process->until_ = port::k_never;
  swapcontext(&process->context_, &main_);
}

void QueueWorld::pass(Instant until, const bool& ready) {
  Process* process = current_;
  if (process->dead_) return;
  process->ready_ = &ready;
  process->waiting_ = true;
  process->until_ = until;
  trace_.push_back(process->name_ + " waits");
  swapcontext(&process->context_, &main_);
  process->waiting_ = false;
}

// --- a process -----------------------------------------------------------------------------------

QueueWorld::Process::Process(QueueWorld& world, std::string name, bool mortal, Body body,
                             uint64_t seed)
    : world_(world),
      name_(std::move(name)),
      mortal_(mortal),
      body_(std::move(body)),
      random_(seed),
      until_(port::k_never) {}

QueueWorld::Process::~Process() {
  if (stack_ != nullptr) free_stacks().push_back(std::move(stack_));
}

queue::QueueParts QueueWorld::Process::parts() {
  return queue::QueueParts{*this, *this, *this, random_, message_types()};
}

template <typename F>
auto QueueWorld::Process::act(const char* what, F&& call) -> decltype(call()) {
  if (!dead_) world_.step(what);
  if (dead_) return gone();
  return call();
}

Result<Handle> QueueWorld::Process::open(Handle d, std::string_view p, port::OpenMode m) {
  auto opened = act("open", [&] { return world_.files.open(d, p, m); });
  if (opened) open_.insert(opened->number);
  return opened;
}

void QueueWorld::Process::close(Handle file) {
  if (open_.erase(file.number) > 0) world_.files.close(file);
}

Result<size_t> QueueWorld::Process::read_at(Handle f, uint64_t o, std::span<uint8_t> b) {
  if (dead_) return gone();
  return world_.files.read_at(f, o, b);
}

Result<void> QueueWorld::Process::write(Handle f, ByteView b) {
  if (dead_) return gone();
  return world_.files.write(f, b);
}

// Dying here leaves the first half.
Result<void> QueueWorld::Process::write_at(Handle f, uint64_t o, ByteView b) {
  if (dead_) return gone();
  SAMARA_CHECK(world_.files.write_at(f, o, b.first(b.size() / 2)));
  return act("write", [&] { return world_.files.write_at(f, o, b); });
}

Result<void> QueueWorld::Process::truncate(Handle f, uint64_t n) {
  return act("truncate", [&] { return world_.files.truncate(f, n); });
}

Result<port::FileInfo> QueueWorld::Process::info(Handle f) {
  if (dead_) return gone();
  return world_.files.info(f);
}

Result<port::FileInfo> QueueWorld::Process::info_at(Handle d, std::string_view p) {
  return act("info", [&] { return world_.files.info_at(d, p); });
}

Result<std::vector<port::DirectoryEntry>> QueueWorld::Process::list(Handle d) {
  return act("list", [&] { return world_.files.list(d); });
}

Result<void> QueueWorld::Process::make_directory(Handle d, std::string_view p) {
  return act("make_directory", [&] { return world_.files.make_directory(d, p); });
}

Result<void> QueueWorld::Process::rename(Handle fd, std::string_view f, Handle td,
                                         std::string_view t, port::Replace r) {
  return act("rename", [&] { return world_.files.rename(fd, f, td, t, r); });
}

Result<void> QueueWorld::Process::remove(Handle d, std::string_view p) {
  return act("remove", [&] { return world_.files.remove(d, p); });
}

Result<void> QueueWorld::Process::remove_directory(Handle d, std::string_view p) {
  return act("remove_directory", [&] { return world_.files.remove_directory(d, p); });
}

Result<void> QueueWorld::Process::unlock(Handle f) {
  return act("unlock", [&] { return world_.files.unlock(f); });
}

Result<bool> QueueWorld::Process::lock_byte(Handle f, uint64_t at, port::LockWait w) {
  return act("lock_byte", [&] { return world_.files.lock_byte(f, at, w); });
}

Result<void> QueueWorld::Process::unlock_byte(Handle f, uint64_t at) {
  return act("unlock_byte", [&] { return world_.files.unlock_byte(f, at); });
}

Result<bool> QueueWorld::Process::lock(Handle f, port::LockMode m, port::LockWait w) {
  return act("lock", [&] { return world_.files.lock(f, m, w); });
}

void QueueWorld::Process::sleep_until(Instant deadline) {
  const bool never = false;
  world_.pass(deadline, never);
}

// A dead process is not woken, and waits for nothing.
class QueueWorld::Process::Watch final : public port::Watcher {
 public:
  explicit Watch(Process& process)
      : process_(process), real_(process.world_.files, process.world_) {}
  Result<int32_t> watch(Handle directory, port::WatchFor what) override {
    return process_.act("watch", [&] { return real_.watch(directory, what); });
  }
  Result<void> wait(Instant until, port::WatchReport& report) override {
    if (process_.dead_) return gone();
    SAMARA_CHECK(real_.wait(until, report));
    if (process_.dead_) return gone();
    return {};
  }
  void interrupt() override { real_.interrupt(); }
  Result<void> hang_doorbell(Handle directory, std::string_view name) override {
    return process_.act("hang", [&] { return real_.hang_doorbell(directory, name); });
  }

 private:
  Process& process_;
  port::MemoryWatcher real_;
};

Result<std::unique_ptr<port::Watcher>> QueueWorld::Process::make() {
  if (dead_) return gone();
  return std::unique_ptr<port::Watcher>(std::make_unique<Watch>(*this));
}

class QueueWorld::Process::Ringer final : public port::Doorbell {
 public:
  Ringer(Process& process, std::unique_ptr<port::Doorbell> real)
      : process_(process), real_(std::move(real)) {}
  void ring() override {
    if (process_.step()) real_->ring();
  }

 private:
  Process& process_;
  std::unique_ptr<port::Doorbell> real_;
};

class QueueWorld::Process::Memory final : public port::SharedMemory {
 public:
  Memory(Process& process, std::span<uint8_t> bytes) : SharedMemory(bytes, &process) {}
};

bool QueueWorld::Process::step() {
  if (!dead_) world_.step("memory");
  return !dead_;
}

Result<std::unique_ptr<port::Doorbell>> QueueWorld::Process::find_doorbell(Handle d,
                                                                           std::string_view name) {
  auto found = act("find", [&] { return port::MemoryDoorbell::find(world_.files, d, name); });
  if (!found) return std::move(found).error();
  return std::unique_ptr<port::Doorbell>(std::make_unique<Ringer>(*this, std::move(*found)));
}

Result<std::unique_ptr<port::SharedMemory>> QueueWorld::Process::share(Handle f, size_t n) {
  SAMARA_TRY(auto file, info(f));
  auto& shared = world_.shared_[file.inode];
  if (shared == nullptr) {
    shared = std::make_unique<SharedBytes>();
    shared->words.resize((n + 7) / 8);
  }
  auto* bytes = reinterpret_cast<uint8_t*>(shared->words.data());
  return std::unique_ptr<port::SharedMemory>(
      std::make_unique<Memory>(*this, std::span(bytes, shared->words.size() * 8)));
}

}  // namespace samara::test
