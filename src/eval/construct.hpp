#pragma once
// The constructors NewSet, NewDict, NewVector, NewMatrix and the As conversion, in the form of
// builtins: the compiler gives them a call site.

#include <memory>

#include "eval/builtin.hpp"

namespace samara::eval {

/// arguments: keys; type parameter 0: the key type.
bool construct_set(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out);
/// arguments: key, value, key, value, …; type parameter 0: the key type.
bool construct_dict(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out);
bool construct_vector(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out);
bool construct_matrix(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out);
/// One argument, of type `from`; the result is the same value of the supertype `to`.
std::unique_ptr<BuiltinSite> make_convert_site(const ir::Program& program, const ir::Node* node,
                                               const Type* from, const Type* to);

}  // namespace samara::eval
