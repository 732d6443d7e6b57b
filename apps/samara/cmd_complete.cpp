// samara __complete WORD…: what the last word, begun so far, can become. For shells.

#include <algorithm>

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/user_keys.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/names.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

// More of a list helps nobody, and the shell waits.
constexpr size_t k_candidates_max = 500;

class Completer {
 public:
  Completer(Context& context, std::span<const std::string_view> words)
      : context_(context), words_(words) {
    if (!words_.empty()) {
      current_ = words_.back();
      words_ = words_.first(words_.size() - 1);
    }
  }

  std::string run() {
    walk();
    if (pending_ != nullptr) {
      offer(pending_->completes);
    } else if (current_.starts_with("--") && current_.find('=') != std::string_view::npos) {
      complete_equals();
    } else if (current_.starts_with('-') && !only_positionals_) {
      offer_options();
    } else if (command_ == nullptr) {
      offer_commands();
    } else {
      offer_positional();
    }
    return std::move(out_) + ":" + std::string(directive_) + "\n";
  }

 private:
  // Finds out where the current word stands.
  void walk() {
    for (std::string_view word : words_) {
      if (pending_ != nullptr) {
        if (pending_->name == "repo") context_.use_repository(word);
        pending_ = nullptr;
      } else if (word == "--") {
        only_positionals_ = true;
      } else if (word.starts_with('-') && word.size() > 1 && !only_positionals_) {
        walk_option(word);
      } else if (command_ == nullptr) {
        walk_command(word);
      } else {
        position_++;
      }
    }
  }

  void walk_option(std::string_view word) {
    if (word.starts_with("--repo=")) context_.use_repository(word.substr(7));
    if (word.find('=') != std::string_view::npos) return;
    for (auto specs : {command_ == nullptr ? std::span<const OptionSpec>() : command_->options,
                       common_options()}) {
      for (const OptionSpec& spec : specs) {
        bool match = word.starts_with("--") ? word.substr(2) == spec.name
                                            : word.size() == 2 && word[1] == spec.letter;
        if (match && !spec.value.empty()) pending_ = &spec;
      }
    }
  }

  void walk_command(std::string_view word) {
    for (const Command* command : all_commands()) {
      if (command->group == group_ && command->name == word) command_ = command;
    }
    if (command_ == nullptr && group_.empty() && !group_summary(word).empty()) group_ = word;
  }

  void add(std::string_view word, std::string_view description) {
    if (!word.starts_with(current_) || count_++ >= k_candidates_max) return;
    out_ += word;
    out_ += '\t';
    out_ += description;
    out_ += '\n';
  }

  void offer_commands() {
    std::string_view last_group;
    for (const Command* command : all_commands()) {
      if (command->hidden) continue;
      if (command->group == group_) {
        add(command->name, command->summary);
      } else if (group_.empty() && command->group != last_group) {
        add(command->group, group_summary(command->group));
      }
      last_group = command->group;
    }
  }

  void offer_options() {
    for (auto specs : {command_ == nullptr ? std::span<const OptionSpec>() : command_->options,
                       common_options()}) {
      for (const OptionSpec& spec : specs) add("--" + std::string(spec.name), spec.help);
    }
  }

  void complete_equals() {
    size_t equals = current_.find('=');
    std::string head(current_.substr(0, equals + 1));
    walk_option(head.substr(0, equals));
    if (pending_ == nullptr) return;
    current_ = current_.substr(equals + 1);
    offer(pending_->completes);
    // Candidates replace the whole word, the option included.
    std::string with_head;
    for (size_t at = 0; at < out_.size();) {
      size_t end = out_.find('\n', at) + 1;
      with_head += head + out_.substr(at, end - at);
      at = end;
    }
    out_ = std::move(with_head);
  }

  void offer_positional() {
    auto specs = command_->positionals;
    if (specs.empty()) return;
    if (position_ < specs.size()) return offer(specs[position_].completes);
    if (specs.back().many) offer(specs.back().completes);
  }

  void offer(Completes what) {
    switch (what) {
      case Completes::nothing:
        return;
      case Completes::file:
        directive_ = "file";
        return;
      case Completes::folder:
        directive_ = "folder";
        return;
      case Completes::format:
        for (std::string_view word : k_format_words) add(word, "format");
        return;
      case Completes::shell:
        for (std::string_view word : {"bash", "zsh", "fish"}) add(word, "shell");
        return;
      case Completes::key:
        directive_ = "file";
        return offer_keys();
      case Completes::object:
      case Completes::ref:
        offer_refs();
        return;
      case Completes::argument:
        if (current_.starts_with('@')) {
          directive_ = "file";
        } else {
          offer_refs();
        }
        return;
      case Completes::function:
        offer_functions();
        return;
      case Completes::call:
        offer_runs(false);
        offer_calls();
        return;
      case Completes::run:
        offer_runs(true);
        return;
    }
  }

  store::DirectoryRepository* repository() {
    auto repository = context_.repository();
    return repository ? *repository : nullptr;
  }

  void offer_keys() {
    auto keys = user_keys(context_);
    if (!keys) return;
    for (const UserKey& key : *keys) add(key.name, "key");
  }

  void offer_refs() {
    store::DirectoryRepository* repository = this->repository();
    if (repository == nullptr) return;
    auto names = repository->refs().list(current_);
    if (!names) return;
    for (const std::string& name : *names) {
      if (!engine::is_internal_ref(name)) add(name, "ref");
    }
  }

  void offer_functions() {
    store::DirectoryRepository* repository = this->repository();
    if (repository == nullptr) return;
    auto names = repository->refs().list(engine::k_function_refs);
    if (!names) return;
    for (const std::string& name : *names) {
      add(std::string_view(name).substr(engine::k_function_refs.size()), "function");
    }
  }

  void offer_runs(bool parts) {
    auto names = run_names(context_);
    if (!names) return;
    for (const std::string& name : *names) {
      add(name, "run");
      if (!parts || !current_.starts_with(name + ".")) continue;
      for (std::string_view part : {"function", "inputs.1", "outputs.result", "error", "log"}) {
        add(name + "." + std::string(part), "part of a run");
      }
    }
  }

  void offer_calls() {
    store::DirectoryRepository* repository = this->repository();
    if (repository == nullptr) return;
    if (!current_.empty()) {
      auto calls = repository->executions().find_calls(current_);
      if (!calls) return;
      for (const auto& key : *calls) add(key.call.short_hex(), "call");
      return;
    }
    auto functions = repository->executions().list_functions();
    if (!functions) return;
    for (const Hash& function : *functions) {
      auto calls = repository->executions().list_calls(function);
      if (!calls) continue;
      for (const Hash& call : *calls) add(call.short_hex(), "call");
      if (count_ >= k_candidates_max) return;
    }
  }

  Context& context_;
  std::span<const std::string_view> words_;
  std::string_view current_;
  std::string_view group_;
  const Command* command_ = nullptr;
  const OptionSpec* pending_ = nullptr;
  bool only_positionals_ = false;
  size_t position_ = 0;
  size_t count_ = 0;
  std::string_view directive_ = "none";
  std::string out_;
};

Result<Exit> run(Context& context, const Arguments& arguments) {
  context.out().write(Completer(context, arguments.positionals()).run());
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"WORD", "of a command line, the last one unfinished", Completes::nothing, false, true},
};

}  // namespace

constinit const Command k_complete = {
    .group = "",
    .name = "__complete",
    .summary = "tell a shell what a word can become",
    .positionals = k_positionals,
    .options = {},
    .detail = "",
    .example = "samara __complete -- ru",
    .run = run,
    .hidden = true,
};

}  // namespace samara::cli
