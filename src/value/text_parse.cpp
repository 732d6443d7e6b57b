#include <cstring>

#include "value/number_text.hpp"
#include "value/text.hpp"
#include "value/text_build.hpp"
#include "value/text_datetime.hpp"
#include "value/text_join.hpp"
#include "value/text_lexer.hpp"
#include "value/text_paths.hpp"
#include "value/text_reference.hpp"
#include "value/text_sharing.hpp"
#include "value/text_type.hpp"

namespace samara {

namespace {

// Functions that recurse keep their frames small: whatever needs a local string is a function of
// its own that is never inlined.
#define SAMARA_LEAF [[gnu::noinline]]
// And each container has a frame of its own, so that none pays for the locals of the others.
#define SAMARA_APART [[gnu::noinline]]

class TextParser {
 public:
  TextParser(std::string_view input, Heap& heap, TextOptions options)
      : lexer_(input), heap_(heap), options_(options) {}

  ParseResult parse_root(const Type* type) {
    ParseResult result;
    if (!root(type, result.value)) {
      if (met_reference_untracked_) {
        // It cannot name anything, but what is wrong with it depends on where it stands.
        TextParser again(lexer_.input(), heap_, options_);
        again.always_track_ = true;
        return again.parse_root(type);
      }
      result.error = lexer_.take_error();
      compose(*result.error, type);
    }
    return result;
  }

 private:
  struct Registered {
    Slot object;
    const Type* type;
  };

  bool root(const Type* type, Slot& out) {
    if (!lexer_.check_encoding()) return false;
    if (!type->is_data()) return refuse_function(type);
    // Without a single `#` there is nothing to resolve, so places need not be remembered.
    track_ =
        always_track_ || (lexer_.rest().find('#') != std::string_view::npos && may_share(type));
    if (!value(type, out)) return false;
    lexer_.skip_space();
    return lexer_.at_end() || lexer_.fail(lexer_.offset(), "unexpected input after parsed value");
  }

  SAMARA_LEAF bool refuse_function(const Type* type) {
    return lexer_.fail(0, type->is(Kind::async_function) ? "Cannot parse .AsyncFunction"
                                                         : "Cannot parse .Function");
  }
  SAMARA_LEAF bool out_of_memory() {
    return lexer_.fail(lexer_.offset(), "the memory limit was reached", Code::exhausted);
  }
  SAMARA_LEAF bool too_deep() {
    return lexer_.fail(lexer_.offset(), "the value nests too deep", Code::exhausted);
  }

  bool value(const Type* type, Slot& out) {
    lexer_.skip_space();
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
        return lexer_.fail(lexer_.offset(), "Attempted to parse value of type .Never");
      case Kind::struct_:
      case Kind::variant:
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::dict:
        break;
    }
    if (++depth_ > k_text_depth_max) return too_deep();
    if (heap_.exhausted()) return out_of_memory();
    bool done = compound(type, out);
    depth_--;
    return done;
  }

  bool compound(const Type* type, Slot& out) {
    if (type->is(Kind::struct_)) return structure(type, out);
    if (type->is(Kind::variant)) return variant(type, out);
    char next = lexer_.peek();
    if ((next == '#' || is_digit(next)) && at_reference(lexer_)) return reference(type, out);
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
    size_t start = lexer_.offset();
    if (!lexer_.accept("null") || !lexer_.at_terminator())
      return lexer_.fail_expected("null", start);
    out = Slot::null();
    return true;
  }

  SAMARA_LEAF bool boolean(Slot& out) {
    bool yes = lexer_.accept("true");
    if (!yes && !lexer_.accept("false")) return lexer_.fail_expected("boolean");
    out = Slot::of(yes);
    return true;
  }

  SAMARA_LEAF bool integer(Slot& out) {
    std::string_view rest = lexer_.rest();
    size_t length = rest.starts_with('-') ? 1 : 0;
    size_t digits = length;
    while (length < rest.size() && is_digit(rest[length])) length++;
    if (length == digits) return lexer_.fail_expected("integer");
    int64_t result = 0;
    if (parse_integer(rest.substr(0, length), result) != NumberStatus::ok) {
      return lexer_.fail(lexer_.offset(), "integer out of range (must be 64-bit signed), got " +
                                              std::string(rest.substr(0, length)));
    }
    lexer_.skip_bytes(length);
    out = Slot::of(result);
    return true;
  }

