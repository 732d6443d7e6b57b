#pragma once
// The spelling of references in East text: `N#path` and `#path`.
// Threads: pure. Source: docs/formats/text.md, "References".

#include <string>
#include <string_view>
#include <vector>

#include "value/text_lexer.hpp"
#include "value/text_paths.hpp"

namespace samara {

/// Whether a reference comes next: `#`, or digits and `#`.
bool at_reference(const TextLexer& lexer);

/// Reads a reference and resolves it. `text` becomes its spelling.
/// Requires: at_reference. Errors: `undefined reference R`, `invalid reference R: …`.
bool read_reference(TextLexer& lexer, const TextPaths& paths, std::string& text, uint32_t& number);

}  // namespace samara
