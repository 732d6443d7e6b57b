#include <cstring>

#include "value/json.hpp"
#include "value/json_cursor.hpp"
#include "value/json_scalars.hpp"
#include "value/number_text.hpp"
#include "value/text_build.hpp"
#include "value/text_join.hpp"
#include "value/text_paths.hpp"
#include "value/text_sharing.hpp"
#include "value/text_type.hpp"

namespace samara {

namespace {

// As in the parser of East text: what needs local strings stays out of the recursive frames.
#define SAMARA_LEAF [[gnu::noinline]]
// And each container has a frame of its own, so that none pays for the locals of the others.
#define SAMARA_APART [[gnu::noinline]]

class JsonParser {
 public:
  JsonParser(std::string_view input, Heap& heap, JsonOptions options)
      : in_(input), heap_(heap), options_(options) {}

  JsonResult parse_root(const Type* type) {
    JsonResult result;
    JsonSyntaxError syntax;
    if (!in_.scan(syntax)) {
      result.fault = JsonFault::syntax;
      result.error = syntax_error(syntax);
    } else if (!root(type, result.value)) {
      if (met_reference_untracked_) {
        // It cannot name anything, but what is wrong with it depends on where it stands.
        JsonParser again(in_.input(), heap_, options_);
        again.always_track_ = true;
        return again.parse_root(type);
      }
      for (size_t i = path_.size(); i-- > 0;) error_->path += path_[i];
      result.error = std::move(error_);
    }
    if (result.error != nullptr) compose(*result.error, type);
    return result;
  }

 private:
  using Place = JsonCursor::Place;
  struct Member {
    Place place;
    bool present = false;
  };
  struct Registered {
    Slot object;
    const Type* type;
  };

  // A document that stops too early is reported without a place, as the reference's host does.
  std::unique_ptr<TextError> syntax_error(const JsonSyntaxError& syntax) {
    auto error = std::make_unique<TextError>();
    error->reason = syntax.reason;
    if (!syntax.at_end) locate(*error, in_.input(), syntax.offset);
    error->offset = syntax.offset;
    if (syntax.exhausted) error->code = Code::exhausted;
    return error;
  }

  bool root(const Type* type, Slot& out) {
    if (!type->is_data()) return fail(in_.place(), "Cannot decode Function type from JSON");
    std::string_view input = in_.input();
    bool may_refer = input.find("$ref") != std::string_view::npos ||
                     input.find("\\u00") != std::string_view::npos;
    track_ = always_track_ || (may_refer && may_share(type));
    return value(type, out);
  }

  // --- errors
  // ---------------------------------------------------------------------------------------

  // Errors of meaning have no line and column in their message; `offset` tells the real place.
  SAMARA_LEAF bool fail(Place at, std::string_view reason, Code code = Code::corrupt) {
    error_ = std::make_unique<TextError>();
    error_->code = code;
    error_->reason = reason;
    error_->offset = at.offset;
    return false;
  }
  /// `<what>, got <the value at that place>`
  SAMARA_LEAF bool fail_got(Place at, std::string_view what) {
    std::string reason(what);
    reason += ", got ";
    in_.append_compact(reason, at);
    return fail(at, reason);
  }
  SAMARA_LEAF bool out_of_memory() {
    return fail(in_.place(), "the memory limit was reached", Code::exhausted);
  }
  SAMARA_LEAF bool fail_named(Place at, std::string_view before, std::string_view name,
                              std::string_view after) {
    std::string what(before);
    append_json_string(what, name);
    return fail_got(at, what + std::string(after));
  }
  SAMARA_LEAF bool add_path_name(std::string_view name) {
    path_.push_back(joined({".", name}));
    return false;
  }
  SAMARA_LEAF bool add_path_index(size_t i, std::string_view after = "") {
    std::string component = "[";
    append_integer(component, static_cast<int64_t>(i));
    component += ']';
    component += after;
    path_.push_back(std::move(component));
    return false;
  }

