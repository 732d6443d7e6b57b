#pragma once
// The static checker run over what the compiler emitted: a violation is a mistake of the compiler.
//
// Threads: one thread.

#include <string>

#include "ir/check.hpp"
#include "lang/module.hpp"
#include "lang/type_resolve.hpp"

namespace samara::lang {

/// The first violation, or empty. Platform functions are those declared in any of the files, and
/// those offered.
std::string first_violation(Session& session, TypeResolver& resolver, const ir::Program& program,
                            ir::SignatureCache& signatures);

}  // namespace samara::lang
