#pragma once
// Arguments: the words of a command line, sorted into options and positionals of a Command.
// Threads: a value type; refers to argv.

#include <optional>
#include <string>
#include <vector>

#include "apps/samara/command.hpp"

namespace samara::cli {

class Arguments {
 public:
  bool flag(std::string_view name) const { return find(name) != nullptr; }
  /// The last value given for an option.
  std::optional<std::string_view> value(std::string_view name) const;
  /// All values given for an option, in their order.
  std::vector<std::string_view> values(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const Given& given : options_) {
      if (given.name == name) out.push_back(given.value);
    }
    return out;
  }
  std::span<const std::string_view> positionals() const { return positionals_; }
  std::string_view positional(size_t i) const {
    return i < positionals_.size() ? positionals_[i] : std::string_view{};
  }
  bool help() const { return flag("help"); }

 private:
  friend struct CommandLine;
  friend class LineParser;
  struct Given {
    std::string_view name;
    std::string_view value;
  };
  const Given* find(std::string_view name) const;

  std::vector<Given> options_;
  std::vector<std::string_view> positionals_;
};

/// A whole command line. `command` is null where only options were given, or a group alone.
struct CommandLine {
  const Command* command = nullptr;
  std::string_view group;  // given without its command
  Arguments arguments;
  /// What is wrong with the line, if something is; the rest is filled as far as it was understood.
  std::string problem;
  std::string hint;
};

CommandLine parse_command_line(std::span<const std::string_view> words);

}  // namespace samara::cli
