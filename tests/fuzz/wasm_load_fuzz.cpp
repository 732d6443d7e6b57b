// The engine behind the scan: any bytes that the scan lets through are refused by the engine or
// loaded, and what imports nothing but host functions can be made an instance of, whose functions
// without arguments can be called for a moment.

#include <algorithm>
#include <chrono>
#include <memory>

#include "runtime/wasm/host_function.hpp"
#include "runtime/wasm/scan.hpp"
#include "runtime/wasm/staging.hpp"
#include "runtime/wasm/wamr.hpp"

namespace {

using namespace samara;
using namespace samara::runtime::wasm;

class SteadyClock final : public port::Clock {
 public:
  port::Instant now() override {
    return port::Instant(std::chrono::steady_clock::now().time_since_epoch());
  }
  port::WallTime wall() override { return {}; }
  void sleep_until(port::Instant) override {}
};

class NoRandom final : public port::Random {
 public:
  void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{1}); }
};

// What host functions work on.
struct World {
  World() {
    state.form = Form::task;
    state.clock = &clock;
    state.random = &random;
    state.output_bytes_max = 1U << 16;
    state.inputs = {Bytes(100, 7)};
    state.words = {"command", "word"};
  }
  SteadyClock clock;
  NoRandom random;
  RunState state;
};

Watchdog* watchdog() {
  static SteadyClock clock;
  static Watchdog dog(clock);
  return dog.start() ? &dog : nullptr;
}

// Small limits, so that an input cannot take long.
ScanLimits scan_limits() {
  ScanLimits limits;
  limits.memory_pages_max = 16;
  limits.table_entries_max = 10'000;
  return limits;
}

void call_all(Instance& instance, const Module& module, const Staged& staged) {
  Watchdog* dog = watchdog();
  if (dog == nullptr) return;
  Watchdog::Watch watch(*dog, instance,
                        {.deadline = SteadyClock().now() + std::chrono::milliseconds(5)});
  uint32_t cells[64] = {};
  auto call = [&](const std::string& name) {
    if (!instance.call(name, cells, 0) && watch.cause() == StopCause::none) instance.clear_trap();
  };
  for (const std::string& name : staged.initialisers) call(name);
  for (const Export& item : module.exports) {
    if (item.kind != ExternalKind::function || watch.cause() != StopCause::none) continue;
    const FunctionType& type = module.type_of(item.index);
    // Names with a NUL cannot be asked for, and staging has renamed those that begin so.
    if (!type.parameters.empty() || type.results.size() > 16 || item.name.starts_with("__") ||
        item.name.find('\0') != std::string::npos) {
      continue;
    }
    call(item.name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteView bytes(data, size);
  auto module = scan(bytes, scan_limits());
  if (!module || !engine_available()) return 0;
  Staged staged = stage(bytes, *module);
  auto loaded = LoadedModule::load(staged.bytes);
  if (!loaded || !check_imports(*module, Form::task)) return 0;
  auto instance = Instance::create(*loaded, {.stack_bytes = 16U << 10, .memory_pages_max = 64});
  if (!instance) return 0;
  World world;
  (*instance)->attach(world.state);
  call_all(**instance, *module, staged);
  return 0;
}
