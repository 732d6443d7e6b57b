#pragma once
// The engine, WAMR, behind our own words; wamr.cpp is the only file that knows its headers. In a
// build without it everything here says so.
//
// The engine trusts its callers: modules must have passed the scan and been staged (staging.hpp),
// and calls must fit the signature that the scan has read.
//
// Threads: a loaded module may be instantiated by several at once; an instance is used by the
// thread that made it, but for stop(). Specified by: docs/decisions/0006-wasm-engine.md.

#include <memory>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "runtime/wasm/run_state.hpp"
#include "runtime/wasm/watchdog.hpp"

namespace samara::runtime::wasm {

/// Whether this build has the engine.
bool engine_available();

/// Has the engine take all that it keeps for itself (modules, instances, stacks, tables) from one
/// pool, as on a small board; when that is full, loading and instances fail with `exhausted`. For
/// this process, for ever. Memories of modules are apart from it where addresses have 64 bits: they
/// are mapped, with room for guard pages.
/// Requires: `bytes` is at least 16 KiB. Errors: conflict (the engine runs already).
Result<void> keep_engine_in_pool(size_t bytes);

/// A module that the engine has validated and translated. Immutable.
class LoadedModule {
 public:
  /// Requires: `bytes` have passed the scan and are staged.
  /// Errors: check_failed (the module is not valid, in the engine's words), exhausted, unsupported
  /// (a build without the engine).
  static Result<std::shared_ptr<const LoadedModule>> load(Bytes bytes);
  /// The same of machine code. Requires: `code` comes from our own compiler (machine_code.hpp) and
  /// from nobody else, for it can do anything. Errors: as load.
  static Result<std::shared_ptr<const LoadedModule>> load_code(Bytes code);
  ~LoadedModule();
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;

 private:
  friend class Instance;
  LoadedModule() = default;
  static Result<std::shared_ptr<const LoadedModule>> give_to_engine(Bytes bytes);

  Bytes bytes_;  // the engine writes into them, and keeps referring to them
  [[maybe_unused]] void* module_ = nullptr;  // unused in a build without the engine
};

struct InstanceLimits {
  /// For operands and frames of the module's functions.
  uint32_t stack_bytes = 64U << 10;
  /// Growing the memory beyond fails, as the module sees it.
  uint32_t memory_pages_max = 65'536;
  /// Room that the engine keeps in the module's memory for allocations from outside, as small
  /// boards do; the module sees a larger memory. Of a module without memory: none.
  uint32_t heap_bytes = 0;
};

class Instance final : public Stoppable {
 public:
  /// Runs nothing of a staged module.
  /// Errors: exhausted (memory), check_failed (a segment lies outside of its memory or table).
  static Result<std::unique_ptr<Instance>> create(std::shared_ptr<const LoadedModule> module,
                                                  const InstanceLimits& limits);
  ~Instance() override;

  /// What host functions work on; it outlives the calls. Without it they trap.
  void attach(RunState& run);

  /// Calls the exported function `name`; false: it has trapped. After that the instance is of no
  /// use but for its last words.
  /// Shape: `cells` holds the arguments, 32 bits each, the low half of longer ones first, and then
  /// takes the results alike.
  /// Requires: there is such an export; `argument_cells` fits its signature, and `cells` has at
  /// least 2 and as many as arguments and results take.
  bool call(const std::string& name, std::span<uint32_t> cells, uint32_t argument_cells);
  /// What the engine says of the trap: "unreachable".
  std::string trap() const;
  /// Lets it be called again, with whatever the trap has left of its memory.
  void clear_trap();
  /// Ends the call that runs, or the next one, with a trap. Threads: any.
  void stop() override;
  /// Of its memory.
  uint64_t memory_bytes() const { return memory().size(); }
  /// Its memory, up to the next call; empty where it has none.
  std::span<uint8_t> memory() const;

 private:
  Instance() = default;

  std::shared_ptr<const LoadedModule> module_;
  [[maybe_unused]] void* instance_ = nullptr;
  [[maybe_unused]] void* environment_ = nullptr;
};

}  // namespace samara::runtime::wasm
