// samara-wasm-worker: the process in which WebAssembly modules run. Started by samara, and by
// programs that use the library; it has nothing to say to people.
// Specified by: docs/decisions/0007-wasm-workers.md.

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

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
  int exit = 1;
};

void* serve(void* argument) {
  auto& work = *static_cast<Work*>(argument);
  auto service =
      runtime::wasm::WorkerService::start({*work.line, work.clock, work.processes, work.random});
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
    if (std::string_view(argv[i]) == "interpret") options.no_new_code = true;
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
