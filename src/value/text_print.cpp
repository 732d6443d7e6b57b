#include <vector>

#include "value/calendar.hpp"
#include "value/number_text.hpp"
#include "value/sorted.hpp"
#include "value/text.hpp"
#include "value/text_places.hpp"
#include "value/text_sharing.hpp"
#include "value/text_type.hpp"

namespace samara {

void append_identifier(std::string& out, std::string_view name) {
  bool plain = !name.empty() && !is_digit(name[0]);
  for (char c : name) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
    plain = plain && letter;
  }
  if (plain) {
    out += name;
    return;
  }
  out += '`';
  for (char c : name) {
    if (c == '`' || c == '\\') out += '\\';
    out += c;
  }
  out += '`';
}

void append_string_literal(std::string& out, std::string_view text) {
  out += '"';
  size_t start = 0;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '"' && text[i] != '\\') continue;
    out += text.substr(start, i - start);
    out += '\\';
    start = i;
  }
  out += text.substr(start);
  out += '"';
}

namespace {

class TextPrinter {
 public:
  TextPrinter(std::string& out, size_t end) : out_(out), end_(end) {}

  Result<void> print_root(const Type* type, Slot value) {
    track_ = may_share(type);
    if (print(type, value)) return {};
    return std::move(error_);
  }

 private:
  // How a value is reached from the one around it.
  enum class Step : uint8_t { field, variant_case, index, key, cell };
  struct Place {
    Step step = Step::cell;
    const Type* type = nullptr;  // of the value around; the key's type for `key`
    uint64_t index = 0;          // or the key's slot
  };

  [[gnu::noinline]] bool fail(Code code, std::string_view text) {
    error_ = Error(code, text);
    return false;
  }

  bool too_long() { return fail(Code::exhausted, "the text of the value is too long"); }

  bool print(const Type* type, Slot value) {
    switch (type->kind()) {
      case Kind::struct_:
      case Kind::variant:
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::dict:
        break;
      default:
        return print_leaf(type, value);
    }
    if (out_.size() > end_) return too_long();
    if (++depth_ > k_text_depth_max) return fail(Code::exhausted, "the value nests too deep");
    bool done = print_compound(type, value);
    depth_--;
    return done;
  }

  // Apart from print(), whose frame is on the stack once for each level.
  [[gnu::noinline]] bool print_leaf(const Type* type, Slot value) {
    if (out_.size() > end_) return too_long();
    switch (type->kind()) {
      case Kind::never:
      case Kind::recursive:
        return fail(Code::type_mismatch, "Attempted to print value of type .Never");
      case Kind::null:
        out_ += "null";
        return true;
      case Kind::boolean:
        out_ += value.boolean() ? "true" : "false";
        return true;
      case Kind::integer:
        append_integer(out_, value.integer());
        return true;
      case Kind::float_:
        append_float_east(out_, value.number());
        return true;
      case Kind::string:
        append_string_literal(out_, text_of(value));
        return true;
      case Kind::datetime:
        append_datetime(out_, value.integer());
        return true;
      case Kind::blob:
        out_ += "0x";
        append_hex(out_, bytes_of(value).data(), bytes_of(value).size());
        return true;
      case Kind::function:
      case Kind::async_function:
        print_function(type);
        return true;
      case Kind::vector:
        print_vector(type->element(), as<VectorObject>(value));
        return true;
      case Kind::matrix:
        print_matrix(type->element(), as<MatrixObject>(value));
        return true;
      case Kind::struct_:
      case Kind::variant:
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::dict:
        break;
    }
    return false;
  }

  bool print_compound(const Type* type, Slot value) {
    switch (type->kind()) {
      case Kind::struct_:
        return print_struct(type, value);
      case Kind::variant:
        return print_variant(type, value);
      default:
        break;
    }
    if (track_ && already_printed(value.object())) return true;
    switch (type->kind()) {
      case Kind::ref:
        out_ += '&';
        return print_at(Step::cell, type, 0, type->element(), as<CellObject>(value)->content);
      case Kind::array:
        return print_array(type, as<ArrayObject>(value));
      case Kind::set:
        return print_set(type, as<SortedObject>(value));
      default:
        return print_dict(type, as<SortedObject>(value));
    }
  }

  [[gnu::noinline]] void enter(Step step, const Type* around, uint64_t index) {
    places_.enter({step, around, index});
  }
  // Prints a value at a place, given by the parts of a Place.
  bool print_at(Step step, const Type* around, uint64_t index, const Type* type, Slot value) {
    if (!track_ || type->immutable()) return print(type, value);
    enter(step, around, index);
    bool done = print(type, value);
    places_.leave();
    return done;
  }

