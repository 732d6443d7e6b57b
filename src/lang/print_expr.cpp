#include "core/assert.hpp"
#include "lang/print.hpp"
#include "lang/print_names.hpp"
#include "lang/printer.hpp"
#include "value/calendar.hpp"
#include "value/number_text.hpp"

namespace samara::lang {

namespace {

// The expression whose first token is the first of `expr`.
const Expr& leftmost(const Expr& expr) {
  const Expr* at = &bare(expr);
  while (at->form == ExprForm::binary || at->form == ExprForm::cast ||
         at->form == ExprForm::field || at->form == ExprForm::index || at->form == ExprForm::call) {
    const Expr& next = bare(*at->kids[0]);
    if (binding_of(next) < binding_of(*at)) break;
    at = &next;
  }
  return *at;
}

}  // namespace

bool begins_with_brace(const Expr& expr) {
  const Expr& first = leftmost(expr);
  return first.form == ExprForm::set || first.form == ExprForm::dict;
}

namespace {

// Directly before a digit, a minus belongs to the number.
bool begins_with_number(const Expr& expr) {
  switch (leftmost(expr).form) {
    case ExprForm::integer:
    case ExprForm::float_:
    case ExprForm::datetime:
    case ExprForm::blob:
      return true;
    default:
      return false;
  }
}

}  // namespace

Doc Printer::name(const Name& name) { return layout_.owned(quoted_name(name.text)); }
Doc Printer::member(const Name& name) { return layout_.owned(quoted_member(name.text)); }

Doc Printer::expr(const Expr& outer, Binding place, bool brace_free) {
  const Expr& expr = bare(outer);
  bool braces = expr.form == ExprForm::set || expr.form == ExprForm::dict;
  if (binding_of(expr) >= place && !(brace_free && braces)) return form(expr, brace_free);
  Doc printed = form(expr, false);
  if (expr.form == ExprForm::assign) {
    // `(x = 1)` would be a struct.
    std::string op = ") ";
    op += operator_text(expr.op);
    op += "= ";
    printed = layout_.concat({text("("), this->expr(*expr.kids[0], Binding::postfix),
                              layout_.owned(op), this->expr(*expr.kids[1])});
  }
  Doc inner = layout_.concat({layout_.soft_line(), printed});
  return layout_.group(
      layout_.concat({text("("), layout_.indent(inner), layout_.soft_line(), text(")")}));
}

Doc Printer::bare_body(const Expr& inner) {
  if (!begins_with_brace(inner)) return expr(inner);
  return layout_.concat({text("("), expr(inner), text(")")});
}

Doc Printer::form(const Expr& expr, bool brace_free) {
  switch (expr.form) {
    case ExprForm::null:
    case ExprForm::boolean:
    case ExprForm::integer:
    case ExprForm::float_:
    case ExprForm::string:
    case ExprForm::datetime:
    case ExprForm::blob:
      return literal(expr);
    case ExprForm::interpolation:
      return interpolation(expr);
    case ExprForm::name:
      return layout_.concat({name(expr.name), type_arguments(expr.type_arguments)});
    case ExprForm::array:
      return expr_list("[", "]", expr.kids, expr.span.end);
    case ExprForm::set:
      return expr_list("{", "}", expr.kids, expr.span.end);
    case ExprForm::vector:
      return expr_list("vec[", "]", expr.kids, expr.span.end);
    case ExprForm::matrix:
      return matrix(expr);
    case ExprForm::dict:
      return dict(expr);
    case ExprForm::structure:
      return structure(expr);
    case ExprForm::variant:
      return variant(expr, brace_free);
    case ExprForm::field:
    case ExprForm::index:
    case ExprForm::call:
      return chain(expr, brace_free);
    case ExprForm::ref:
    case ExprForm::unary:
      return unary(expr, brace_free);
    case ExprForm::binary:
      return binary(expr, brace_free);
    case ExprForm::cast:
      return layout_.concat(
          {this->expr(*expr.kids[0], Binding::cast, brace_free), text(" as "), type(*expr.type)});
    case ExprForm::ascription:
      return ascription(expr);
    case ExprForm::lambda:
      return lambda(expr);
    case ExprForm::block:
      return layout_.concat({text("do "), braces(expr, true)});
    case ExprForm::if_:
      return if_(expr);
    case ExprForm::match:
      return match(expr);
    case ExprForm::for_:
    case ExprForm::while_:
      return loop(expr);
    case ExprForm::try_:
      return try_(expr);
    case ExprForm::return_:
      if (expr.kids.empty()) return text("return");
      return layout_.concat(
          {text("return "), this->expr(*expr.kids[0], Binding::open, brace_free)});
    case ExprForm::throw_:
      return layout_.concat({text("throw "), this->expr(*expr.kids[0], Binding::open, brace_free)});
    case ExprForm::break_:
    case ExprForm::continue_: {
      Doc word = text(expr.form == ExprForm::break_ ? "break" : "continue");
      if (!expr.label.present()) return word;
      return layout_.concat({word, text(" "), name(expr.label)});
    }
    case ExprForm::let:
      return let(expr);
    case ExprForm::assign:
      return assign(expr);
    case ExprForm::parenthesized:
    case ExprForm::error:
      break;
  }
  SAMARA_ASSERT(false);
  return 0;
}

Doc Printer::dict(const Expr& expr) {
  if (expr.kids.empty()) return text("{:}");
  std::vector<Item> items;
  items.reserve(expr.kids.size() / 2);
  for (size_t i = 0; i + 1 < expr.kids.size(); i += 2) {
    items.push_back({expr.kids[i]->span.begin, expr.kids[i + 1]->span.end});
  }
  return list("{", "}", items, expr.span.end, true, [&](size_t i) {
    return layout_.concat(
        {this->expr(*expr.kids[2 * i]), text(": "), this->expr(*expr.kids[2 * i + 1])});
  });
}

Doc Printer::structure(const Expr& expr) {
  std::vector<Item> items;
  items.reserve(expr.kids.size());
  for (size_t i = 0; i < expr.kids.size(); i++) {
    items.push_back({expr.fields[i].span.begin, expr.kids[i]->span.end});
  }
  return list("(", ")", items, expr.span.end, true, [&](size_t i) {
    return layout_.concat({member(expr.fields[i]), text(" = "), this->expr(*expr.kids[i])});
  });
}

Doc Printer::ascription(const Expr& expr) {
  Doc inner = layout_.concat({this->expr(*expr.kids[0]), text(": "), type(*expr.type)});
  // What has braces of its own needs no lines for the parentheses.
  if (binding_of(bare(*expr.kids[0])) == Binding::open) {
    return layout_.concat({text("("), inner, text(")")});
  }
  return layout_.group(
      layout_.concat({text("("), layout_.indent(layout_.concat({layout_.soft_line(), inner})),
                      layout_.soft_line(), text(")")}));
}

Doc Printer::assign(const Expr& expr) {
  std::string op = " ";
  op += operator_text(expr.op);
  op += "= ";
  return layout_.concat(
      {this->expr(*expr.kids[0], Binding::postfix), layout_.owned(op), this->expr(*expr.kids[1])});
}

Doc Printer::literal(const Expr& expr) {
  std::string out;
  switch (expr.form) {
    case ExprForm::null:
      return text("null");
    case ExprForm::boolean:
      return text(expr.integer != 0 ? "true" : "false");
    case ExprForm::integer:
      append_integer(out, expr.integer);
      break;
    case ExprForm::float_:
      out = float_text(expr.number);
      break;
    case ExprForm::string:
      out = string_text(expr.text);
      break;
    case ExprForm::datetime:
      append_datetime(out, expr.integer);
      break;
    default:
      out = "0x";
      append_hex(out, reinterpret_cast<const uint8_t*>(expr.text.data()), expr.text.size());
      break;
  }
  return layout_.owned(std::move(out));
}

Doc Printer::interpolation(const Expr& expr) {
  std::vector<Doc> parts;
  std::string characters = "\"";
  bool after_text = false;
  for (const Expr* kid : expr.kids) {
    // Two texts in a row: the second was an expression.
    if (kid->form == ExprForm::string && !after_text) {
      append_string_part(characters, kid->text);
      after_text = true;
      continue;
    }
    after_text = false;
    parts.push_back(layout_.owned(characters + "\\("));
    parts.push_back(this->expr(*kid));
    characters = ")";
  }
  parts.push_back(layout_.owned(characters + '"'));
  return layout_.concat(parts);
}

// A chain of operators that bind alike is one group: all break or none.
Doc Printer::binary(const Expr& expr, bool brace_free, bool indented) {
  Binding binding = binding_of(expr.op);
  if (expr.op == Operator::power) {
    return layout_.concat({this->expr(*expr.kids[0], Binding::postfix, brace_free), text(" ** "),
                           this->expr(*expr.kids[1], Binding::unary, brace_free)});
  }
  std::vector<const Expr*> chain = {&expr};
  while (binding != Binding::compare) {
    const Expr& left = bare(*chain.back()->kids[0]);
    if (left.form != ExprForm::binary || binding_of(left.op) != binding) break;
    chain.push_back(&left);
  }
  auto tighter = static_cast<Binding>(static_cast<uint8_t>(binding) + 1);
  const Expr& first = *chain.back()->kids[0];
  Binding first_place = tighter;
  // `x as T < y` would begin type arguments.
  if (binding == Binding::compare && expr.op == Operator::less &&
      bare(first).form == ExprForm::cast) {
    first_place = Binding::unary;
  }
  Doc out = this->expr(first, first_place, brace_free);
  Doc rest = 0;
  for (size_t i = chain.size(); i > 0; i--) {
    const Expr& at = *chain[i - 1];
    PrintComments::Leading leading = comments_.take_before(at.kids[1]->span.begin);
    rest = layout_.concat({rest, text(" "), text(operator_text(at.op)), leading.trailing,
                           layout_.line(), own_lines(leading),
                           this->expr(*at.kids[1], tighter, brace_free)});
  }
  return layout_.group(layout_.concat({out, indented ? layout_.indent(rest) : rest}));
}

Doc Printer::unary(const Expr& expr, bool brace_free) {
  const Expr& operand = bare(*expr.kids[0]);
  bool minus = expr.form == ExprForm::unary && expr.op == Operator::minus;
  bool reference = expr.form == ExprForm::ref;
  // `--` and `&&` are other tokens.
  bool twice = (minus && operand.form == ExprForm::unary && operand.op == Operator::minus) ||
               (reference && operand.form == ExprForm::ref);
  bool number = minus && begins_with_number(operand);
  Binding place = twice ? Binding::power : number ? Binding::primary : Binding::unary;
  Doc sign = text(reference ? "&" : expr.op == Operator::await ? "await " : operator_text(expr.op));
  if (number && binding_of(operand) >= Binding::primary) {
    return layout_.concat({sign, text("("), this->expr(operand), text(")")});
  }
  return layout_.concat({sign, this->expr(operand, place, brace_free)});
}

Doc Printer::variant(const Expr& expr, bool brace_free) {
  Doc head = layout_.concat({text("."), member(expr.name)});
  if (expr.kids.empty()) return head;
  const Expr& payload = bare(*expr.kids[0]);
  bool sign = payload.form == ExprForm::unary || payload.form == ExprForm::ref;
  Binding place = sign ? Binding::power : Binding::unary;
  return layout_.concat({head, text(" "), this->expr(payload, place, brace_free)});
}

Doc Printer::expr_list(std::string_view open, std::string_view close, std::span<Expr* const> kids,
                       uint32_t end) {
  std::vector<Item> items;
  items.reserve(kids.size());
  for (const Expr* kid : kids) items.push_back({kid->span.begin, kid->span.end});
  return list(open, close, items, end, true, [&](size_t i) { return expr(*kids[i]); });
}

Doc Printer::matrix(const Expr& expr) {
  if (!expr.text.empty()) return layout_.concat({text("mat[: "), text(expr.text), text("]")});
  auto rows = static_cast<size_t>(expr.integer);
  size_t columns = rows == 0 ? 0 : expr.kids.size() / rows;
  std::vector<Item> items;
  for (size_t i = 0; i < rows; i++) {
    if (columns == 0) {
      items.push_back({expr.span.begin, expr.span.begin});
    } else {
      items.push_back(
          {expr.kids[i * columns]->span.begin, expr.kids[(i + 1) * columns - 1]->span.end});
    }
  }
  return list("mat[", "]", items, expr.span.end, true, [&](size_t i) {
    return expr_list("[", "]", expr.kids.subspan(i * columns, columns), items[i].end);
  });
}

Doc Printer::lambda(const Expr& expr) {
  Doc head = text(expr.is_async ? "async " : "");
  const Expr& inner = *expr.kids[0];
  if (expr.full_form) {
    head = layout_.concat({head, text("fn"), parameters(expr.parameters, inner.span.begin, false)});
    if (expr.type != nullptr) head = layout_.concat({head, text(" -> "), type(*expr.type)});
    return layout_.concat({head, text(" "), body(inner, true)});
  }
  if (expr.parameters.size() == 1 && expr.parameters[0].type == nullptr) {
    head = layout_.concat({head, name(expr.parameters[0].name)});
  } else {
    head = layout_.concat({head, parameters(expr.parameters, inner.span.begin, false)});
  }
  return layout_.concat({head, text(" ->"), body_or_expr(inner)});
}

std::string print_expr(const Expr& expr) {
  Layout layout;
  Printer printer(layout, {}, {});
  return layout.render(printer.statement(expr), k_line_columns_max);
}

}  // namespace samara::lang
