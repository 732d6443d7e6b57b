#include "lang/print_compare.hpp"

#include <bit>

#include "lang/printer.hpp"

namespace samara::lang {

namespace {

class Compare {
 public:
  std::string answer;

  bool check(bool same, std::string_view what) {
    if (!same && answer.empty()) answer = what;
    return same;
  }
  bool text(std::string_view a, std::string_view b, std::string_view what) {
    if (a == b) return true;
    std::string message(what);
    message.append(" '").append(a).append("' and '").append(b).append("'");
    return check(false, message);
  }

  bool type(const TypeNode* a, const TypeNode* b) {
    if (!check((a == nullptr) == (b == nullptr), "a type is missing")) return false;
    if (a == nullptr) return true;
    if (!check(a->form == b->form, "forms of types") ||
        !check(a->is_async == b->is_async, "async of types") ||
        !text(a->name.text, b->name.text, "type names") ||
        !check(a->arguments.size() == b->arguments.size(), "number of type arguments") ||
        !check(a->fields.size() == b->fields.size(), "number of fields")) {
      return false;
    }
    for (size_t i = 0; i < a->arguments.size(); i++) {
      if (!type(a->arguments[i], b->arguments[i])) return false;
    }
    for (size_t i = 0; i < a->fields.size(); i++) {
      if (!text(a->fields[i].name.text, b->fields[i].name.text, "field names") ||
          !type(a->fields[i].type, b->fields[i].type)) {
        return false;
      }
    }
    return type(a->body, b->body);
  }

  bool parameters(std::span<const Parameter> a, std::span<const Parameter> b) {
    if (!check(a.size() == b.size(), "number of parameters")) return false;
    for (size_t i = 0; i < a.size(); i++) {
      if (!text(a[i].name.text, b[i].name.text, "parameters") || !type(a[i].type, b[i].type)) {
        return false;
      }
    }
    return true;
  }

  // The operators of a chain nest to the left, deeper than other things do.
  bool expr(const Expr* a, const Expr* b) {
    if (!check((a == nullptr) == (b == nullptr), "an expression is missing")) return false;
    if (a == nullptr) return true;
    a = &bare(*a);
    b = &bare(*b);
    std::string forms = "forms of expressions " + std::to_string(static_cast<int>(a->form)) +
                        " and " + std::to_string(static_cast<int>(b->form));
    if (!check(a->form == b->form, forms) || !check(a->op == b->op, "operators") ||
        !check(a->is_async == b->is_async, "async of expressions") ||
        !check(a->is_mutable == b->is_mutable, "let and var") ||
        !check(a->full_form == b->full_form, "forms of lambdas") ||
        !text(a->name.text, b->name.text, "names") ||
        !text(a->second.text, b->second.text, "second names") ||
        !text(a->label.text, b->label.text, "labels") || !text(a->text, b->text, "texts") ||
        !check(a->integer == b->integer, "integers") ||
        !check(std::bit_cast<uint64_t>(a->number) == std::bit_cast<uint64_t>(b->number),
               "floats") ||
        !type(a->type, b->type) ||
        !check(a->kids.size() == b->kids.size(), "number of parts " + forms) ||
        !check(a->fields.size() == b->fields.size(), "number of fields") ||
        !check(a->arms.size() == b->arms.size(), "number of arms") ||
        !check(a->type_arguments.size() == b->type_arguments.size(), "number of type arguments") ||
        !parameters(a->parameters, b->parameters)) {
      return false;
    }
    if (a->form == ExprForm::call &&
        !check(is_callee_in_parentheses(*a->kids[0]) == is_callee_in_parentheses(*b->kids[0]),
               "parentheses of a callee")) {
      return false;
    }
    if (a->form == ExprForm::block && !check(a->braces == b->braces, "braces")) return false;
    for (size_t i = 0; i < a->fields.size(); i++) {
      if (!text(a->fields[i].text, b->fields[i].text, "fields")) return false;
    }
    for (size_t i = 0; i < a->arms.size(); i++) {
      if (!text(a->arms[i].case_name.text, b->arms[i].case_name.text, "cases") ||
          !text(a->arms[i].payload.text, b->arms[i].payload.text, "payloads") ||
          !check(a->arms[i].is_default == b->arms[i].is_default, "default arms")) {
        return false;
      }
    }
    for (size_t i = 0; i < a->type_arguments.size(); i++) {
      if (!type(a->type_arguments[i], b->type_arguments[i])) return false;
    }
    for (size_t i = 0; i < a->kids.size(); i++) {
      if (!expr(a->kids[i], b->kids[i])) return false;
    }
    return true;
  }

  bool declaration(const Declaration& a, const Declaration& b) {
    if (!check(a.form == b.form, "forms of declarations") || !text(a.doc, b.doc, "docs") ||
        !text(a.name.text, b.name.text, "declared names") ||
        !check(a.is_private == b.is_private, "private") ||
        !check(a.is_async == b.is_async, "async of declarations") ||
        !check(a.optional == b.optional, "optional") || !check(a.effect == b.effect, "effects") ||
        !text(a.source, b.source, "sources") ||
        !check(a.imports.size() == b.imports.size(), "number of imports") ||
        !check(a.type_parameters.size() == b.type_parameters.size(), "number of type parameters") ||
        !parameters(a.parameters, b.parameters) || !type(a.type, b.type)) {
      return false;
    }
    for (size_t i = 0; i < a.imports.size(); i++) {
      if (!text(a.imports[i].name.text, b.imports[i].name.text, "imports") ||
          !text(a.imports[i].alias.text, b.imports[i].alias.text, "aliases of imports")) {
        return false;
      }
    }
    for (size_t i = 0; i < a.type_parameters.size(); i++) {
      if (!text(a.type_parameters[i].text, b.type_parameters[i].text, "type parameters")) {
        return false;
      }
    }
    return expr(a.body, b.body);
  }
};

}  // namespace

std::string difference(const Expr& a, const Expr& b) {
  Compare compare;
  compare.expr(&a, &b);
  return compare.answer;
}

std::string difference(const SyntaxTree& a, const SyntaxTree& b) {
  Compare compare;
  if (compare.check(a.declarations.size() == b.declarations.size(), "number of declarations")) {
    for (size_t i = 0; i < a.declarations.size(); i++) {
      if (!compare.declaration(a.declarations[i], b.declarations[i])) {
        return compare.answer + " in declaration " + std::to_string(i) + " '" +
               std::string(a.declarations[i].name.text) + "'";
      }
    }
  }
  return compare.answer;
}

}  // namespace samara::lang
