#pragma once
// FunctionValues: lets the beast2 codec carry function values that nobody is going to call: they
// keep their program and captures, and need no platform. For storing and re-encoding. Threads: one.
// Values made with it are valid as long as it lives.

#include <deque>
#include <memory>
#include <vector>

#include "ir/ir.hpp"
#include "value/beast2.hpp"

namespace samara::engine {

class FunctionValues final : public FunctionHooks {
 public:
  FunctionValues(TypeTable& types, Heap& heap) : types_(types), heap_(heap) {}
  ~FunctionValues() override;

  const Type* ir_type(Dialect dialect) override;
  Result<FunctionParts> take_apart(Slot closure, Dialect dialect) override;
  Result<std::vector<const Type*>> capture_types(Slot ir, Dialect dialect) override;
  /// The IR is read, so that every function has one form, but neither checked nor compiled.
  Result<Slot> assemble(const Type* function_type, Slot ir, std::span<const Slot> captures,
                        Dialect dialect) override;

 private:
  struct Kept {
    std::unique_ptr<ir::Program> program;
    std::vector<std::string> capture_names;
    std::vector<const Type*> capture_types;
  };

  TypeTable& types_;
  Heap& heap_;
  const Type* ir_types_[2] = {};
  std::deque<Kept> kept_;
};

}  // namespace samara::engine
