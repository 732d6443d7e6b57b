#pragma once
// The language server of East source: diagnostics, hover, completion, definition, references,
// rename, symbols, quick fixes and formatting for an editor.
// Threads: one. Specified by: the Language Server Protocol, version 3.17.

#include <memory>

#include "apps/samara/context.hpp"
#include "apps/samara/lsp_wire.hpp"

namespace samara::cli {

/// Serves until the editor says exit or closes its end.
/// Returns whether the editor asked for the end in the proper way (shutdown, then exit).
/// Errors: those of LspWire.
Result<bool> serve_editor(Context& context, LspWire& wire);

}  // namespace samara::cli
