#pragma once
// Source text to syntax tree. Always gives a tree: what cannot be parsed is an `error` node and a
// diagnostic, and parsing goes on after it.
//
// Threads: pure. Source: docs/formats/source.md, sections 1 to 5.

#include <memory>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"

namespace samara::lang {

/// Largest source file, bytes.
inline constexpr size_t k_source_bytes_max = size_t{64} << 20;

struct Parsed {
  std::unique_ptr<SyntaxTree> tree;     // never null
  std::vector<Diagnostic> diagnostics;  // in the order of the source
};

/// Cost: linear in the source.
Parsed parse(std::string_view source);
/// One expression or statement list, as typed at a prompt: the declarations list holds what was
/// declared, and a function without name holds the statements, if any.
Parsed parse_input(std::string_view source);
/// Whether the input is a beginning that more lines could complete (open bracket, open string,
/// operator at the end).
bool is_incomplete(std::string_view source);

}  // namespace samara::lang
