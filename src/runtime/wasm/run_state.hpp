#pragma once
// RunState: what the host functions of one run work on. Threads: the thread of the run.

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "call/log.hpp"
#include "call/outcome.hpp"
#include "call/unit_text.hpp"
#include "core/bytes.hpp"
#include "port/clock.hpp"
#include "port/random.hpp"
#include "runtime/runtime.hpp"
#include "runtime/wasm/form.hpp"

namespace samara::runtime::wasm {

struct RunState {
  Form form = Form::scalars;
  port::Clock* clock = nullptr;
  port::Random* random = nullptr;
  LogSink* log = nullptr;  // may be null
  uint64_t output_bytes_max = 0;
  uint64_t memory_pages_max = 65'536;
  uint64_t values_bytes_max = 0;          // of values on their way to and from called functions
  std::optional<port::Instant> deadline;  // nothing: there is none
  TypeTable* types = nullptr;             // not null where there are callees
  RunObserver* observer = nullptr;        // may be null
  Subcalls* subcalls = nullptr;           // may be null
  std::span<const Callee> callees;        // sorted by name
  std::atomic<uint64_t>* memory_bytes = nullptr;  // may be null; as in RunRequest

  void tell_memory(uint64_t bytes) const {
    if (memory_bytes != nullptr) memory_bytes->store(bytes, std::memory_order_relaxed);
  }

  /// Tasks: each argument as headerless beast2, and what has been published last.
  std::vector<Bytes> inputs;
  std::optional<Bytes> published;

  /// Commands.
  std::vector<std::string> words;
  ByteView input;
  size_t input_at = 0;
  Bytes output;

  /// What the last called function gave, as headerless beast2.
  Bytes call_result;

  /// The run cannot go on, and it is not the function's doing; it comes before `ended`.
  std::optional<Error> error;
  /// Set by a host function that ends the run; the trap that follows is only the way out. A value
  /// outcome: the program has ended well.
  std::optional<Outcome> ended;
  /// Set when the memory was not to grow above memory_pages_max.
  bool growth_refused = false;

  Outcome output_full() const {
    return Outcome::of_limit("output",
                             "output limit of " + bytes_text(output_bytes_max) + " reached");
  }
};

}  // namespace samara::runtime::wasm
