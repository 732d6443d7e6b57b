#pragma once
// StopNote: what is written down of a request before its worker is ended to save memory, so that
// nobody takes the end for a crash. Threads: any. Specified by: docs/formats/queue.md, "Budget".

#include <optional>

#include "call/outcome.hpp"
#include "call/uuid7.hpp"
#include "port/files.hpp"

namespace samara::queue {

/// In a reply: how often the request was stopped to save memory.
inline constexpr std::string_view k_memory_stops = "memory_stops";

/// Stopped so often, a request is given up.
inline constexpr uint32_t k_memory_stops_max = 3;

struct StopNote {
  /// Id of the worker that was ended last: what it had in hand was none of its attempts.
  std::string worker;
  /// How often a worker was ended because of this request; 0: it was in hand beside such a one.
  uint32_t stops = 0;
  /// What was taken when it was stopped last, as far as that is known; and what might be.
  uint64_t held_bytes = 0;
  uint64_t budget_bytes = 0;
  bool operator==(const StopNote&) const = default;
};

/// `root`: the folder `queue` of the repository. Nothing: it was never ended to save memory, or
/// what is written of it is no note.
std::optional<StopNote> stop_note(port::Files& files, port::Handle root, const Uuid& request);
/// Errors: io, disk_full.
Result<void> write_stop_note(port::Files& files, port::Handle root, const Uuid& request,
                             const StopNote& note);
/// When the request is answered.
void forget_stop_note(port::Files& files, port::Handle root, const Uuid& request);

/// The outcome of one that was stopped too often.
Outcome stopped_outcome(const StopNote& note);

}  // namespace samara::queue
