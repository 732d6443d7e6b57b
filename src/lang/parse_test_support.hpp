#pragma once
// Syntax trees as short text, so that a test says in one line what a source means.

#include <string>

#include "lang/ast.hpp"

namespace samara::lang {

inline std::string dump(const TypeNode* type) {
  if (type == nullptr) return "-";
  std::string out;
  auto add = [&](const auto& list) {
    for (const auto& each : list) out += " " + dump(each);
  };
  switch (type->form) {
    case TypeForm::name:
      out = std::string(type->name.text);
      if (type->arguments.empty()) return out;
      out = "<" + out;
      add(type->arguments);
      return out + ">";
    case TypeForm::structure:
    case TypeForm::variant:
      out = type->form == TypeForm::structure ? "(struct" : "(variant";
      for (const TypeField& field : type->fields) {
        out += " " + std::string(field.name.text);
        if (field.type != nullptr) out += ":" + dump(field.type);
      }
      return out + ")";
    case TypeForm::function:
      out = type->is_async ? "(async" : "(fn";
      add(type->arguments);
      return out + " -> " + dump(type->body) + ")";
    case TypeForm::recursive:
      return "(rec " + std::string(type->name.text) + " " + dump(type->body) + ")";
    case TypeForm::error:
      return "ERROR";
  }
  return "?";
}

inline const char* dump(Operator op) {
  constexpr const char* k_names[] = {"",   "+", "-",  "*",  "/",  "%",  "**", "==", "!=",    "<",
                                     "<=", ">", ">=", "is", "&&", "||", "-",  "!",  "await", "="};
  return k_names[static_cast<size_t>(op)];
}

inline std::string dump(const Expr* expr) {
  if (expr == nullptr) return "-";
  std::string out;
  auto text = [](const auto& view) { return std::string(view); };
  auto kids = [&](const std::string& head) {
    std::string list = "(" + head;
    for (const Expr* kid : expr->kids) list += " " + dump(kid);
    return list + ")";
  };
  auto label = expr->label.present() ? text(expr->label.text) + ": " : std::string();
  switch (expr->form) {
    case ExprForm::null:
      return "null";
    case ExprForm::boolean:
      return expr->integer != 0 ? "true" : "false";
    case ExprForm::integer:
      return std::to_string(expr->integer);
    case ExprForm::float_:
      return std::to_string(expr->number);
    case ExprForm::string:
      return "\"" + text(expr->text) + "\"";
    case ExprForm::datetime:
      return "date:" + std::to_string(expr->integer);
    case ExprForm::blob:
      return "blob:" + std::to_string(expr->text.size());
    case ExprForm::interpolation:
      return kids("text");
    case ExprForm::name:
    case ExprForm::field: {
      std::string name = text(expr->name.text);
      if (!expr->type_arguments.empty()) {
        name += "<";
        for (const TypeNode* type : expr->type_arguments) name += dump(type) + ",";
        name += ">";
      }
      return expr->form == ExprForm::name ? name : kids("." + name);
    }
    case ExprForm::array:
      return kids("array");
    case ExprForm::set:
      return kids("set");
    case ExprForm::dict:
      return kids("dict");
    case ExprForm::vector:
      return kids("vec");
    case ExprForm::matrix:
      return kids("mat" + std::to_string(expr->integer));
    case ExprForm::structure:
      out = "(struct";
      for (size_t i = 0; i < expr->kids.size(); i++) {
        out += " " + text(expr->fields[i].text) + "=" + dump(expr->kids[i]);
      }
      return out + ")";
    case ExprForm::variant:
      return expr->kids.empty() ? "." + text(expr->name.text) : kids("." + text(expr->name.text));
    case ExprForm::ref:
      return kids("ref");
    case ExprForm::index:
      return kids("index");
    case ExprForm::call:
      return kids("call");
    case ExprForm::unary:
    case ExprForm::binary:
      return kids(dump(expr->op));
    case ExprForm::cast:
      return "(as " + dump(expr->kids[0]) + " " + dump(expr->type) + ")";
    case ExprForm::ascription:
      return "(: " + dump(expr->kids[0]) + " " + dump(expr->type) + ")";
    case ExprForm::parenthesized:
      return kids("paren");
    case ExprForm::lambda:
      out = expr->is_async ? "async-lambda" : "lambda";
      if (expr->full_form) out += "!";
      for (const Parameter& each : expr->parameters) {
        out += " " + text(each.name.text);
        if (each.type != nullptr) out += ":" + dump(each.type);
      }
      if (expr->type != nullptr) out += " -> " + dump(expr->type);
      return kids(out);
    case ExprForm::block:
      return kids(expr->braces == Braces::do_ ? "do" : "block");
    case ExprForm::if_:
      return kids("if");
    case ExprForm::match:
      out = "(match " + dump(expr->kids[0]);
      for (size_t i = 0; i < expr->arms.size(); i++) {
        const Arm& arm = expr->arms[i];
        out += arm.is_default ? " _" : " ." + text(arm.case_name.text);
        if (arm.payload.present()) out += " " + text(arm.payload.text);
        out += " -> " + dump(expr->kids[i + 1]);
      }
      return out + ")";
    case ExprForm::for_:
      out = label + "for " + text(expr->name.text);
      if (expr->second.present()) out += "," + text(expr->second.text);
      return kids(out);
    case ExprForm::while_:
      return kids(label + "while");
    case ExprForm::try_:
      out = "try";
      if (expr->name.present()) out += " " + text(expr->name.text);
      if (expr->second.present()) out += "," + text(expr->second.text);
      return kids(out);
    case ExprForm::return_:
      return kids("return");
    case ExprForm::throw_:
      return kids("throw");
    case ExprForm::break_:
      return "(break" + (expr->label.present() ? " " + text(expr->label.text) : "") + ")";
    case ExprForm::continue_:
      return "(continue" + (expr->label.present() ? " " + text(expr->label.text) : "") + ")";
    case ExprForm::let:
      return "(" + std::string(expr->is_mutable ? "var " : "let ") + text(expr->name.text) +
             (expr->type != nullptr ? ":" + dump(expr->type) : "") + " " + dump(expr->kids[0]) +
             ")";
    case ExprForm::assign:
      return kids(expr->op == Operator::assign ? "=" : std::string(dump(expr->op)) + "=");
    case ExprForm::error:
      return "ERROR";
  }
  return "?";
}

}  // namespace samara::lang
