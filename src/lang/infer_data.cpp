#include <algorithm>

#include "lang/complete_probe.hpp"
#include "lang/infer.hpp"

namespace samara::lang {

Draft* Inferrer::literal(const Expr& e, Kind kind) {
  Draft* draft = make(ir::Op::value, e, session_.types.known(session_.table.primitive(kind)));
  draft->literal = kind;
  draft->integer = e.integer;
  draft->number = e.number;
  draft->text = e.text;
  return draft;
}

Draft* Inferrer::integer(const Expr& e, const Want& want) {
  Types& types = session_.types;
  Ty* type = nullptr;
  if (want.type != nullptr) {
    Ty* wanted = types.find(want.type);
    if (wanted->form == TyForm::number || types.is(wanted, Kind::integer) ||
        types.is(wanted, Kind::float_)) {
      type = wanted;
    }
  }
  Draft* draft = make(ir::Op::value, e, type != nullptr ? type : types.number());
  draft->choice = Choice::number;
  draft->literal = Kind::integer;
  draft->integer = e.integer;
  return draft;
}

Draft* Inferrer::interpolation(const Expr& e) {
  Draft* whole = nullptr;
  for (const Expr* part : e.kids) {
    bool text = part->form == ExprForm::string;
    if (text && part->text.empty() && e.kids.size() > 1) continue;
    Draft* piece = infer(*part);
    if (!text) {
      piece = exact(piece, session_.types.string());
      Draft* printed = make(ir::Op::builtin, *part, session_.types.string());
      printed->choice = Choice::text;
      printed->builtin = ir::BuiltinId::Print;
      printed->kids = session_.arena.copy(std::vector<Draft*>{piece});
      piece = printed;
    }
    whole = whole == nullptr ? piece
                             : plain_builtin(e, ir::BuiltinId::StringConcat, {}, {whole, piece},
                                             session_.types.string());
  }
  if (whole != nullptr) return whole;
  Draft* empty = literal(e, Kind::string);
  empty->text = {};
  return empty;
}

Draft* Inferrer::elements(const Expr& e, const Want& want, ir::Op op, Kind kind) {
  Types& types = session_.types;
  bool wanted = want.type != nullptr && types.is(want.type, kind);
  if (kind == Kind::set && e.kids.empty() && want.type != nullptr &&
      types.is(want.type, Kind::dict)) {
    Diagnostic& d = report("empty-dict", e.span,
                           "`{}` is an empty set, expected " + text(want.type), "an empty set");
    d.help = "an empty dict is written `{:}`";
    d.fix = "{:}";
    return failed(e);
  }
  bool packed = kind == Kind::vector || kind == Kind::matrix;
  Ty* element = wanted                      ? types.part(want.type, 0)
                : packed && !e.kids.empty() ? nullptr
                                            : types.fresh();
  std::vector<Draft*> kids;
  kids.reserve(e.kids.size());
  Want inner{element, want.because};
  if (wanted) {
    inner.because = {.reason = kind == Kind::set ? Because::Reason::key : Because::Reason::element};
    if (want.because.reason == Because::Reason::annotation ||
        want.because.reason == Because::Reason::parameter) {
      inner.because.span = want.because.span;
    }
  }
  Span first;
  for (const Expr* kid : e.kids) {
    if (!wanted && kind != Kind::ref) {
      inner.because = {};
      if (first.end > first.begin) {
        inner.because = {.reason = Because::Reason::first_element, .span = first};
      }
    }
    if (element == nullptr) {
      Draft* draft = infer(*kid);
      kids.push_back(draft);
      if (types.is_never(draft->type)) continue;
      element = draft->type;
      inner.type = element;
      auto head = types.kind(element);
      if (head && *head != Kind::float_ && *head != Kind::integer && *head != Kind::boolean) {
        report("vector-element", draft->span,
               "vectors and matrices hold Float, Integer or Boolean, found " + text(element),
               "this is " + text(element))
            .help = "an array holds anything: `[…]`";
        return failed(e);
      }
    } else {
      kids.push_back(check(*kid, inner));
    }
    if (first.end == first.begin && !types.is_never(kids.back()->type)) first = kid->span;
  }
  if (element == nullptr) element = types.fresh();
  if (!wanted && kind == Kind::ref && types.is_never(kids[0]->type)) {
    types.unify(element, kids[0]->type);
  }
  Ty* type = wanted ? want.type : types.unary(kind, element);
  Draft* draft = make(op, e, type);
  draft->kids = session_.arena.copy(kids);
  if (op == ir::Op::new_matrix) {
    draft->integer = e.integer;
    draft->columns = e.integer == 0 ? 0 : static_cast<int64_t>(kids.size()) / e.integer;
    // Without rows the columns are said: there are the digits of an integer literal.
    for (char c : e.text) draft->columns = draft->columns * 10 + (c - '0');
    if (e.integer > 0 && static_cast<int64_t>(kids.size()) % e.integer != 0) {
      report("matrix-rows", e.span, "the rows of a matrix must be equally long");
    }
  }
  return draft;
}

Draft* Inferrer::dict(const Expr& e, const Want& want) {
  Types& types = session_.types;
  bool wanted = want.type != nullptr && types.is(want.type, Kind::dict);
  Want key{wanted ? types.part(want.type, 0) : types.fresh(), {}};
  Want value{wanted ? types.part(want.type, 1) : types.fresh(), {}};
  if (wanted) {
    key.because = {.reason = Because::Reason::key};
    value.because = {.reason = Because::Reason::value};
  }
  std::vector<Draft*> kids;
  kids.reserve(e.kids.size());
  for (size_t i = 0; i + 1 < e.kids.size(); i += 2) {
    kids.push_back(check(*e.kids[i], key));
    kids.push_back(check(*e.kids[i + 1], value));
    if (i > 0 || wanted) continue;
    key.because = {.reason = Because::Reason::first_element, .span = e.kids[0]->span};
    value.because = {.reason = Because::Reason::first_element, .span = e.kids[1]->span};
  }
  Draft* draft = make(ir::Op::new_dict, e, wanted ? want.type : types.dict(key.type, value.type));
  draft->kids = session_.arena.copy(kids);
  return draft;
}

Draft* Inferrer::structure(const Expr& e, const Want& want) {
  Types& types = session_.types;
  for (size_t i = 0; i < e.fields.size(); i++) {
    for (size_t j = 0; j < i && e.fields.size() < 200; j++) {
      if (e.fields[i].text != e.fields[j].text) continue;
      Diagnostic& d =
          report("duplicate-field", e.fields[i].span,
                 "the field " + in_quotes(e.fields[i].text) + " stands twice", "second time");
      d.related.push_back({e.fields[j].span, "first here"});
      return failed(e);
    }
  }
  if (want.type != nullptr && types.is(want.type, Kind::struct_)) return structure_of(e, want);
  std::vector<Draft*> kids;
  std::vector<Ty*> parts;
  std::vector<std::string_view> names;
  for (size_t i = 0; i < e.kids.size(); i++) {
    kids.push_back(infer(*e.kids[i]));
    parts.push_back(kids.back()->type);
    names.push_back(e.fields[i].text);
    note(e.fields[i], "field", kids.back()->type);
  }
  Draft* draft = make(ir::Op::struct_, e, types.structure(parts, names));
  draft->kids = session_.arena.copy(kids);
  draft->names = session_.arena.copy(names);
  return draft;
}

Draft* Inferrer::structure_of(const Expr& e, const Want& want) {
  Types& types = session_.types;
  uint32_t count = types.arity(want.type);
  std::vector<Draft*> kids;
  std::vector<std::string_view> names;
  bool good = true;
  std::vector<bool> seen(count);
  bool ordered = true;
  for (size_t i = 0; i < e.kids.size(); i++) {
    const Name& name = e.fields[i];
    int32_t at = types.index_of(want.type, name.text);
    Want inner;
    if (at < 0) {
      NearName near(name.text);
      for (uint32_t k = 0; k < count; k++) near.consider(types.name(want.type, k));
      Diagnostic& d = report("unknown-field", name.span,
                             "there is no field " + in_quotes(name.text) + " in " + text(want.type),
                             "not a field");
      d.help = near.question();
      d.fix = near.best();
      explain(d, want);
      good = false;
    } else {
      seen[static_cast<uint32_t>(at)] = true;
      ordered = ordered && static_cast<size_t>(at) == i;
      inner = {types.part(want.type, static_cast<uint32_t>(at)),
               {.reason = Because::Reason::field, .name = name.text}};
    }
    Draft* kid = inner.type == nullptr ? infer(*e.kids[i]) : check_exact(*e.kids[i], inner);
    kids.push_back(kid);
    names.push_back(name.text);
    note(name, "field", kid->type);
  }
  std::string missing;
  size_t missing_count = 0;
  for (uint32_t k = 0; k < count; k++) {
    if (seen[k]) continue;
    missing += (missing.empty() ? "" : ", ") + in_quotes(types.name(want.type, k)) + " (" +
               text(types.part(want.type, k)) + ")";
    missing_count++;
  }
  if (missing_count > 0 && good) {
    Diagnostic& d =
        report("missing-field", e.span,
               "the struct lacks " +
                   std::string(missing_count == 1 ? "the field " : "the fields ") + missing,
               "not complete");
    explain(d, want);
    good = false;
  } else if (!ordered && good) {
    std::string order;
    for (uint32_t k = 0; k < count; k++) {
      order += (k == 0 ? "" : ", ") + std::string(types.name(want.type, k));
    }
    Diagnostic& d =
        report("field-order", e.span,
               "the fields stand in another order than in " + text(want.type), "other order");
    d.help = "the order is " + order;
    explain(d, want);
    good = false;
  }
  if (!good) return failed(e);
  Draft* draft = make(ir::Op::struct_, e, want.type);
  draft->kids = session_.arena.copy(kids);
  draft->names = session_.arena.copy(names);
  return draft;
}

std::string Inferrer::case_list(Ty* variant) {
  std::string list;
  uint32_t count = session_.types.arity(variant);
  for (uint32_t i = 0; i < count; i++) {
    if (i == 20) return list + ", …";
    list += (i == 0 ? "." : ", .") + name_text(session_.types.name(variant, i), true);
  }
  return list;
}

Draft* Inferrer::payload_of(const Expr& e, Ty* type) {
  Types& types = session_.types;
  if (!e.kids.empty() && types.is(type, Kind::null) && e.kids[0]->form != ExprForm::null) {
    Draft* kid = infer(*e.kids[0], {type, {}});
    if (types.is_never(kid->type) || types.unify(kid->type, type)) return exact(kid, type);
    report("needless-payload", kid->span, "the case " + in_quotes(e.name.text) + " has no value",
           "a value of type " + text(kid->type))
        .help = "write `." + name_text(e.name.text, true) + "`";
    return kid;
  }
  if (!e.kids.empty()) {
    return check_exact(*e.kids[0],
                       {type, {.reason = Because::Reason::payload, .name = e.name.text}});
  }
  Draft* nothing = null_at(e);
  if (!types.unify(type, types.null())) {
    Diagnostic& d =
        report("missing-payload", e.span,
               "the case " + in_quotes(e.name.text) + " needs a value of type " + text(type),
               "no value given");
    d.help = "write `." + name_text(e.name.text, true) + " x`";
  }
  return nothing;
}

Draft* Inferrer::variant(const Expr& e, const Want& want) {
  Types& types = session_.types;
  if (session_.probe != nullptr && want.type != nullptr) {
    session_.probe->at_case(*this, e.name.span, want.type);
  }
  if (want.type != nullptr && types.is(want.type, Kind::variant) && !types.is_row(want.type)) {
    return variant_of(e, want);
  }
  bool wanted = want.type != nullptr && types.is_row(want.type);
  Ty* row = wanted ? types.find(want.type) : types.row();
  // The case is there before its payload is looked at, so that a payload which holds the variant
  // itself is found out.
  Ty* payload = types.row_case(row, e.name.text, types.fresh());
  Draft* kid = nullptr;
  if (e.kids.empty()) {
    kid = payload_of(e, payload);
  } else {
    Want inner{payload, {.reason = Because::Reason::payload, .name = e.name.text}};
    kid = check(*e.kids[0], inner);
    if (types.is_never(kid->type)) types.unify(payload, kid->type);
    kid = exact(kid, payload);
  }
  Draft* draft = make(ir::Op::variant, e, row);
  draft->name = e.name.text;
  draft->kids = session_.arena.copy(std::vector<Draft*>{kid});
  note(e.name, "case", kid->type);
  return draft;
}

Draft* Inferrer::variant_of(const Expr& e, const Want& want) {
  Types& types = session_.types;
  int32_t at = types.index_of(want.type, e.name.text);
  if (at < 0) {
    NearName near(e.name.text);
    for (uint32_t i = 0; i < types.arity(want.type); i++) near.consider(types.name(want.type, i));
    Diagnostic& d = report("unknown-case", e.name.span,
                           "there is no case " + in_quotes(e.name.text) + " in " + text(want.type),
                           "not a case");
    d.help = near.best().empty() ? "its cases are " + case_list(want.type) : near.question();
    d.fix = near.best();
    explain(d, want);
    if (!e.kids.empty()) infer(*e.kids[0]);
    return failed(e);
  }
  Ty* payload = types.part(want.type, static_cast<uint32_t>(at));
  Draft* kid = payload_of(e, payload);
  Draft* draft = make(ir::Op::variant, e, want.type);
  draft->name = e.name.text;
  draft->kids = session_.arena.copy(std::vector<Draft*>{kid});
  note(e.name, "case", payload);
  return draft;
}

}  // namespace samara::lang
