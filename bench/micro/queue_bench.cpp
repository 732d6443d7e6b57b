// The queue against its floor.
//   workload                          anchor
//   a call to a worker process and    floor_round_trip: two processes that pass files by rename and
//   back, 256-byte value, by files    wake each other by inotify, and nothing else
//   the same by rings                 pipe_round_trip and futex_round_trip: two processes that wake
//                                     each other, and nothing else
//   calls with 1 to 128 in flight     the same, per second
//   encoding of request and reply     goal 2 µs
// Worker and floor server are processes of their own. The directory is SAMARA_BENCH_DIR, else
// TMPDIR, else /tmp: compare only lines of one run.
//   cmake --build build/release --target bench_queue && build/release/bin/bench_queue
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/watcher.hpp"
#include "queue/caller.hpp"
#include "queue/worker.hpp"

using namespace samara;
using namespace samara::queue;

namespace {

constexpr size_t k_value_bytes = 256;

std::string scratch_base() {
  for (const char* name : {"SAMARA_BENCH_DIR", "TMPDIR"}) {
    const char* value = ::getenv(name);
    if (value != nullptr) return value;
  }
  return "/tmp";
}

class Scratch {
 public:
  Scratch() {
    std::string pattern = scratch_base() + "/samara-bench-XXXXXX";
    SAMARA_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A child process that runs `work` until it is killed.
class Child {
 public:
  template <typename Work>
  explicit Child(Work&& work) : process_(::fork()) {
    SAMARA_ASSERT(process_ >= 0);
    if (process_ == 0) {
      work();
      ::_exit(0);
    }
  }
  ~Child() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_;
};

double micros(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

void report(benchmark::State& state, std::vector<double>& times) {
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  state.counters["p50_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
}

// --- waking alone --------------------------------------------------------------------------------

void pipe_round_trip(benchmark::State& state) {
  int there[2], back[2];
  SAMARA_ASSERT(::pipe(there) == 0 && ::pipe(back) == 0);
  uint8_t byte = 1;
  Child server([&] {
    while (::read(there[0], &byte, 1) == 1) SAMARA_ASSERT(::write(back[1], &byte, 1) == 1);
  });
  std::vector<double> times;
  for (auto step : state) {
    const auto start = std::chrono::steady_clock::now();
    SAMARA_ASSERT(::write(there[1], &byte, 1) == 1 && ::read(back[0], &byte, 1) == 1);
    times.push_back(micros(std::chrono::steady_clock::now() - start));
  }
  for (int end : {there[0], there[1], back[0], back[1]}) ::close(end);
  report(state, times);
}
BENCHMARK(pipe_round_trip)->UseRealTime();

void futex_round_trip(benchmark::State& state) {
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SAMARA_ASSERT(memory != MAP_FAILED);
  auto* words = static_cast<uint32_t*>(memory);
  auto word = [&](int i) { return std::atomic_ref<uint32_t>(words[16 * i]); };
  auto wait = [&](int i, uint32_t value) {
    while (word(i).load() != value) {
      ::syscall(SYS_futex, &words[16 * i], FUTEX_WAIT, value - 1, nullptr, nullptr, 0);
    }
  };
  auto wake = [&](int i, uint32_t value) {
    word(i).store(value);
    ::syscall(SYS_futex, &words[16 * i], FUTEX_WAKE, 1, nullptr, nullptr, 0);
  };
  Child server([&] {
    for (uint32_t turn = 1;; turn++) {
      wait(0, turn);
      wake(1, turn);
    }
  });
  std::vector<double> times;
  uint32_t turn = 0;
  for (auto step : state) {
    const auto start = std::chrono::steady_clock::now();
    wake(0, ++turn);
    wait(1, turn);
    times.push_back(micros(std::chrono::steady_clock::now() - start));
  }
  report(state, times);
}
BENCHMARK(futex_round_trip)->UseRealTime();

// --- the floor -----------------------------------------------------------------------------------

struct FloorSide {
  int from = -1;    // folder where messages for us arrive
  int to = -1;      // folder where ours go
  int notify = -1;  // inotify on `from`

  FloorSide(const std::string& in, const std::string& out) {
    from = ::open(in.c_str(), O_RDONLY | O_DIRECTORY);
    to = ::open(out.c_str(), O_RDONLY | O_DIRECTORY);
    notify = ::inotify_init1(0);
    SAMARA_ASSERT(::inotify_add_watch(notify, in.c_str(), IN_MOVED_TO) >= 0);
  }

  void send(const char* name, const uint8_t* bytes, size_t size) const {
    char temporary[64];
    std::snprintf(temporary, sizeof temporary, "../tmp/%s", name);
    const int file = ::openat(to, temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    SAMARA_ASSERT(file >= 0);
    SAMARA_ASSERT(::write(file, bytes, size) == static_cast<ssize_t>(size));
    ::close(file);
    SAMARA_ASSERT(::renameat(to, temporary, to, name) == 0);
  }

  // Waits for events and gives each file's name and bytes to `take`; the file is gone then.
  template <typename Take>
  void receive(Take&& take) const {
    alignas(inotify_event) char buffer[16384];
    const ssize_t got = ::read(notify, buffer, sizeof buffer);
    for (ssize_t at = 0; at < got;) {
      auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      uint8_t bytes[4096];
      const int file = ::openat(from, event->name, O_RDONLY);
      SAMARA_ASSERT(file >= 0);
      const ssize_t size = ::read(file, bytes, sizeof bytes);
      ::close(file);
      ::unlinkat(from, event->name, 0);
      take(event->name, bytes, static_cast<size_t>(size));
    }
  }
};

struct FloorWorld {
  FloorWorld() : in(scratch.path() + "/in"), out(scratch.path() + "/out") {
    for (const std::string& path : {in, out, scratch.path() + "/tmp"}) {
      SAMARA_ASSERT(::mkdir(path.c_str(), 0777) == 0);
    }
  }
  void serve() const {
    FloorSide side(in, out);
    while (true) {
      side.receive([&](const char* name, const uint8_t* bytes, size_t size) {
        char reply[64];
        std::snprintf(reply, sizeof reply, "r%s", name);
        side.send(reply, bytes, size);
      });
    }
  }
  Scratch scratch;
  std::string in, out;
};

void floor_round_trip(benchmark::State& state) {
  FloorWorld world;
  FloorSide side(world.out, world.in);
  Child server([&] { world.serve(); });
  ::usleep(50'000);
  const Bytes value(k_value_bytes, 0x5a);
  std::vector<double> times;
  const auto window = static_cast<size_t>(state.range(0));
  uint64_t number = 0;
  size_t in_flight = 0;
  for (auto step : state) {
    const auto start = std::chrono::steady_clock::now();
    while (in_flight < window) {
      char name[32];
      std::snprintf(name, sizeof name, "m%llu", static_cast<unsigned long long>(number++));
      side.send(name, value.data(), value.size());
      in_flight++;
    }
    side.receive([&](const char*, const uint8_t*, size_t) { in_flight--; });
    if (window == 1) times.push_back(micros(std::chrono::steady_clock::now() - start));
  }
  state.SetItemsProcessed(static_cast<int64_t>(number));
  report(state, times);
}
BENCHMARK(floor_round_trip)->Arg(1)->Arg(32)->UseRealTime();

// --- the queue -----------------------------------------------------------------------------------

struct Parts {
  TypeTable table;
  RecordTypes records{table};
  MessageTypes types{records};
  port::LinuxFiles files;
  port::LinuxWatchers watchers;
  port::LinuxClock clock;
  port::LinuxRandom random;
  QueueParts parts{files, watchers, clock, random, types};
};

void serve_echo(const std::string& path) {
  Parts world;
  auto worker = Worker::open(world.parts, path, {.queues = {"cpp"}, .word = "bench"});
  SAMARA_ASSERT(worker);
  while (true) {
    auto claim = (*worker)->next(port::k_never);
    SAMARA_ASSERT(claim);
    if (!claim->has_value()) continue;
    Request& request = (*claim)->request;
    Reply reply;
    reply.outcome = Outcome::of_value({});
    reply.bytes = std::move(request.arguments[0].bytes);
    auto answered = (*worker)->answer(request.id, std::move(reply));
    SAMARA_ASSERT(answered);
  }
}

Request echo_request() {
  Request out;
  out.function.bytes.fill(7);
  out.call = out.function;
  out.arguments.push_back({.bytes = Bytes(k_value_bytes, 0x5a), .object = {}});
  out.repeatable = true;
  return out;
}

void call(benchmark::State& state, uint32_t ring_after) {
  Scratch scratch;
  Parts world;
  auto caller =
      Caller::open(world.parts, scratch.path(), {.word = "bench", .ring_after = ring_after});
  SAMARA_ASSERT(caller);
  Child server([&] { serve_echo(scratch.path()); });
  const Request request = echo_request();
  std::vector<double> times;
  const auto window = static_cast<size_t>(state.range(0));
  int64_t done = 0;
  size_t in_flight = 0;
  for (int i = 0; i < 100; i++) {
    SAMARA_ASSERT((*caller)->publish("cpp", request));
    SAMARA_ASSERT((*caller)->next(port::k_never));
  }
  for (auto step : state) {
    const auto start = std::chrono::steady_clock::now();
    while (in_flight < window) {
      auto id = (*caller)->publish("cpp", request);
      SAMARA_ASSERT(id);
      in_flight++;
    }
    auto answer = (*caller)->next(port::k_never);
    SAMARA_ASSERT(answer && answer->has_value() && (*answer)->reply.bytes.size() == k_value_bytes);
    in_flight--;
    done++;
    if (window == 1) times.push_back(micros(std::chrono::steady_clock::now() - start));
  }
  state.SetItemsProcessed(done);
  state.counters["by_ring"] =
      static_cast<double>((*caller)->sent_by_ring()) / static_cast<double>(done + 100);
  report(state, times);
}
BENCHMARK_CAPTURE(call, files, 0)->Arg(1)->Arg(8)->Arg(32)->Arg(128)->UseRealTime();
BENCHMARK_CAPTURE(call, ring, 1)->Arg(1)->Arg(8)->Arg(32)->Arg(128)->UseRealTime();

// The cost of a claim must not grow with what waits behind it.
void call_behind_backlog(benchmark::State& state) {
  Scratch scratch;
  Parts world;
  CallerOptions options{.word = "bench", .waiting_max = 1'000'000, .in_flight_max = 1'000'000};
  auto caller = Caller::open(world.parts, scratch.path(), options);
  SAMARA_ASSERT(caller);
  Request request = echo_request();
  request.priority = 200;
  for (int64_t i = 0; i < state.range(0); i++) SAMARA_ASSERT((*caller)->publish("cpp", request));
  auto worker = Worker::open(world.parts, scratch.path(), {.queues = {"cpp"}, .word = "bench"});
  SAMARA_ASSERT(worker);
  request.priority = 1;
  for (auto step : state) {
    SAMARA_ASSERT((*caller)->publish("cpp", request));
    auto claim = (*worker)->next(port::k_never);
    SAMARA_ASSERT(claim && claim->has_value() && (*claim)->request.priority == 1);
    Reply reply;
    reply.outcome = Outcome::of_value({});
    SAMARA_ASSERT((*worker)->answer((*claim)->request.id, std::move(reply)));
    SAMARA_ASSERT((*caller)->next(port::k_never));
  }
}
BENCHMARK(call_behind_backlog)->Arg(0)->Arg(100'000)->Iterations(2000)->UseRealTime();

void request_codec(benchmark::State& state) {
  Parts world;
  Request request = echo_request();
  request.queue = "cpp";
  request.caller = "0123456789abcdef";
  for (auto step : state) {
    Bytes bytes;
    bytes.reserve(2048);
    append_request(bytes, request, world.types);
    auto read = decode_request(bytes, world.types);
    benchmark::DoNotOptimize(read);
  }
}
BENCHMARK(request_codec);

void reply_codec(benchmark::State& state) {
  Parts world;
  Reply reply;
  reply.worker = "0123456789abcdef";
  reply.outcome = Outcome::of_value({});
  reply.bytes = Bytes(k_value_bytes, 0x5a);
  for (auto step : state) {
    Bytes bytes;
    bytes.reserve(2048);
    append_reply(bytes, reply, world.types);
    auto read = decode_reply(bytes, world.types);
    benchmark::DoNotOptimize(read);
  }
}
BENCHMARK(reply_codec);

}  // namespace
