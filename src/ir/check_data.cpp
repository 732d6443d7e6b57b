#include "ir/checker.hpp"

#include <algorithm>

namespace samara::ir {

void Checker::check_value(const Node& node) {
  if (node.type->kind() == node.literal_kind) return;
  report(node, "Value node expected value of type ." + std::string(kind_name(node.type->kind())) +
                   " but got ." + std::string(kind_name(node.literal_kind)));
}

void Checker::check_as(const Node& node) {
  const Node& value = *node.kids[0];
  visit(value);
  if (value.type->is(Kind::never)) {
    report(node, "Cannot cast .Never to type " + type_text(node.type));
  } else if (value.type == node.type) {
    report(node, "Unnecessary As node: value is already of type " + type_text(node.type));
  } else if (!is_subtype(value.type, node.type)) {
    report(node, "Cannot cast value of type " + type_text(value.type) + " to type " +
                     type_text(node.type));
  }
}

// WrapRecursive and UnwrapRecursive.
void Checker::check_same_type(const Node& node) {
  const Node& value = *node.kids[0];
  visit(value);
  if (!value.type->is(Kind::never)) {
    expect(node, value.type, node.type, std::string(op_name(node.op)) + " value");
  }
}

namespace {

std::string has_type(const std::string& what, const Type* actual, std::string_view owner,
                     const Type* expected) {
  return what + " has type " + type_text(actual) + " but " + std::string(owner) + " expects " +
         type_text(expected);
}

std::string expects(Op op, std::string_view wanted, const Type* got) {
  return std::string(op_name(op)) + " expects " + std::string(wanted) + " type, got " +
         type_text(got);
}

}  // namespace

void Checker::check_container(const Node& node) {
  visit_all(node.kids);
  Kind kind = node.op == Op::new_array ? Kind::array
              : node.op == Op::new_set ? Kind::set
                                       : Kind::ref;
  if (!node.type->is(kind)) return report(node, expects(node.op, kind_name(kind), node.type));
  const Type* element = node.type->element();
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Node& item = *node.kids[i];
    if (fits(item.type, element)) continue;
    std::string what = kind == Kind::ref
                           ? "Ref value"
                           : std::string(kind_name(kind)) + " element " + std::to_string(i);
    report(item, has_type(what, item.type, kind_name(kind), element));
  }
}

void Checker::check_packed(const Node& node) {
  visit_all(node.kids);
  Kind kind = node.op == Op::new_vector ? Kind::vector : Kind::matrix;
  if (!node.type->is(kind)) return report(node, expects(node.op, kind_name(kind), node.type));
  const Type* element = node.type->element();
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Node& item = *node.kids[i];
    if (fits(item.type, element)) continue;
    report(item, has_type(std::string(kind_name(kind)) + " element " + std::to_string(i), item.type,
                          kind_name(kind), element));
  }
  if (node.op != Op::new_matrix) return;
  auto count = static_cast<int64_t>(node.kids.size());
  bool fit = node.rows >= 0 && node.columns >= 0;
  // Compared by division: the product may not fit.
  if (fit)
    fit = node.rows == 0 || node.columns == 0
              ? count == 0
              : count % node.rows == 0 && count / node.rows == node.columns;
  if (!fit) {
    report(node, "NewMatrix has " + std::to_string(count) + " values but expects " +
                     std::to_string(node.rows) + " rows of " + std::to_string(node.columns));
  }
}

void Checker::check_dict(const Node& node) {
  visit_all(node.kids);
  if (!node.type->is(Kind::dict)) return report(node, expects(node.op, "Dict", node.type));
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Node& item = *node.kids[i];
    const Type* expected = i % 2 == 0 ? node.type->key() : node.type->dict_value();
    if (fits(item.type, expected)) continue;
    std::string what = (i % 2 == 0 ? "Dict key " : "Dict value ") + std::to_string(i / 2);
    report(item, has_type(what, item.type, "Dict", expected));
  }
}

void Checker::check_struct(const Node& node) {
  visit_all(node.kids);
  if (!node.type->is(Kind::struct_)) return report(node, expects(node.op, "Struct", node.type));
  if (node.names.size() != node.type->arity()) {
    return report(node, "Struct type has " + std::to_string(node.type->arity()) +
                            " fields but struct value has " + std::to_string(node.names.size()) +
                            " fields");
  }
  for (uint32_t i = 0; i < node.type->arity(); i++) {
    std::string_view field = program_.name(node.names[i]);
    if (field != node.type->name(i)) {
      int32_t place = node.type->index_of(field);
      report(node, place < 0 ? "Struct does not have field " + std::string(field)
                             : "Struct field " + std::string(field) + " is out of order");
      continue;
    }
    const Node& item = *node.kids[i];
    if (!same_type(item.type, node.type->child(i))) {
      report(item, has_type("Struct field " + std::string(field), item.type, "Struct",
                            node.type->child(i)));
    }
  }
}