  // --- dispatch
  // -------------------------------------------------------------------------------------

  bool value(const Type* type, Slot& out) {
    in_.peek();
    switch (type->kind()) {
      case Kind::null:
        return null(out);
      case Kind::boolean:
        return boolean(out);
      case Kind::integer:
        return integer(out);
      case Kind::float_:
        return number(out);
      case Kind::string:
        return string(out);
      case Kind::datetime:
        return datetime(out);
      case Kind::blob:
        return blob(out);
      case Kind::vector:
        return vector(type->element(), out);
      case Kind::matrix:
        return matrix(type->element(), out);
      case Kind::never:
      case Kind::recursive:
      case Kind::function:
      case Kind::async_function:
        return fail(in_.place(), "Cannot decode Never type from JSON");
      case Kind::struct_:
      case Kind::variant:
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::dict:
        break;
    }
    if (++depth_ > k_text_depth_max) {
      return fail(in_.place(), "the value nests too deep", Code::exhausted);
    }
    if (heap_.exhausted()) return out_of_memory();
    bool done = compound(type, out);
    depth_--;
    return done;
  }

  bool compound(const Type* type, Slot& out) {
    if (type->is(Kind::struct_)) return structure(type, out);
    if (type->is(Kind::variant)) return variant(type, out);
    if (in_.peek() == '{') {
      bool done = false;
      if (object_as_reference(type, out, done)) return done;
    }
    switch (type->kind()) {
      case Kind::ref:
        return ref(type, out);
      case Kind::array:
        return array(type, out);
      case Kind::set:
        return set(type, out);
      default:
        return dict(type, out);
    }
  }

  // --- scalars
  // --------------------------------------------------------------------------------------

  SAMARA_LEAF bool null(Slot& out) {
    out = Slot::null();
    return in_.literal("null") || fail_got(in_.place(), "expected null");
  }
  SAMARA_LEAF bool boolean(Slot& out) {
    bool yes = in_.literal("true");
    out = Slot::of(yes);
    return yes || in_.literal("false") || fail_got(in_.place(), "expected boolean");
  }

  // The text of a string value; `expected` is the complaint about anything else.
  bool text(std::string_view& text, std::string_view expected) {
    Place start = in_.place();
    if (in_.peek() != '"') return fail_got(start, expected);
    return in_.string(text, scratch_) || fail_got(start, "string holds an unpaired surrogate");
  }

  SAMARA_LEAF bool integer(Slot& out) {
    constexpr std::string_view k_expected = "expected string representing integer";
    Place start = in_.place();
    std::string_view digits;
    if (!text(digits, k_expected)) return false;
    int64_t result = 0;
    switch (parse_integer(digits, result)) {
      case NumberStatus::malformed:
        return fail_got(start, k_expected);
      case NumberStatus::out_of_range:
        return fail_got(start, "integer out of range (must be 64-bit signed)");
      case NumberStatus::ok:
        break;
    }
    out = Slot::of(result);
    return true;
  }

  SAMARA_LEAF bool number(Slot& out) {
    Place start = in_.place();
    char first = in_.peek();
    if (first == '-' || is_digit(first)) {
      out = Slot::of(parse_decimal(in_.number()));
      return true;
    }
    constexpr double k_infinity = std::bit_cast<double>(uint64_t{0x7ff} << 52);
    std::string_view name;
    if (first == '"' && in_.string(name, scratch_)) {
      if (name == "NaN") {
        out = Slot{k_nan_bits};
        return true;
      }
      if (name == "Infinity" || name == "-Infinity") {
        out = Slot::of(name[0] == '-' ? -k_infinity : k_infinity);
        return true;
      }
      if (name == "-0.0") {
        out = Slot::of(-0.0);
        return true;
      }
    }
    return fail_got(start, "expected number or string representing special float value");
  }

  SAMARA_LEAF bool string(Slot& out) {
    std::string_view contents;
    if (!text(contents, "expected string")) return false;
    BytesObject* object = heap_.new_text(contents);
    if (object == nullptr) return out_of_memory();
    out = Slot::of(object);
    return true;
  }

