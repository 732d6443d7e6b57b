// Source text: any bytes give a tree and diagnostics that can be shown. What has no mistakes of
// form prints as text that says the same, and printing that again changes nothing; what has no
// mistakes at all is programs that the checker of IR accepts.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "ir/check.hpp"
#include "lang/compile.hpp"
#include "lang/diagnostic.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "lang/print_compare.hpp"

namespace {

using namespace samara;
using namespace samara::lang;

void check_diagnostics(const std::vector<Diagnostic>& list, std::string_view source) {
  SAMARA_ASSERT(list.size() <= 2 * k_source_diagnostics_max + 2);
  for (const Diagnostic& each : list) {
    SAMARA_ASSERT(!each.code.empty() && !each.title.empty());
    SAMARA_ASSERT(each.code != "internal");  // the compiler found itself wrong
    SAMARA_ASSERT(each.span.begin <= each.span.end && each.span.end <= source.size());
  }
  // All are alike to show; a few are enough.
  for (size_t i = 0; i < list.size() && i < 4; i++) {
    SAMARA_ASSERT(!render(list[i], "input.east", source).empty());
  }
}

void check_expr(const Expr* expr, size_t size, bool whole) {
  if (expr == nullptr) return;
  SAMARA_ASSERT(expr->span.begin <= expr->span.end && expr->span.end <= size);
  SAMARA_ASSERT(!whole || expr->form != ExprForm::error);
  for (const Expr* kid : expr->kids) {
    if (kid != nullptr) SAMARA_ASSERT(kid->height < expr->height);
    check_expr(kid, size, whole);
  }
}

void check_tree(const SyntaxTree& tree, size_t size, bool whole) {
  for (const Declaration& each : tree.declarations) {
    SAMARA_ASSERT(each.span.begin <= each.span.end && each.span.end <= size);
    check_expr(each.body, size, whole);
  }
}

void check_file(std::string_view source) {
  Parsed parsed = parse(source);
  check_diagnostics(parsed.diagnostics, source);
  bool whole = !has_errors(parsed.diagnostics);
  check_tree(*parsed.tree, source.size(), whole);
  if (!whole) return;
  std::string printed = print(*parsed.tree, source);
  Parsed again = parse(printed);
  SAMARA_ASSERT(!has_errors(again.diagnostics));
  SAMARA_ASSERT(difference(*parsed.tree, *again.tree).empty());
  SAMARA_ASSERT(print(*again.tree, printed) == printed);
}

// Types stay from one input to the next, up to a number: making them costs more than reading.
struct Session {
  TypeTable types;
  ir::SignatureCache signatures{types};
  ir::PlatformList platform;
};

Session& session() {
  static auto* current = new Session;
  if (current->types.size() > 20'000) {
    delete current;
    current = new Session;
  }
  return *current;
}

void check_compilation(std::string_view source) {
  Session& in = session();
  Compilation made = compile_source(in.types, source, "input.east", {});
  check_diagnostics(made.diagnostics, source);
  bool whole = !has_errors(made.diagnostics);
  for (const CompiledFunction& each : made.functions) {
    SAMARA_ASSERT(!whole || each.program != nullptr);
    if (each.program == nullptr) continue;
    for (const ir::Diagnostic& violation :
         ir::diagnose(*each.program, in.platform, {.signatures = &in.signatures})) {
      // No host is here to offer platform functions.
      SAMARA_ASSERT(violation.message.starts_with("Platform function '"));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  check_file(source);
  check_compilation(source);
  Parsed input = parse_input(source);
  check_diagnostics(input.diagnostics, source);
  check_tree(*input.tree, size, !has_errors(input.diagnostics));
  is_incomplete(source);
  return 0;
}
