#include "lang/infer.hpp"

namespace samara::lang {

// What is expected of an expression, and what is said when it is something else.

Draft* Inferrer::check(const Expr& e, const Want& want) {
  Draft* draft = infer(e, want);
  fit(draft, want);
  return draft;
}

bool Inferrer::fit(Draft* draft, const Want& want) {
  if (want.type == nullptr) return true;
  if (session_.types.is_never(draft->type)) return true;
  if (session_.types.unify(want.type, draft->type)) return true;
  mismatch(draft, want);
  return false;
}

Draft* Inferrer::check_exact(const Expr& e, const Want& want) {
  return exact(check(e, want), want.type);
}

Draft* Inferrer::exact(Draft* draft, Ty* type) {
  if (type == nullptr || !session_.types.is_never(draft->type) || session_.types.is_never(type)) {
    return draft;
  }
  Draft* made = session_.arena.draft();
  made->op = ir::Op::block;
  made->choice = Choice::never_as;
  made->span = draft->span;
  made->offset = draft->offset;
  made->type = type;
  made->kids = session_.arena.copy(std::vector<Draft*>{draft});
  drafts_.push_back(made);
  return made;
}

void Inferrer::explain(Diagnostic& d, const Want& want) {
  using Reason = Because::Reason;
  const Because& because = want.because;
  std::string wanted = text(want.type);
  std::string said;
  switch (because.reason) {
    case Reason::none:
      return;
    case Reason::parameter:
      said = "this parameter is " + wanted;
      break;
    case Reason::result:
      said = because.span.end == because.span.begin ? "without `->` the function gives Null"
                                                    : "the function gives " + wanted;
      break;
    case Reason::annotation:
    case Reason::ascription:
      said = "the type is written here";
      break;
    case Reason::variable:
      said = in_quotes(because.name) + " is " + wanted;
      break;
    case Reason::first_branch:
      said = "the first branch gives " + wanted;
      break;
    case Reason::first_element:
      said = "the first one is " + wanted;
      break;
    case Reason::left_side:
      said = "the left side is " + wanted;
      break;
    case Reason::earlier_return:
      said = "this gives " + wanted;
      break;
    case Reason::condition:
    case Reason::message:
    case Reason::field:
    case Reason::payload:
    case Reason::key:
    case Reason::index:
    case Reason::element:
    case Reason::value:
    case Reason::callback:
      return;
  }
  if (because.module != nullptr && because.module != module_) return;
  if (because.span.end > because.span.begin) d.related.push_back({because.span, std::move(said)});
}

namespace {

// What is expected, in a word or two before the types.
std::string subject_of(const Because& because) {
  using Reason = Because::Reason;
  switch (because.reason) {
    case Reason::parameter:
      return because.name.empty() ? std::string("argument ") + std::to_string(because.index + 1)
                                  : "argument " + std::to_string(because.index + 1) + " of " +
                                        in_quotes(because.name);
    case Reason::condition:
      return "a condition";
    case Reason::message:
      return "the message of `throw`";
    case Reason::field:
      return "the field " + in_quotes(because.name);
    case Reason::payload:
      return "the case " + in_quotes(because.name);
    case Reason::key:
      return "the key";
    case Reason::index:
      return "the index";
    case Reason::element:
      return "the element";
    case Reason::value:
      return "the value";
    case Reason::callback:
      return "what the function given to " + in_quotes(because.name) + " gives";
    case Reason::result:
      return because.name.empty() ? "the result" : "the result of " + in_quotes(because.name);
    case Reason::variable:
    case Reason::annotation:
      return because.name.empty() ? "" : in_quotes(because.name);
    case Reason::none:
    case Reason::ascription:
    case Reason::first_branch:
    case Reason::first_element:
    case Reason::left_side:
    case Reason::earlier_return:
      return {};
  }
  return {};
}

}  // namespace

// The source of a small operand, for hints; of others `x`.
std::string Inferrer::shown(const Draft* draft) {
  std::string text(module_->source.substr(draft->span.begin, draft->span.end - draft->span.begin));
  bool small =
      !text.empty() && text.size() <= 20 && text.find_first_of(" \n+-*/{") == std::string::npos;
  return small ? text : "x";
}

std::string Inferrer::mismatch_help(Draft* draft, Ty* expected) {
  Types& types = session_.types;
  Ty* found = draft->type;
  if (types.is(expected, Kind::float_) && types.is(found, Kind::integer)) {
    return "nothing converts by itself: write `" + shown(draft) + ".to_float()`";
  }
  if (types.is(expected, Kind::integer) && types.is(found, Kind::float_)) {
    return "nothing converts by itself: write `" + shown(draft) + ".to_integer()`";
  }
  if (types.is(expected, Kind::string)) return "`print(" + shown(draft) + ")` makes text of it";
  if (types.is(expected, Kind::variant) && types.index_of(expected, "none") >= 0 &&
      types.index_of(expected, "some") >= 0) {
    if (types.is(found, Kind::null)) return "write `.none` for no value";
    return "write `.some " + shown(draft) + "` for a value that is there";
  }
  if (types.is(expected, Kind::variant) && types.is(found, Kind::variant)) {
    return "`x as T` widens a variant to one with more cases";
  }
  if (types.is(found, Kind::variant) && types.index_of(found, "some") >= 0) {
    return "a value that may be missing is looked at with `match`";
  }
  auto head = types.kind(found);
  if (head == Kind::function && types.arity(found) == 1) return "call the function: `f()`";
  if (types.is(found, Kind::set) && types.arity(found) == 1 && types.is(expected, Kind::dict)) {
    return "an empty dict is written `{:}`";
  }
  if (types.is(found, Kind::null) && draft->op == ir::Op::if_else) {
    return "an `if` without `else` gives null";
  }
  if (types.is(expected, Kind::array) && types.is(found, Kind::set))
    return "write `" + shown(draft) + ".to_array()`";
  if (types.is(expected, Kind::set) && types.is(found, Kind::array))
    return "write `" + shown(draft) + ".to_set()`";
  return {};
}

void Inferrer::mismatch(Draft* draft, const Want& want) {
  if (session_.types.is_error(want.type) || session_.types.is_error(draft->type)) return;
  if (session_.types.find(want.type)->form == TyForm::plain) {
    report("infinite-type", draft->span, "the type of this would hold itself",
           "this is " + text(draft->type))
        .help = "a recursive type must be written: `type T = …`";
    session_.types.forget(want.type);
    return;
  }
  std::string wanted = text(want.type);
  std::string found = text(draft->type);
  std::string subject = subject_of(want.because);
  std::string title = subject.empty() ? "expected " + wanted + ", found " + found
                                      : subject + " must be " + wanted + ", found " + found;
  if (want.because.reason == Because::Reason::result &&
      want.because.span.begin == want.because.span.end) {
    title = subject + " is Null, found " + found;
  }
  std::string label = wanted == found ? "another type of this form" : "this is " + found;
  if (wanted == "_" || wanted == found) title = "the types do not agree: " + title;
  Diagnostic& d = report("type-mismatch", draft->span, std::move(title), std::move(label));
  explain(d, want);
  d.help = mismatch_help(draft, want.type);
  if (d.help.empty() && want.because.reason == Because::Reason::result &&
      want.because.span.begin == want.because.span.end && item_->declaration->body != nullptr) {
    d.help = "write `-> " + found + "` after the parameters, or end the body with `null`";
  }
  if (d.help.empty() && want.because.reason == Because::Reason::condition) {
    d.help = "compare it with something, for example `x != 0`";
  }
}

}  // namespace samara::lang
