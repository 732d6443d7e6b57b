#include "ir/builtin_table.hpp"

#include <algorithm>
#include <array>

namespace samara::ir {

namespace {

constexpr uint8_t count_parts(std::string_view list, char separator) {
  if (list.empty()) return 0;
  uint8_t parts = 1;
  for (char c : list) parts = static_cast<uint8_t>(parts + (c == separator ? 1 : 0));
  return parts;
}

constexpr bool has_note(std::string_view notes, std::string_view word) {
  for (size_t at = 0; at < notes.size();) {
    size_t end = std::min(notes.find(' ', at), notes.size());
    if (notes.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

constexpr BuiltinInfo make_info(std::string_view name, std::string_view type_parameters,
                                std::string_view arguments, std::string_view result,
                                std::string_view notes) {
  return {.name = name,
          .type_parameters = type_parameters,
          .arguments = arguments,
          .result = result,
          .type_parameter_count = count_parts(type_parameters, ','),
          .argument_count = count_parts(arguments, ';'),
          .only_dialect_b = has_note(notes, "b"),
          .guard_frozen = has_note(notes, "frz"),
          .guard_iteration = has_note(notes, "itr"),
          .locks = has_note(notes, "lck")};
}

constexpr std::array k_table = {
#define SAMARA_BUILTIN(id, type_params, args, result, notes) \
  make_info(#id, type_params, args, result, notes),
#include "ir/builtins.def"
#undef SAMARA_BUILTIN
};
static_assert(k_table.size() == k_builtin_count);

constexpr auto k_by_name = [] {
  std::array<uint8_t, k_builtin_count> order{};
  for (unsigned i = 0; i < k_builtin_count; i++) order[i] = static_cast<uint8_t>(i);
  std::sort(order.begin(), order.end(),
            [](uint8_t a, uint8_t b) { return k_table[a].name < k_table[b].name; });
  return order;
}();

// Reads the little type language of builtins.def. The text is ours, so bad syntax is an assertion;
// what can fail is putting the parameters together.
class SignatureReader {
 public:
  SignatureReader(TypeTable& types, std::string_view parameter_names,
                  std::span<const Type* const> parameters)
      : types_(types), parameter_names_(parameter_names), parameters_(parameters) {}

  Result<const Type*> read(std::string_view text) {
    text_ = text;
    auto type = read_type();
    SAMARA_ASSERT(!type || text_.empty());
    return type;
  }

 private:
  bool take(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void must_take(std::string_view token) {
    bool taken = take(token);
    SAMARA_ASSERT(taken);
  }

  std::string_view word() {
    size_t n = 0;
    while (n < text_.size()) {
      char c = text_[n];
      bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!part) break;
      n++;
    }
    SAMARA_ASSERT(n > 0);
    std::string_view out = text_.substr(0, n);
    text_.remove_prefix(n);
    return out;
  }

  const Type* parameter(std::string_view name) const {
    std::string_view rest = parameter_names_;
    for (size_t i = 0; !rest.empty(); i++) {
      size_t end = std::min(rest.find(", "), rest.size());
      if (rest.substr(0, end) == name) return parameters_[i];
      rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    return nullptr;
  }

  Result<const Type*> read_function() {
    std::vector<const Type*> inputs;
    while (!take(")")) {
      SAMARA_TRY(const Type* input, read_type());
      inputs.push_back(input);
      take(", ");
    }
    must_take("->");
    SAMARA_TRY(const Type* output, read_type());
    return types_.checked_function(Kind::function, inputs, output);
  }

  Result<const Type*> read_struct() {
    std::vector<NamedType> fields;
    while (!take("}")) {
      std::string_view name = word();
      must_take(": ");
      SAMARA_TRY(const Type* type, read_type());
      fields.push_back({name, type});
      take(", ");
    }
    return types_.checked_named(Kind::struct_, fields);
  }

  Result<const Type*> read_type() {
    if (take("(")) return read_function();
    if (take("{")) return read_struct();
    std::string_view name = word();
    if (const Type* type = parameter(name)) return type;
    if (name == "DTok") return datetime_token_type(types_);
    if (!take("<")) return primitive(name);
    SAMARA_TRY(const Type* first, read_type());
    if (name == "Dict") {
      must_take(", ");
      SAMARA_TRY(const Type* second, read_type());
      must_take(">");
      return types_.checked_dict(first, second);
    }
    must_take(">");
    if (name == "Option") {
      NamedType cases[] = {{"none", types_.null()}, {"some", first}};
      return types_.checked_named(Kind::variant, cases);
    }
    if (name == "Patch") return patch_type(types_, first);
    return types_.checked_unary(unary_kind(name), first);
  }

  const Type* primitive(std::string_view name) const {
    for (Kind kind : {Kind::null, Kind::boolean, Kind::integer, Kind::float_, Kind::string,
                      Kind::datetime, Kind::blob}) {
      if (kind_name(kind) == name) return types_.primitive(kind);
    }
    SAMARA_ASSERT(!"unknown type name in builtins.def");
    return nullptr;
  }

  static Kind unary_kind(std::string_view name) {
    for (Kind kind : {Kind::array, Kind::ref, Kind::set, Kind::vector, Kind::matrix}) {
      if (kind_name(kind) == name) return kind;
    }
    SAMARA_ASSERT(!"unknown type constructor in builtins.def");
    return Kind::array;
  }

  TypeTable& types_;
  std::string_view parameter_names_;
  std::span<const Type* const> parameters_;
  std::string_view text_;
};

// Builds Patch<T>. `entered` holds the recursive types above: at a reference to one of them a patch
// can only replace, which is what keeps the type finite.
class PatchBuilder {
 public:
  explicit PatchBuilder(TypeTable& types) : types_(types) {}

  Result<const Type*> patch(const Type* type) {
    bool inner = std::find(entered_.begin(), entered_.end(), type) != entered_.end();
    const Type* detail = nullptr;
    if (!inner) {
      if (type->recursive_body()) entered_.push_back(type);
      auto made = structure(type);
      if (type->recursive_body()) entered_.pop_back();
      if (!made) return made;
      detail = *made;
    }
    NamedType both[] = {{"after", type}, {"before", type}};
    SAMARA_TRY(const Type* replace, types_.checked_named(Kind::struct_, both));
    std::vector<NamedType> cases;
    if (detail != nullptr) cases.push_back({"patch", detail});
    cases.push_back({"replace", replace});
    cases.push_back({"unchanged", types_.null()});
    return types_.checked_named(Kind::variant, cases);
  }

 private:
  // The payload of case `patch`, or null where there is none.
  Result<const Type*> structure(const Type* type) {
    switch (type->kind()) {
      case Kind::array: {
        SAMARA_TRY(const Type* operation, change(type->element(), true));
        NamedType fields[] = {
            {"key", types_.integer()}, {"offset", types_.integer()}, {"operation", operation}};
        SAMARA_TRY(const Type* entry, types_.checked_named(Kind::struct_, fields));
        return types_.checked_unary(Kind::array, entry);
      }
      case Kind::set: {
        SAMARA_TRY(const Type* operation, change(types_.null(), false));
        return types_.checked_dict(type->key(), operation);
      }
      case Kind::dict: {
        SAMARA_TRY(const Type* operation, change(type->dict_value(), true));
        return types_.checked_dict(type->key(), operation);
      }
      case Kind::struct_:
      case Kind::variant: {
        std::vector<NamedType> parts;
        for (uint32_t i = 0; i < type->arity(); i++) {
          SAMARA_TRY(const Type* part, patch(type->child(i)));
          parts.push_back({type->name(i), part});
        }
        return types_.checked_named(type->kind(), parts);
      }
      case Kind::ref:
        return patch(type->element());
      default:
        return static_cast<const Type*>(nullptr);
    }
  }

  Result<const Type*> change(const Type* content, bool with_update) {
    std::vector<NamedType> cases = {{"delete", content}, {"insert", content}};
    if (with_update) {
      SAMARA_TRY(const Type* update, patch(content));
      cases.push_back({"update", update});
    }
    return types_.checked_named(Kind::variant, cases);
  }

  TypeTable& types_;
  std::vector<const Type*> entered_;
};

}  // namespace

const BuiltinInfo& builtin_info(BuiltinId id) { return k_table[static_cast<unsigned>(id)]; }

std::optional<BuiltinId> find_builtin(std::string_view name) {
  auto at = std::lower_bound(k_by_name.begin(), k_by_name.end(), name,
                             [](uint8_t a, std::string_view b) { return k_table[a].name < b; });
  if (at == k_by_name.end() || k_table[*at].name != name) return std::nullopt;
  return static_cast<BuiltinId>(*at);
}

Result<Signature> instantiate(TypeTable& types, BuiltinId id,
                              std::span<const Type* const> type_parameters) {
  const BuiltinInfo& info = builtin_info(id);
  if (type_parameters.size() != info.type_parameter_count) {
    return Error(Code::type_mismatch, "wrong number of type parameters");
  }
  SignatureReader reader(types, info.type_parameters, type_parameters);
  Signature out;
  out.arguments.reserve(info.argument_count);
  for (std::string_view rest = info.arguments; !rest.empty();) {
    size_t end = std::min(rest.find("; "), rest.size());
    SAMARA_TRY(const Type* argument, reader.read(rest.substr(0, end)));
    out.arguments.push_back(argument);
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  SAMARA_TRY(out.result, reader.read(info.result));
  return out;
}

Result<const Signature*> SignatureCache::get(BuiltinId id,
                                             std::span<const Type* const> type_parameters) {
  uint64_t key = static_cast<uint64_t>(id) + 1;
  for (const Type* type : type_parameters) key = key * 0x9e3779b97f4a7c15ULL + type->id() + 1;
  auto [first, last] = by_key_.equal_range(key);
  for (auto at = first; at != last; ++at) {
    const Entry& entry = *at->second;
    if (entry.id == id && std::equal(entry.type_parameters.begin(), entry.type_parameters.end(),
                                     type_parameters.begin(), type_parameters.end())) {
      return &entry.signature;
    }
  }
  SAMARA_TRY(Signature made, instantiate(types_, id, type_parameters));
  const Entry& entry = entries_.emplace_back(
      Entry{id, {type_parameters.begin(), type_parameters.end()}, std::move(made)});
  by_key_.emplace(key, &entry);
  return &entry.signature;
}

const Type* datetime_token_type(TypeTable& types) {
  static constexpr std::string_view names[] = {"ampmLower",
                                               "ampmUpper",
                                               "day1",
                                               "day2",
                                               "hour12_1",
                                               "hour12_2",
                                               "hour24_1",
                                               "hour24_2",
                                               "literal",
                                               "millisecond3",
                                               "minute1",
                                               "minute2",
                                               "month1",
                                               "month2",
                                               "monthNameFull",
                                               "monthNameShort",
                                               "second1",
                                               "second2",
                                               "weekdayNameFull",
                                               "weekdayNameMin",
                                               "weekdayNameShort",
                                               "year2",
                                               "year4"};
  std::vector<NamedType> cases;
  for (std::string_view name : names) {
    cases.push_back({name, name == "literal" ? types.string() : types.null()});
  }
  return types.variant(cases);
}

const Type* location_type(TypeTable& types) {
  return types.structure(
      {{"filename", types.string()}, {"line", types.integer()}, {"column", types.integer()}});
}

Result<const Type*> patch_type(TypeTable& types, const Type* type) {
  return PatchBuilder(types).patch(type);
}

}  // namespace samara::ir
