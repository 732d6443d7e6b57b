// Builtins on patches: Diff, ApplyPatch, ComposePatch, InvertPatch.

#include "eval/builtin.hpp"
#include "eval/patch.hpp"
#include "ir/builtin_table.hpp"

namespace samara::eval {
namespace {

// The patch type as this runtime builds it, whatever unfolding the node's own type shows.
struct PreparedPatch : SitePrepared {
  const Type* patch = nullptr;
};

std::unique_ptr<SitePrepared> prepare_patch(TypeTable& types, const BuiltinSite& site) {
  auto prepared = std::make_unique<PreparedPatch>();
  auto patch = ir::patch_type(types, site.type(0));
  if (patch) prepared->patch = *patch;
  return prepared;
}

bool types_of(Vm& vm, const BuiltinSite& site, PatchTypes& types) {
  types = {site.type(0), static_cast<const PreparedPatch*>(site.prepared.get())->patch};
  return types.patch != nullptr ||
         vm.fail(FailureKind::aborted, "the type of patches passes the limits of a type");
}

bool diff(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  PatchTypes types{};
  return types_of(vm, site, types) && diff_values(vm, types, args[0], args[1], out);
}

bool apply(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  PatchTypes types{};
  return types_of(vm, site, types) && apply_patch(vm, types, args[0], args[1], out);
}

bool compose(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  PatchTypes types{};
  Slot composed;
  if (!types_of(vm, site, types) || !compose_patches(vm, types, args[0], args[1], composed)) {
    return false;
  }
  out = composed;
  return true;
}

bool invert(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  PatchTypes types{};
  return types_of(vm, site, types) && invert_patch(vm, types, args[0], out);
}

constexpr BuiltinEntry k_entries[] = {
    {"Diff", diff, prepare_patch},
    {"ApplyPatch", apply, prepare_patch},
    {"ComposePatch", compose, prepare_patch},
    {"InvertPatch", invert, prepare_patch},
};

}  // namespace

std::span<const BuiltinEntry> patch_builtins() { return k_entries; }

}  // namespace samara::eval
