#pragma once
// CommandLine: the placeholders of a command's line: {in} and {in1} stand for a file with the first
// argument, {in2} with the second, {out} for the file whose bytes are the result. An argument that
// has no placeholder is standard input; without {out}, standard output is the result.
// Threads: value types. Specified by: docs/formats/function.md, "Commands".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace samara::runtime::command {

struct CommandLine {
  std::string shell;                   // with the paths of the files
  std::vector<bool> in_file;           // for each argument: it is a file
  std::optional<size_t> stdin_number;  // which argument is standard input
  bool out_file = false;               // the result is a file
};

/// "in1", "out": names of files in port::k_command_folder.
std::string input_file(size_t index);
inline constexpr std::string_view k_output_file = "out";

/// Errors: invalid_argument (a placeholder for an argument that there is not, or several arguments
/// without one).
Result<CommandLine> parse_line(std::string_view line, size_t inputs);

}  // namespace samara::runtime::command
