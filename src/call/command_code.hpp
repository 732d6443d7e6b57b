#pragma once
// CommandCode: the code object of a function of kind `command`: a line for the shell, in which
// placeholders stand for files. An East value. Threads: value types.
// Specified by: docs/formats/function.md, "Commands".

#include <string>

#include "call/record_types.hpp"
#include "core/result.hpp"

namespace samara {

inline constexpr std::string_view k_kind_command = "command";
/// What a command can reach, as effects of a function have it.
inline constexpr std::string_view k_command_effect = "command";
inline constexpr std::string_view k_command_network_effect = "command_network";
/// Of a line; a longer program belongs into a file.
inline constexpr size_t k_command_line_bytes_max = size_t{64} << 10;

struct CommandCode {
  std::string line;      // for /bin/sh -c, with {in}, {in2} and {out}
  bool network = false;  // it may use the network, where that is allowed
  bool operator==(const CommandCode&) const = default;
};

/// Errors: exhausted (the line is too long), invalid_argument (a zero byte in it).
Result<Bytes> encode_command(const CommandCode& code, TypeTable& types);
/// Errors: corrupt, unsupported (a newer version), exhausted, invalid_argument.
Result<CommandCode> decode_command(ByteView bytes, TypeTable& types);

}  // namespace samara
