// samara-wasm-worker: the process in which WebAssembly modules run. Started by samara, and by
// programs that use the library; it has nothing to say to people.
// Words: interpret (nothing that was written is run), stack=BYTES and heap=BYTES of each run.
// Specified by: docs/decisions/0007-wasm-workers.md.

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "ports/linux/clock.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/worker_process.hpp"
#include "ports/linux/worker_walls.hpp"
#include "runtime/wasm/worker_service.hpp"

namespace {

using namespace samara;

// Values nest as deep as the decoders allow, which takes more than threads usually have.
constexpr size_t k_stack_bytes = size_t{64} << 20;

struct Work {
  port::LinuxClock clock;
  port::LinuxProcesses processes;
  port::LinuxRandom random;
  std::unique_ptr<port::Line> line;
  port::WorkerWalls walls;
  uint32_t stack_bytes = 64U << 10;
  uint32_t heap_bytes = 0;
  int exit = 1;
};

// "stack=16384": the number, if the word is of that name.
void take_number(std::string_view word, std::string_view name, uint32_t& out) {
  if (!word.starts_with(name) || !word.substr(name.size()).starts_with('=')) return;
  word.remove_prefix(name.size() + 1);
  std::from_chars(word.data(), word.data() + word.size(), out);
}

void* serve(void* argument) {
  auto& work = *static_cast<Work*>(argument);
  auto service = runtime::wasm::WorkerService::start({.line = *work.line,
                                                      .clock = work.clock,
                                                      .processes = work.processes,
                                                      .random = work.random,
                                                      .stack_bytes = work.stack_bytes,
                                                      .heap_bytes = work.heap_bytes});
  if (!service) return nullptr;
  work.walls.build_inner();
  work.exit = (*service)->serve(work.walls.enough(), work.walls.walls()) ? 0 : 1;
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  mallopt(M_ARENA_MAX, 1);  // one thread works
  static Work work;
  auto line = port::own_line(work.clock);
  if (!line) {
    std::fprintf(stderr, "samara-wasm-worker: error: %s\n",
                 std::string(line.error().message()).c_str());
    return 2;
  }
  work.line = std::move(*line);
  port::WorkerWallOptions options;
  for (int i = 1; i < argc; i++) {
    std::string_view word(argv[i]);
    if (word == "interpret") options.no_new_code = true;
    take_number(word, "stack", work.stack_bytes);
    take_number(word, "heap", work.heap_bytes);
  }
  work.walls.build_outer(options);
  // Of a size of our own, whatever the caller's limits are.
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, k_stack_bytes);
  pthread_t thread{};
  if (pthread_create(&thread, &attributes, serve, &work) != 0) return 1;
  pthread_join(thread, nullptr);
  // The memory goes back to the system at once, and nothing else is ours.
  _exit(work.exit);
}
