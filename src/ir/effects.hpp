#pragma once
// What a program can do to the world: the platform functions it can reach, read off its code.
//
// Threads: pure. Source: docs/formats/east-ir.md, section 8.

#include <string>
#include <string_view>
#include <vector>

#include "ir/ir.hpp"

namespace samara::ir {

/// A platform function some call in the program names; reachable or not at run time.
struct PlatformUse {
  std::string name;
  std::vector<const Type*> type_parameters;
  bool optional = true;  // every call allows the function to be missing

  bool operator==(const PlatformUse&) const = default;
};

struct Effects {
  /// By name, then by the text of the type parameters; each once.
  std::vector<PlatformUse> platform;
  /// Decodes function values from bytes: they may call whatever the platform offers.
  bool decodes_functions = false;
  /// A parameter of the program is or holds functions, which bring effects of their own.
  bool takes_functions = false;
};

Effects effects_of(const Program& program);

/// Kinds of effect, weakest first.
enum class Effect : uint8_t {
  pure,        // the result depends on the arguments alone
  idempotent,  // may be repeated
  effectful,
};

/// What the platform says about its functions.
class EffectClassifier {
 public:
  virtual ~EffectClassifier() = default;
  virtual Effect classify(std::string_view name,
                          const std::vector<const Type*>& type_parameters) const = 0;
  /// The strongest effect of anything the platform offers.
  virtual Effect strongest() const = 0;
};

/// The strongest effect the program can have. Functions passed as arguments are not counted: their
/// own code says what they can do.
Effect strongest_effect(const Effects& effects, const EffectClassifier& classifier);

}  // namespace samara::ir
