#pragma once
// HostFunction: a function that a module may import. All of them stand in one table; a module that
// imports anything else is refused before the engine sees it.
//
// Host functions look at every address they are given, take a bounded time, and keep nothing.
//
// Threads: the table is immutable; a call happens on the thread of its run.
// Specified by: docs/formats/wasm-function.md, "Host functions".

#include <bit>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "call/function.hpp"
#include "runtime/wasm/module.hpp"
#include "runtime/wasm/run_state.hpp"

namespace samara::runtime::wasm {

/// One call of a host function.
class HostCall {
 public:
  /// `cells`: the arguments, one in each, low bits first; the first takes the result.
  HostCall(RunState& run, std::span<uint8_t> memory, uint64_t* cells)
      : run_(run), memory_(memory), cells_(cells) {}

  RunState& run() { return run_; }
  /// Requires: so many parameters, of that type.
  uint32_t i32(uint32_t i) const { return static_cast<uint32_t>(cells_[i]); }
  uint64_t i64(uint32_t i) const { return cells_[i]; }
  double f64(uint32_t i) const { return std::bit_cast<double>(cells_[i]); }
  void give(uint64_t result) { cells_[0] = result; }

  /// A piece of the module's memory; nothing where it is not all inside, which then is a trap.
  std::optional<std::span<uint8_t>> memory(uint32_t at, uint32_t length);
  /// Little-endian. False: not inside, which then is a trap.
  bool put_u32(uint32_t at, uint32_t value);
  bool put_u64(uint32_t at, uint64_t value);

  /// The module does not go on after this call.
  void trap(std::string_view message) { trap_ = message; }
  /// The run could not go on: nothing that the function has done.
  void give_up(Error error) {
    run_.error = std::move(error);
    trap("given up");
  }
  void end(Outcome outcome) {
    run_.ended = std::move(outcome);
    trap("ended");
  }
  /// Empty: it goes on.
  const std::string& trapped() const { return trap_; }

 private:
  RunState& run_;
  std::span<uint8_t> memory_;
  uint64_t* cells_;
  std::string trap_;
};

struct HostFunction {
  const char* module = nullptr;
  const char* name = nullptr;
  /// "(iI)i": parameters and result; i and I are i32 and i64, F is f64.
  const char* signature = nullptr;
  Effect effect = Effect::unknown;
  const char* capability = "";
  void (*call)(HostCall&) = nullptr;
};

/// Sorted by module.
std::span<const HostFunction> host_functions();
/// Null: there is none.
const HostFunction* find_host_function(std::string_view module, std::string_view name);
/// "samara.log", as function objects have it. Null: there is none.
const HostFunction* find_host_function(std::string_view full_name);
std::string full_name(const HostFunction& function);
FunctionType type_of(const HostFunction& function);

/// Errors, for the first import that does not pass, with the byte offset: not_found (nothing of
/// that name is offered), check_failed (its type is another one; it is not for functions of this
/// form).
Result<void> check_imports(const Module& module, Form form);
/// Of a module whose imports have been checked, and of the functions it calls: sorted by name, each
/// once.
std::vector<ReachedEffect> reached_effects(const Module& module, std::span<const Callee> callees);

/// The tables of which host_functions() consists.
std::span<const HostFunction> samara_functions();
std::span<const HostFunction> wasi_functions();

}  // namespace samara::runtime::wasm
