#include "apps/samara/help.hpp"

#include "apps/samara/commands.hpp"

#include <algorithm>

#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "call/limits.hpp"

namespace samara::cli {
namespace {

void pad(std::string& out, std::string_view text, size_t width) {
  out += text;
  size_t used = display_width(text);
  out.append(used < width ? width - used : 1, ' ');
}

// Defaults come from the code that uses them.
std::string with_defaults(std::string_view text) {
  const Limits limits;
  const std::pair<std::string_view, std::string> values[] = {
      {"{memory}", bytes_text(limits.memory_bytes_max)},
      {"{timeout}", duration_text(limits.wall_max)},
      {"{depth}", count_text(limits.depth_max)},
  };
  std::string out(text);
  for (const auto& [name, value] : values) {
    size_t at = out.find(name);
    if (at != std::string::npos) out.replace(at, name.size(), value);
  }
  return out;
}

std::string option_left(const OptionSpec& option) {
  std::string out = "  ";
  if (option.letter != 0) {
    out += '-';
    out += option.letter;
    out += ", ";
  } else {
    out += "    ";
  }
  out += "--";
  out += option.name;
  if (!option.value.empty()) {
    out += ' ';
    out += option.value;
  }
  return out;
}

std::string usage_line(const Command& command) {
  std::string out = "usage: samara ";
  append_full_name(out, command);
  for (const PositionalSpec& spec : command.positionals) {
    out += ' ';
    if (!spec.required) out += '[';
    out += spec.name;
    if (spec.many) out += "…";
    if (!spec.required) out += ']';
  }
  return out + " [options]\n";
}

}  // namespace

std::string command_help(const Command& command) {
  std::string out = usage_line(command);
  out += command.summary;
  out += ".\n";
  if (!command.positionals.empty() || !command.options.empty()) out += '\n';
  size_t width = 0;
  for (const PositionalSpec& spec : command.positionals)
    width = std::max(width, spec.name.size() + 4);
  for (const OptionSpec& option : command.options) {
    width = std::max(width, option_left(option).size() + 2);
  }
  for (const PositionalSpec& spec : command.positionals) {
    pad(out, "  " + std::string(spec.name), width);
    out += spec.help;
    out += '\n';
  }
  for (const OptionSpec& option : command.options) {
    pad(out, option_left(option), width);
    out += with_defaults(option.help);
    out += '\n';
  }
  if (!command.detail.empty()) {
    out += '\n';
    out += with_defaults(command.detail);
    out += '\n';
  }
  out += "\nAll commands: --repo DIR, --json, -q (quiet), -h (help).\n";
  out += "example: ";
  out += command.example;
  out += '\n';
  return out;
}

std::string group_help(std::string_view group) {
  std::string out = "usage: samara " + std::string(group) + " COMMAND\n";
  out += group_summary(group);
  out += ".\n\n";
  for (const Command* command : all_commands()) {
    if (command->group != group) continue;
    pad(out, "  " + std::string(command->name), 12);
    out += command->summary;
    out += '\n';
  }
  out += "\nsamara " + std::string(group) + " COMMAND -h tells more.\n";
  return out;
}

// Longer lists of names are cut; a gap follows.
constexpr size_t k_names_width = 22;

std::string program_help() {
  std::string out =
      "usage: samara COMMAND [ARGUMENT…]; samara COMMAND -h tells more of one\n"
      "Runs typed functions on typed values, once: what is known is not computed again.\n\n";
  std::string_view group;
  for (const Command* command : all_commands()) {
    // The last line names them; what people start by hand comes first.
    constexpr const Command* k_elsewhere[] = {&k_check, &k_type,       &k_fmt,      &k_sign,
                                              &k_fsck,  &k_stats,      &k_doctor,   &k_version,
                                              &k_lsp,   &k_completion, &k_cache_ls, &k_cache_clear};
    if (command->hidden || std::find(std::begin(k_elsewhere), std::end(k_elsewhere), command) !=
                               std::end(k_elsewhere)) {
      continue;
    }
    if (command->group.empty()) {
      pad(out, "  " + std::string(command->name), k_names_width);
      out += command->summary;
      out += '\n';
    } else if (command->group != group) {
      std::string names;
      for (const Command* other : all_commands()) {
        if (other->group != command->group) continue;
        if (!names.empty()) names += '|';
        names += other->name;
      }
      pad(out, "  " + clipped(std::string(command->group) + " " + names, k_names_width - 3),
          k_names_width);
      out += group_summary(command->group);
      out += '\n';
    }
    group = command->group;
  }
  out +=
      "\nThe repository is --repo DIR, SAMARA_REPO, or the nearest .samara upwards.\n"
      "Also: check type fmt sign cache fsck stats doctor version lsp completion.\n";
  return out;
}

}  // namespace samara::cli
