#include "ir/check.hpp"

#include <optional>

#include "ir/checker.hpp"
#include "value/text_type.hpp"

namespace samara::ir {

bool same_type(const Type* a, const Type* b) {
  if (a == b) return true;
  // Types without recursion have one form, and interning has made that one pointer.
  if (!a->has_recursion() || !b->has_recursion() || a->kind() != b->kind()) return false;
  return equal_modulo_unfolding(a, b);
}

std::string type_text(const Type* type) { return type_to_text_short(type, k_type_text_max); }

Checker::Checker(const Program& program, const PlatformSignatures& platform,
                 const CheckOptions& options, SignatureCache& signatures)
    : program_(program),
      platform_(platform),
      options_(options),
      signatures_(signatures),
      types_(program.types()),
      stack_type_(types_.array(location_type(types_))),
      scopes_(program.name_count()) {}

std::vector<Diagnostic> Checker::run() {
  const Node& root = *program_.root();
  if (root.count_a > 0) {
    if (options_.root_captures) {
      for (uint32_t i = 0; i < root.count_a; i++) scopes_.define(*root.kids[i]);
    } else {
      report(root, "Expected free function, without captured variables");
    }
  }
  visit(root);
  return std::move(found_);
}

void Checker::report(const Node& at, std::string message) {
  if (found_.size() >= k_diagnostics_max) return;
  const LocationList& locations = program_.location(at.location);
  message += " at " + location_text(locations);
  found_.push_back({std::move(message), locations});
}

void Checker::expect(const Node& at, const Type* actual, const Type* expected,
                     std::string_view what) {
  if (same_type(actual, expected)) return;
  report(at, std::string(what) + " has type " + type_text(actual) + " but expected " +
                 type_text(expected));
}

void Checker::expect_node_type(const Node& node, const Type* expected) {
  if (node.type == expected) return;
  expect(node, node.type, expected, std::string(op_name(node.op)) + " node");
}

void Checker::visit_all(std::span<Node* const> nodes) {
  for (const Node* node : nodes) visit(*node);
}

void Checker::visit_scoped(const Node& node) {
  size_t mark = scopes_.enter();
  visit(node);
  scopes_.leave(mark);
}

void Checker::visit(const Node& node) {
  if (depth_ >= k_ir_depth_max) {
    if (!too_deep_)
      report(node, "IR nests too deep (limit " + std::to_string(k_ir_depth_max) + ")");
    too_deep_ = true;
    return;
  }
  depth_++;
  dispatch(node);
  depth_--;
}

void Checker::dispatch(const Node& node) {
  switch (node.op) {
    case Op::as:
      return check_as(node);
    case Op::assign:
      return check_assign(node);
    case Op::async_function:
    case Op::function:
      return check_function(node);
    case Op::block:
      return check_block(node);
    case Op::break_:
    case Op::continue_:
      return check_jump(node);
    case Op::builtin:
      return check_builtin(node);
    case Op::call:
    case Op::call_async:
      return check_call(node);
    case Op::error:
      return check_error(node);
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
      return check_for(node);
    case Op::get_field:
      return check_get_field(node);
    case Op::if_else:
      return check_if(node);
    case Op::let:
      return check_let(node);
    case Op::match:
      return check_match(node);
    case Op::new_array:
    case Op::new_ref:
    case Op::new_set:
      return check_container(node);
    case Op::new_dict:
      return check_dict(node);
    case Op::new_matrix:
    case Op::new_vector:
      return check_packed(node);
    case Op::platform:
      return check_platform(node);
    case Op::return_:
      return check_return(node);
    case Op::struct_:
      return check_struct(node);
    case Op::try_catch:
      return check_try(node);
    case Op::unwrap_recursive:
    case Op::wrap_recursive:
      return check_same_type(node);
    case Op::value:
      return check_value(node);
    case Op::variable:
      return check_variable(node);
    case Op::variant:
      return check_variant(node);
    case Op::while_:
      return check_while(node);
  }
}

namespace {

std::string mutability(bool is_mutable) { return is_mutable ? "mutable" : "const"; }

std::string mutability_mismatch(bool context, bool ir) {
  return " mutability mismatch: context has " + mutability(context) + " but IR expects " +
         mutability(ir);
}

// A variable lives in a cell when it is captured and mutable, so its definition and all its uses
// must agree.
std::string capture_mismatch(bool context, bool ir) {
  auto word = [](bool captured) { return std::string(captured ? "captured" : "local"); };
  return " capture mismatch: context has " + word(context) + " but IR expects " + word(ir);
}

}  // namespace

void Checker::check_variable(const Node& node) {
  const Scopes::Binding* binding = scopes_.find(node.name);
  if (binding == nullptr) return report(node, "Variable " + name(node) + " not in scope");
  const Node& definition = *binding->definition;
  if (!same_type(definition.type, node.type)) {
    report(node, "Variable " + name(node) + " has type " + type_text(definition.type) +
                     " but expected " + type_text(node.type));
  }
  if (definition.is_mutable != node.is_mutable) {
    report(node,
           "Variable " + name(node) + mutability_mismatch(definition.is_mutable, node.is_mutable));
  }
  if (definition.captured != node.captured) {
    report(node, "Variable " + name(node) + capture_mismatch(definition.captured, node.captured));
  }
}

void Checker::check_let(const Node& node) {
  const Node& variable = *node.kids[0];
  const Node& value = *node.kids[1];
  visit(value);
  expect_node_type(node, types_.null());
  if (!variable.type->is(Kind::never) && !same_type(value.type, variable.type)) {
    report(node, "Let statement requires exact type match. Variable " + name(variable) +
                     " has type " + type_text(variable.type) + " but value has type " +
                     type_text(value.type) + ". Insert an As node if subtyping is intended.");
  }
  scopes_.define(variable);
}

void Checker::check_assign(const Node& node) {
  const Node& variable = *node.kids[0];
  const Node& value = *node.kids[1];
  visit(value);
  expect_node_type(node, types_.null());
  const Scopes::Binding* binding = scopes_.find(variable.name);
  if (binding == nullptr) {
    return report(node, "Cannot assign to variable " + name(variable) + " which is not in scope");
  }
  const Node& definition = *binding->definition;
  if (!variable.is_mutable) {
    return report(node, "Cannot reassign const variable " + name(variable));
  }
  if (!definition.is_mutable) {
    return report(node,
                  "Cannot reassign variable " + name(variable) + " - context says it's const");
  }
  check_variable(variable);
  if (!fits(value.type, definition.type)) {
    report(node, "Assign statement requires exact type match. Variable " + name(variable) +
                     " has type " + type_text(definition.type) + " but value has type " +
                     type_text(value.type) + ". Insert an As node if subtyping is intended.");
  }
}

void Checker::define_const(const Node& variable, std::string_view what) {
  if (variable.is_mutable) {
    report(variable, std::string(what) + " " + name(variable) + " must not be mutable");
  }
  scopes_.define(variable);
}

void Checker::check_capture(const Node& capture) {
  std::string what = "Captured variable " + name(capture);
  const Scopes::Binding* binding = scopes_.find(capture.name);
  if (binding == nullptr) return report(capture, what + " not in scope");
  const Node& definition = *binding->definition;
  if (!same_type(definition.type, capture.type)) {
    report(capture, what + " has type " + type_text(definition.type) + " but expected " +
                        type_text(capture.type));
  }
  if (definition.is_mutable != capture.is_mutable) {
    report(capture, what + mutability_mismatch(definition.is_mutable, capture.is_mutable));
  }
  if (!definition.captured || !capture.captured) {
    report(capture, what + capture_mismatch(definition.captured, capture.captured));
  }
}

void Checker::check_function(const Node& node) {
  std::span<Node* const> captures = node.kids.subspan(0, node.count_a);
  std::span<Node* const> parameters = node.kids.subspan(node.count_a, node.count_b);
  const Node& body = *node.kids.back();
  bool is_async = node.op == Op::async_function;

  if (&node != program_.root() || options_.root_captures) {
    for (const Node* capture : captures) check_capture(*capture);
  }
  bool typed = node.type->is(is_async ? Kind::async_function : Kind::function);
  if (!typed) {
    std::string kind(op_name(node.op));
    report(node, kind + " node expects " + kind + " type, got " + type_text(node.type));
  } else if (parameters.size() != node.type->input_count()) {
    report(node, "Function has " + std::to_string(parameters.size()) +
                     " parameters but function signature expects " +
                     std::to_string(node.type->input_count()));
    typed = false;
  }

  Function outer = function_;
  function_ = {typed ? node.type->output() : body.type, is_async, labels_.size()};
  size_t mark = scopes_.enter_function();
  for (const Node* capture : captures) scopes_.define(*capture);
  for (size_t i = 0; i < parameters.size(); i++) {
    const Node& parameter = *parameters[i];
    define_const(parameter, "Function parameter");
    if (!typed) continue;
    const Type* input = node.type->child(static_cast<uint32_t>(i));
    if (!same_type(parameter.type, input)) {
      report(parameter, "Function parameter " + name(parameter) + " has type " +
                            type_text(parameter.type) + " but function signature expects " +
                            type_text(input));
    }
  }
  visit(body);
  if (!fits(body.type, function_.output)) {
    report(node, "Function body returns type " + type_text(body.type) +
                     " but function signature expects " + type_text(function_.output));
  }
  scopes_.leave_function(mark);
  function_ = outer;
}

void Checker::check_call(const Node& node) {
  bool is_async = node.op == Op::call_async;
  const Node& callee = *node.kids[0];
  std::span<Node* const> arguments = node.kids.subspan(1);
  visit(callee);
  visit_all(arguments);
  if (is_async && !function_.is_async) {
    report(node, "Async function call not allowed outside async function");
  }
  if (!callee.type->is(is_async ? Kind::async_function : Kind::function)) {
    return report(node, is_async
                            ? "CallAsync expects AsyncFunction type, got " + type_text(callee.type)
                            : "Call expects Function type, got " + type_text(callee.type));
  }
  if (arguments.size() != callee.type->input_count()) {
    report(node, "Function expects " + std::to_string(callee.type->input_count()) +
                     " arguments, got " + std::to_string(arguments.size()));
  } else {
    std::vector<const Type*> inputs;
    inputs.reserve(arguments.size());
    for (uint32_t i = 0; i < callee.type->input_count(); i++)
      inputs.push_back(callee.type->child(i));
    check_arguments(node, arguments, inputs, "Function call");
  }
  expect_node_type(node, callee.type->output());
}

void Checker::check_return(const Node& node) {
  const Node& value = *node.kids[0];
  visit(value);
  expect_node_type(node, types_.never());
  if (!fits(value.type, function_.output)) {
    report(node, "Return statement returns type " + type_text(value.type) +
                     " but function signature expects " + type_text(function_.output));
  }
}

std::vector<Diagnostic> diagnose(const Program& program, const PlatformSignatures& platform,
                                 const CheckOptions& options) {
  SAMARA_ASSERT(program.root() != nullptr);
  if (options.signatures != nullptr) {
    return Checker(program, platform, options, *options.signatures).run();
  }
  SignatureCache signatures(program.types());
  return Checker(program, platform, options, signatures).run();
}

Result<void> check(const Program& program, const PlatformSignatures& platform,
                   const CheckOptions& options) {
  std::vector<Diagnostic> found = diagnose(program, platform, options);
  if (found.empty()) return {};
  std::string message = std::move(found[0].message);
  if (found.size() > 1) {
    message += " (and " + std::to_string(found.size() - 1) + " more)";
  }
  return Error(Code::check_failed, message);
}

}  // namespace samara::ir
