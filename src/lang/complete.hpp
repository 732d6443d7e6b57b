#pragma once
// What could stand at a place of a source: names in scope, fields and methods after a dot, types
// where a type is expected, cases of the variant that is expected or matched.
//
// Threads: one thread. Source: docs/formats/source.md.

#include <string>
#include <vector>

#include "lang/compile.hpp"

namespace samara::lang {

struct Completion {
  std::string text;
  std::string kind;  // as Occurrence::kind, and "keyword"
  std::string type;  // as text; empty: none
  std::string doc;
};

/// The choices at `offset`, which may be inside or at the end of a word; without repetition, the
/// nearest first. Works where the source has errors, for example with nothing after a dot.
/// Shape: `tree` is that of `source`, from parse or parse_input.
std::vector<Completion> completions(TypeTable& types, const SyntaxTree& tree,
                                    std::string_view source, std::string_view path,
                                    const CompileOptions& options, uint32_t offset);

}  // namespace samara::lang
