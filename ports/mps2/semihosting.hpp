#pragma once
// Calls to the debugger or emulator which hosts the program: console, command line, exit code.
// One thread of control. Source: Arm, "Semihosting for AArch32 and AArch64", release 2.0.

#include <cstddef>
#include <cstdint>

namespace samara::mps2 {

/// The two console streams of the host.
enum class Console { output, diagnostics };

/// Writes to the host's console; returns false when the host took less than `count` bytes.
bool console_write(Console stream, const char* bytes, size_t count);

/// Copies the arguments given to the emulator, separated by spaces and ended by NUL, into `buffer`.
/// Returns false when there are none or they do not fit; `buffer` then holds an empty text.
bool command_line(char* buffer, size_t capacity);

/// Time since the emulator started, in units of 10 ms.
uint32_t centiseconds();

/// Ends the emulation; the emulator's exit code is `code`.
[[noreturn]] void exit_with(int code);

}  // namespace samara::mps2
