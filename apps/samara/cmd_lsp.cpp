// samara lsp: East source in an editor.

#include <unistd.h>

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/lsp_server.hpp"

namespace samara::cli {
namespace {

Result<Exit> run(Context& context, const Arguments&) {
  LspWire wire(STDIN_FILENO, STDOUT_FILENO);
  SAMARA_TRY(bool proper, serve_editor(context, wire));
  return proper ? Exit::done : Exit::failed;
}

constexpr OptionSpec k_options[] = {
    {"stdio", 0, "", "talk over standard input and output; there is no other way"},
};

}  // namespace

constinit const Command k_lsp = {
    .group = "",
    .name = "lsp",
    .summary = "help an editor with East source, over the language server protocol",
    .positionals = {},
    .options = k_options,
    .detail = "Diagnostics, hover, completion, definition, references, rename, format.",
    .example = "samara lsp",
    .run = run,
};

}  // namespace samara::cli
