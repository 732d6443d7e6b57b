// samara: the command line. Parses the line, runs one command, reports how it ended.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "apps/samara/arguments.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/help.hpp"

namespace samara::cli {
namespace {

Exit run(Context& context, const CommandLine& line) {
  if (!line.problem.empty()) return context.report(context.misuse(line.problem, line.hint));
  if (line.command == nullptr) {
    std::string help = line.group.empty() ? program_help() : group_help(line.group);
    if (line.arguments.help()) {
      context.out().write(help);
      return Exit::done;
    }
    context.err().write(help);
    static_cast<void>(context.err().flush());
    return Exit::usage;
  }
  if (line.arguments.help()) {
    context.out().write(command_help(*line.command));
    return Exit::done;
  }
  auto result = line.command->run(context, line.arguments);
  return result ? *result : context.report(result.error());
}

// A chain of calls that wait for one another holds a lock for each; the usual limit of 1,024 is
// there for programs that use select.
void raise_descriptor_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 65'536));
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main_of(std::span<const std::string_view> words) {
  Context::install_handlers();
  raise_descriptor_limit();
  CommandLine line = parse_command_line(words);
  Exit exit = Exit::failed;
  {
    Context context(line);
    exit = run(context, line);
    auto flushed = context.out().flush();
    // A reader which has seen enough is no failure of ours to talk about.
    if (!flushed && flushed.error().detail != EPIPE) {
      Exit failed = context.report(flushed.error());
      if (exit == Exit::done) exit = failed;
    } else if (!flushed && exit == Exit::done) {
      exit = Exit::failed;
    }
  }
  return static_cast<int>(exit);
}

}  // namespace
}  // namespace samara::cli

int main(int argc, char** argv) {
  std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  // Nothing is left to destroy that the kernel does not free quicker.
  _exit(samara::cli::main_of(words));
}
