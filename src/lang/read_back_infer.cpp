// What needs to be said about types: conservative guesses at what the compiler finds out by itself.
// A wrong guess costs a second try (see source_text), not exactness.

#include <algorithm>

#include "lang/read_back_builder.hpp"

namespace samara::lang {

using ir::Op;

const ir::Signature* SourceWriter::signature(const Node& builtin) {
  auto id = ir::find_builtin(program_.name(builtin.name));
  if (!id) return nullptr;
  auto made = signatures_.get(*id, builtin.type_parameters);
  return made ? *made : nullptr;
}

const Type* SourceWriter::natural_type(const Node& node) {
  switch (node.op) {
    case Op::variable:
      return facts_.definition(node.name)->type;
    case Op::get_field: {
      const Type* of = node.kids[0]->type;
      int32_t index = of->is(Kind::struct_) ? of->index_of(program_.name(node.name)) : -1;
      return index < 0 ? nullptr : of->child(static_cast<uint32_t>(index));
    }
    case Op::call:
    case Op::call_async:
      return node.kids[0]->type->is_function() ? node.kids[0]->type->output() : nullptr;
    case Op::builtin: {
      const ir::Signature* found = signature(node);
      return found == nullptr ? nullptr : found->result;
    }
    case Op::block:
      return node.kids.empty() ? node.type : node.kids.back()->type;
    default:
      return node.type;
  }
}

bool SourceWriter::infers(const Node& node) {
  auto [at, added] = infers_.try_emplace(&node, false);
  if (!added) return at->second;
  bool answer = infers_anew(node);
  infers_[&node] = answer;
  return answer;
}

bool SourceWriter::infers_anew(const Node& node) {
  auto all_infer = [&](std::span<ir::Node* const> kids, auto&& type_at) {
    for (size_t i = 0; i < kids.size(); i++) {
      if (kids[i]->type != type_at(i) || !infers(*kids[i])) return false;
    }
    return true;
  };
  switch (node.op) {
    case Op::new_array:
    case Op::new_set:
    case Op::new_ref:
    case Op::new_vector:
    case Op::new_matrix:
      return !node.kids.empty() &&
             all_infer(node.kids, [&](size_t) { return node.type->element(); });
    case Op::new_dict:
      return !node.kids.empty() && all_infer(node.kids, [&](size_t i) {
        return i % 2 == 0 ? node.type->key() : node.type->dict_value();
      });
    case Op::struct_:
      return all_infer(node.kids,
                       [&](size_t i) { return node.type->child(static_cast<uint32_t>(i)); });
    case Op::variant:
      // A literal alone has the cases that were seen: its own.
      return node.type->arity() == 1 && node.kids[0]->type == node.type->child(0) &&
             infers(*node.kids[0]);
    case Op::if_else:
    case Op::match:
    case Op::try_catch:
      return branches_infer(node);
    case Op::block:
      return node.kids.empty() || (natural_type(node) == node.type && infers(*node.kids.back()));
    default:
      return natural_type(node) == node.type;
  }
}

bool SourceWriter::branches_infer(const Node& node) {
  bool any = false;
  bool all = true;
  auto branch = [&](const Node& body) {
    if (body.type->is(Kind::never)) return;
    any = true;
    all = all && body.type == node.type && infers(body);
  };
  switch (node.op) {
    case Op::if_else:
      for (size_t i = 1; i < node.kids.size(); i += 2) branch(*node.kids[i]);
      branch(*node.kids.back());
      break;
    case Op::match:
      for (size_t i = 2; i < node.kids.size(); i += 2) branch(*node.kids[i]);
      break;
    default:
      branch(*node.kids[0]);
      branch(*node.kids[1]);
      break;
  }
  return all && (any || node.type->is(Kind::never));
}

namespace {

// Finds the type parameters by laying a pattern on a type. False: they differ from `given`.
bool agrees(const Pattern& pattern, const Type* type, std::span<const Type* const> given) {
  switch (pattern.form) {
    case Pattern::Form::parameter:
      return given[pattern.parameter] == type;
    case Pattern::Form::option:
      return type->is(Kind::variant) && type->index_of("some") >= 0 &&
             agrees(pattern.parts[0], type->child(static_cast<uint32_t>(type->index_of("some"))),
                    given);
    case Pattern::Form::constructor: {
      if (pattern.kind != type->kind() || pattern.parts.size() != type->arity()) return false;
      for (uint32_t i = 0; i < type->arity(); i++) {
        if (!agrees(pattern.parts[i], type->child(i), given)) return false;
      }
      return true;
    }
    default:
      return true;
  }
}

void mark(const Pattern& pattern, std::vector<bool>& known) {
  if (pattern.form == Pattern::Form::patch) return;
  if (pattern.form == Pattern::Form::parameter) known[pattern.parameter] = true;
  for (const Pattern& part : pattern.parts) mark(part, known);
}

bool all_known(const Pattern& pattern, const std::vector<bool>& known) {
  if (pattern.form == Pattern::Form::parameter) return known[pattern.parameter];
  return std::all_of(pattern.parts.begin(), pattern.parts.end(),
                     [&](const Pattern& part) { return all_known(part, known); });
}

bool is_function_pattern(const Pattern& pattern) {
  return pattern.form == Pattern::Form::constructor && pattern.kind == Kind::function;
}

}  // namespace

// In which order arguments tell the type parameters: values first, then functions from left to
// right, each of which needs its inputs and may tell its output.
SourceWriter::BuiltinPlan SourceWriter::plan(const Node& node, ir::BuiltinId id, bool known) {
  const BuiltinPattern& pattern = pattern_of(id);
  const ir::Signature* found = signature(node);
  BuiltinPlan out;
  out.arguments.resize(node.kids.size());
  out.say_types = says_type(node);
  std::vector<bool> told(node.type_parameters.size());
  std::vector<bool> telling(node.kids.size());
  if (known && found != nullptr && found->result == node.type) mark(pattern.result, told);
  auto is_lambda = [&](size_t i) {
    Op op = node.kids[i]->op;
    return (op == Op::function || op == Op::async_function) &&
           is_function_pattern(pattern.arguments[i]);
  };
  for (size_t i = 0; i < node.kids.size(); i++) {
    const Node& kid = *node.kids[i];
    // A receiver is written so that it tells its type.
    bool tells = infers(kid) || (i == 0 && method_of(id).takes_receiver);
    if (is_lambda(i) || kid.type->is(Kind::never) || !tells) continue;
    if (!agrees(pattern.arguments[i], kid.type, node.type_parameters)) out.say_types = true;
    mark(pattern.arguments[i], told);
    telling[i] = true;
  }
  for (size_t i = 0; i < node.kids.size(); i++) {
    if (!is_lambda(i)) continue;
    const Node& kid = *node.kids[i];
    const Pattern& expected = pattern.arguments[i];
    const Node& body = *kid.kids.back();
    Lambda& how = out.arguments[i];
    how.may_drop_parameters = true;
    how.inputs_known = std::all_of(expected.parts.begin(), expected.parts.end() - 1,
                                   [&](const Pattern& part) { return all_known(part, told); });
    how.output_known = all_known(expected.parts.back(), told);
    if (how.inputs_known && how.output_known) continue;
    bool tells = body.type == kid.type->output() && infers(body) && !facts_.returns(kid);
    if (!how.inputs_known) {
      how = {};
      tells = true;  // it says all its types
    }
    if (tells && !agrees(expected, kid.type, node.type_parameters)) out.say_types = true;
    if (tells) {
      mark(expected, told);
    } else {
      // The full form tells as well, but type arguments read better.
      out.say_types = true;
    }
  }
  if (std::find(told.begin(), told.end(), false) != told.end()) out.say_types = true;
  for (size_t i = 0; i < node.kids.size(); i++) {
    bool same = found != nullptr && found->arguments[i] == node.kids[i]->type;
    Lambda& how = out.arguments[i];
    if (is_lambda(i)) {
      if (out.say_types) how = {true, true, true};
      if (!same) how = {};
    } else {
      // What tells a type cannot be told it.
      bool by_others = !telling[i] && all_known(pattern.arguments[i], told);
      how.output_known = same && (out.say_types || by_others);
    }
  }
  return out;
}

}  // namespace samara::lang
