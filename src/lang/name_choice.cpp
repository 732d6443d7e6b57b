#include "lang/name_choice.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "lang/print_names.hpp"
#include "value/number_text.hpp"

namespace samara::lang {

namespace {

bool is_generated(std::string_view name) {
  return name.empty() || (name[0] == '_' && std::all_of(name.begin() + 1, name.end(), is_digit));
}

// The first letters of a case or field name as a variable: `Some` gives `some`.
std::string lower(std::string_view word) {
  std::string out;
  for (char c : word) {
    bool letter = (c >= 'a' && c <= 'z') || c == '_' || (!out.empty() && is_digit(c));
    if (letter) out += c;
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view role_name(Role role, const Type* type) {
  switch (role) {
    case Role::index:
      return "i";
    case Role::key:
      return "key";
    case Role::value:
      return "value";
    case Role::element:
      return "item";
    case Role::message:
      return "message";
    case Role::stack:
      return "stack";
    case Role::parameter:
    case Role::local:
    case Role::payload:
      break;
  }
  return name_for_type(type);
}

}  // namespace

std::string_view name_for_type(const Type* type) {
  switch (type->kind()) {
    case Kind::integer:
      return "n";
    case Kind::float_:
      return "x";
    case Kind::boolean:
      return "flag";
    case Kind::string:
      return "text";
    case Kind::datetime:
      return "time";
    case Kind::blob:
      return "bytes";
    case Kind::array:
      return "xs";
    case Kind::set:
      return "keys";
    case Kind::dict:
      return "entries";
    case Kind::ref:
      return "cell";
    case Kind::struct_:
      return "record";
    case Kind::variant:
      return type->index_of("some") >= 0 && type->arity() == 2 ? "option" : "choice";
    case Kind::function:
    case Kind::async_function:
      return "f";
    case Kind::vector:
      return "vector";
    case Kind::matrix:
      return "matrix";
    case Kind::null:
      return "nothing";
    default:
      return "never";
  }
}

NameChoice::NameChoice() {
  for (const char* word : {"wrap", "unwrap", "vec", "mat", "from", "pure", "idempotent",
                           "effectful", "optional", "_"}) {
    reserve(word);
  }
}

void NameChoice::leave(size_t mark) {
  while (bindings_.size() > mark) {
    by_id_[bindings_.back().id].pop_back();
    visible_.erase(bindings_.back().name);
    bindings_.pop_back();
  }
}

std::string NameChoice::unused(std::string base) const {
  if (!is_plain_name(base) || is_keyword(base)) base = "a";
  std::string out = base;
  for (int i = 2; reserved_.contains(out) || visible_.contains(out); i++) {
    out = base + (is_digit(base.back()) ? "_" : "") + std::to_string(i);
  }
  return out;
}

const std::string& NameChoice::define(const ir::Node& variable, std::string_view original,
                                      Role role, std::string_view hint) {
  std::string base;
  if (!is_generated(original) && is_plain_name(original)) {
    base = original;
  } else {
    if (role == Role::payload || role == Role::local) base = lower(hint);
    if (base.empty()) base = role_name(role, variable.type);
    // Parameters of one type are told apart by letters before numbers.
    if (role == Role::parameter && (visible_.contains(base) || variable.type->is(Kind::integer))) {
      for (char c = 'a'; c <= 'h'; c++) {
        std::string letter(1, c);
        if (visible_.contains(letter)) continue;
        base = letter;
        break;
      }
    }
  }
  by_id_[variable.name].push_back(bindings_.size());
  bindings_.push_back({variable.name, unused(std::move(base)), &variable});
  visible_.insert(bindings_.back().name);
  return bindings_.back().name;
}

const NameChoice::Binding& NameChoice::find(ir::NameId id) const {
  auto at = by_id_.find(id);
  SAMARA_ASSERT(at != by_id_.end() && !at->second.empty());
  return bindings_[at->second.back()];
}

}  // namespace samara::lang
