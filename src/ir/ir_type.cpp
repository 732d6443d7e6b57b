#include "ir/ir_type.hpp"

#include <vector>

#include "ir/builtin_table.hpp"
#include "ir/node_fields.hpp"
#include "value/type_value.hpp"

namespace samara::ir {

namespace {

// References to IR count the constructors around them: the struct of a node and the variant make 2,
// an array around adds one, a struct in an array two.
constexpr uint32_t k_in_node = 2;
constexpr uint32_t k_in_array = 3;
constexpr uint32_t k_in_row = 4;

class IrTypeBuilder {
 public:
  IrTypeBuilder(TypeTable& types, Dialect dialect)
      : types_(types),
        dialect_(dialect),
        type_(type_type(types, dialect)),
        location_(dialect == Dialect::a ? location_type(types) : types.array(location_type(types))),
        label_(types.structure({{"name", types.string()}, {"location", location_}})) {}

  const Type* build() {
    std::vector<NamedType> cases;
    for (unsigned i = 0; i < k_op_count; i++) {
      Op op = static_cast<Op>(i);
      if (op_tag(op, dialect_) >= 0) cases.push_back({op_name(op), payload(op)});
    }
    return types_.variant(cases);
  }

 private:
  const Type* payload(Op op) {
    std::vector<NamedType> fields = {{"type", type_}, {"location", location_}};
    for (const NodeField& field : node_fields(op)) {
      if (field.only_dialect_b && dialect_ == Dialect::a) continue;
      fields.push_back({field.name, field_type(field.shape)});
    }
    return types_.structure(fields);
  }

  const Type* rows_of(std::initializer_list<NamedType> fields) {
    return types_.array(types_.structure(fields));
  }

  const Type* field_type(FieldShape shape) {
    const Type* row_ir = types_.recursive(k_in_row);
    switch (shape) {
      case FieldShape::node:
      case FieldShape::variable:
        return types_.recursive(k_in_node);
      case FieldShape::nodes:
      case FieldShape::captures:
      case FieldShape::parameters:
        return types_.array(types_.recursive(k_in_array));
      case FieldShape::branches:
        return rows_of({{"predicate", row_ir}, {"body", row_ir}});
      case FieldShape::entries:
        return rows_of({{"key", row_ir}, {"value", row_ir}});
      case FieldShape::cases:
        return rows_of({{"case", types_.string()}, {"variable", row_ir}, {"body", row_ir}});
      case FieldShape::fields:
        return rows_of({{"name", types_.string()}, {"value", row_ir}});
      case FieldShape::name:
        return types_.string();
      case FieldShape::types:
        return types_.array(type_);
      case FieldShape::label:
        return label_;
      case FieldShape::is_mutable:
      case FieldShape::captured:
      case FieldShape::is_async:
      case FieldShape::optional:
        return types_.boolean();
      case FieldShape::rows:
      case FieldShape::columns:
        return types_.integer();
      case FieldShape::literal:
        return literal_type(types_);
    }
    return nullptr;
  }

  TypeTable& types_;
  Dialect dialect_;
  const Type* type_;
  const Type* location_;
  const Type* label_;
};

}  // namespace

const Type* ir_type(TypeTable& types, Dialect dialect) {
  return IrTypeBuilder(types, dialect).build();
}

const Type* IrSchemas::type(Dialect dialect) {
  const Type*& type = ir_types_[dialect == Dialect::a ? 0 : 1];
  if (type == nullptr) type = ir_type(types_, dialect);
  return type;
}

const Type* literal_type(TypeTable& types) {
  std::vector<NamedType> cases;
  for (uint32_t tag = 0; tag < k_literal_count; tag++) {
    Kind kind = literal_kind(tag);
    cases.push_back({kind_name(kind), types.primitive(kind)});
  }
  return types.variant(cases);
}

}  // namespace samara::ir
