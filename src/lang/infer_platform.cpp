#include <algorithm>

#include "lang/infer.hpp"

namespace samara::lang {

void Inferrer::compare_offered(Item& item, Span at, std::span<const Type* const> type_parameters,
                               std::span<Ty* const> inputs, Ty* output) {
  if (session_.options.platform == nullptr) return;
  Types& types = session_.types;
  std::vector<const Type*> closed;
  for (Ty* input : inputs) closed.push_back(types.closed(input));
  const Type* result = types.closed(output);
  if (result == nullptr || std::find(closed.begin(), closed.end(), nullptr) != closed.end()) return;
  auto offered =
      session_.options.platform->find(session_.table, registered_name(item), type_parameters);
  if (!offered) {
    if (offered.error().code == Code::not_found) return;
    item.module->reporter.error("platform-mismatch", at,
                                "the platform function " + in_quotes(item.name) + ": " +
                                    std::string(offered.error().message()),
                                "declared otherwise");
    item.broken = true;
    return;
  }
  bool same = offered->inputs.size() == closed.size() && offered->is_async == item.is_async &&
              equal_modulo_unfolding(offered->output, result);
  for (size_t i = 0; same && i < closed.size(); i++) {
    same = equal_modulo_unfolding(closed[i], offered->inputs[i]);
  }
  if (same) return;
  auto written = [&](bool is_async, const std::vector<const Type*>& in, const Type* out) {
    auto made =
        session_.table.checked_function(is_async ? Kind::async_function : Kind::function, in, out);
    return made ? type_text(*made) : std::string("?");
  };
  Diagnostic& d = item.module->reporter.error(
      "platform-mismatch", at,
      "the platform function " + in_quotes(item.name) + " is declared otherwise than it is offered",
      "declared as " + written(item.is_async, closed, result));
  d.help = "offered is " + written(offered->is_async, offered->inputs, offered->output);
}

Draft* Inferrer::platform_item(const Expr& e, Item& item, const Want& want, bool awaited) {
  Types& types = session_.types;
  const Expr& callee = *e.kids[0];
  const Declaration& declaration = *item.declaration;
  std::span<Expr* const> written = e.kids.subspan(1);
  async_ok(e, item.is_async, awaited, item.name);
  std::vector<Ty*> type_parameters;
  std::vector<Ty*> inputs = item.inputs;
  Ty* output = item.output;
  if (!declaration.type_parameters.empty()) {
    if (!callee.type_arguments.empty() &&
        callee.type_arguments.size() != declaration.type_parameters.size()) {
      report("type-argument-count", callee.span,
             in_quotes(item.name) + " takes " +
                 counted(declaration.type_parameters.size(), "type argument") + ", found " +
                 std::to_string(callee.type_arguments.size()),
             "wrong number of type arguments");
      return failed(e);
    }
    TypeArguments bound;
    for (size_t i = 0; i < declaration.type_parameters.size(); i++) {
      Ty* type = callee.type_arguments.empty()
                     ? types.fresh()
                     : resolver_.resolve_type(*module_, *callee.type_arguments[i]);
      type_parameters.push_back(type);
      bound.emplace_back(declaration.type_parameters[i].text, type);
    }
    for (const Parameter& parameter : declaration.parameters) {
      inputs.push_back(parameter.type == nullptr
                           ? types.error()
                           : resolver_.resolve_open(*item.module, *parameter.type, bound));
    }
    output = declaration.type == nullptr
                 ? types.null()
                 : resolver_.resolve_open(*item.module, *declaration.type, bound);
    if (want.type != nullptr && types.heads_agree(output, want.type)) {
      types.unify(output, want.type);
    }
  } else if (!callee.type_arguments.empty()) {
    report("type-arguments", callee.span, in_quotes(item.name) + " takes no type arguments",
           "not generic");
  }
  if (written.size() != inputs.size()) {
    argument_count(e, item.name, inputs.size(), written.size(), &item,
                   item.type != nullptr ? text(item.type) : std::string());
    for (const Expr* each : written) infer(*each);
    return failed(e);
  }
  std::vector<Draft*> kids;
  arguments(e, written, inputs, item.name, &item, kids);
  Draft* draft = make(ir::Op::platform, e, output);
  if (e.op_span.end <= e.op_span.begin) draft->offset = callee.span.begin;
  draft->name = registered_name(item);
  draft->is_async = awaited;
  draft->optional = declaration.optional;
  draft->type_parameters = session_.arena.copy(type_parameters);
  draft->kids = session_.arena.copy(kids);
  if (!type_parameters.empty()) generic_platform_.emplace_back(draft, &item);
  if (item.broken) item_->broken = true;
  return draft;
}

Draft* Inferrer::platform_offered(const Expr& e, const Want& want, bool awaited, bool& found) {
  (void)want;
  Types& types = session_.types;
  const Expr& callee = *e.kids[0];
  if (session_.options.platform == nullptr) return nullptr;
  std::vector<const Type*> type_parameters;
  std::vector<Ty*> open;
  for (const TypeNode* each : callee.type_arguments) {
    const Type* type = resolver_.resolve(*module_, *each);
    if (type == nullptr) {
      found = true;
      return failed(e);
    }
    type_parameters.push_back(type);
    open.push_back(types.known(type));
  }
  auto offered = session_.options.platform->find(session_.table, callee.name.text, type_parameters);
  if (!offered) {
    if (offered.error().code == Code::not_found) return nullptr;
    found = true;
    report("platform-mismatch", callee.span,
           "the platform function " + in_quotes(callee.name.text) + ": " +
               std::string(offered.error().message()),
           "does not fit")
        .help = "its type arguments are written `" + std::string(callee.name.text) + "<T>(…)`";
    for (const Expr* each : e.kids.subspan(1)) infer(*each);
    return failed(e);
  }
  found = true;
  async_ok(e, offered->is_async, awaited, callee.name.text);
  std::vector<Ty*> inputs;
  for (const Type* each : offered->inputs) inputs.push_back(types.known(each));
  Ty* output = types.known(offered->output);
  Ty* type = types.function(offered->is_async, inputs, output);
  note(callee.name, "platform function", type);
  std::span<Expr* const> written = e.kids.subspan(1);
  if (written.size() != inputs.size()) {
    argument_count(e, callee.name.text, inputs.size(), written.size(), nullptr, text(type));
    for (const Expr* each : written) infer(*each);
    return failed(e);
  }
  std::vector<Draft*> kids;
  arguments(e, written, inputs, callee.name.text, nullptr, kids);
  Draft* draft = make(ir::Op::platform, e, output);
  if (e.op_span.end <= e.op_span.begin) draft->offset = callee.span.begin;
  draft->name = callee.name.text;
  draft->is_async = awaited;
  draft->type_parameters = session_.arena.copy(open);
  draft->kids = session_.arena.copy(kids);
  return draft;
}

}  // namespace samara::lang