void Checker::check_get_field(const Node& node) {
  const Node& operand = *node.kids[0];
  visit(operand);
  if (!operand.type->is(Kind::struct_))
    return report(node, expects(node.op, "Struct", operand.type));
  int32_t index = operand.type->index_of(program_.name(node.name));
  if (index < 0) return report(node, "Struct does not have field " + name(node));
  expect_node_type(node, operand.type->child(static_cast<uint32_t>(index)));
}

void Checker::check_variant(const Node& node) {
  const Node& value = *node.kids[0];
  visit(value);
  if (!node.type->is(Kind::variant)) return report(node, expects(node.op, "Variant", node.type));
  int32_t index = node.type->index_of(program_.name(node.name));
  if (index < 0) return report(node, "Variant type does not have case " + name(node));
  const Type* expected = node.type->child(static_cast<uint32_t>(index));
  if (!same_type(value.type, expected)) {
    report(value, has_type("Variant case " + name(node), value.type, "Variant", expected));
  }
}

void Checker::check_arguments(const Node& node, std::span<Node* const> arguments,
                              std::span<const Type* const> inputs, const std::string& what) {
  for (size_t i = 0; i < arguments.size(); i++) {
    if (fits(arguments[i]->type, inputs[i])) continue;
    report(node, what + " argument " + std::to_string(i + 1) +
                     " requires exact type match. Parameter has type " + type_text(inputs[i]) +
                     " but argument has type " + type_text(arguments[i]->type) +
                     ". Insert an As node if subtyping is intended.");
  }
}

namespace {

// Whether identity of values of this type would compare functions: through structs and variants,
// whose identity is that of their parts.
bool identity_meets_function(const Type* type, std::vector<const Type*>& seen) {
  if (type->is_function()) return true;
  if (!type->is(Kind::struct_) && !type->is(Kind::variant)) return false;
  if (std::find(seen.begin(), seen.end(), type) != seen.end()) return false;
  seen.push_back(type);
  for (uint32_t i = 0; i < type->arity(); i++) {
    if (identity_meets_function(type->child(i), seen)) return true;
  }
  return false;
}

std::string counted(std::string_view function, size_t expected, const char* what, size_t got) {
  return "Builtin function '" + std::string(function) + "' expects " + std::to_string(expected) +
         " " + what + ", but got " + std::to_string(got);
}

}  // namespace

void Checker::check_builtin(const Node& node) {
  visit_all(node.kids);
  std::string_view function = program_.name(node.name);
  auto id = find_builtin(function);
  if (!id) return report(node, "Unknown builtin function '" + std::string(function) + "'");
  const BuiltinInfo& info = builtin_info(*id);
  if (node.kids.size() != info.argument_count) {
    return report(node, counted(function, info.argument_count, "arguments", node.kids.size()));
  }
  if (node.type_parameters.size() != info.type_parameter_count) {
    return report(node, counted(function, info.type_parameter_count, "type parameters",
                                node.type_parameters.size()));
  }
  std::string what = "Builtin function '" + std::string(function) + "'";
  if (*id == BuiltinId::Is) {
    std::vector<const Type*> seen;
    if (identity_meets_function(node.type_parameters[0], seen)) {
      report(node, "Attempted to compare values of type .Function");
    }
  }
  if ((*id == BuiltinId::BlobDecodeCsv || *id == BuiltinId::ArrayEncodeCsv) &&
      (!node.type_parameters[0]->is(Kind::struct_) ||
       !node.type_parameters[1]->is(Kind::struct_))) {
    report(node, what + " expects Struct types as type parameters");
  }
  auto signature = signatures_.get(*id, node.type_parameters);
  if (!signature) {
    return report(node, what + ": " + std::string(signature.error().message()));
  }
  check_arguments(node, node.kids, (*signature)->arguments, what);
  if (!same_type(node.type, (*signature)->result)) {
    report(node, what + " return type expected to be " + type_text((*signature)->result) +
                     " but IR has " + type_text(node.type));
  }
}

void Checker::check_platform(const Node& node) {
  visit_all(node.kids);
  std::string what = "Platform function '" + name(node) + "'";
  auto signature = platform_.find(types_, program_.name(node.name), node.type_parameters);
  if (!signature) {
    if (signature.error().code != Code::not_found) {
      return report(node, what + " " + std::string(signature.error().message()));
    }
    // An optional function that is missing fails when it is called, not before.
    if (!node.optional) report(node, what + " not found");
    return;
  }
  if (signature->is_async && !function_.is_async) {
    report(node, "Async platform call not allowed outside async function");
  }
  if (node.kids.size() != signature->inputs.size()) {
    return report(node, what + " expects " + std::to_string(signature->inputs.size()) +
                            " arguments but got " + std::to_string(node.kids.size()));
  }
  check_arguments(node, node.kids, signature->inputs, what);
  if (!same_type(node.type, signature->output)) {
    report(node, what + " return type expected to be " + type_text(signature->output) +
                     " but IR has " + type_text(node.type));
  }
}

}  // namespace samara::ir
