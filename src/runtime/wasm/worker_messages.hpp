#pragma once
// What the host and a worker say to each other. Both are built together, so there are no versions;
// the host, all the same, believes nothing.
//
// The host speaks first, and then one at a time: `load`, `code` and `run` are answered by `answer`,
// but that a run that has begun is answered by `result`; between `run` and `result` the worker may
// send log, partial_result, metric, progress, and subcall, which is answered by subcall_result.
//
// Threads: pure. Specified by: docs/decisions/0007-wasm-workers.md.

#include "call/limits.hpp"
#include "call/outcome.hpp"
#include "port/workers.hpp"
#include "runtime/runtime.hpp"
#include "runtime/wasm/module_cache.hpp"
#include "runtime/wasm/pack.hpp"

namespace samara::runtime::wasm {

enum class Say : uint8_t {
  hello = 1,  // worker: which walls stand
  load,       // host: a module and what its function is
  code,       // host: machine code of a loaded module
  drop,       // host: a loaded module is not needed any more; no answer
  run,        // host
  answer,     // worker: done, or why not
  log,        // worker
  partial_result,
  metric,
  progress,
  subcall,
  subcall_result,  // host
  result,          // worker
};

inline constexpr uint64_t k_small_message_bytes_max = 256U << 10;
inline constexpr uint64_t k_log_piece_bytes_max = 64U << 10;
inline constexpr uint32_t k_subcall_arguments_max = 255;
inline constexpr uint32_t k_walls_max = 64;

struct HelloMessage {
  bool enough = false;
  std::vector<port::SandboxWall> walls;
};
Bytes pack_hello(bool enough, std::span<const port::SandboxWall> walls);
/// Nothing: no such message. So below.
std::optional<HelloMessage> unpack_hello(ByteView body);

/// Written by the host for itself: the worker asserts that it is whole.
Bytes pack_load(const ReadyModule& module, const Binding& binding);
struct LoadMessage {
  Binding binding;
  std::vector<std::string> initialisers;
  std::optional<uint32_t> memory_pages;  // at the start; nothing: it has no memory
  std::vector<Callee> callees;
  Bytes staged;
};
LoadMessage unpack_load(ByteView body, TypeTable& types);

Bytes pack_answer(const Result<void>& answer);
/// The outer value is missing where it is no such message.
std::optional<Result<void>> unpack_answer(ByteView body);

/// How an argument stands in a run message.
enum class Given : uint8_t {
  full,       // with magic and type, as it came
  headerless  // of the type of the input
};
struct RunHead {
  uint64_t number = 0;
  Limits limits;
  bool logs = false;
  bool observed = false;
  bool subcalls = false;
  std::string_view name;
};
void pack_run_head(Pack& out, const RunHead& head);
RunHead unpack_run_head(Unpack& in);

Bytes pack_subcall(const Subcall& call);
struct SubcallMessage {
  std::string_view name;
  std::vector<ByteView> arguments;
  std::chrono::nanoseconds wall_max{0};
};
/// Refers to `body`.
std::optional<SubcallMessage> unpack_subcall(ByteView body);
Bytes pack_subcall_result(const Result<SubcallResult>& result);
Result<SubcallResult> unpack_subcall_result(ByteView body);

struct ResultMessage {
  Outcome outcome;
  std::chrono::nanoseconds cpu{0};
  uint64_t peak_memory_bytes = 0;
  ByteView value;  // headerless; refers to the message
};
Bytes pack_result(const ResultMessage& result);
std::optional<ResultMessage> unpack_result(ByteView body);
/// Whether a worker can know of it: that it has crashed, say, is not taken from it.
bool worker_may_say(const Outcome& outcome);

}  // namespace samara::runtime::wasm