  SAMARA_LEAF bool number(Slot& out) {
    if (lexer_.accept("NaN")) {
      out = Slot{k_nan_bits};
      return true;
    }
    constexpr double k_infinity = std::bit_cast<double>(uint64_t{0x7ff} << 52);
    if (lexer_.accept("Infinity")) {
      out = Slot::of(k_infinity);
      return true;
    }
    if (lexer_.accept("-Infinity")) {
      out = Slot::of(-k_infinity);
      return true;
    }
    std::string_view rest = lexer_.rest();
    size_t length = decimal_length(rest);
    if (length == 0) return lexer_.fail_expected("float");
    if (length < rest.size() && (rest[length] == 'e' || rest[length] == 'E')) {
      size_t at = length + 1;
      if (at < rest.size() && (rest[at] == '+' || rest[at] == '-')) at++;
      return lexer_.fail(lexer_.offset() + at, "expected digits in float exponent");
    }
    out = Slot::of(parse_decimal(rest.substr(0, length)));
    lexer_.skip_bytes(length);
    return true;
  }

  SAMARA_LEAF bool string(Slot& out) {
    if (!lexer_.accept('"')) return lexer_.fail_expected("'\"'");
    std::string_view text;
    if (!lexer_.string_body(text, scratch_, options_.json_escapes)) return false;
    BytesObject* object = heap_.new_text(text);
    if (object == nullptr) return out_of_memory();
    out = Slot::of(object);
    return true;
  }

  SAMARA_LEAF bool datetime(Slot& out) {
    size_t length = 0;
    int64_t ms = 0;
    switch (read_datetime(lexer_.rest(), length, ms)) {
      case DateTimeStatus::not_a_date:
        return lexer_.fail(lexer_.offset(), "expected DateTime in format YYYY-MM-DDTHH:MM:SS.sss");
      case DateTimeStatus::impossible: {
        std::string reason = "invalid DateTime value, got \"";
        reason += lexer_.rest().substr(0, length);
        reason += '"';
        return lexer_.fail(lexer_.offset(), reason);
      }
      case DateTimeStatus::ok:
        break;
    }
    lexer_.skip_bytes(length);
    out = Slot::of(ms);
    return true;
  }

  SAMARA_LEAF bool blob(Slot& out) {
    std::string_view rest = lexer_.rest();
    if (!rest.starts_with("0x")) {
      return lexer_.fail(lexer_.offset(), "expected Blob starting with 0x");
    }
    size_t length = 2;
    while (length < rest.size() && hex_digit(rest[length]) >= 0) length++;
    if (length % 2 != 0) {
      std::string reason = "invalid hex string (odd length), got \"";
      reason += rest.substr(0, length);
      reason += '"';
      return lexer_.fail(lexer_.offset(), reason);
    }
    BytesObject* object = heap_.new_bytes((length - 2) / 2);
    if (object == nullptr) return out_of_memory();
    for (size_t i = 2; i < length; i += 2) {
      int byte = hex_digit(rest[i]) * 16 + hex_digit(rest[i + 1]);
      object->data()[i / 2 - 1] = static_cast<uint8_t>(byte);
    }
    lexer_.skip_bytes(length);
    out = Slot::of(object);
    return true;
  }

  // --- packed containers
  // ----------------------------------------------------------------------------

  bool packed_scalar(const Type* element, Slot& out) {
    return element->is(Kind::float_) ? number(out)
                                     : (element->is(Kind::integer) ? integer(out) : boolean(out));
  }

  // What follows `[`: elements up to and with `]`.
  bool packed_row(const Type* element, std::vector<Slot>& row, std::string_view what) {
    lexer_.skip_space();
    if (lexer_.accept(']')) return true;
    for (size_t i = 0;; i++) {
      lexer_.skip_space();
      row.emplace_back();
      if (!packed_scalar(element, row.back())) {
        add_index(i);
        return false;
      }
      lexer_.skip_space();
      if (lexer_.accept(']')) return true;
      if (!lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(),
                           joined({"expected ',' or ']' after ", what, " element"}));
      }
    }
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

