#pragma once
// The runner: a child of the zygote that closes the last doors behind itself and calls the task.
// Freestanding. Threads: one.

#include "ports/linux/zygote/protocol.hpp"

namespace samara::sandbox {

/// Called once in the zygote; its children inherit them.
void install_crash_handlers();

/// Does not return. `channel`: -1 unless the runner is to be used again.
[[noreturn]] void runner_main(const LoadMessage& load, const RunMessage& run, int channel);

}  // namespace samara::sandbox
