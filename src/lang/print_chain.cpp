#include "lang/printer.hpp"

namespace samara::lang {

Doc Printer::arguments(const Expr& call) {
  std::span<Expr* const> kids = call.kids.subspan(1);
  if (kids.empty()) return expr_list("(", ")", kids, call.span.end);
  const Expr& last = bare(*kids.back());
  bool literal = last.form == ExprForm::array || last.form == ExprForm::set ||
                 last.form == ExprForm::dict || last.form == ExprForm::structure ||
                 last.form == ExprForm::vector || last.form == ExprForm::matrix;
  bool hugs = last.form == ExprForm::lambda || (literal && kids.size() == 1) ||
              last.form == ExprForm::block || last.form == ExprForm::match;
  if (!hugs || comments_.pending(kids.back()->span.begin)) {
    return expr_list("(", ")", kids, call.span.end);
  }
  // The brackets of the last argument serve as those of the list.
  std::vector<Doc> flat = {text("(")};
  std::vector<Doc> broken;
  bool forced = false;
  for (size_t i = 0; i < kids.size(); i++) {
    Doc item = expr(*kids[i]);
    if (i + 1 < kids.size()) forced = forced || layout_.forced(item);
    if (i > 0) flat.push_back(text(", "));
    flat.push_back(item);
    broken.push_back(i == 0 ? layout_.soft_line() : layout_.line());
    broken.push_back(item);
    broken.push_back(i + 1 < kids.size() ? text(",") : layout_.if_broken(text(",")));
  }
  PrintComments::Leading rest = comments_.take_before(call.span.end);
  if (rest.any()) {
    broken.insert(broken.end(), {rest.trailing, layout_.line(), rest.own});
    forced = true;
  }
  flat.push_back(text(")"));
  Doc lines = layout_.group(layout_.concat(
      {text("("), layout_.indent(layout_.concat(broken)), layout_.soft_line(), text(")")}));
  if (forced) return lines;
  if (literal) return layout_.concat(flat);
  return layout_.choice(layout_.concat(flat), lines);
}

// `a.b(c).d[e](f)`: on one line, or with a line for each method.
Doc Printer::chain(const Expr& expr, bool brace_free) {
  std::vector<const Expr*> links;
  const Expr* at = &expr;
  for (;;) {
    links.push_back(at);
    if (at->form == ExprForm::call && is_callee_in_parentheses(*at->kids[0])) break;
    const Expr& left = bare(*at->kids[0]);
    if (left.form != ExprForm::field && left.form != ExprForm::index &&
        left.form != ExprForm::call) {
      break;
    }
    at = &left;
  }
  const Expr& base = *links.back()->kids[0];
  Doc head = 0;
  if (links.back()->form == ExprForm::call && is_callee_in_parentheses(base)) {
    head = layout_.concat({text("("), this->expr(base), text(")")});
  } else {
    head = this->expr(base, Binding::postfix, brace_free);
  }
  std::vector<Doc> segments;  // one for each method
  bool comment = false;
  bool inner_forced = false;
  Doc tail = 0;  // what follows the head or the last method
  auto add = [&](Doc doc) { tail = layout_.concat({tail, doc}); };
  auto end_segment = [&] {
    if (segments.empty()) {
      head = layout_.concat({head, tail});
    } else {
      segments.back() = layout_.concat({segments.back(), tail});
    }
    tail = 0;
  };
  for (size_t i = links.size(); i > 0; i--) {
    const Expr& link = *links[i - 1];
    switch (link.form) {
      case ExprForm::field: {
        bool method = i > 1 && links[i - 2]->form == ExprForm::call &&
                      links[i - 2]->kids[0]->form == ExprForm::field;
        if (!method) {
          add(layout_.concat({text("."), member(link.name)}));
          break;
        }
        const Expr& call = *links[i - 2];
        PrintComments::Leading leading = comments_.take_before(link.name.span.begin);
        comment = comment || leading.any();
        if (!segments.empty()) {
          inner_forced = inner_forced || layout_.forced(segments.back()) || layout_.forced(tail);
        }
        add(leading.trailing);
        end_segment();
        segments.push_back(layout_.concat({own_lines(leading), text("."), member(link.name),
                                           type_arguments(link.type_arguments)}));
        add(arguments(call));
        i--;
        break;
      }
      case ExprForm::index:
        add(expr_list("[", "]", link.kids.subspan(1), link.span.end));
        break;
      default:
        add(arguments(link));
        break;
    }
  }
  end_segment();
  Doc flat = head;
  Doc broken = 0;
  for (Doc segment : segments) {
    flat = layout_.concat({flat, segment});
    broken = layout_.concat({broken, layout_.hard_line(), segment});
  }
  if (segments.empty()) return flat;
  Doc lines = layout_.concat({head, layout_.indent(broken)});
  if (comment) return lines;
  if (segments.size() < 2) return flat;
  if (inner_forced) return lines;
  return layout_.choice(flat, lines);
}

}  // namespace samara::lang