  bool packed_open(std::string_view word, std::string_view reason) {
    size_t start = lexer_.offset();
    if (lexer_.accept(word)) {
      lexer_.skip_space();
      if (lexer_.accept('[')) return true;
    }
    return lexer_.fail(start, std::string(reason));
  }

  SAMARA_LEAF bool vector(const Type* element, Slot& out) {
    std::vector<Slot> row;
    if (!packed_open("vec", "expected 'vec[' to start vector")) return false;
    if (!packed_row(element, row, "vector")) return false;
    uint32_t bytes = element->is(Kind::boolean) ? 1 : 8;
    VectorObject* object = heap_.new_vector(row.size(), bytes);
    if (object == nullptr) return out_of_memory();
    store_packed(row, bytes, object->data());
    out = Slot::of(object);
    return true;
  }

  SAMARA_LEAF bool matrix(const Type* element, Slot& out) {
    if (!packed_open("mat", "expected 'mat[' to start matrix")) return false;
    std::vector<Slot> elements;
    size_t rows = 0;
    size_t columns = 0;
    lexer_.skip_space();
    while (!lexer_.accept(']')) {
      if (rows > 0) {
        if (!lexer_.accept(',')) {
          return lexer_.fail(lexer_.offset(), "expected ',' or ']' after matrix row");
        }
        lexer_.skip_space();
      }
      size_t start = lexer_.offset();
      size_t before = elements.size();
      bool done = lexer_.accept('[') || lexer_.fail(start, "expected '[' to start matrix row");
      done = done && packed_row(element, elements, "matrix");
      if (done && rows == 0) columns = elements.size();
      if (done && elements.size() - before != columns) {
        done = lexer_.fail(start, "matrix rows differ in length");
      }
      if (!done) {
        add_index(rows);
        return false;
      }
      rows++;
      lexer_.skip_space();
    }
    uint32_t bytes = element->is(Kind::boolean) ? 1 : 8;
    MatrixObject* object = heap_.new_matrix(rows, columns, bytes);
    if (object == nullptr) return out_of_memory();
    store_packed(elements, bytes, object->data());
    out = Slot::of(object);
    return true;
  }

  // --- places
  // ---------------------------------------------------------------------------------------

  SAMARA_LEAF void add_index(size_t i, std::string_view suffix = "") {
    std::string component = "[";
    append_integer(component, static_cast<int64_t>(i));
    component += ']';
    component += suffix;
    lexer_.add_path(component);
  }
  SAMARA_LEAF void add_key(const Type* key_type, Slot key) {
    lexer_.add_path(key_place(key_type, key));
  }
  SAMARA_LEAF void add_field(std::string_view name) {
    std::string printed;
    append_identifier(printed, name);
    if (printed == name) {
      lexer_.add_path(joined({".", printed}));
      return;
    }
    std::string quoted = "[";
    append_string_literal(quoted, name);
    quoted += ']';
    lexer_.add_path(quoted);
  }
  SAMARA_LEAF void add_case(std::string_view name) {
    std::string component = ".";
    append_identifier(component, name);
    lexer_.add_path(component);
  }

  std::string key_place(const Type* key_type, Slot key) {
    std::string place = "[";
    // A key that cannot be printed again (too deep) has no place that a reference could name.
    (void)append_text(place, key_type, key).has_value();
    place += ']';
    return place;
  }

  SAMARA_LEAF void enter_name(std::string_view name) { paths_.enter(joined({".", name})); }
  SAMARA_LEAF void enter_cell() { paths_.enter("[]"); }
  SAMARA_LEAF void enter_index(size_t i) {
    std::string component = "[";
    append_integer(component, static_cast<int64_t>(i));
    component += ']';
    paths_.enter(std::move(component));
  }
  SAMARA_LEAF void enter_key(const Type* key_type, Slot key) {
    paths_.enter(key_place(key_type, key));
  }
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

