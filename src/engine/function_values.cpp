#include "engine/function_values.hpp"

#include "ir/decode.hpp"
#include "ir/encode.hpp"
#include "ir/ir_type.hpp"

namespace samara::engine {

FunctionValues::~FunctionValues() = default;

const Type* FunctionValues::ir_type(Dialect dialect) {
  const Type*& type = ir_types_[static_cast<size_t>(dialect)];
  if (type == nullptr) type = ir::ir_type(types_, dialect);
  return type;
}

Result<FunctionParts> FunctionValues::take_apart(Slot closure, Dialect dialect) {
  const auto* object = as<ClosureObject>(closure);
  const auto* kept = static_cast<const Kept*>(object->code);
  FunctionParts parts;
  parts.ir_type = ir_type(dialect);
  parts.capture_names.assign(kept->capture_names.begin(), kept->capture_names.end());
  parts.capture_types = kept->capture_types;
  parts.captures.assign(object->captures(), object->captures() + kept->capture_types.size());
  SAMARA_TRY(parts.ir, ir::to_value(heap_, *kept->program, dialect));
  return parts;
}

Result<std::vector<const Type*>> FunctionValues::capture_types(Slot ir, Dialect dialect) {
  SAMARA_TRY(ir::CapturedVariables captured, ir::captured_variables(types_, ir, dialect));
  return std::move(captured.types);
}

Result<Slot> FunctionValues::assemble(const Type* function_type, Slot ir,
                                      std::span<const Slot> captures, Dialect dialect) {
  Kept kept;
  SAMARA_TRY(ir::CapturedVariables captured, ir::captured_variables(types_, ir, dialect));
  SAMARA_TRY(kept.program, ir::from_value(types_, ir, dialect));
  if (kept.program->root()->type != function_type) {
    return Error(Code::corrupt, "a function value's program has another type than the value");
  }
  kept.capture_names = std::move(captured.names);
  kept.capture_types = std::move(captured.types);
  kept_.push_back(std::move(kept));
  ClosureObject* closure = heap_.new_closure(&kept_.back(), static_cast<uint32_t>(captures.size()));
  for (size_t i = 0; i < captures.size(); i++) closure->captures()[i] = captures[i];
  return Slot::of(closure);
}

}  // namespace samara::engine
