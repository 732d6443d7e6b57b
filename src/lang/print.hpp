#pragma once
// Syntax tree to source text in the one standard form: two spaces, lines of at most 100 columns.
// Printing what was parsed, and parsing what was printed, gives the same tree.
//
// Threads: pure. Source: docs/formats/source.md.

#include "lang/ast.hpp"

namespace samara::lang {

/// The file in standard form. `source` is what the tree was parsed from: its comments and single
/// empty lines are kept. A tree that was built, not parsed, has an empty source and no comments.
/// Requires: a tree without `error` nodes.
std::string print(const SyntaxTree& tree, std::string_view source);
std::string print_type(const TypeNode& type);
std::string print_expr(const Expr& expr);

}  // namespace samara::lang
