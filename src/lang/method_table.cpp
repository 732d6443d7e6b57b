#include "lang/method_table.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace samara::lang {

using ir::BuiltinId;

namespace {

constexpr std::string_view k_owners[] = {"Boolean",  "Integer", "Float",  "String",
                                         "DateTime", "Blob",    "Ref",    "Array",
                                         "Set",      "Dict",    "Vector", "Matrix"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

// A word begins at a capital after a small letter or digit, and at a capital before a small letter.
std::string snake_case(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); i++) {
    bool begins = i > 0 && is_upper(name[i]) &&
                  (!is_upper(name[i - 1]) || (i + 1 < name.size() && is_lower(name[i + 1])));
    if (begins) out += '_';
    out += lower(name[i]);
  }
  return out;
}

// The first argument's constructor as builtins.def writes it.
std::string_view first_constructor(std::string_view arguments) {
  return arguments.substr(0, arguments.find_first_of("<;"));
}

Method make_method(BuiltinId id) {
  const ir::BuiltinInfo& info = ir::builtin_info(id);
  Method method;
  method.builtin = id;
  if (info.name.starts_with("Regex")) {
    method.owner = "String";
    method.name = snake_case(info.name);
    method.takes_receiver = true;
    return method;
  }
  for (std::string_view owner : k_owners) {
    // "Set" begins "SetSize", and must not begin "Settle".
    if (!info.name.starts_with(owner) || info.name.size() == owner.size() ||
        !is_upper(info.name[owner.size()])) {
      continue;
    }
    method.owner = owner;
    method.name = snake_case(info.name.substr(owner.size()));
    method.takes_receiver = first_constructor(info.arguments) == owner;
    return method;
  }
  method.name = snake_case(info.name);
  return method;
}

std::string key_of(std::string_view owner, std::string_view name) {
  std::string key(owner);
  key += '.';
  key += name;
  return key;
}

struct MethodTable {
  std::vector<Method> methods;
  std::unordered_map<std::string, const Method*> by_name;

  MethodTable() {
    methods.reserve(ir::k_builtin_count);
    for (unsigned i = 0; i < ir::k_builtin_count; i++) {
      methods.push_back(make_method(static_cast<BuiltinId>(i)));
    }
    for (const Method& method : methods)
      by_name.emplace(key_of(method.owner, method.name), &method);
  }
};

const MethodTable& table() {
  static const MethodTable made;
  return made;
}

// Reads the little type language of builtins.def; the text is ours.
class PatternReader {
 public:
  PatternReader(std::string_view text, std::span<const std::string_view> parameters)
      : text_(text), parameters_(parameters) {}

  Pattern read() {
    Pattern out;
    if (take("(")) {
      out.form = Pattern::Form::constructor;
      out.kind = Kind::function;
      while (!take(")")) {
        out.parts.push_back(read());
        take(", ");
      }
      take("->");
      out.parts.push_back(read());
      return out;
    }
    if (take("{")) {
      out.form = Pattern::Form::constructor;
      out.kind = Kind::struct_;
      while (!take("}")) {
        out.names.push_back(word());
        take(": ");
        out.parts.push_back(read());
        take(", ");
      }
      return out;
    }
    return named(word());
  }

 private:
  Pattern named(std::string_view name) {
    Pattern out;
    auto at = std::find(parameters_.begin(), parameters_.end(), name);
    if (at != parameters_.end()) {
      out.form = Pattern::Form::parameter;
      out.parameter = static_cast<uint32_t>(at - parameters_.begin());
      return out;
    }
    if (name == "DTok") {
      out.form = Pattern::Form::token;
      return out;
    }
    bool known = false;
    for (unsigned i = 0; i < k_kind_count; i++) {
      if (kind_name(static_cast<Kind>(i)) != name) continue;
      out.kind = static_cast<Kind>(i);
      known = true;
    }
    out.form = name == "Option"  ? Pattern::Form::option
               : name == "Patch" ? Pattern::Form::patch
                                 : Pattern::Form::primitive;
    SAMARA_ASSERT(known || out.form != Pattern::Form::primitive);
    if (!take("<")) return out;
    if (known) out.form = Pattern::Form::constructor;
    while (!take(">")) {
      out.parts.push_back(read());
      take(", ");
    }
    return out;
  }

