// samara version: this program and the formats it reads and writes.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "call/call_id.hpp"
#include "store/format_file.hpp"

#ifdef __clang__
#define SAMARA_COMPILER __VERSION__
#else
#define SAMARA_COMPILER "GCC " __VERSION__
#endif

namespace samara::cli {
namespace {

Result<Exit> run(Context& context, const Arguments&) {
  if (context.json()) {
    JsonLine line("version");
    line.text("version", SAMARA_VERSION)
        .number("repository_generation", uint64_t{store::k_generation})
        .number("semantics", k_semantics)
        .text("compiler", SAMARA_COMPILER);
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  context.out().line("samara " SAMARA_VERSION);
  if (context.quiet()) return Exit::done;
  context.out().line("repository generation " + std::to_string(store::k_generation) +
                     ", semantics " + std::to_string(k_semantics));
  context.out().line("reads and writes beast2 (dialects A and B), beast1, JSON, East text, CSV");
  context.out().line("built with " SAMARA_COMPILER);
  return Exit::done;
}

}  // namespace

constinit const Command k_version = {
    .group = "",
    .name = "version",
    .summary = "tell the version of this program and its formats",
    .positionals = {},
    .options = {},
    .detail = "",
    .example = "samara version --json",
    .run = run,
};

}  // namespace samara::cli
