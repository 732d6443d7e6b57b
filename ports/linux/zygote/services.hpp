#pragma once
// The table of functions that a task is given, and what they keep. All of it lives in memory which
// the task can overwrite: it serves honest tasks, and holds back nobody. Freestanding.
// Threads: one. Specified by: docs/formats/native-image.md, section 8.

#define SAMARA_GUEST_NO_HELPERS
#include "ports/linux/zygote/protocol.hpp"
#include "samara/guest/task.h"

namespace samara::sandbox {

/// The table, ready for a run.
const samara_host* start_services(const LoadMessage& load, const RunMessage& run,
                                  samara_call* call);

/// The nanoseconds of a clock of the kernel.
uint64_t clock_ns(int clock);

/// Ends the run with what `control` says by now; in runner.cpp.
[[noreturn]] void end_run();

}  // namespace samara::sandbox