  bool take(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  std::string_view word() {
    size_t n = 0;
    while (n < text_.size() &&
           (is_upper(text_[n]) || is_lower(text_[n]) || (text_[n] >= '0' && text_[n] <= '9'))) {
      n++;
    }
    SAMARA_ASSERT(n > 0);
    std::string_view out = text_.substr(0, n);
    text_.remove_prefix(n);
    return out;
  }

  std::string_view text_;
  std::span<const std::string_view> parameters_;
};

std::vector<std::string_view> split(std::string_view list, std::string_view separator) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    size_t end = std::min(list.find(separator), list.size());
    out.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + separator.size(), list.size()));
  }
  return out;
}

bool has_patch(const Pattern& pattern) {
  return pattern.form == Pattern::Form::patch ||
         std::any_of(pattern.parts.begin(), pattern.parts.end(), has_patch);
}

BuiltinPattern read_pattern(BuiltinId id) {
  const ir::BuiltinInfo& info = ir::builtin_info(id);
  BuiltinPattern out;
  out.type_parameters = split(info.type_parameters, ", ");
  for (std::string_view argument : split(info.arguments, "; ")) {
    out.arguments.push_back(PatternReader(argument, out.type_parameters).read());
    out.mentions_patch = out.mentions_patch || has_patch(out.arguments.back());
  }
  out.result = PatternReader(info.result, out.type_parameters).read();
  out.mentions_patch = out.mentions_patch || has_patch(out.result);
  return out;
}

struct PatternTable {
  std::array<BuiltinPattern, ir::k_builtin_count> patterns;
  PatternTable() {
    for (unsigned i = 0; i < ir::k_builtin_count; i++) {
      patterns[i] = read_pattern(static_cast<BuiltinId>(i));
    }
  }
};

constexpr Defaults same(BuiltinId id, uint32_t argument, LeftOut value = LeftOut::identity) {
  return {id, id, argument, value};
}

// The one table of arguments that may be left out.
constexpr Defaults k_defaults[] = {
    same(BuiltinId::ArraySort, 1),
    same(BuiltinId::ArraySortInPlace, 1),
    same(BuiltinId::ArrayIsSorted, 1),
    same(BuiltinId::ArrayFindSortedFirst, 2),
    same(BuiltinId::ArrayFindSortedLast, 2),
    same(BuiltinId::ArrayFindSortedRange, 2),
    same(BuiltinId::ArrayFindFirst, 2),
    same(BuiltinId::ArrayToSet, 1),
    same(BuiltinId::ArrayFlattenToArray, 1),
    same(BuiltinId::ArrayFlattenToSet, 1),
    same(BuiltinId::SetToArray, 1),
    same(BuiltinId::SetToSet, 1),
    same(BuiltinId::DictToArray, 1),
    same(BuiltinId::DictToSet, 1),
    same(BuiltinId::DictFlattenToArray, 1),
    same(BuiltinId::DictFlattenToSet, 1),
    same(BuiltinId::RegexContains, 2, LeftOut::no_flags),
    same(BuiltinId::RegexIndexOf, 2, LeftOut::no_flags),
    same(BuiltinId::RegexReplace, 2, LeftOut::no_flags),
    same(BuiltinId::ArrayRange, 2, LeftOut::step_one),
    {BuiltinId::DictMerge, BuiltinId::DictInsertOrUpdate, 4, LeftOut::nothing},
};

