#include "tests/support/plain_functions.hpp"

#include "ir/ir_type.hpp"

namespace samara::test {

namespace {
// The field `name` of a node's payload.
Slot node_field(const Type* ir_type, Slot node, std::string_view name) {
  int32_t index = ir_type->child(case_of(node))->index_of(name);
  SAMARA_ASSERT(index >= 0);
  return field_of(payload_of(node), static_cast<uint32_t>(index));
}
}  // namespace

const Type* PlainFunctions::ir_type(Dialect dialect) {
  const Type*& type = ir_types_[dialect == Dialect::a ? 0 : 1];
  if (type == nullptr) type = ir::ir_type(types_, dialect);
  return type;
}

Result<std::vector<PlainFunctions::Capture>> PlainFunctions::read_captures(Slot ir,
                                                                           Dialect dialect) {
  const Type* type = ir_type(dialect);
  TypeReader reader(types_, dialect);
  std::vector<Capture> captures;
  for (Slot variable : as<ArrayObject>(node_field(type, ir, "captures"))->slots()) {
    if (type->name(case_of(variable)) != "Variable") {
      return Error(Code::corrupt, "Failed to compile decoded function: capture is no variable");
    }
    SAMARA_TRY(const Type* captured, reader.read(node_field(type, variable, "type")));
    captures.push_back({text_of(node_field(type, variable, "name")), captured});
  }
  return captures;
}

Result<FunctionParts> PlainFunctions::take_apart(Slot closure, Dialect dialect) {
  if (closure.object()->kind == ObjectKind::host) {
    return Error(
        Code::unsupported,
        "Cannot serialize function: no IR attached. Functions must be compiled from East IR "
        "to be serializable.");
  }
  auto* object = as<ClosureObject>(closure);
  FunctionParts parts;
  parts.ir_type = ir_type(dialect);
  parts.ir = object->captures()[0];
  SAMARA_TRY(auto captures, read_captures(parts.ir, dialect));
  SAMARA_ASSERT(object->aux == captures.size() + 1);
  for (size_t i = 0; i < captures.size(); i++) {
    parts.capture_names.push_back(captures[i].name);
    parts.capture_types.push_back(captures[i].type);
    parts.captures.push_back(object->captures()[i + 1]);
  }
  return parts;
}

Result<std::vector<const Type*>> PlainFunctions::capture_types(Slot ir, Dialect dialect) {
  SAMARA_TRY(auto captures, read_captures(ir, dialect));
  std::vector<const Type*> types;
  for (const Capture& capture : captures) types.push_back(capture.type);
  return types;
}

Result<Slot> PlainFunctions::assemble(const Type* function_type, Slot ir,
                                      std::span<const Slot> captures, Dialect dialect) {
  const Type* type = ir_type(dialect);
  SAMARA_TRY(const Type* own_type, type_from_value(types_, node_field(type, ir, "type"), dialect));
  if (own_type != function_type) {
    return Error(Code::corrupt, "Failed to compile decoded function: its type is another");
  }
  if (dialect == Dialect::a) {
    SAMARA_TRY(auto listed, read_captures(ir, dialect));
    if (!listed.empty()) {
      return Error(Code::corrupt, "Failed to compile decoded function: captures are missing");
    }
  }
  ClosureObject* closure = heap_.new_closure(nullptr, static_cast<uint32_t>(captures.size() + 1));
  closure->captures()[0] = ir;
  for (size_t i = 0; i < captures.size(); i++) closure->captures()[i + 1] = captures[i];
  return Slot::of(closure);
}

}  // namespace samara::test
