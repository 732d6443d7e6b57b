// JavaScript values to East values of a known type.
//
// An error names the place of the bad element: "[3].price: expected Float, got string".

#include <cmath>
#include <cstring>

#include "bindings/common/stack_guard.hpp"
#include "common.hpp"

namespace samara::node {
namespace {

// One step of the way to an element; lives on the stack of the conversion.
struct Step {
  const Step* up = nullptr;
  enum class Kind : uint8_t { index, field, key, map_value, content } kind{};
  size_t index = 0;
  const std::string* name = nullptr;
  napi_value key = nullptr;
};

std::string quoted(State& state, napi_value value) {
  napi_valuetype kind = napi_undefined;
  napi_typeof(state.env, value, &kind);
  std::string text;
  if (kind == napi_string && read_text(state, value, text)) return '"' + text.substr(0, 60) + '"';
  napi_value words = nullptr;
  if (kind != napi_object && kind != napi_symbol &&
      napi_coerce_to_string(state.env, value, &words) == napi_ok && read_text(state, words, text)) {
    return text.substr(0, 60);
  }
  return "…";
}

void append_step(State& state, std::string& out, const Step& step) {
  switch (step.kind) {
    case Step::Kind::index:
      out += "[" + std::to_string(step.index) + "]";
      return;
    case Step::Kind::content:
      out += ".value";
      return;
    case Step::Kind::field:
      out += "." + *step.name;
      return;
    case Step::Kind::key:
      out += "[" + quoted(state, step.key) + " (key)]";
      return;
    case Step::Kind::map_value:
      out += "[" + quoted(state, step.key) + "]";
      return;
  }
}

std::string path_text(State& state, const Step* step) {
  std::vector<const Step*> way;
  for (; step != nullptr; step = step->up) way.push_back(step);
  std::string out;
  constexpr size_t k_steps_shown = 12;
  for (size_t i = way.size(); i-- > 0;) {
    if (way.size() > 2 * k_steps_shown && i == way.size() - k_steps_shown) {
      out += "...";
      i = k_steps_shown;
    }
    append_step(state, out, *way[i]);
  }
  return out.empty() ? out : out + ": ";
}

// What a value is, in one word.
std::string class_word(State& state, napi_value value) {
  napi_valuetype kind = napi_undefined;
  napi_typeof(state.env, value, &kind);
  switch (kind) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "boolean";
    case napi_number:
      return "number";
    case napi_string:
      return "string";
    case napi_symbol:
      return "symbol";
    case napi_function:
      return "function";
    case napi_bigint:
      return "bigint";
    case napi_external:
    case napi_object:
      break;
  }
  napi_value constructor = nullptr;
  napi_value name = nullptr;
  std::string text;
  if (napi_get_named_property(state.env, value, "constructor", &constructor) == napi_ok &&
      !is_missing(state, constructor) &&
      napi_get_named_property(state.env, constructor, "name", &name) == napi_ok &&
      read_text(state, name, text) && !text.empty()) {
    return text;
  }
  if (exception_pending(state)) take_exception(state);
  return "object";
}

struct Numbers {
  napi_typedarray_type kind{};
  size_t count = 0;
  void* data = nullptr;
};

bool typed_array(State& state, napi_value object, Numbers& out) {
  bool is = false;
  if (napi_is_typedarray(state.env, object, &is) != napi_ok || !is) return false;
  napi_value buffer = nullptr;
  size_t offset = 0;
  return napi_get_typedarray_info(state.env, object, &out.kind, &out.count, &out.data, &buffer,
                                  &offset) == napi_ok;
}

// Whether the numbers are as East has them.
bool as_they_are(const Numbers& numbers, int32_t element) {
  if (element == SAMARA_KIND_FLOAT) return numbers.kind == napi_float64_array;
  return element == SAMARA_KIND_INTEGER && numbers.kind == napi_bigint64_array;
}

template <typename T>
T at(const Numbers& numbers, size_t index) {
  T out{};
  std::memcpy(&out, static_cast<const uint8_t*>(numbers.data) + index * sizeof(T), sizeof(T));
  return out;
}

// Element of a typed array of small integers; false for the other kinds.
bool small_integer(const Numbers& numbers, size_t index, int64_t& out) {
  switch (numbers.kind) {
    case napi_int8_array:
      out = at<int8_t>(numbers, index);
      return true;
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      out = at<uint8_t>(numbers, index);
      return true;
    case napi_int16_array:
      out = at<int16_t>(numbers, index);
      return true;
    case napi_uint16_array:
      out = at<uint16_t>(numbers, index);
      return true;
    case napi_int32_array:
      out = at<int32_t>(numbers, index);
      return true;
    case napi_uint32_array:
      out = at<uint32_t>(numbers, index);
      return true;
    default:
      return false;
  }
}

bool number_slot(const Numbers& numbers, size_t index, int32_t element, samara_slot& out) {
  int64_t integer = 0;
  const bool small = small_integer(numbers, index, integer);
  if (element == SAMARA_KIND_BOOLEAN) {
    out = integer != 0 ? 1 : 0;
    return numbers.kind == napi_uint8_array;
  }
  if (element == SAMARA_KIND_FLOAT) {
    double number = static_cast<double>(integer);
    if (numbers.kind == napi_float32_array)
      number = static_cast<double>(at<float>(numbers, index));
    else if (numbers.kind == napi_float64_array)
      number = at<double>(numbers, index);
    else if (!small)
      return false;
    out = samara_slot_of_float(number);
    return true;
  }
  if (element != SAMARA_KIND_INTEGER) return false;
  const bool wide = numbers.kind == napi_bigint64_array || numbers.kind == napi_biguint64_array;
  if (wide) integer = at<int64_t>(numbers, index);
  out = static_cast<samara_slot>(integer);
  // What is negative in the same bits is too large without a sign.
  return small || (wide && (numbers.kind == napi_bigint64_array || integer >= 0));
}

class Encoder {
 public:
  Encoder(State& state, samara_tree* tree, bool identity)
      : state_(state), env_(state.env), tree_(tree), identity_(identity) {
    if (identity_) met_ = call_given(state, Given::new_met, {});
  }
  bool value(napi_value object, Info* type, const Step* at, samara_slot& out);