  SAMARA_LEAF bool reference(const Type* type, Slot& out) {
    size_t start = lexer_.offset();
    std::string text;
    uint32_t number = 0;
    met_reference_untracked_ = !track_;
    if (!read_reference(lexer_, paths_, text, number)) return false;
    const Registered& target = objects_[number];
    if (!equal_modulo_unfolding(target.type, type)) {
      return lexer_.fail(start, "reference " + text + " names a value of type " +
                                    type_to_text_short(target.type) + ", expected " +
                                    type_to_text_short(type));
    }
    out = target.object;
    return true;
  }

  // --- containers
  // -----------------------------------------------------------------------------------

  SAMARA_APART bool ref(const Type* type, Slot& out) {
    if (!lexer_.accept('&')) return lexer_.fail(lexer_.offset(), "expected '&' to start ref");
    CellObject* cell = heap_.new_cell(Slot::null());
    begin_container(type, cell, out);
    if (track_) enter_cell();
    if (!value(type->element(), cell->content)) {
      lexer_.add_path("[]");
      return false;
    }
    leave();
    return true;
  }

  SAMARA_APART bool array(const Type* type, Slot& out) {
    if (!lexer_.accept('[')) return lexer_.fail(lexer_.offset(), "expected '[' to start array");
    ArrayObject* array = heap_.new_array();
    begin_container(type, array, out);
    lexer_.skip_space();
    if (lexer_.accept(']')) return true;
    for (size_t i = 0;; i++) {
      Slot element;
      if (track_) enter_index(i);
      if (!value(type->element(), element)) {
        add_index(i);
        return false;
      }
      leave();
      if (!heap_.push(array, element)) return out_of_memory();
      lexer_.skip_space();
      if (lexer_.accept(']')) return true;
      if (!lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(), "expected ',' or ']' after array element");
      }
    }
  }

