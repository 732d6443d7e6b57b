#include "lang/printer.hpp"

namespace samara::lang {

namespace {

// Whether the body may stand on the line of its braces.
bool is_short(const Expr& block) {
  if (block.form != ExprForm::block) return true;
  if (block.kids.empty()) return true;
  if (block.kids.size() > 1) return false;
  const Expr& only = bare(*block.kids[0]);
  return binding_of(only) > Binding::open || only.form == ExprForm::lambda ||
         only.form == ExprForm::return_ || only.form == ExprForm::throw_ ||
         only.form == ExprForm::break_ || only.form == ExprForm::continue_;
}

bool is_jump(const Expr& block) {
  if (block.form != ExprForm::block || block.kids.size() != 1) return false;
  ExprForm form = bare(*block.kids[0]).form;
  return form == ExprForm::return_ || form == ExprForm::throw_ || form == ExprForm::break_ ||
         form == ExprForm::continue_;
}

}  // namespace

Doc Printer::statement(const Expr& statement) { return expr(statement, Binding::statement); }

// `{`, a line for each statement, `}`. Comments and single empty lines keep their places.
Doc Printer::braces(const Expr& block, bool on_one_line) {
  uint32_t end = block.span.end;
  uint32_t open = block.span.begin;
  if (block.kids.empty() && !comments_.pending(end)) return text("{}");
  if (on_one_line && is_short(block) && !comments_.pending(end)) {
    Doc inner = layout_.concat({layout_.line(), statement(*block.kids[0])});
    return layout_.group(
        layout_.concat({text("{"), layout_.indent(inner), layout_.line(), text("}")}));
  }
  uint32_t first = block.kids.empty() ? end : block.kids[0]->span.begin;
  Doc inner = comments_.take_after_open(open, first);
  bool begun = false;
  auto separate = [&](uint32_t begin) {
    bool empty = begun && parsed_ && comments_.empty_line_before(begin);
    inner = layout_.concat({inner, empty ? layout_.empty_line() : layout_.hard_line()});
    begun = true;
  };
  auto own_lines_before = [&](uint32_t offset) {
    while (comments_.pending(offset)) {
      PrintComments::Own comment = comments_.take_own(offset);
      separate(comment.begin);
      inner = layout_.concat({inner, comment.doc, layout_.break_around()});
    }
  };
  for (size_t i = 0; i < block.kids.size(); i++) {
    const Expr& kid = *block.kids[i];
    own_lines_before(kid.span.begin);
    separate(kid.span.begin);
    Doc printed = statement(kid);
    uint32_t limit = i + 1 < block.kids.size() ? block.kids[i + 1]->span.begin : end;
    inner = layout_.concat({inner, printed, comments_.take_trailing(kid.span.end, limit)});
  }
  own_lines_before(end);
  return layout_.concat({text("{"), layout_.indent(inner), layout_.hard_line(), text("}")});
}

Doc Printer::body(const Expr& block, bool on_one_line) {
  if (block.form == ExprForm::block && block.braces == Braces::body) {
    return braces(block, on_one_line);
  }
  return expr(block);
}

// What follows `->`, with the space before it.
Doc Printer::body_or_expr(const Expr& inner) {
  if (inner.form == ExprForm::block && inner.braces == Braces::body) {
    return layout_.concat({text(" "), braces(inner, true)});
  }
  PrintComments::Leading leading = comments_.take_before(inner.span.begin);
  if (leading.any()) {
    Doc lines = layout_.concat(
        {leading.trailing, layout_.hard_line(), own_lines(leading), bare_body(inner)});
    return layout_.indent(lines);
  }
  const Expr& value = bare(inner);
  if (value.form == ExprForm::binary && value.op != Operator::power) {
    return broken_binary(inner);
  }
  return layout_.concat({text(" "), bare_body(inner)});
}

Doc Printer::broken_binary(const Expr& value) {
  const Expr& inner = bare(value);
  Doc lines = begins_with_brace(inner) ? bare_body(inner) : binary(inner, false, false);
  return layout_.group(layout_.indent(layout_.concat({layout_.line(), lines})));
}

// What follows `=`, with the space before it.
Doc Printer::value_after(const Expr& value) {
  PrintComments::Leading leading = comments_.take_before(value.span.begin);
  if (leading.any()) {
    return layout_.indent(
        layout_.concat({leading.trailing, layout_.hard_line(), own_lines(leading), expr(value)}));
  }
  const Expr& inner = bare(value);
  if (inner.form == ExprForm::binary && inner.op != Operator::power) {
    return broken_binary(value);
  }
  return layout_.concat({text(" "), expr(value)});
}

Doc Printer::let(const Expr& expr) {
  Doc head = layout_.concat({text(expr.is_mutable ? "var " : "let "), name(expr.name)});
  if (expr.type != nullptr) head = layout_.concat({head, text(": "), type(*expr.type)});
  return layout_.concat({head, text(" ="), value_after(*expr.kids[0])});
}

Doc Printer::if_(const Expr& expr) {
  bool has_else = expr.kids.size() % 2 == 1;
  bool on_one_line = has_else || is_jump(*expr.kids[1]);
  for (size_t i = 1; i < expr.kids.size(); i += 2) {
    on_one_line = on_one_line && is_short(*expr.kids[i]) && !expr.kids[i]->kids.empty();
  }
  if (has_else) on_one_line = on_one_line && is_short(*expr.kids.back());
  on_one_line = on_one_line && !comments_.pending(expr.span.end) && expr.kids.size() <= 3;
  std::vector<Doc> parts;
  size_t i = 0;
  // All bodies break together: they are in one group, without groups of their own.
  auto add_body = [&](const Expr& block) {
    if (!on_one_line || block.kids.empty()) return parts.push_back(braces(block, false));
    Doc inner = layout_.concat({layout_.line(), statement(*block.kids[0])});
    parts.insert(parts.end(), {text("{"), layout_.indent(inner), layout_.line(), text("}")});
  };
  for (; i + 1 < expr.kids.size(); i += 2) {
    parts.push_back(text(i == 0 ? "if " : " else if "));
    parts.push_back(this->expr(*expr.kids[i], Binding::or_, true));
    parts.push_back(text(" "));
    add_body(*expr.kids[i + 1]);
  }
  if (has_else) {
    parts.push_back(text(" else "));
    add_body(*expr.kids[i]);
  }
  return layout_.group(layout_.concat(parts));
}

Doc Printer::match(const Expr& expr) {
  Doc head =
      layout_.concat({text("match "), this->expr(*expr.kids[0], Binding::or_, true), text(" {")});
  uint32_t first = expr.arms.empty() ? expr.span.end : expr.arms[0].span.begin;
  if (expr.arms.empty() && !comments_.pending(expr.span.end)) {
    return layout_.concat({head, text("}")});
  }
  Doc inner = comments_.take_after_open(expr.kids[0]->span.end, first);
  bool begun = false;
  auto separate = [&](uint32_t begin) {
    bool empty = begun && parsed_ && comments_.empty_line_before(begin);
    inner = layout_.concat({inner, empty ? layout_.empty_line() : layout_.hard_line()});
    begun = true;
  };
  auto own_lines_before = [&](uint32_t offset) {
    while (comments_.pending(offset)) {
      PrintComments::Own comment = comments_.take_own(offset);
      separate(comment.begin);
      inner = layout_.concat({inner, comment.doc, layout_.break_around()});
    }
  };
  for (size_t i = 0; i < expr.arms.size(); i++) {
    const Arm& arm = expr.arms[i];
    own_lines_before(arm.span.begin);
    separate(arm.span.begin);
    Doc pattern = text("_");
    if (!arm.is_default) {
      pattern = layout_.concat({text("."), member(arm.case_name)});
      if (arm.payload.present()) {
        pattern = layout_.concat({pattern, text(" "), name(arm.payload)});
      }
    }
    const Expr& body = *expr.kids[i + 1];
    Doc printed = layout_.concat({pattern, text(" ->"), body_or_expr(body)});
    uint32_t limit = i + 1 < expr.arms.size() ? expr.arms[i + 1].span.begin : expr.span.end;
    inner = layout_.concat({inner, printed, comments_.take_trailing(body.span.end, limit)});
  }
  own_lines_before(expr.span.end);
  return layout_.concat({head, layout_.indent(inner), layout_.hard_line(), text("}")});
}

Doc Printer::loop(const Expr& expr) {
  Doc head = 0;
  if (expr.label.present()) head = layout_.concat({name(expr.label), text(": ")});
  if (expr.form == ExprForm::while_) {
    head = layout_.concat({head, text("while ")});
  } else {
    head = layout_.concat({head, text("for "), name(expr.name)});
    if (expr.second.present()) head = layout_.concat({head, text(", "), name(expr.second)});
    head = layout_.concat({head, text(" in ")});
  }
  Doc over = this->expr(*expr.kids[0], Binding::or_, true);
  return layout_.concat({head, over, text(" "), braces(*expr.kids[1], false)});
}

Doc Printer::try_(const Expr& expr) {
  Doc out = layout_.concat({text("try "), braces(*expr.kids[0], false)});
  if (expr.kids[1] != nullptr) {
    out = layout_.concat({out, text(" catch ")});
    if (expr.name.present()) out = layout_.concat({out, name(expr.name)});
    if (expr.second.present()) out = layout_.concat({out, text(", "), name(expr.second)});
    if (expr.name.present()) out = layout_.concat({out, text(" ")});
    out = layout_.concat({out, braces(*expr.kids[1], false)});
  }
  if (expr.kids[2] != nullptr) {
    out = layout_.concat({out, text(" finally "), braces(*expr.kids[2], false)});
  }
  return out;
}

}  // namespace samara::lang
