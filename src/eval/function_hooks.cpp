#include "eval/function_hooks.hpp"

#include "eval/compile.hpp"
#include "eval/platform_signatures.hpp"
#include "eval/vm.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/encode.hpp"
#include "ir/ir_type.hpp"

namespace samara::eval {

namespace {

class VmFunctionHooks : public FunctionHooks {
 public:
  explicit VmFunctionHooks(Vm& vm) : vm_(vm) {}

  const Type* ir_type(Dialect dialect) override {
    const Type*& type = ir_types_[static_cast<size_t>(dialect)];
    if (type == nullptr) type = ir::ir_type(vm_.types(), dialect);
    return type;
  }

  Result<FunctionParts> take_apart(Slot closure, Dialect dialect) override {
    const auto* object = as<ClosureObject>(closure);
    const auto* code = static_cast<const FunctionCode*>(object->code);
    if (code->node == nullptr) {
      return Error(
          Code::unsupported,
          "Cannot serialize function: no IR attached. The function was adapted to another type.");
    }
    FunctionParts parts;
    parts.ir_type = ir_type(dialect);
    const ir::Node& node = *code->node;
    for (uint32_t i = 0; i < node.count_a; i++) {
      const ir::Node* variable = node.kids[i];
      parts.capture_names.push_back(code->program->name(variable->name));
      parts.capture_types.push_back(variable->type);
      Slot slot = object->captures()[i];
      parts.captures.push_back(code->capture_is_cell[i] ? as<CellObject>(slot)->content : slot);
    }
    SAMARA_TRY(parts.ir, ir::to_value(vm_.heap(), *code->program, node, dialect));
    return parts;
  }

  Result<std::vector<const Type*>> capture_types(Slot ir, Dialect dialect) override {
    SAMARA_TRY(ir::CapturedVariables captured, ir::captured_variables(vm_.types(), ir, dialect));
    return std::move(captured.types);
  }

  Result<Slot> assemble(const Type* function_type, Slot ir, std::span<const Slot> captures,
                        Dialect dialect) override {
    SAMARA_TRY(std::unique_ptr<ir::Program> program, ir::from_value(vm_.types(), ir, dialect));
    if (program->root()->type != function_type) {
      return failed("the IR has another type than the value");
    }
    std::shared_ptr<const ir::Program> shared = std::move(program);
    auto checked = ir::check(*shared, RegistrySignatures(vm_.registry()), {.root_captures = true});
    if (!checked) return failed(checked.error().message());
    auto compiled = compile(shared, vm_.registry());
    if (!compiled) return failed(compiled.error().message());
    const FunctionCode* code = (*compiled)->root;
    ClosureObject* closure = vm_.heap().new_closure(code, static_cast<uint32_t>(captures.size()));
    for (uint32_t i = 0; i < captures.size(); i++) {
      closure->captures()[i] =
          code->capture_is_cell[i] ? Slot::of(vm_.heap().new_cell(captures[i])) : captures[i];
    }
    vm_.keep(std::move(*compiled));
    return Slot::of(closure);
  }

 private:
  static Error failed(std::string_view why) {
    return Error(Code::check_failed, "Failed to compile decoded function: " + std::string(why));
  }

  Vm& vm_;
  const Type* ir_types_[2] = {};
};

}  // namespace

std::unique_ptr<FunctionHooks> make_function_hooks(Vm& vm) {
  return std::make_unique<VmFunctionHooks>(vm);
}

}  // namespace samara::eval
