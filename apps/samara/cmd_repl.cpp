// samara repl: a prompt for East source.

#include "apps/samara/commands.hpp"
#include "apps/samara/grants.hpp"
#include "apps/samara/line_editor.hpp"
#include "apps/samara/repl_session.hpp"
#include "lang/parse.hpp"

namespace samara::cli {
namespace {

constexpr std::string_view k_help =
    "Type an expression, let, var, fn, type or import; open brackets go on in the next line.\n"
    ":type EXPR   the type of an expression, which is not evaluated\n"
    ":vars        what is there\n"
    ":load FILE   everything that a file declares\n"
    ":reset       forget everything\n"
    ":quit        the end, as Ctrl-D\n";

class Prompt {
 public:
  Prompt(Context& context, Grants grants)
      : context_(context),
        session_(context, std::move(grants)),
        editor_(default_history_path(),
                [this](std::string_view line, size_t start) { return words(line, start); }) {}

  Exit run() {
    bool fine = true;
    std::string input;
    while (read(input)) {
      if (blank(input)) continue;
      editor_.remember(input);
      if (input == ":quit" || input == ":q") break;
      fine = input.starts_with(':') ? command(input) : session_.evaluate(input);
      if (auto flushed = context_.out().flush(); !flushed) return Exit::failed;
    }
    // A prompt that a script feeds says how the last input went.
    return fine || context_.out().on_terminal() ? Exit::done : Exit::failed;
  }

 private:
  static bool blank(std::string_view text) {
    return text.find_first_not_of(" \t\n") == std::string_view::npos;
  }

  // False: the end of the input.
  bool read(std::string& input) {
    if (!editor_.read("east> ", input)) return false;
    while (!input.starts_with(':') && lang::is_incomplete(input)) {
      std::string more;
      if (!editor_.read("  ... ", more)) break;
      input += "\n" + more;
    }
    return true;
  }

  bool command(std::string_view input) {
    const size_t space = std::min(input.find(' '), input.size());
    const std::string_view name = input.substr(0, space);
    std::string_view rest = input.substr(space);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (name == ":type" || name == ":t") return session_.show_type(std::string(rest));
    if (name == ":load" || name == ":l") return session_.load(rest);
    if (name == ":vars") {
      session_.list_variables();
      return true;
    }
    if (name == ":reset") {
      session_.reset();
      return true;
    }
    if (name == ":help" || name == ":h" || name == ":?") {
      context_.out().write(k_help);
      return true;
    }
    context_.report(context_.fail(Code::invalid_argument,
                                  "there is no command '" + std::string(name) + "'", ":help"));
    return false;
  }

  std::vector<std::string> words(std::string_view line, size_t start) {
    std::vector<std::string> out;
    const std::string_view word = line.substr(std::min(start, line.size()));
    for (const lang::Completion& one : session_.completions(line, line.size())) {
      if (one.text.starts_with(word)) out.push_back(one.text);
    }
    return out;
  }

  Context& context_;
  ReplSession session_;
  LineEditor editor_;
};

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Grants grants, parse_grants(context, arguments.value("allow").value_or("")));
  context.note("samara " SAMARA_VERSION ", :help tells more");
  Context::catch_interrupts();
  return Prompt(context, std::move(grants)).run();
}

constexpr OptionSpec k_options[] = {
    {"allow", 0, "CAP,…", "what inputs may use: fs, fs:DIR, net, random, time"},
};

}  // namespace

constinit const Command k_repl = {
    .group = "",
    .name = "repl",
    .summary = "evaluate East source as you type it",
    .positionals = {},
    .options = k_options,
    .detail = "Nothing is stored. Only imports by ref or hash need a repository.",
    .example = "samara repl",
    .run = run,
};

}  // namespace samara::cli