  [[gnu::noinline]] bool print_struct(const Type* type, Slot value) {
    out_ += '(';
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (i > 0) out_ += ", ";
      append_identifier(out_, type->name(i));
      out_ += '=';
      if (!print_at(Step::field, type, i, type->child(i), field_of(value, i))) return false;
    }
    out_ += ')';
    return true;
  }

  [[gnu::noinline]] bool print_variant(const Type* type, Slot value) {
    uint32_t index = case_of(value);
    SAMARA_ASSERT(index < type->arity());
    out_ += '.';
    append_identifier(out_, type->name(index));
    const Type* payload = type->child(index);
    if (payload->is(Kind::null)) return true;
    out_ += ' ';
    return print_at(Step::variant_case, type, index, payload, payload_of(value));
  }

  [[gnu::noinline]] bool print_array(const Type* type, const ArrayObject* array) {
    out_ += '[';
    for (size_t i = 0; i < array->size; i++) {
      if (i > 0) out_ += ", ";
      if (!print_at(Step::index, type, i, type->element(), array->data[i])) return false;
    }
    out_ += ']';
    return true;
  }

  [[gnu::noinline]] bool print_set(const Type* type, SortedObject* set) {
    out_ += '{';
    bool first = true;
    for (SortedCursor at(set); at.valid(); at.next()) {
      if (!first) out_ += ',';
      first = false;
      if (!print(type->key(), at.key())) return false;
    }
    out_ += '}';
    return true;
  }

  [[gnu::noinline]] bool print_dict(const Type* type, SortedObject* dict) {
    if (dict->size == 0) {
      out_ += "{:}";
      return true;
    }
    out_ += '{';
    bool first = true;
    for (SortedCursor at(dict); at.valid(); at.next()) {
      if (!first) out_ += ',';
      first = false;
      if (!print(type->key(), at.key())) return false;
      out_ += ':';
      if (!print_at(Step::key, type->key(), at.key().bits, type->dict_value(), at.value())) {
        return false;
      }
    }
    out_ += '}';
    return true;
  }

  [[gnu::noinline]] void print_function(const Type* type) {
    out_ += type->is(Kind::async_function) ? "async (" : "(";
    for (uint32_t i = 0; i < type->input_count(); i++) {
      if (i > 0) out_ += ", ";
      append_type_text(out_, type->part(i));
    }
    out_ += ") => ";
    append_type_text(out_, type->part(type->arity() - 1));
  }

  void print_packed(const Type* element, const uint8_t* data, uint64_t count) {
    out_ += '[';
    for (uint64_t i = 0; i < count; i++) {
      if (i > 0) out_ += ", ";
      if (element->is(Kind::boolean)) {
        out_ += data[i] != 0 ? "true" : "false";
        continue;
      }
      Slot slot;
      std::memcpy(&slot, data + i * 8, 8);
      print(element, slot);
    }
    out_ += ']';
  }
  [[gnu::noinline]] void print_vector(const Type* element, const VectorObject* vector) {
    out_ += "vec";
    print_packed(element, vector->data(), vector->size);
  }
  [[gnu::noinline]] void print_matrix(const Type* element, const MatrixObject* matrix) {
    out_ += "mat[";
    for (uint64_t row = 0; row < matrix->rows; row++) {
      if (row > 0) out_ += ", ";
      print_packed(element, matrix->data() + row * matrix->columns * matrix->aux, matrix->columns);
    }
    out_ += ']';
  }

  // Writes a reference when the object was met before.
  [[gnu::noinline]] bool already_printed(const Object* object) {
    size_t up = 0;
    if (places_.first_visit(object, up, down_)) return false;
    append_integer(out_, static_cast<int64_t>(up));
    out_ += '#';
    for (const Place& place : down_) print_place(place);
    return true;
  }

  void print_place(const Place& place) {
    switch (place.step) {
      case Step::field:
      case Step::variant_case:
        out_ += '.';
        append_identifier(out_, place.type->name(static_cast<uint32_t>(place.index)));
        return;
      case Step::index:
        out_ += '[';
        append_integer(out_, static_cast<int64_t>(place.index));
        out_ += ']';
        return;
      case Step::key:
        out_ += '[';
        print(place.type, Slot{place.index});
        out_ += ']';
        return;
      case Step::cell:
        out_ += "[]";
        return;
    }
  }

  std::string& out_;
  size_t end_;
  bool track_ = false;
  uint32_t depth_ = 0;
  Error error_{Code::corrupt, ""};
  TextPlaces<Place> places_;
  std::vector<Place> down_;
};

}  // namespace

Result<void> append_text(std::string& out, const Type* type, Slot value, PrintOptions options) {
  SAMARA_ASSERT(type->closed());
  return TextPrinter(out, out.size() + options.bytes_max).print_root(type, value);
}

Result<std::string> print_text(const Type* type, Slot value, PrintOptions options) {
  std::string out;
  SAMARA_CHECK(append_text(out, type, value, options));
  return out;
}

}  // namespace samara
