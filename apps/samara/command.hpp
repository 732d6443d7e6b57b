#pragma once
// Command: what one command of the program takes and does. Help, parsing, completion and the list
// of commands all derive from these tables. Threads: constant data.

#include <span>
#include <string_view>

#include "core/result.hpp"

namespace samara::cli {

/// How the program ends; numbers are part of its interface.
enum class Exit : int {
  done = 0,
  failed = 1,
  usage = 2,
  partly = 3,
  no_repository = 10,
  locked = 11,
  not_trusted = 12,
  guest_failed = 20,
  guest_timed_out = 21,
  interrupted = 130,
};

/// What a shell offers for a word that is being typed.
enum class Completes : uint8_t {
  nothing,
  file,
  folder,
  object,    // refs
  ref,       // refs
  function,  // names of functions
  call,      // ids of recent calls
  argument,  // of a function: @file or ref
  format,
  shell,
  key,  // one of the user's
  run,  // named runs and their parts
};

struct OptionSpec {
  std::string_view name;  // long form without dashes
  char letter = 0;
  std::string_view value;  // what follows, "FILE"; empty for a flag
  std::string_view help;
  Completes completes = Completes::nothing;
};

struct PositionalSpec {
  std::string_view name;  // "FN"
  std::string_view help;
  Completes completes = Completes::nothing;
  bool required = true;
  bool many = false;
};

class Arguments;
class Context;

struct Command {
  std::string_view group;  // "fn" for `samara fn add`, empty for most
  std::string_view name;
  std::string_view summary;
  std::span<const PositionalSpec> positionals;
  std::span<const OptionSpec> options;
  /// Lines that help shows before the example; may be empty.
  std::string_view detail;
  std::string_view example;
  Result<Exit> (*run)(Context& context, const Arguments& arguments) = nullptr;
  bool hidden = false;
};

/// Options of every command.
std::span<const OptionSpec> common_options();
/// In the order in which help lists them.
std::span<const Command* const> all_commands();
/// What a group is about; empty if there is no such group.
std::string_view group_summary(std::string_view group);

/// "run", "fn add".
inline void append_full_name(std::string& out, const Command& command) {
  if (!command.group.empty()) {
    out += command.group;
    out += ' ';
  }
  out += command.name;
}

}  // namespace samara::cli
