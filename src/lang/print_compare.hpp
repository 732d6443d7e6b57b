#pragma once
// Whether two syntax trees say the same: places, parentheses and comments are not looked at.
// Threads: pure.

#include <string>

#include "lang/ast.hpp"

namespace samara::lang {

/// Where the trees differ first, for people; empty: nowhere.
std::string difference(const SyntaxTree& a, const SyntaxTree& b);
std::string difference(const Expr& a, const Expr& b);

}  // namespace samara::lang
