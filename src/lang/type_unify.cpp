#include "lang/type_unify.hpp"

#include <algorithm>

namespace samara::lang {

Types::Types(TypeTable& table) : table_(table) {}

Ty* Types::make(TyForm form) {
  all_.emplace_back();
  all_.back().form = form;
  return &all_.back();
}

Ty* Types::known(const Type* type) {
  if (type->id() >= known_.size()) known_.resize(std::max<size_t>(type->id() + 1, 64), nullptr);
  Ty*& slot = known_[type->id()];
  if (slot == nullptr) {
    slot = make(TyForm::known);
    slot->known = type;
  }
  return slot;
}

Ty* Types::fresh(const Type* fallback) {
  Ty* out = make(TyForm::plain);
  out->fallback = fallback;
  return out;
}

Ty* Types::number() { return make(TyForm::number); }

Ty* Types::row() {
  Ty* out = make(TyForm::row);
  rows_.emplace_back();
  out->cases = &rows_.back();
  return out;
}

namespace {
auto place_of(std::vector<TyCase>& cases, std::string_view name) {
  return std::lower_bound(cases.begin(), cases.end(), name,
                          [](const TyCase& a, std::string_view b) { return a.name < b; });
}
}  // namespace

Ty* Types::row_case(Ty* row, std::string_view name, Ty* type) {
  auto at = place_of(*row->cases, name);
  if (at != row->cases->end() && at->name == name) return at->type;
  row->cases->insert(at, {name, type});
  return type;
}

Ty* Types::dict(Ty* key, Ty* value) {
  Ty* parts[] = {key, value};
  return built(Kind::dict, parts, {});
}

Ty* Types::option(Ty* some) {
  static constexpr std::string_view names[] = {"none", "some"};
  Ty* parts[] = {null(), some};
  return built(Kind::variant, parts, names);
}

Ty* Types::function(bool is_async, std::span<Ty* const> inputs, Ty* output) {
  std::vector<Ty*> parts(inputs.begin(), inputs.end());
  parts.push_back(output);
  return built(is_async ? Kind::async_function : Kind::function, parts, {});
}

Ty* Types::built(Kind kind, std::span<Ty* const> parts, std::span<const std::string_view> names) {
  Ty* out = make(TyForm::built);
  out->kind = kind;
  parts_.emplace_back(parts.begin(), parts.end());
  out->parts = parts_.back();
  if (!names.empty()) {
    names_.emplace_back(names.begin(), names.end());
    out->names = names_.back();
  }
  return out;
}

Ty* Types::find(Ty* type) {
  Ty* root = type;
  while (root->link != nullptr) root = root->link;
  while (type->link != nullptr && type->link != root) {
    Ty* next = type->link;
    type->link = root;
    type = next;
  }
  return root;
}

std::optional<Kind> Types::kind(Ty* type) {
  type = find(type);
  switch (type->form) {
    case TyForm::known:
      return type->known->kind();
    case TyForm::built:
      return type->kind;
    case TyForm::row:
      return Kind::variant;
    case TyForm::error:
    case TyForm::plain:
    case TyForm::number:
      return std::nullopt;
  }
  return std::nullopt;
}

uint32_t Types::arity(Ty* type) {
  type = find(type);
  if (type->form == TyForm::known) return type->known->arity();
  if (type->form == TyForm::row) return static_cast<uint32_t>(type->cases->size());
  return static_cast<uint32_t>(type->parts.size());
}

Ty* Types::part(Ty* type, uint32_t i) {
  type = find(type);
  if (type->form == TyForm::known) return known(type->known->child(i));
  if (type->form == TyForm::row) return (*type->cases)[i].type;
  return type->parts[i];
}

std::string_view Types::name(Ty* type, uint32_t i) {
  type = find(type);
  if (type->form == TyForm::known) return type->known->name(i);
  if (type->form == TyForm::row) return (*type->cases)[i].name;
  return type->names[i];
}

int32_t Types::index_of(Ty* type, std::string_view wanted) {
  type = find(type);
  if (type->form == TyForm::known) return type->known->index_of(wanted);
  uint32_t count = arity(type);
  for (uint32_t i = 0; i < count; i++) {
    if (name(type, i) == wanted) return static_cast<int32_t>(i);
  }
  return -1;
}

bool Types::occurs(Ty* variable, Ty* in) {
  in = find(in);
  if (in == variable) return true;
  if (in->form == TyForm::built) {
    if (in->known != nullptr) return false;
    return std::any_of(in->parts.begin(), in->parts.end(),
                       [&](Ty* part) { return occurs(variable, part); });
  }
  if (in->form == TyForm::row) {
    return std::any_of(in->cases->begin(), in->cases->end(),
                       [&](const TyCase& each) { return occurs(variable, each.type); });
  }
  return false;
}

bool Types::bind(Ty* variable, Ty* to) {
  if (occurs(variable, to)) return false;
  variable->link = to;
  return true;
}

bool Types::merge_rows(Ty* a, Ty* b) {
  if (occurs(a, b) || occurs(b, a)) return false;
  b->link = a;
  for (const TyCase& each : *b->cases) {
    Ty* mine = row_case(a, each.name, each.type);
    if (mine != each.type && !unify(mine, each.type)) return false;
    // Payloads may have been found to be this very row's.
    if (find(a) != a) return unify_row(b, find(a));
  }
  return true;
}

bool Types::unify_row(Ty* row, Ty* with) {
  if (!is(with, Kind::variant) || occurs(row, with)) return false;
  for (const TyCase& each : *row->cases) {
    if (index_of(with, each.name) < 0) return false;
  }
  row->link = with;
  bool same = true;
  for (const TyCase& each : *row->cases) {
    same = unify(part(with, static_cast<uint32_t>(index_of(with, each.name))), each.type) && same;
  }
  return same;
}

bool Types::unify(Ty* a, Ty* b) {
  a = find(a);
  b = find(b);
  if (a == b || a->form == TyForm::error || b->form == TyForm::error) return true;
  if (a->form == TyForm::plain && b->form == TyForm::plain && b->fallback == nullptr) {
    b->link = a;
    return true;
  }
  if (a->form == TyForm::plain) return bind(a, b);
  if (b->form == TyForm::plain) return bind(b, a);
  if (a->form == TyForm::number || b->form == TyForm::number) {
    if (a->form != TyForm::number) std::swap(a, b);
    bool fits = b->form == TyForm::number || is(b, Kind::integer) || is(b, Kind::float_);
    if (fits) a->link = b;
    return fits;
  }
  if (a->form == TyForm::row && b->form == TyForm::row) return merge_rows(a, b);
  if (a->form == TyForm::row) return unify_row(a, b);
  if (b->form == TyForm::row) return unify_row(b, a);
  if (a->form == TyForm::known && b->form == TyForm::known) {
    return equal_modulo_unfolding(a->known, b->known);
  }
  if (kind(a) != kind(b) || arity(a) != arity(b)) return false;
  Kind head = *kind(a);
  uint32_t count = arity(a);
  if (head == Kind::struct_ || head == Kind::variant) {
    for (uint32_t i = 0; i < count; i++) {
      if (name(a, i) != name(b, i)) return false;
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!unify(part(a, i), part(b, i))) return false;
  }
  return true;
}

bool Types::heads_agree(Ty* a, Ty* b) {
  auto x = kind(a);
  auto y = kind(b);
  return !x || !y || *x == *y;
}

const Type* Types::closed(Ty* type) {
  type = find(type);
  if (type->known != nullptr) return type->known;
  if (type->form != TyForm::built) return nullptr;
  for (Ty* part : type->parts) {
    if (closed(part) == nullptr) return nullptr;
  }
  return close(type);
}

const Type* Types::invalid(Ty* type, std::string_view reason) {
  if (why_ == Unclosed::none) {
    why_ = Unclosed::invalid;
    culprit_ = type;
    reason_ = reason;
  }
  return nullptr;
}

const Type* Types::checked(Ty* type, Result<const Type*> made) {
  if (made) return *made;
  return invalid(type, made.error().message());
}

const Type* Types::close_row(Ty* type) {
  std::vector<NamedType> cases;
  for (const TyCase& each : *type->cases) {
    const Type* payload = close(each.type);
    if (payload == nullptr) return nullptr;
    cases.push_back({each.name, payload});
  }
  return checked(type, table_.checked_named(Kind::variant, cases));
}

const Type* Types::close_built(Ty* type) {
  std::vector<const Type*> parts;
  parts.reserve(type->parts.size());
  for (Ty* part : type->parts) {
    const Type* done = close(part);
    if (done == nullptr) return nullptr;
    parts.push_back(done);
  }
  switch (type->kind) {
    case Kind::dict:
      return checked(type, table_.checked_dict(parts[0], parts[1]));
    case Kind::struct_:
    case Kind::variant: {
      std::vector<NamedType> named;
      for (size_t i = 0; i < parts.size(); i++) named.push_back({type->names[i], parts[i]});
      return checked(type, table_.checked_named(type->kind, named));
    }
    case Kind::function:
    case Kind::async_function: {
      std::span<const Type* const> all(parts);
      return checked(type,
                     table_.checked_function(type->kind, all.first(all.size() - 1), all.back()));
    }
    default:
      return checked(type, table_.checked_unary(type->kind, parts[0]));
  }
}

const Type* Types::close(Ty* type) {
  type = find(type);
  if (type->known != nullptr) return type->known;
  if (type->form != TyForm::built && type->form != TyForm::row) why_ = Unclosed::none;
  switch (type->form) {
    case TyForm::error:
      why_ = Unclosed::erroneous;
      culprit_ = type;
      return nullptr;
    case TyForm::plain:
      if (type->fallback != nullptr) {
        type->link = known(type->fallback);
        return type->fallback;
      }
      why_ = Unclosed::unknown;
      culprit_ = type;
      return nullptr;
    case TyForm::number:
      type->link = integer();
      return table_.integer();
    case TyForm::row: {
      why_ = Unclosed::none;
      const Type* made = close_row(type);
      if (made != nullptr) type->link = known(made);
      return made;
    }
    case TyForm::built:
      why_ = Unclosed::none;
      type->known = close_built(type);
      return type->known;
    case TyForm::known:
      return type->known;
  }
  return nullptr;
}

void Types::forget(Ty* variable) {
  variable = find(variable);
  if (variable->form == TyForm::known) return;
  variable->link = &error_;
}

}  // namespace samara::lang
