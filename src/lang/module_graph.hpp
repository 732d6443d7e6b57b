#pragma once
// Which functions a function reaches, and which of them reach each other.
//
// Threads: one thread.

#include <vector>

#include "lang/module.hpp"

namespace samara::lang {

/// Functions that reach each other, or one function.
struct Component {
  std::vector<Item*> items;  // in the order of their files
  bool recursive = false;
};

/// Everything `root` reaches, callees first; the last component holds the root.
/// Requires: bodies have been inferred. Cost: linear in functions and uses reached.
std::vector<Component> reached_from(Item& root);

}  // namespace samara::lang