  SAMARA_LEAF bool datetime(Slot& out) {
    Place start = in_.place();
    std::string_view date;
    if (!text(date, "expected string for DateTime")) return false;
    int64_t ms = 0;
    switch (parse_json_datetime(date, ms)) {
      case JsonDateStatus::malformed:
        return fail_got(start,
                        "expected ISO 8601 date string with timezone (e.g. "
                        "\"2022-06-29T13:43:00.123Z\" or \"2022-06-29T13:43:00.123+05:00\")");
      case JsonDateStatus::impossible:
        return fail_got(start, "invalid date string");
      case JsonDateStatus::ok:
        break;
    }
    out = Slot::of(ms);
    return true;
  }

  SAMARA_LEAF bool blob(Slot& out) {
    constexpr std::string_view k_expected = "expected hex string starting with 0x";
    Place start = in_.place();
    std::string_view hex;
    if (!text(hex, k_expected)) return false;
    if (!hex.starts_with("0x")) return fail_got(start, k_expected);
    if (hex.size() % 2 != 0) return fail_got(start, "invalid hex string");
    BytesObject* object = heap_.new_bytes(hex.size() / 2 - 1);
    if (object == nullptr) return out_of_memory();
    for (size_t i = 2; i < hex.size(); i += 2) {
      int high = hex_digit(hex[i]);
      int low = hex_digit(hex[i + 1]);
      if (high < 0 || low < 0) return fail_got(start, "invalid hex string");
      object->data()[i / 2 - 1] = static_cast<uint8_t>(high * 16 + low);
    }
    out = Slot::of(object);
    return true;
  }

  // --- packed containers
  // ----------------------------------------------------------------------------

  bool packed_row(const Type* element, std::vector<Slot>& row) {
    if (in_.peek() != '[') return fail_got(in_.place(), "expected array");
    in_.open();
    for (size_t i = 0; in_.more(i == 0); i++) {
      in_.peek();
      row.emplace_back();
      bool done = element->is(Kind::float_)    ? number(row.back())
                  : element->is(Kind::integer) ? integer(row.back())
                                               : boolean(row.back());
      if (!done) return add_path_index(i);
    }
    return true;
  }
  static void store_packed(const std::vector<Slot>& from, uint32_t element_bytes, uint8_t* to) {
    for (size_t i = 0; i < from.size(); i++) {
      if (element_bytes == 1) {
        to[i] = from[i].boolean() ? 1 : 0;
      } else {
        std::memcpy(to + i * 8, &from[i], 8);
      }
    }
  }

  SAMARA_LEAF bool vector(const Type* element, Slot& out) {
    std::vector<Slot> row;
    if (!packed_row(element, row)) return false;
    uint32_t bytes = element->is(Kind::boolean) ? 1 : 8;
    VectorObject* object = heap_.new_vector(row.size(), bytes);
    if (object == nullptr) return out_of_memory();
    store_packed(row, bytes, object->data());
    out = Slot::of(object);
    return true;
  }

  SAMARA_LEAF bool matrix(const Type* element, Slot& out) {
    if (in_.peek() != '[') return fail_got(in_.place(), "expected array");
    in_.open();
    std::vector<Slot> elements;
    size_t rows = 0;
    size_t columns = 0;
    for (; in_.more(rows == 0); rows++) {
      in_.peek();
      Place start = in_.place();
      size_t before = elements.size();
      if (!packed_row(element, elements)) return add_path_index(rows);
      if (rows == 0) columns = elements.size();
      if (elements.size() - before != columns) {
        fail_got(start, "matrix rows differ in length");
        return add_path_index(rows);
      }
    }
    uint32_t bytes = element->is(Kind::boolean) ? 1 : 8;
    MatrixObject* object = heap_.new_matrix(rows, columns, bytes);
    if (object == nullptr) return out_of_memory();
    store_packed(elements, bytes, object->data());
    out = Slot::of(object);
    return true;
  }