std::string pattern_text(const Pattern& pattern, const BuiltinPattern& of) {
  auto list = [&](size_t from, size_t to) {
    std::string text;
    for (size_t i = from; i < to; i++) {
      if (i > from) text += ", ";
      if (!pattern.names.empty()) text += std::string(pattern.names[i]) + ": ";
      text += pattern_text(pattern.parts[i], of);
    }
    return text;
  };
  switch (pattern.form) {
    case Pattern::Form::parameter:
      return std::string(of.type_parameters[pattern.parameter]);
    case Pattern::Form::token:
      return "Token";
    case Pattern::Form::option:
      return "Option<" + list(0, pattern.parts.size()) + ">";
    case Pattern::Form::patch:
      return "Patch<" + list(0, pattern.parts.size()) + ">";
    case Pattern::Form::primitive:
      return std::string(kind_name(pattern.kind));
    case Pattern::Form::constructor:
      break;
  }
  if (pattern.kind == Kind::struct_) return "(" + list(0, pattern.parts.size()) + ")";
  if (pattern.kind == Kind::function) {
    return "(" + list(0, pattern.parts.size() - 1) + ") -> " +
           pattern_text(pattern.parts.back(), of);
  }
  return std::string(kind_name(pattern.kind)) + "<" + list(0, pattern.parts.size()) + ">";
}

}  // namespace

std::span<const Method> all_methods() { return table().methods; }

const Method& method_of(BuiltinId builtin) {
  return table().methods[static_cast<unsigned>(builtin)];
}

const Method* find_method(std::string_view owner, std::string_view name) {
  const auto& by_name = table().by_name;
  auto at = by_name.find(key_of(owner, name));
  return at == by_name.end() ? nullptr : at->second;
}

const BuiltinPattern& pattern_of(BuiltinId builtin) {
  static const PatternTable made;
  return made.patterns[static_cast<unsigned>(builtin)];
}

bool mentions(const Pattern& pattern, uint32_t parameter) {
  if (pattern.form == Pattern::Form::parameter) return pattern.parameter == parameter;
  return std::any_of(pattern.parts.begin(), pattern.parts.end(),
                     [&](const Pattern& part) { return mentions(part, parameter); });
}

Ty* apply(Types& types, const Pattern& pattern, std::span<Ty* const> parameters) {
  switch (pattern.form) {
    case Pattern::Form::parameter:
      return parameters[pattern.parameter];
    case Pattern::Form::primitive:
      return types.known(types.table().primitive(pattern.kind));
    case Pattern::Form::token:
      return types.known(ir::datetime_token_type(types.table()));
    case Pattern::Form::option:
      return types.option(apply(types, pattern.parts[0], parameters));
    case Pattern::Form::patch: {
      const Type* of = types.closed(apply(types, pattern.parts[0], parameters));
      if (of == nullptr) return nullptr;
      auto made = ir::patch_type(types.table(), of);
      return made ? types.known(*made) : types.error();
    }
    case Pattern::Form::constructor: {
      std::vector<Ty*> parts;
      for (const Pattern& part : pattern.parts) {
        Ty* applied = apply(types, part, parameters);
        if (applied == nullptr) return nullptr;
        parts.push_back(applied);
      }
      return types.built(pattern.kind, parts, pattern.names);
    }
  }
  return nullptr;
}

const Defaults* defaults_of(BuiltinId builtin) {
  for (const Defaults& each : k_defaults) {
    if (each.written == builtin) return &each;
  }
  return nullptr;
}

std::string signature_text(const Method& method) {
  const BuiltinPattern& pattern = pattern_of(method.builtin);
  std::string text = method.name + "(";
  bool first = true;
  for (size_t i = method.takes_receiver ? 1 : 0; i < pattern.arguments.size(); i++) {
    if (!first) text += ", ";
    first = false;
    text += pattern_text(pattern.arguments[i], pattern);
  }
  return text + ") -> " + pattern_text(pattern.result, pattern);
}

}  // namespace samara::lang
