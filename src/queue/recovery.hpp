#pragma once
// Recovery: what the living do for the dead. Claims of a dead worker are put back, or answered
// where they may not run again; what a dead caller asked for or was sent is removed. May be
// interrupted anywhere, and done again by another. Threads: any. Specified by:
// docs/formats/queue.md, "Death".

#include "queue/message_file.hpp"
#include "queue/queue_folder.hpp"
#include "queue/stop_note.hpp"

namespace samara::queue {

/// Between a death and the next attempt: doubles with each, from the first to the last.
inline constexpr std::chrono::milliseconds k_retry_pause_min{50};
inline constexpr std::chrono::milliseconds k_retry_pause_max{5000};

enum class Settled : uint8_t {
  alive,  // lives, or is being recovered by another
  done,   // nothing is left of it
  later,  // dead, and somebody else is at it: look again
};

/// Looks after one file of `alive`. Errors: io; what was done stays done.
Result<Settled> settle_peer(QueueFolder& folder, std::string_view peer_file);

/// How a worker ended, for one of the requests that it had in hand.
enum class Death : uint8_t {
  crash,              // nobody knows why
  stopped,            // by its supervisor, to save memory: no attempt of the request
  stopped_too_often,  // the same, and it does not run again
};
Death death_of(const std::optional<StopNote>& note, std::string_view worker);

/// How long after a death the attempt of this number has to wait.
std::chrono::milliseconds pause_before(uint32_t attempt);
/// The same for one that was stopped.
inline constexpr std::chrono::milliseconds k_stopped_pause{400};

struct RepeatRule {
  bool repeatable = false;
  uint32_t attempts_max = 1;
};
/// Whether a request over which a worker died at this attempt runs again.
bool runs_again(const RepeatRule& rule, uint32_t attempt, Death death);
/// The end of a request over which a worker died and which is not run again.
Outcome crash_outcome(bool repeatable, uint32_t attempt);
/// The same, also where it was stopped.
Outcome end_outcome(bool repeatable, uint32_t attempt, Death death,
                    const std::optional<StopNote>& note);

/// Removes what waits in any queue for the caller.
Result<void> withdraw_all(QueueFolder& folder, std::string_view caller);

/// Sends a claim to its caller, or removes it when nobody waits for it. `from` holds it as `name`.
Result<void> send_reply(QueueFolder& folder, port::Handle from, std::string_view name,
                        std::string_view caller);

}  // namespace samara::queue