  // --- references
  // -----------------------------------------------------------------------------------

  // Reads an object as a reference if it is one; `done` tells whether that worked.
  SAMARA_LEAF bool object_as_reference(const Type* type, Slot& out, bool& done) {
    Place start = in_.place();
    std::string text;
    if (is_reference(text)) {
      done = reference(type, start, text, out);
      return true;
    }
    in_.seek(start);
    return false;
  }

  // An object whose only member is `$ref` with a string. Moves the cursor in any case.
  SAMARA_LEAF bool is_reference(std::string& text) {
    std::string_view name;
    in_.open();
    if (!in_.more(true)) return false;
    in_.peek();
    if (!in_.name(name, scratch_) || name != "$ref" || in_.peek() != '"') return false;
    if (!in_.string(name, scratch_)) return false;
    text = name;
    return !in_.more(false);
  }

  SAMARA_LEAF bool reference(const Type* type, Place start, const std::string& text, Slot& out) {
    uint64_t up = 0;
    std::vector<std::string> down;
    met_reference_untracked_ = !track_;
    if (!split_reference(text, up, down) || up > paths_.depth()) {
      return fail(start, "invalid reference " + text);
    }
    uint32_t number = paths_.find(static_cast<size_t>(up), down);
    if (number == TextPaths::k_none && down.empty()) {
      // A single empty name is spelled like no name at all. Only structs and variants have named
      // members, and those are never registered themselves, so one reading at most makes sense.
      number = paths_.find(static_cast<size_t>(up), {std::string()});
    }
    if (number == TextPaths::k_none) return fail(start, "undefined reference " + text);
    const Registered& target = objects_[number];
    if (!equal_modulo_unfolding(target.type, type)) {
      return fail(start, "reference " + text + " names a value of type " +
                             type_to_text_short(target.type) + ", expected " +
                             type_to_text_short(type));
    }
    out = target.object;
    return true;
  }

  // `N#a/b/c`, with `~1` for a slash and `~0` for a tilde inside a component.
  static bool split_reference(std::string_view text, uint64_t& up, std::vector<std::string>& down) {
    size_t at = 0;
    for (; at < text.size() && is_digit(text[at]); at++) {
      if (up < UINT64_C(1'000'000'000'000)) up = up * 10 + static_cast<uint64_t>(text[at] - '0');
    }
    if (at == 0 || at == text.size() || text[at] != '#') return false;
    at++;
    if (at == text.size()) return true;
    down.emplace_back();
    for (; at < text.size(); at++) {
      if (text[at] == '/') {
        down.emplace_back();
      } else if (text[at] != '~') {
        down.back() += text[at];
      } else if (at + 1 < text.size() && (text[at + 1] == '0' || text[at + 1] == '1')) {
        down.back() += text[++at] == '0' ? '~' : '/';
      } else {
        return false;
      }
    }
    return true;
  }

  SAMARA_LEAF void enter_name(std::string_view name) { paths_.enter(std::string(name)); }
  SAMARA_LEAF void enter_index(size_t i) { paths_.enter(std::to_string(i)); }
  void leave() {
    if (track_) paths_.leave();
  }
  SAMARA_LEAF void add_object(const Type* type, Slot object) {
    paths_.add(static_cast<uint32_t>(objects_.size()));
    objects_.push_back({object, type});
  }
  void begin_container(const Type* type, Object* object, Slot& out) {
    if (options_.frozen) object->flags |= k_flag_frozen;
    out = Slot::of(object);
    if (track_) add_object(type, out);
  }

  // --- containers
  // -----------------------------------------------------------------------------------

