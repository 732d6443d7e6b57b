#pragma once
// Help texts, made from the table of commands. Threads: pure.

#include <string>

#include "apps/samara/command.hpp"

namespace samara::cli {

/// The list of all commands.
std::string program_help();
std::string group_help(std::string_view group);
/// Usage, arguments, options with the defaults of this machine, one example.
std::string command_help(const Command& command);

}  // namespace samara::cli
