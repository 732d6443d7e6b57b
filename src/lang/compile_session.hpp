#pragma once
// The part of a compilation that ends before IR is made; completion uses it too.
//
// Threads: one thread.

#include "lang/module.hpp"

namespace samara::lang {

/// Works out all declarations, and the bodies of the main file and what they reach.
void compile_bodies(Session& session, Module& main);

}  // namespace samara::lang