  SAMARA_APART bool ref(const Type* type, Slot& out) {
    constexpr std::string_view k_expected = "expected array with 1 entry";
    Place start = in_.place();
    if (in_.peek() != '[') return fail_got(start, k_expected);
    if (!has_one_item(start)) return fail_got(start, k_expected);
    CellObject* cell = heap_.new_cell(Slot::null());
    begin_container(type, cell, out);
    in_.open();
    in_.more(true);
    if (track_) enter_index(0);
    if (!value(type->element(), cell->content)) return false;
    leave();
    in_.more(false);
    return true;
  }
  SAMARA_LEAF bool has_one_item(Place start) {
    in_.open();
    bool one = in_.more(true);
    if (one) {
      in_.skip();
      one = !in_.more(false);
    }
    in_.seek(start);
    return one;
  }

  SAMARA_APART bool array(const Type* type, Slot& out) {
    if (in_.peek() != '[') return fail_got(in_.place(), "expected array");
    ArrayObject* array = heap_.new_array();
    begin_container(type, array, out);
    in_.open();
    for (size_t i = 0; in_.more(i == 0); i++) {
      Slot element;
      if (track_) enter_index(i);
      if (!value(type->element(), element)) return add_path_index(i);
      leave();
      if (!heap_.push(array, element)) return out_of_memory();
    }
    return true;
  }

  SAMARA_APART bool set(const Type* type, Slot& out) {
    if (in_.peek() != '[') return fail_got(in_.place(), "expected array for Set");
    SortedObject* set = new_set(heap_);
    begin_container(type, set, out);
    Order order(type->key());
    in_.open();
    for (size_t i = 0; in_.more(i == 0); i++) {
      Slot key;
      if (!value(type->key(), key)) return add_path_index(i);
      insert_key(heap_, set, order, key, Slot::null());
      if (heap_.exhausted()) return out_of_memory();
    }
    return true;
  }

  SAMARA_APART bool dict(const Type* type, Slot& out) {
    if (in_.peek() != '[') return fail_got(in_.place(), "expected array for Dict");
    SortedObject* dict = new_dict(heap_);
    begin_container(type, dict, out);
    in_.open();
    for (size_t i = 0; in_.more(i == 0); i++) {
      if (!entry(type, dict, i)) return false;
    }
    return true;
  }

  SAMARA_APART bool entry(const Type* type, SortedObject* dict, size_t i) {
    Member members[2];
    if (!two_members("key", "value", Pair::entry, members)) return add_path_index(i);
    Place end = in_.place();
    Slot key;
    Slot content;
    in_.seek(members[0].place);
    if (!value(type->key(), key)) return add_path_index(i, ".key");
    in_.seek(members[1].place);
    if (track_) {
      enter_index(i);
      enter_name("value");
    }
    if (!value(type->dict_value(), content)) return add_path_index(i, ".value");
    leave();
    leave();
    in_.seek(end);
    insert_key(heap_, dict, Order(type->key()), key, content);
    return !heap_.exhausted() || out_of_memory();
  }

  enum class Pair : uint8_t { entry, variant };

  // Finds the two members of a dictionary's entry or a variant and steps over the object.
  SAMARA_LEAF bool two_members(std::string_view first, std::string_view second, Pair pair,
                               Member* members) {
    in_.peek();
    Place start = in_.place();
    bool object = in_.peek() == '{';
    std::string surplus;
    bool has_surplus = false;
    bool twice = false;
    if (object) {
      in_.open();
      for (bool head = true; in_.more(head); head = false) {
        std::string_view name;
        in_.peek();
        in_.name(name, scratch_);
        if (name == first || name == second) {
          Member& member = members[name == first ? 0 : 1];
          twice = twice || member.present;
          member.present = true;
          in_.peek();
          member.place = in_.place();
        } else if (!has_surplus) {
          surplus = name;
          has_surplus = true;
        }
        in_.skip();
      }
    }
    std::string_view what = pair == Pair::entry ? "Dict entry" : "Variant";
    if (!members[0].present || !members[1].present || twice) {
      return fail_got(start, std::string("expected object with ") +
                                 (pair == Pair::entry ? "key" : "type") + " and value for " +
                                 std::string(what));
    }
    return !has_surplus || fail_named(start, "unexpected field ", surplus, joined({" in ", what}));
  }

