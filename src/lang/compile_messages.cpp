#include "lang/compile_messages.hpp"

#include <algorithm>

namespace samara::lang {

Diagnostic& Reporter::error(std::string_view code, Span at, std::string title, std::string label) {
  count_++;
  Diagnostic made;
  made.code = code;
  made.title = std::move(title);
  made.span = at;
  made.label = std::move(label);
  if (found_.size() >= k_source_diagnostics_max) {
    dropped_ = std::move(made);
    return dropped_;
  }
  found_.push_back(std::move(made));
  return found_.back();
}

std::vector<Diagnostic> Reporter::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.span.begin < b.span.begin;
  });
  return std::move(found_);
}

std::string in_quotes(std::string_view name) { return "`" + std::string(name) + "`"; }

std::string counted(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

namespace {

constexpr size_t k_near_length_max = 64;

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Edits between two short names: insert, delete, replace, swap of neighbours; case counts half and
// is left out by folding.
size_t edits(std::string_view a, std::string_view b) {
  size_t rows[3][k_near_length_max + 1];
  for (size_t j = 0; j <= b.size(); j++) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    size_t* now = rows[i % 3];
    const size_t* before = rows[(i + 2) % 3];
    const size_t* two_before = rows[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      size_t change = folded(a[i - 1]) == folded(b[j - 1]) ? 0 : 1;
      now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + change});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
          folded(a[i - 2]) == folded(b[j - 1])) {
        now[j] = std::min(now[j], two_before[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

NearName::NearName(std::string_view wanted)
    : wanted_(wanted), distance_(wanted.size() <= 3 ? 2 : wanted.size() / 3 + 2) {
  if (wanted.size() <= 2) distance_ = 1;
  if (wanted.size() > k_near_length_max) distance_ = 0;
}

void NearName::consider(std::string_view candidate) {
  if (distance_ == 0 || candidate.empty() || candidate.size() > k_near_length_max) return;
  size_t longer = std::max(candidate.size(), wanted_.size());
  size_t shorter = std::min(candidate.size(), wanted_.size());
  if (longer - shorter >= distance_) return;
  size_t distance = edits(wanted_, candidate);
  if (distance >= distance_ || distance >= longer) return;
  distance_ = std::max<size_t>(distance, 1);
  best_ = candidate;
  if (distance == 0) distance_ = 0;
}

std::string NearName::question() const {
  return best_.empty() ? std::string() : "did you mean " + in_quotes(best_) + "?";
}

namespace {

struct Habit {
  std::string_view owner;  // empty: any
  std::string_view name;
  std::string_view says;
};

constexpr Habit k_functions[] = {
    {"", "println", "print"}, {"", "to_string", "print"}, {"", "str", "print"},
    {"", "string", "print"},  {"", "show", "print"},      {"", "toString", "print"},
    {"", "eq", "equal"},      {"", "int", "parse"},       {"", "format", "print"},
};

constexpr Habit k_methods[] = {
    {"String", "size", "the number of characters is `length()`"},
    {"String", "len", "the number of characters is `length()`"},
    {"String", "count", "the number of characters is `length()`"},
    {"String", "upper", "it is called `upper_case()`"},
    {"String", "to_upper", "it is called `upper_case()`"},
    {"String", "to_uppercase", "it is called `upper_case()`"},
    {"String", "uppercase", "it is called `upper_case()`"},
    {"String", "lower", "it is called `lower_case()`"},
    {"String", "to_lower", "it is called `lower_case()`"},
    {"String", "to_lowercase", "it is called `lower_case()`"},
    {"String", "lowercase", "it is called `lower_case()`"},
    {"String", "slice", "it is called `substring(from, to)`"},
    {"String", "substr", "it is called `substring(from, to)`"},
    {"String", "matches", "it is called `regex_contains(pattern)`"},
    {"String", "to_integer", "write `parse<Integer>(text)`"},
    {"String", "to_int", "write `parse<Integer>(text)`"},
    {"String", "to_float", "write `parse<Float>(text)`"},
    {"String", "parse", "write `parse<T>(text)`"},
    {"String", "concat", "texts are joined with `+`"},
    {"Vector", "size", "the number of elements is `length()`"},
    {"Vector", "len", "the number of elements is `length()`"},
    {"Array", "push", "`push_last(x)` adds one element at the end"},
    {"Array", "add", "`push_last(x)` adds one element at the end"},
    {"Array", "append_last", "`push_last(x)` adds one element at the end"},
    {"Array", "push_back", "`push_last(x)` adds one element at the end"},
    {"Array", "insert", "`push_last(x)` adds one element at the end"},
    {"Array", "unshift", "`push_first(x)` adds one element at the beginning"},
    {"Array", "pop", "`pop_last()` takes the last element"},
    {"Array", "shift", "`pop_first()` takes the first element"},
    {"Array", "extend", "`append(other)` adds the elements of another array"},
    {"Array", "reduce", "`fold(initial, (sum, x) -> …)` goes over all elements"},
    {"Array", "join", "texts are joined by `string_join(separator)`"},
    {"Array", "contains", "`find_first(x)` looks for an element"},
    {"Array", "includes", "`find_first(x)` looks for an element"},
    {"Array", "index_of", "`find_first(x)` looks for an element"},
    {"Array", "flat_map", "it is called `flatten_to_array(f)`"},
    {"Array", "flatten", "it is called `flatten_to_array()`"},
    {"Array", "group_by", "groups are made by `group_fold(key, initial, step)`"},
    {"Array", "sort_by", "it is called `sort(key)`"},
    {"Array", "sum", "add with `fold(0, (sum, x) -> sum + x)`"},
    {"Array", "clone", "it is called `copy()`"},
    {"Array", "foreach", "it is called `for_each(f)`"},
    {"Set", "add", "it is called `insert(x)`"},
    {"Set", "contains", "it is called `has(x)`"},
    {"Set", "remove", "it is called `delete(x)`"},
    {"Set", "intersection", "it is called `intersect(other)`"},
    {"Set", "difference", "it is called `diff(other)`"},
    {"Dict", "add", "it is called `insert(key, value)`"},
    {"Dict", "set", "write `insert_or_update(key, value, (old, new) -> new)`"},
    {"Dict", "put", "write `insert_or_update(key, value, (old, new) -> new)`"},
    {"Dict", "contains", "it is called `has(key)`"},
    {"Dict", "contains_key", "it is called `has(key)`"},
    {"Dict", "remove", "it is called `delete(key)`"},
    {"Dict", "values", "it is called `to_array()`"},
    {"Dict", "entries", "use `to_array((value, key) -> …)`"},
    {"Ref", "set", "it is called `update(x)`"},
    {"Ref", "value", "it is called `get()`"},
    {"", "length", "the number of elements is `size()`"},
    {"", "len", "the number of elements is `size()`"},
    {"", "count", "the number of elements is `size()`"},
    {"", "to_string", "write `print(x)`"},
    {"", "toString", "write `print(x)`"},
    {"", "print", "write `print(x)`"},
    {"", "equals", "values are compared with `==`"},
    {"", "eq", "values are compared with `==`"},
    {"", "to_list", "it is called `to_array()`"},
};

constexpr Habit k_types[] = {
    {"", "int", "Integer"},     {"", "Int", "Integer"},        {"", "i64", "Integer"},
    {"", "long", "Integer"},    {"", "Long", "Integer"},       {"", "number", "Float"},
    {"", "Number", "Float"},    {"", "double", "Float"},       {"", "Double", "Float"},
    {"", "f64", "Float"},       {"", "float", "Float"},        {"", "bool", "Boolean"},
    {"", "Bool", "Boolean"},    {"", "boolean", "Boolean"},    {"", "string", "String"},
    {"", "str", "String"},      {"", "Str", "String"},         {"", "Text", "String"},
    {"", "List", "Array"},      {"", "list", "Array"},         {"", "Vec", "Array"},
    {"", "Map", "Dict"},        {"", "HashMap", "Dict"},       {"", "dict", "Dict"},
    {"", "Dictionary", "Dict"}, {"", "HashSet", "Set"},        {"", "Date", "DateTime"},
    {"", "Time", "DateTime"},   {"", "Timestamp", "DateTime"}, {"", "Bytes", "Blob"},
    {"", "bytes", "Blob"},      {"", "void", "Null"},          {"", "Void", "Null"},
    {"", "Unit", "Null"},       {"", "Nothing", "Never"},      {"", "Maybe", "Option"},
    {"", "Optional", "Option"}, {"", "null", "Null"},
};

template <size_t N>
std::string_view find_habit(const Habit (&table)[N], std::string_view owner,
                            std::string_view name) {
  for (const Habit& habit : table) {
    if (habit.name == name && (habit.owner.empty() || habit.owner == owner)) return habit.says;
  }
  return {};
}

}  // namespace

std::string_view habitual_function(std::string_view name) {
  return find_habit(k_functions, "", name);
}

std::string_view habitual_method(std::string_view type_name, std::string_view name) {
  return find_habit(k_methods, type_name, name);
}

std::string_view habitual_type(std::string_view name) { return find_habit(k_types, "", name); }

}  // namespace samara::lang
