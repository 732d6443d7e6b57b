#pragma once
// Names of the system calls that code which wants out tries first. Threads: pure.

#include <cstdint>
#include <string>

namespace samara::runtime::native {

/// "socket (41)", or "41" where the name is not known. Numbers are those of this processor.
std::string system_call_text(uint64_t number);

}  // namespace samara::runtime::native
