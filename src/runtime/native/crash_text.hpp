#pragma once
// What a crash looks like to the author of a task: signal, address and where it lies, function and
// line, callers, the map of its memory, registers, the last lines of its log. All but the signal is
// the word of the crashed process. Threads: pure. Specified by: docs/formats/native-image.md,
// section 10.

#include "runtime/native/outcome.hpp"

namespace samara::runtime::native {

/// Some lines, the first one complete in itself. Not UTF-8 where the log was not.
std::string crash_text(const Told& told);

}  // namespace samara::runtime::native
