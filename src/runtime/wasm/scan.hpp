#pragma once
// scan: reads a WebAssembly module before the engine does, and refuses what the engine would not
// stop: code compiled ahead of time posing as a module, memories and tables above the limits, and
// whatever takes the engine far more memory than the module has bytes. What it lets through is not
// yet valid: types of operands are checked by the engine.
//
// Threads: pure. Specified by: docs/formats/wasm-function.md, "What is refused".

#include "core/bytes.hpp"
#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

struct ScanLimits {
  /// The engine takes up to 50 times as much to load a module.
  uint32_t module_bytes_max = 32U << 20;
  uint32_t types_max = 20'000;
  uint32_t parameters_max = 255;
  uint32_t results_max = 64;
  uint32_t functions_max = 100'000;
  uint32_t globals_max = 20'000;
  uint32_t imports_max = 2'000;
  uint32_t exports_max = 20'000;
  uint32_t segments_max = 50'000;
  uint32_t name_bytes_max = 10'000;
  uint32_t custom_sections_max = 1'000;
  uint32_t body_bytes_max = 4U << 20;
  uint32_t locals_max = 20'000;
  /// Compiling takes time that grows with the square of it.
  uint32_t nesting_max = 1'000;
  /// Of all tables together: an entry takes eight bytes.
  uint32_t table_entries_max = 1'000'000;
  uint32_t tables_max = 100;
  /// What a memory may begin with. One page is 64 KiB.
  uint32_t memory_pages_max = 65'536;
};

/// Errors, with the byte offset: corrupt (a rule of the format is broken), unsupported (a feature
/// that the engine does not have; code compiled ahead of time), exhausted (a limit). The message is
/// "byte <offset>: <rule>: <what to do>".
/// Cost: linear in bytes, but sorting the names of exports; memory within a constant factor of the
/// module.
Result<Module> scan(ByteView bytes, const ScanLimits& limits = {});

}  // namespace samara::runtime::wasm
