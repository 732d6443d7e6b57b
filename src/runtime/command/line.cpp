#include "runtime/command/line.hpp"

#include <charconv>

#include "port/command_box.hpp"

namespace samara::runtime::command {

namespace {

std::string path_of(std::string_view name) {
  return std::string(port::k_command_folder) + "/" + std::string(name);
}

// "in", "in2" as an index from 0; nothing if it is no such word.
std::optional<size_t> input_of(std::string_view word) {
  if (!word.starts_with("in")) return std::nullopt;
  word.remove_prefix(2);
  if (word.empty()) return size_t{0};
  size_t number = 0;
  auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc{} || end != word.data() + word.size() || number == 0) {
    return std::nullopt;
  }
  return number - 1;
}

}  // namespace

std::string input_file(size_t index) { return "in" + std::to_string(index + 1); }

Result<CommandLine> parse_line(std::string_view line, size_t inputs) {
  CommandLine out;
  out.in_file.assign(inputs, false);
  for (size_t at = 0; at < line.size();) {
    const size_t open = line.find('{', at);
    const size_t close = open == std::string_view::npos ? open : line.find('}', open);
    if (close == std::string_view::npos) {
      out.shell += line.substr(at);
      break;
    }
    const std::string_view word = line.substr(open + 1, close - open - 1);
    // ${in} is a variable of the shell.
    const bool variable = open > 0 && line[open - 1] == '$';
    const std::optional<size_t> input = variable ? std::nullopt : input_of(word);
    out.shell += line.substr(at, open - at);
    if (input) {
      if (*input >= inputs) {
        return Error(Code::invalid_argument, "the command has '{" + std::string(word) +
                                                 "}', but its type has " + std::to_string(inputs) +
                                                 (inputs == 1 ? " argument" : " arguments"));
      }
      out.in_file[*input] = true;
      out.shell += path_of(input_file(*input));
    } else if (word == "out" && !variable) {
      out.out_file = true;
      out.shell += path_of(k_output_file);
    } else {
      // Braces of the shell's own; there may be a placeholder inside.
      out.shell += '{';
      at = open + 1;
      continue;
    }
    at = close + 1;
  }
  for (size_t i = 0; i < inputs; i++) {
    if (out.in_file[i]) continue;
    if (out.stdin_number) {
      return Error(Code::invalid_argument,
                   "arguments " + std::to_string(*out.stdin_number + 1) + " and " +
                       std::to_string(i + 1) +
                       " of the command have no placeholder, and only one can be its standard "
                       "input: say {in" +
                       std::to_string(i + 1) + "}");
    }
    out.stdin_number = i;
  }
  return out;
}

}  // namespace samara::runtime::command
