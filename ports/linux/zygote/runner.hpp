#pragma once
// The runner: a child of the zygote that closes the last doors behind itself and calls the task.
// Freestanding. Threads: one.

#include "ports/linux/zygote/protocol.hpp"

namespace samara::sandbox {

/// Called once in the zygote; its children inherit them.
void install_crash_handlers();

/// Does not return.
[[noreturn]] void runner_main(const LoadMessage& load, const RunMessage& run);

/// The same for one run that is not known yet: waits until Exchange::go is not 0.
[[noreturn]] void warm_runner_main(const LoadMessage& load);

/// Sleeps on a word of the shared memory while it is `seen`, and wakes whoever does.
void sleep_on(uint32_t* word, uint32_t seen);
void wake(uint32_t* word);

}  // namespace samara::sandbox