  SAMARA_APART bool set(const Type* type, Slot& out) {
    if (!lexer_.accept('{')) return lexer_.fail(lexer_.offset(), "expected '{' to start set");
    SortedObject* set = new_set(heap_);
    begin_container(type, set, out);
    lexer_.skip_space();
    if (lexer_.accept('}')) return true;
    Order order(type->key());
    for (size_t i = 0;; i++) {
      Slot key;
      if (!value(type->key(), key)) {
        add_index(i);
        return false;
      }
      insert_key(heap_, set, order, key, Slot::null());
      if (heap_.exhausted()) return out_of_memory();
      lexer_.skip_space();
      if (lexer_.accept('}')) return true;
      if (!lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(), "expected ',' or '}' after set element");
      }
    }
  }

  SAMARA_APART bool dict(const Type* type, Slot& out) {
    if (!lexer_.accept('{')) return lexer_.fail(lexer_.offset(), "expected '{' to start dict");
    SortedObject* dict = new_dict(heap_);
    begin_container(type, dict, out);
    lexer_.skip_space();
    if (lexer_.accept('}')) return true;
    if (lexer_.accept(':')) {
      lexer_.skip_space();
      return lexer_.accept('}') ||
             lexer_.fail(lexer_.offset(), "expected '}' after ':' in empty dict");
    }
    for (size_t i = 0;; i++) {
      if (!entry(type, dict, i)) return false;
      lexer_.skip_space();
      if (lexer_.accept('}')) return true;
      if (!lexer_.accept(',')) {
        return lexer_.fail(lexer_.offset(), "expected ',' or '}' after dict entry");
      }
    }
  }

  SAMARA_APART bool entry(const Type* type, SortedObject* dict, size_t i) {
    Slot key;
    Slot content;
    if (!value(type->key(), key)) {
      add_index(i, "(key)");
      return false;
    }
    lexer_.skip_space();
    if (!lexer_.accept(':')) return fail_colon(i);
    if (track_) enter_key(type->key(), key);
    if (!value(type->dict_value(), content)) {
      add_key(type->key(), key);
      return false;
    }
    leave();
    insert_key(heap_, dict, Order(type->key()), key, content);
    return !heap_.exhausted() || out_of_memory();
  }

  SAMARA_LEAF bool fail_colon(size_t i) {
    std::string reason = "expected ':' after dict key at entry ";
    append_integer(reason, static_cast<int64_t>(i));
    return lexer_.fail(lexer_.offset(), reason);
  }

  SAMARA_APART bool structure(const Type* type, Slot& out) {
    if (!lexer_.accept('(')) return lexer_.fail(lexer_.offset(), "expected '(' to start struct");
    FieldsObject* fields = heap_.new_fields(type->arity());
    out = Slot::of(fields);
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (!field_name(type, i)) return false;
      if (track_) enter_name(type->name(i));
      if (!value(type->child(i), fields->fields()[i])) {
        add_field(type->name(i));
        return false;
      }
      leave();
      lexer_.skip_space();
      if (lexer_.accept(',') || lexer_.peek() == ')') continue;
      return lexer_.fail(lexer_.offset(), lexer_.at_end()
                                              ? "unexpected end of input in struct"
                                              : "expected ',' or ')' after struct field");
    }
    lexer_.skip_space();
    return lexer_.accept(')') || lexer_.fail(lexer_.offset(), "expected ')' to close struct");
  }

  SAMARA_LEAF bool field_name(const Type* type, uint32_t i) {
    lexer_.skip_space();
    if (lexer_.at_end()) return lexer_.fail(lexer_.offset(), "unexpected end of input in struct");
    size_t start = lexer_.offset();
    std::string_view name;
    if (!lexer_.identifier(name, scratch_)) {
      return lexer_.fail(start, joined({"missing required field '", type->name(i), "'"}));
    }
    if (name != type->name(i)) {
      std::string reason = joined({"unknown field '", name, "', expected one of: "});
      for (uint32_t f = 0; f < type->arity(); f++) {
        if (f > 0) reason += ", ";
        reason += type->name(f);
      }
      return lexer_.fail(start, reason);
    }
    lexer_.skip_space();
    return lexer_.accept('=') ||
           lexer_.fail(lexer_.offset(), joined({"expected '=' after field name '", name, "'"}));
  }

  SAMARA_APART bool variant(const Type* type, Slot& out) {
    uint32_t index = 0;
    if (!case_name(type, index)) return false;
    const Type* payload_type = type->child(index);
    if (payload_type->is(Kind::null)) {
      out = Slot::bare_case(index);
      return bare_payload(type, index);
    }
    Slot payload;
    if (track_) enter_name(type->name(index));
    if (!value(payload_type, payload)) {
      add_case(type->name(index));
      return false;
    }
    leave();
    out = Slot::of(heap_.new_tagged(index, payload));
    return true;
  }

  SAMARA_LEAF bool case_name(const Type* type, uint32_t& index) {
    if (!lexer_.accept('.')) {
      return lexer_.fail(lexer_.offset(), "expected '.' to start variant case");
    }
    size_t start = lexer_.offset();
    if (lexer_.at_space()) {
      return lexer_.fail(start, "whitespace not allowed between '.' and case identifier");
    }
    std::string_view name;
    if (!lexer_.identifier(name, scratch_)) return lexer_.fail(start, "expected identifier");
    int32_t found = type->index_of(name);
    if (found < 0) {
      std::string reason = joined({"unknown variant case .", name, ", expected one of: "});
      for (uint32_t c = 0; c < type->arity(); c++) {
        if (c > 0) reason += ", ";
        reason += '.';
        reason += type->name(c);
      }
      return lexer_.fail(start, reason);
    }
    index = static_cast<uint32_t>(found);
    return true;
  }

  SAMARA_LEAF bool bare_payload(const Type* type, uint32_t index) {
    lexer_.skip_space();
    size_t start = lexer_.offset();
    if (lexer_.accept("null") && lexer_.at_terminator()) return true;
    lexer_.seek(start);
    if (lexer_.at_terminator()) return true;
    lexer_.fail_expected("null", start);
    add_case(type->name(index));
    return false;
  }

  TextLexer lexer_;
  Heap& heap_;
  TextOptions options_;
  bool track_ = false;
  bool always_track_ = false;
  bool met_reference_untracked_ = false;
  uint32_t depth_ = 0;
  std::string scratch_;
  TextPaths paths_;
  std::vector<Registered> objects_;
};

#undef SAMARA_LEAF
#undef SAMARA_APART

}  // namespace

ParseResult parse_text(const Type* type, std::string_view input, Heap& heap, TextOptions options) {
  SAMARA_ASSERT(type->closed());
  return TextParser(input, heap, options).parse_root(type);
}

}  // namespace samara