  SAMARA_APART bool structure(const Type* type, Slot& out) {
    size_t base = members_.size();
    members_.resize(base + type->arity());
    if (!find_fields(type, base)) return false;
    Place end = in_.place();
    FieldsObject* fields = heap_.new_fields(type->arity());
    out = Slot::of(fields);
    for (uint32_t i = 0; i < type->arity(); i++) {
      in_.seek(members_[base + i].place);
      if (track_) enter_name(type->name(i));
      if (!value(type->child(i), fields->fields()[i])) return add_path_name(type->name(i));
      leave();
    }
    members_.resize(base);
    in_.seek(end);
    return true;
  }

  // Notes where the fields' values are and steps over the object.
  SAMARA_LEAF bool find_fields(const Type* type, size_t base) {
    Place start = in_.place();
    if (in_.peek() != '{') {
      // An array passes for an object without members in the reference.
      if (in_.peek() == '[' && type->arity() > 0) return fail_missing(type, 0, start);
      return fail_got(start, "expected object for Struct");
    }
    in_.open();
    uint32_t likely = 0;
    for (bool head = true; in_.more(head); head = false) {
      std::string_view name;
      in_.peek();
      in_.name(name, scratch_);
      bool guessed = likely < type->arity() && type->name(likely) == name;
      int32_t index = guessed ? static_cast<int32_t>(likely) : type->index_of(name);
      if (index < 0) return fail_named(start, "unexpected field ", name, " in Struct");
      Member& member = members_[base + static_cast<size_t>(index)];
      if (member.present) return fail_named(start, "duplicate field ", name, " in Struct");
      member.present = true;
      in_.peek();
      member.place = in_.place();
      in_.skip();
      likely = static_cast<uint32_t>(index) + 1;
    }
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (!members_[base + i].present) return fail_missing(type, i, start);
    }
    return true;
  }
  bool fail_missing(const Type* type, uint32_t i, Place start) {
    return fail_named(start, "missing field ", type->name(i), " in Struct");
  }

  SAMARA_APART bool variant(const Type* type, Slot& out) {
    Place payload;
    Place end;
    uint32_t index = 0;
    if (!find_case(type, index, payload, end)) return false;
    Slot content;
    in_.seek(payload);
    if (track_) enter_name(type->name(index));
    if (!value(type->child(index), content)) return add_path_name(type->name(index));
    leave();
    in_.seek(end);
    out = make_case(heap_, type, index, content);
    return true;
  }

  SAMARA_LEAF bool find_case(const Type* type, uint32_t& index, Place& payload, Place& end) {
    Place start = in_.place();
    Member members[2];
    if (!two_members("type", "value", Pair::variant, members)) return false;
    end = in_.place();
    payload = members[1].place;
    in_.seek(members[0].place);
    std::string_view name;
    if (in_.peek() != '"') {
      return fail_got(start, "expected object with type and value for Variant");
    }
    bool whole = in_.string(name, scratch_);
    int32_t found = whole ? type->index_of(name) : -1;
    if (found < 0) return fail_named(start, "unknown variant type ", name, "");
    index = static_cast<uint32_t>(found);
    return true;
  }

  JsonCursor in_;
  Heap& heap_;
  JsonOptions options_;
  bool track_ = false;
  bool always_track_ = false;
  bool met_reference_untracked_ = false;
  uint32_t depth_ = 0;
  std::string scratch_;
  std::vector<Member> members_;
  TextPaths paths_;
  std::vector<Registered> objects_;
  std::unique_ptr<TextError> error_;
  std::vector<std::string> path_;
};

#undef SAMARA_LEAF
#undef SAMARA_APART

}  // namespace

JsonResult parse_json(const Type* type, std::string_view input, Heap& heap, JsonOptions options) {
  SAMARA_ASSERT(type->closed());
  return JsonParser(input, heap, options).parse_root(type);
}

}  // namespace samara
