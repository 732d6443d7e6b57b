#pragma once
// Platform functions: what East code can reach of the outside world. A registry is the capability
// boundary: what is not in it does not exist for the program.
//
// Threads: a registry is built once and then only read; implementations run on the evaluating
// thread. Source: docs/formats/platform.md.

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara::eval {

class Vm;

/// What repeating a call does: nothing observable, nothing more, or something again.
enum class Effect : uint8_t { pure, idempotent, effectful };
std::string_view effect_name(Effect effect);

/// Runs the function: sets `out` and returns true, or reports through Vm::fail* and returns false.
/// Arguments are borrowed; they are rooted for the duration of the call.
using PlatformCall = std::function<bool(Vm& vm, std::span<const Slot> args, Slot& out)>;

struct PlatformFunction {
  std::string name;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  Effect effect = Effect::effectful;
  bool is_async = false;
  /// The capability a caller must grant, for example "fs"; empty: always allowed.
  std::string capability;
  /// Digest of the implementation: the binding in a call's identity. Change it with the behaviour.
  Hash implementation;
  PlatformCall call;
};

/// A generic platform function: makes the concrete one for given type parameters.
using PlatformFactory = std::function<std::unique_ptr<PlatformFunction>(
    TypeTable& types, std::span<const Type* const> type_parameters)>;

class PlatformRegistry {
 public:
  PlatformRegistry() = default;
  /// What is not found here is looked for in `base`, which outlives this.
  explicit PlatformRegistry(const PlatformRegistry* base) : base_(base) {}
  PlatformRegistry(PlatformRegistry&&) = default;
  PlatformRegistry& operator=(PlatformRegistry&&) = default;

  /// Errors: exists ("Duplicate platform function definition for '…'").
  Result<void> add(PlatformFunction function);
  /// `template_function` carries name, effect, is_async, capability and implementation; its types
  /// are ignored.
  Result<void> add_generic(PlatformFunction template_function, PlatformFactory factory);
  /// The concrete function, made from the generic one where there is only that. nullptr: not
  /// offered.
  const PlatformFunction* find(TypeTable& types, std::string_view name,
                               std::span<const Type* const> type_parameters) const;
  /// The concrete or generic entry by name alone (effect, capability, implementation).
  const PlatformFunction* describe(std::string_view name) const;
  std::vector<const PlatformFunction*> list() const;

 private:
  struct Generic {
    PlatformFunction description;
    PlatformFactory factory;
    std::map<std::vector<const Type*>, std::unique_ptr<PlatformFunction>> made;
  };
  const PlatformRegistry* base_ = nullptr;
  std::map<std::string, std::unique_ptr<PlatformFunction>, std::less<>> functions_;
  mutable std::map<std::string, Generic, std::less<>> generics_;
};

}  // namespace samara::eval
