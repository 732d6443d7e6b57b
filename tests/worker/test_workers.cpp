// In this program modules run in worker processes: the tests of src/runtime/wasm hold there, too.

#include "ports/linux/clock.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/worker_process.hpp"
#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {

port::Workers* test_workers() {
  static port::LinuxClock clock;
  static port::LinuxWorkers workers(port::program_beside("samara-wasm-worker"), {}, clock);
  return &workers;
}

}  // namespace samara::runtime::wasm