 private:
  bool fail(const Step* at, const std::string& what) {
    if (exception_pending(state_)) return false;  // of a getter or proxy
    return mismatch(state_, path_text(state_, at) + what);
  }
  bool wrong(napi_value object, Info* type, const Step* at) {
    return fail(at, "expected " + type_words(type) + ", got " + class_word(state_, object));
  }
  bool made(int32_t code, const Step* at) {
    return code == SAMARA_OK || fail(at, samara_values_error(state_.values));
  }
  napi_valuetype kind_of(napi_value object) const {
    napi_valuetype kind = napi_undefined;
    napi_typeof(env_, object, &kind);
    return kind;
  }
  bool is_a(napi_value object, napi_value cls) const {
    bool out = false;
    return napi_instanceof(env_, object, cls, &out) == napi_ok && out;
  }
  bool is_a(napi_value object, Given cls) const { return is_a(object, given(state_, cls)); }
  bool is_a(napi_value object, napi_ref cls) const {
    napi_value found = nullptr;
    napi_get_reference_value(env_, cls, &found);
    return is_a(object, found);
  }
  bool integer(napi_value object, Info* type, const Step* at, samara_slot& out);
  bool text(napi_value object, Info* type, const Step* at, samara_slot& out);
  bool scalar(napi_value object, Info* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool array(napi_value object, Info* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool typed(napi_value object, const Numbers& numbers, Info* type,
                               const Step* at, samara_slot& out);
  [[gnu::noinline]] bool sorted(napi_value object, Info* type, const Step* at, samara_slot& out);
  bool pairs_of(napi_value object, Info* type, const Step* at, napi_value& out);
  bool flat_pairs(napi_value list, const Step* at, napi_value& out);
  [[gnu::noinline]] bool structure(napi_value object, Info* type, const Step* at, samara_slot& out);
  bool extra_fields(napi_value object, Info* type, uint32_t present, const Step* at);
  [[gnu::noinline]] bool variant(napi_value object, Info* type, const Step* at, samara_slot& out);
  bool variant_case(Info* type, uint32_t index, napi_value payload, const Step* at,
                    samara_slot& out);
  [[gnu::noinline]] bool ref(napi_value object, Info* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool packed(napi_value object, Info* type, const Step* at, samara_slot& out);
  bool row_of(napi_value object, Info* type, const Step* at, std::vector<uint64_t>& out);

  // Containers with identity that have been met: what is one object in JavaScript is one in East.
  bool seen(napi_value object, Info* type, samara_slot& out) {
    if (!identity_) return false;
    napi_value found = call_given(state_, Given::met_get, {met_, object});
    double index = -1;
    if (found == nullptr || napi_get_value_double(env_, found, &index) != napi_ok) return false;
    for (const auto& [of, slot] : met_slots_[static_cast<size_t>(index)]) {
      if (of != type) continue;
      out = slot;
      return true;
    }
    return false;
  }
  void meet(napi_value object, Info* type, samara_slot slot) {
    if (!identity_) return;
    napi_value found = call_given(state_, Given::met_get, {met_, object});
    double index = -1;
    if (found != nullptr && napi_get_value_double(env_, found, &index) == napi_ok) {
      met_slots_[static_cast<size_t>(index)].emplace_back(type, slot);
      return;
    }
    met_slots_.push_back({{type, slot}});
    call_given(state_, Given::met_set,
               {met_, object, number_value(state_, static_cast<double>(met_slots_.size() - 1))});
  }

  State& state_;
  napi_env env_;
  samara_tree* tree_;
  bool identity_;
  napi_value met_ = nullptr;
  std::vector<std::vector<std::pair<Info*, samara_slot>>> met_slots_;
  bindings::StackGuard stack_;
  int depth_ = 0;
};

// Handles of the elements of a long array are given up in between.
class Scope {
 public:
  Scope(napi_env env, bool open) : env_(env) {
    if (open) napi_open_handle_scope(env_, &scope_);
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    if (scope_ != nullptr) napi_close_handle_scope(env_, scope_);
  }

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};
constexpr size_t k_scope_from = 64;

bool Encoder::integer(napi_value object, Info* type, const Step* at, samara_slot& out) {
  const napi_valuetype kind = kind_of(object);
  if (kind == napi_bigint) {
    int64_t number = 0;
    bool lossless = false;
    napi_get_value_bigint_int64(env_, object, &number, &lossless);
    if (!lossless) return fail(at, "expected Integer, got a bigint of more than 64 bits");
    out = static_cast<samara_slot>(number);
    return true;
  }
  if (kind != napi_number) return wrong(object, type, at);
  constexpr double k_safe_max = 9007199254740991.0;
  double number = 0;
  napi_get_value_double(env_, object, &number);
  if (!(std::abs(number) <= k_safe_max)) {
    return fail(at, "expected Integer, got a number beyond the safe ones; give a bigint");
  }
  if (number != std::floor(number)) {
    return fail(at, "expected Integer, got a number with a fraction");
  }
  out = static_cast<samara_slot>(static_cast<int64_t>(number));
  return true;
}

// A surrogate without its other half becomes U+FFFD in UTF-8, so that is where to look closer.
bool has_lone_surrogate(napi_env env, napi_value object, const std::string& utf8) {
  if (utf8.find("\xef\xbf\xbd") == std::string::npos) return false;
  size_t size = 0;
  napi_get_value_string_utf16(env, object, nullptr, 0, &size);
  std::u16string text(size + 1, u'\0');
  napi_get_value_string_utf16(env, object, text.data(), size + 1, &size);
  for (size_t i = 0; i < size; i++) {
    if (text[i] < 0xd800 || text[i] > 0xdfff) continue;
    const bool pair =
        text[i] < 0xdc00 && i + 1 < size && text[i + 1] >= 0xdc00 && text[i + 1] <= 0xdfff;
    if (!pair) return true;
    i++;
  }
  return false;
}

bool Encoder::text(napi_value object, Info* type, const Step* at, samara_slot& out) {
  std::string utf8;
  if (!read_text(state_, object, utf8)) return wrong(object, type, at);
  if (has_lone_surrogate(env_, object, utf8)) {
    return fail(at, "expected String, got a string with half of a surrogate pair");
  }
  return made(samara_new_text(tree_, view_of(utf8), &out), at);
}

bool Encoder::scalar(napi_value object, Info* type, const Step* at, samara_slot& out) {
  switch (type->kind) {
    case SAMARA_KIND_NULL:
      out = 0;
      return is_missing(state_, object) || wrong(object, type, at);
    case SAMARA_KIND_BOOLEAN: {
      bool truth = false;
      if (napi_get_value_bool(env_, object, &truth) != napi_ok) return wrong(object, type, at);
      out = truth ? 1 : 0;
      return true;
    }
    case SAMARA_KIND_FLOAT: {
      double number = 0;
      if (napi_get_value_double(env_, object, &number) != napi_ok) return wrong(object, type, at);
      out = samara_slot_of_float(number);
      return true;
    }
    case SAMARA_KIND_BLOB: {
      samara_view bytes{};
      if (!read_bytes(state_, object, bytes)) return wrong(object, type, at);
      return made(samara_new_blob(tree_, bytes, &out), at);
    }
    default: {
      bool date = false;
      double ms = 0;
      napi_is_date(env_, object, &date);
      if (!date || napi_get_date_value(env_, object, &ms) != napi_ok) {
        return wrong(object, type, at);
      }
      if (!(std::abs(ms) <= 8.64e15)) return fail(at, "expected DateTime, got an invalid Date");
      out = static_cast<samara_slot>(static_cast<int64_t>(ms));
      return true;
    }
  }
}

bool Encoder::typed(napi_value object, const Numbers& numbers, Info* type, const Step* at,
                    samara_slot& out) {
  const int32_t element = part_of(state_, type, 0)->kind;
  std::vector<samara_slot> slots(numbers.count);
  if (as_they_are(numbers, element) && element == SAMARA_KIND_INTEGER) {
    if (numbers.count > 0) std::memcpy(slots.data(), numbers.data, numbers.count * 8);
  } else {
    for (size_t i = 0; i < numbers.count; i++) {
      if (!number_slot(numbers, i, element, slots[i])) return wrong(object, type, at);
    }
  }
  return made(samara_new_array(tree_, slots.data(), slots.size(), &out), at);
}

bool Encoder::array(napi_value object, Info* type, const Step* at, samara_slot& out) {
  if (seen(object, type, out)) return true;
  Numbers numbers;
  bool is = false;
  napi_is_array(env_, object, &is);
  Info* element = part_of(state_, type, 0);
  if (!is) {
    const bool takes = element->kind == SAMARA_KIND_FLOAT || element->kind == SAMARA_KIND_INTEGER;
    if (!takes || !typed_array(state_, object, numbers)) return wrong(object, type, at);
    if (!typed(object, numbers, type, at, out)) return false;
    meet(object, type, out);
    return true;
  }
  uint32_t count = 0;
  napi_get_array_length(env_, object, &count);
  // Elements may be the array itself, so it is there before they are.
  if (!made(samara_new_array(tree_, nullptr, count, &out), at)) return false;
  meet(object, type, out);
  for (uint32_t i = 0; i < count; i++) {
    Scope scope(env_, count >= k_scope_from);
    napi_value item = nullptr;
    if (napi_get_element(env_, object, i, &item) != napi_ok) return fail(at, "cannot be read");
    Step step{at, Step::Kind::index, i};
    samara_slot slot = 0;
    if (!value(item, element, &step, slot)) return false;
    samara_slot_set(type->type, out, i, slot);
  }
  return true;
}

// [[key, value], …] as [key, value, …]
bool Encoder::flat_pairs(napi_value list, const Step* at, napi_value& out) {
  uint32_t count = 0;
  napi_get_array_length(env_, list, &count);
  napi_create_array(env_, &out);
  for (uint32_t i = 0; i < count; i++) {
    Scope scope(env_, count >= k_scope_from);
    napi_value pair = nullptr;
    uint32_t size = 0;
    napi_get_element(env_, list, i, &pair);
    if (napi_get_array_length(env_, pair, &size) != napi_ok || size != 2) {
      return fail(at, "expected pairs of key and value");
    }
    for (uint32_t j = 0; j < 2; j++) {
      napi_value item = nullptr;
      napi_get_element(env_, pair, j, &item);
      napi_set_element(env_, out, 2 * i + j, item);
    }
  }
  return true;
}

// The keys of a set, or the keys and values of a dictionary in turn.
bool Encoder::pairs_of(napi_value object, Info* type, const Step* at, napi_value& out) {
  const bool set = type->kind == SAMARA_KIND_SET;
  if (kind_of(object) != napi_object) return wrong(object, type, at);
  if (is_a(object, set ? state_.set_class : state_.map_class)) {
    out = call_given(state_, Given::flatten, {object});
    return out != nullptr;
  }
  if (is_a(object, Given::key_list)) {
    out = object;
    return set || flat_pairs(object, at, out);
  }
  bool array = false;
  bool buffer = false;
  napi_is_array(env_, object, &array);
  napi_is_typedarray(env_, object, &buffer);
  const bool plain = !set && !array && !buffer && !is_a(object, state_.set_class) &&
                     part_of(state_, type, 0)->kind == SAMARA_KIND_STRING;
  if (!plain) return wrong(object, type, at);
  out = call_given(state_, Given::flatten, {object});
  return out != nullptr;
}

bool Encoder::sorted(napi_value object, Info* type, const Step* at, samara_slot& out) {
  if (seen(object, type, out)) return true;
  const bool set = type->kind == SAMARA_KIND_SET;
  napi_value items = nullptr;
  if (!pairs_of(object, type, at, items)) return false;
  if (!made(samara_new_sorted(tree_, type->type, &out), at)) return false;
  meet(object, type, out);
  uint32_t count = 0;
  napi_get_array_length(env_, items, &count);
  for (uint32_t i = 0; i < count; i += set ? 1 : 2) {
    Scope scope(env_, count >= k_scope_from);
    Step key_step{at, Step::Kind::key, 0, nullptr, nullptr};
    napi_get_element(env_, items, i, &key_step.key);
    samara_slot key = 0;
    samara_slot slot = 0;
    if (!value(key_step.key, part_of(state_, type, 0), &key_step, key)) return false;
    if (!set) {
      Step step{at, Step::Kind::map_value, 0, nullptr, key_step.key};
      napi_value item = nullptr;
      napi_get_element(env_, items, i + 1, &item);
      if (!value(item, part_of(state_, type, 1), &step, slot)) return false;
    }
    if (!made(samara_sorted_put(tree_, type->type, out, key, slot), at)) return false;
  }
  if (!set && samara_slot_count(type->type, out) != count / 2) {
    return fail(at, "two keys are different objects, but the same value");
  }
  return true;
}

bool Encoder::extra_fields(napi_value object, Info* type, uint32_t present, const Step* at) {
  napi_value names = nullptr;
  uint32_t count = 0;
  if (napi_get_all_property_names(
          env_, object, napi_key_own_only,
          static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
          napi_key_numbers_to_strings, &names) != napi_ok) {
    return fail(at, "its fields cannot be listed");
  }
  napi_get_array_length(env_, names, &count);
  if (count <= present) return true;
  for (uint32_t i = 0; i < count; i++) {
    napi_value name = nullptr;
    std::string text;
    napi_get_element(env_, names, i, &name);
    read_text(state_, name, text);
    bool known = false;
    for (const std::string& each : type->names) known = known || each == text;
    if (!known) {
      return fail(at, "expected " + type_words(type) + ", which has no field '" + text + "'");
    }
  }
  return true;
}

bool Encoder::structure(napi_value object, Info* type, const Step* at, samara_slot& out) {
  bool array = false;
  if (kind_of(object) == napi_object) {
    napi_is_array(env_, object, &array);
  } else {
    array = true;
  }
  if (array) return wrong(object, type, at);
  samara_slot few[8] = {};
  std::vector<samara_slot> many;
  samara_slot* slots = few;
  if (type->count > 8) {
    many.resize(type->count);
    slots = many.data();
  }
  uint32_t present = 0;
  for (uint32_t i = 0; i < type->count; i++) {
    Step step{at, Step::Kind::field, 0, &type->names[i], nullptr};
    Info* part = part_of(state_, type, i);
    napi_value item = nullptr;
    if (napi_get_property(env_, object, type->keys[i], &item) != napi_ok) {
      return fail(&step, "cannot be read");
    }
    if (kind_of(item) == napi_undefined) {
      // As TypeScript has it: a field that may be absent.
      if (!part->option && part->kind != SAMARA_KIND_NULL) {
        return fail(&step, "expected " + type_words(part) + ", but there is no such field");
      }
      bool own = false;
      napi_has_own_property(env_, object, type->keys[i], &own);
      if (own) present++;
    } else {
      present++;
    }
    if (!value(item, part, &step, slots[i])) return false;
  }
  if (!extra_fields(object, type, present, at)) return false;
  return made(samara_new_struct(tree_, slots, type->count, &out), at);
}

bool Encoder::variant_case(Info* type, uint32_t index, napi_value payload, const Step* at,
                           samara_slot& out) {
  Step step{at, Step::Kind::field, 0, &type->names[index], nullptr};
  samara_slot slot = 0;
  if (!value(payload, part_of(state_, type, index), &step, slot)) return false;
  return made(samara_new_variant(tree_, type->type, index, slot, &out), at);
}

bool Encoder::variant(napi_value object, Info* type, const Step* at, samara_slot& out) {
  const napi_valuetype kind = kind_of(object);
  if (type->option) {
    if (kind == napi_undefined || kind == napi_null) {
      return made(samara_new_variant(tree_, type->type, 0, 0, &out), at);
    }
    if (kind == napi_object && is_a(object, Given::some)) {
      napi_value payload = nullptr;
      napi_get_named_property(env_, object, "value", &payload);
      return variant_case(type, 1, payload, at, out);
    }
    // Without the step of the case, which the user has not written.
    samara_slot slot = 0;
    if (!value(object, part_of(state_, type, 1), at, slot)) return false;
    return made(samara_new_variant(tree_, type->type, 1, slot, &out), at);
  }
  if (kind != napi_object) return wrong(object, type, at);
  napi_value name = nullptr;
  napi_value payload = nullptr;
  if (napi_get_named_property(env_, object, "type", &name) != napi_ok ||
      napi_get_named_property(env_, object, "value", &payload) != napi_ok) {
    return fail(at, "cannot be read");
  }
  std::string text;
  if (!read_text(state_, name, text)) {
    return fail(at, "expected " + type_words(type) + ", got " + class_word(state_, object) +
                        " without a type: {type: 'case', value: …}");
  }
  for (uint32_t i = 0; i < type->count; i++) {
    if (type->names[i] == text) return variant_case(type, i, payload, at, out);
  }
  return fail(at, "expected " + type_words(type) + ", which has no case '" + text + "'");
}

bool Encoder::ref(napi_value object, Info* type, const Step* at, samara_slot& out) {
  if (kind_of(object) != napi_object || !is_a(object, Given::ref)) return wrong(object, type, at);
  if (seen(object, type, out)) return true;
  if (!made(samara_new_ref(tree_, 0, &out), at)) return false;
  meet(object, type, out);
  napi_value content = nullptr;
  if (napi_get_named_property(env_, object, "value", &content) != napi_ok) return false;
  Step step{at, Step::Kind::content, 0, nullptr, nullptr};
  samara_slot slot = 0;
  if (!value(content, part_of(state_, type, 0), &step, slot)) return false;
  samara_slot_set(type->type, out, 0, slot);
  return true;
}

bool Encoder::row_of(napi_value object, Info* type, const Step* at, std::vector<uint64_t>& out) {
  Info* element = part_of(state_, type, 0);
  Numbers numbers;
  samara_slot slot = 0;
  if (typed_array(state_, object, numbers)) {
    for (size_t i = 0; i < numbers.count; i++) {
      if (!number_slot(numbers, i, element->kind, slot)) return wrong(object, type, at);
      out.push_back(slot);
    }
    return true;
  }
  uint32_t count = 0;
  if (napi_get_array_length(env_, object, &count) != napi_ok) return wrong(object, type, at);
  for (uint32_t i = 0; i < count; i++) {
    Scope scope(env_, count >= k_scope_from);
    napi_value item = nullptr;
    napi_get_element(env_, object, i, &item);
    Step step{at, Step::Kind::index, i, nullptr, nullptr};
    if (!value(item, element, &step, slot)) return false;
    out.push_back(slot);
  }
  return true;
}

// A vector or matrix that is not given as numbers side by side.
bool Encoder::packed(napi_value object, Info* type, const Step* at, samara_slot& out) {
  samara_packed numbers{};
  if (packed_argument(state_, object, type, numbers)) {
    return made(samara_new_packed(tree_, type->type, &numbers, &out), at);
  }
  const bool matrix = type->kind == SAMARA_KIND_MATRIX;
  std::vector<uint64_t> slots;
  uint64_t rows = 1;
  uint64_t columns = 0;
  if (!matrix) {
    if (!row_of(object, type, at, slots)) return false;
    columns = slots.size();
  } else {
    uint32_t count = 0;
    if (napi_get_array_length(env_, object, &count) != napi_ok) return wrong(object, type, at);
    rows = count;
    for (uint32_t i = 0; i < count; i++) {
      Step step{at, Step::Kind::index, i, nullptr, nullptr};
      napi_value row = nullptr;
      napi_get_element(env_, object, i, &row);
      const size_t before = slots.size();
      if (!row_of(row, type, &step, slots)) return false;
      const uint64_t size = slots.size() - before;
      if (i == 0) columns = size;
      if (size != columns) {
        return fail(&step, "expected " + std::to_string(columns) +
                               " numbers as in the first row, got " + std::to_string(size));
      }
    }
  }
  std::vector<uint8_t> bytes;
  numbers = {reinterpret_cast<const uint8_t*>(slots.data()), rows, columns, 8};
  if (part_of(state_, type, 0)->kind == SAMARA_KIND_BOOLEAN) {
    for (uint64_t slot : slots) bytes.push_back(slot != 0 ? 1 : 0);
    numbers.data = bytes.data();
    numbers.element_bytes = 1;
  }
  return made(samara_new_packed(tree_, type->type, &numbers, &out), at);
}

bool Encoder::value(napi_value object, Info* type, const Step* at, samara_slot& out) {
  if (!stack_.room(depth_++)) {
    return fail(nullptr, "the value is nested deeper than the stack of this thread allows");
  }
  bool good = false;
  switch (type->kind) {
    case SAMARA_KIND_NULL:
    case SAMARA_KIND_BOOLEAN:
    case SAMARA_KIND_FLOAT:
    case SAMARA_KIND_BLOB:
    case SAMARA_KIND_DATETIME:
      good = scalar(object, type, at, out);
      break;
    case SAMARA_KIND_INTEGER:
      good = integer(object, type, at, out);
      break;
    case SAMARA_KIND_STRING:
      good = text(object, type, at, out);
      break;
    case SAMARA_KIND_ARRAY:
      good = array(object, type, at, out);
      break;
    case SAMARA_KIND_SET:
    case SAMARA_KIND_DICT:
      good = sorted(object, type, at, out);
      break;
    case SAMARA_KIND_STRUCT:
      good = structure(object, type, at, out);
      break;
    case SAMARA_KIND_VARIANT:
      good = variant(object, type, at, out);
      break;
    case SAMARA_KIND_REF:
      good = ref(object, type, at, out);
      break;
    case SAMARA_KIND_VECTOR:
    case SAMARA_KIND_MATRIX:
      good = packed(object, type, at, out);
      break;
    default:
      good = fail(at, "values of type " + type_words(type) + " have no form in JavaScript");
  }
  depth_--;
  return good;
}

}  // namespace

bool read_bytes(State& state, napi_value object, samara_view& out) {
  Numbers numbers;
  if (typed_array(state, object, numbers)) {
    out = {static_cast<const uint8_t*>(numbers.data), numbers.count};
    return numbers.kind == napi_uint8_array || numbers.kind == napi_uint8_clamped_array;
  }
  bool is = false;
  void* data = nullptr;
  size_t size = 0;
  napi_is_arraybuffer(state.env, object, &is);
  if (is && napi_get_arraybuffer_info(state.env, object, &data, &size) == napi_ok) {
    out = {static_cast<const uint8_t*>(data), size};
    return true;
  }
  napi_is_dataview(state.env, object, &is);
  napi_value buffer = nullptr;
  size_t offset = 0;
  if (!is || napi_get_dataview_info(state.env, object, &size, &data, &buffer, &offset) != napi_ok) {
    return false;
  }
  out = {static_cast<const uint8_t*>(data), size};
  return true;
}

bool packed_argument(State& state, napi_value object, Info* type, samara_packed& out) {
  const bool matrix = type->kind == SAMARA_KIND_MATRIX;
  if (!matrix && type->kind != SAMARA_KIND_VECTOR && type->kind != SAMARA_KIND_ARRAY) return false;
  const int32_t element = part_of(state, type, 0)->kind;
  if (type->kind == SAMARA_KIND_ARRAY && element != SAMARA_KIND_FLOAT) return false;
  double rows = 1;
  double columns = 0;
  napi_value data = object;
  if (matrix) {
    bool is = false;
    napi_value item = nullptr;
    if (napi_instanceof(state.env, object, given(state, Given::matrix), &is) != napi_ok || !is) {
      return false;
    }
    napi_get_named_property(state.env, object, "rows", &item);
    napi_get_value_double(state.env, item, &rows);
    napi_get_named_property(state.env, object, "columns", &item);
    napi_get_value_double(state.env, item, &columns);
    napi_get_named_property(state.env, object, "data", &data);
  }
  Numbers numbers;
  if (!typed_array(state, data, numbers)) return false;
  const bool boolean = element == SAMARA_KIND_BOOLEAN && numbers.kind == napi_uint8_array;
  if (!boolean && !as_they_are(numbers, element)) return false;
  if (!matrix) columns = static_cast<double>(numbers.count);
  if (!(rows >= 0 && columns >= 0) || rows * columns != static_cast<double>(numbers.count)) {
    return false;
  }
  static constexpr uint8_t k_nothing[8] = {};
  out.data = numbers.data == nullptr ? k_nothing : static_cast<const uint8_t*>(numbers.data);
  out.element_bytes = boolean ? 1 : 8;
  out.rows = static_cast<uint64_t>(rows);
  out.columns = static_cast<uint64_t>(columns);
  return true;
}

bool encode_bytes(State& state, napi_value object, Info* type, LibraryBytes& out) {
  samara_tree* tree = nullptr;
  if (samara_tree_new(state.values, &tree) != SAMARA_OK) {
    return values_error(state, SAMARA_EXHAUSTED) != nullptr;
  }
  bool good = false;
  samara_slot slot = 0;
  {
    Keys keys(state, type);
    Encoder encoder(state, tree, type->identity);
    good = encoder.value(object, type, nullptr, slot);
  }
  if (good) {
    const int32_t code = samara_tree_write(tree, type->type, slot, SAMARA_BEAST2, &out.raw);
    good = code == SAMARA_OK || values_error(state, code) != nullptr;
  }
  samara_tree_free(tree);
  return good;
}

}  // namespace samara::node
