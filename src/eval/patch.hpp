#pragma once
// Patches: differences between two values of one type, as values. Everything walks the type of the
// values and the type of their patches (ir::patch_type) side by side; a recursive type is entered
// once, below that a patch can only replace, so no walk is deeper than the types are.
//
// No input is changed; results share parts with the inputs.
// Threads: the evaluating thread. Source: docs/formats/patches.md.

#include "eval/vm.hpp"

namespace samara::eval {

/// A type and the type of its patches.
struct PatchTypes {
  const Type* value;
  const Type* patch;
};

// Each sets `out` and returns true, or reports to the Vm and returns false.

/// The patch that makes `after` of `before`.
bool diff_values(Vm& vm, PatchTypes types, Slot before, Slot after, Slot& out);
/// The value that `patch` makes of `base`. Operations that do not fit `base` are left out.
bool apply_patch(Vm& vm, PatchTypes types, Slot base, Slot patch, Slot& out);
/// The patch that does what `first` and then `second` do.
/// Errors: "Cannot compose patches for different variant cases".
bool compose_patches(Vm& vm, PatchTypes types, Slot first, Slot second, Slot& out);
/// The patch that undoes `patch`.
bool invert_patch(Vm& vm, PatchTypes types, Slot patch, Slot& out);

}  // namespace samara::eval
