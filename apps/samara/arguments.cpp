#include "apps/samara/arguments.hpp"

#include "apps/samara/near_miss.hpp"

namespace samara::cli {

const Arguments::Given* Arguments::find(std::string_view name) const {
  for (auto at = options_.rbegin(); at != options_.rend(); ++at) {
    if (at->name == name) return &*at;
  }
  return nullptr;
}

std::optional<std::string_view> Arguments::value(std::string_view name) const {
  const Given* given = find(name);
  if (given == nullptr) return std::nullopt;
  return given->value;
}

namespace {

// "-5" and "-Infinity" are values, not options.
bool is_negative_number(std::string_view word) {
  return word.size() > 1 && ((word[1] >= '0' && word[1] <= '9') || word == "-Infinity");
}

}  // namespace

class LineParser {
 public:
  explicit LineParser(std::span<const std::string_view> words) : words_(words) {}

  CommandLine parse() {
    while (next_ < words_.size() && line_.problem.empty()) take(words_[next_++]);
    if (line_.problem.empty()) check_completeness();
    return std::move(line_);
  }

 private:
  void take(std::string_view word) {
    bool option = !only_positionals_ && word.size() > 1 && word[0] == '-';
    if (option && word == "--") {
      only_positionals_ = true;
    } else if (option && word.starts_with("--")) {
      take_long(word.substr(2));
    } else if (option && !is_negative_number(word)) {
      take_letters(word.substr(1));
    } else if (line_.command == nullptr) {
      take_command(word);
    } else {
      take_positional(word);
    }
  }

  void take_command(std::string_view word) {
    if (word == "help" && line_.group.empty()) {
      line_.arguments.options_.push_back({"help", {}});
      return;
    }
    for (const Command* command : all_commands()) {
      if (command->group == line_.group && command->name == word) {
        line_.command = command;
        line_.group = {};
        return;
      }
    }
    if (line_.group.empty() && !group_summary(word).empty()) {
      line_.group = word;
      return;
    }
    std::vector<std::string> known;
    for (const Command* command : all_commands()) {
      if (command->hidden) continue;
      if (command->group == line_.group) known.emplace_back(command->name);
      if (line_.group.empty() && !command->group.empty()) known.emplace_back(command->group);
    }
    std::string name;
    if (!line_.group.empty()) name = std::string(line_.group) + " ";
    name += word;
    line_.problem = "unknown command '" + name + "'" + did_you_mean(word, known);
    line_.hint = line_.group.empty() ? "samara -h" : "samara " + std::string(line_.group) + " -h";
  }

  void take_positional(std::string_view word) {
    auto specs = line_.command->positionals;
    bool room =
        line_.arguments.positionals_.size() < specs.size() || (!specs.empty() && specs.back().many);
    if (!room)
      return complain("unexpected argument '" + std::string(word) + "' of 'samara " +
                      command_name() + "'");
    line_.arguments.positionals_.push_back(word);
  }

  const OptionSpec* find_long(std::string_view name) const {
    if (line_.command != nullptr) {
      for (const OptionSpec& spec : line_.command->options) {
        if (spec.name == name) return &spec;
      }
    }
    for (const OptionSpec& spec : common_options()) {
      if (spec.name == name) return &spec;
    }
    return nullptr;
  }

  const OptionSpec* find_letter(char letter) const {
    if (line_.command != nullptr) {
      for (const OptionSpec& spec : line_.command->options) {
        if (spec.letter == letter) return &spec;
      }
    }
    for (const OptionSpec& spec : common_options()) {
      if (spec.letter == letter) return &spec;
    }
    return nullptr;
  }

  void take_long(std::string_view text) {
    size_t equals = text.find('=');
    std::string_view name = text.substr(0, equals);
    if (line_.command == nullptr && text == "version") return take_command(text);
    const OptionSpec* spec = find_long(name);
    if (spec == nullptr) return unknown_option("--" + std::string(name), name);
    if (equals != std::string_view::npos) {
      if (spec->value.empty()) {
        return complain("option '--" + std::string(name) + "' takes no value");
      }
      return give(*spec, text.substr(equals + 1));
    }
    give_next(*spec);
  }

  void take_letters(std::string_view letters) {
    while (!letters.empty() && line_.problem.empty()) {
      const OptionSpec* spec = find_letter(letters[0]);
      if (spec == nullptr) {
        return unknown_option("-" + std::string(letters.substr(0, 1)), letters);
      }
      letters.remove_prefix(1);
      if (!spec->value.empty() && !letters.empty()) {
        if (letters[0] == '=') letters.remove_prefix(1);
        return give(*spec, letters);
      }
      give_next(*spec);
    }
  }

  void give_next(const OptionSpec& spec) {
    if (spec.value.empty()) return give(spec, {});
    if (next_ == words_.size()) {
      return complain("option '--" + std::string(spec.name) + "' expects " +
                      std::string(spec.value));
    }
    give(spec, words_[next_++]);
  }

  void give(const OptionSpec& spec, std::string_view value) {
    line_.arguments.options_.push_back({spec.name, value});
  }

  void unknown_option(std::string shown, std::string_view name) {
    std::vector<std::string> known;
    if (line_.command != nullptr) {
      for (const OptionSpec& spec : line_.command->options) known.emplace_back(spec.name);
    }
    for (const OptionSpec& spec : common_options()) known.emplace_back(spec.name);
    std::string text = "unknown option '" + shown + "'";
    if (line_.command != nullptr) text += " of 'samara " + command_name() + "'";
    std::string near = shown.starts_with("--") ? nearest(name, known) : std::string();
    if (!near.empty()) text += ", did you mean '--" + near + "'?";
    complain(std::move(text));
  }

  void check_completeness() {
    if (line_.command == nullptr || line_.arguments.help()) return;
    size_t given = line_.arguments.positionals_.size();
    auto specs = line_.command->positionals;
    if (given < specs.size() && specs[given].required) {
      complain("'samara " + command_name() + "' expects " + std::string(specs[given].name));
    }
  }

  std::string command_name() const {
    std::string out;
    append_full_name(out, *line_.command);
    return out;
  }

  void complain(std::string text) {
    line_.problem = std::move(text);
    line_.hint = line_.command == nullptr ? "samara -h" : "samara " + command_name() + " -h";
  }

  std::span<const std::string_view> words_;
  size_t next_ = 0;
  bool only_positionals_ = false;
  CommandLine line_;
};

CommandLine parse_command_line(std::span<const std::string_view> words) {
  return LineParser(words).parse();
}

}  // namespace samara::cli
