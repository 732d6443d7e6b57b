#pragma once
// Function values for codec tests: a closure that holds its IR value and its captures, and cannot
// be called. The capture types are read from the IR by field names, as beast2.md says.

#include <memory>

#include "value/beast2.hpp"
#include "value/type_value.hpp"

namespace samara::test {

class PlainFunctions final : public FunctionHooks {
 public:
  PlainFunctions(TypeTable& types, Heap& heap) : types_(types), heap_(heap) {}

  const Type* ir_type(Dialect dialect) override;
  Result<FunctionParts> take_apart(Slot closure, Dialect dialect) override;
  Result<std::vector<const Type*>> capture_types(Slot ir, Dialect dialect) override;
  Result<Slot> assemble(const Type* function_type, Slot ir, std::span<const Slot> captures,
                        Dialect dialect) override;

 private:
  struct Capture {
    std::string_view name;
    const Type* type;
  };
  Result<std::vector<Capture>> read_captures(Slot ir, Dialect dialect);

  TypeTable& types_;
  Heap& heap_;
  const Type* ir_types_[2] = {};
};

}  // namespace samara::test
