#include <vector>

#include "value/calendar.hpp"
#include "value/json.hpp"
#include "value/number_text.hpp"
#include "value/sorted.hpp"
#include "value/text_places.hpp"
#include "value/text_sharing.hpp"

namespace samara {

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char k_hex[] = "0123456789abcdef";
  out += '"';
  size_t start = 0;
  for (size_t i = 0; i < text.size(); i++) {
    auto c = static_cast<uint8_t>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(start, i - start);
    start = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += text[i];
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += k_hex[c >> 4];
        out += k_hex[c & 15];
        break;
    }
  }
  out += text.substr(start);
  out += '"';
}

namespace {

class JsonPrinter {
 public:
  JsonPrinter(std::string& out, size_t end) : out_(out), end_(end) {}

  Result<void> print_root(const Type* type, Slot value) {
    if (!type->is_data()) {
      return Error(Code::type_mismatch, "Cannot encode Function type to JSON");
    }
    track_ = may_share(type);
    if (print(type, value)) return {};
    return std::move(error_);
  }

 private:
  // How a value is reached from the one around it. A Dict's entries take two steps.
  enum class Step : uint8_t { named, index, value };
  struct Place {
    Step step = Step::index;
    const Type* type = nullptr;  // of the value around, for `named`
    uint64_t index = 0;
  };

  [[gnu::noinline]] bool fail(Code code, std::string_view text) {
    error_ = Error(code, text);
    return false;
  }

  bool too_long() { return fail(Code::exhausted, "the JSON of the value is too long"); }

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
      case Kind::function:
      case Kind::async_function:
        return fail(Code::type_mismatch, "Cannot encode Never type to JSON");
      case Kind::null:
        out_ += "null";
        return true;
      case Kind::boolean:
        out_ += value.boolean() ? "true" : "false";
        return true;
      case Kind::integer:
        out_ += '"';
        append_integer(out_, value.integer());
        out_ += '"';
        return true;
      case Kind::float_:
        print_float(value.number());
        return true;
      case Kind::string:
        append_json_string(out_, text_of(value));
        return true;
      case Kind::datetime:
        out_ += '"';
        append_datetime(out_, value.integer());
        out_ += "+00:00\"";
        return true;
      case Kind::blob:
        out_ += "\"0x";
        append_hex(out_, bytes_of(value).data(), bytes_of(value).size());
        out_ += '"';
        return true;
      case Kind::vector:
        print_packed(type->element(), as<VectorObject>(value)->data(),
                     as<VectorObject>(value)->size);
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
    if (type->is(Kind::struct_)) return print_struct(type, value);
    if (type->is(Kind::variant)) return print_variant(type, value);
    if (track_ && already_printed(value.object())) return true;
    switch (type->kind()) {
      case Kind::ref: {
        out_ += '[';
        if (!print_at(Step::index, nullptr, 0, type->element(), as<CellObject>(value)->content))
          return false;
        out_ += ']';
        return true;
      }
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

  [[gnu::noinline]] void print_float(double value) {
    if (value == 0 && std::bit_cast<int64_t>(value) < 0) {
      out_ += "\"-0.0\"";
      return;
    }
    bool special = value != value || value - value != 0;
    if (special) out_ += '"';
    append_float_ecma(out_, value);
    if (special) out_ += '"';
  }

  [[gnu::noinline]] bool print_struct(const Type* type, Slot value) {
    out_ += '{';
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (i > 0) out_ += ',';
      append_json_string(out_, type->name(i));
      out_ += ':';
      if (!print_at(Step::named, type, i, type->child(i), field_of(value, i))) return false;
    }
    out_ += '}';
    return true;
  }

  [[gnu::noinline]] bool print_variant(const Type* type, Slot value) {
    uint32_t index = case_of(value);
    SAMARA_ASSERT(index < type->arity());
    out_ += "{\"type\":";
    append_json_string(out_, type->name(index));
    out_ += ",\"value\":";
    if (!print_at(Step::named, type, index, type->child(index), payload_of(value))) return false;
    out_ += '}';
    return true;
  }

  [[gnu::noinline]] bool print_array(const Type* type, const ArrayObject* array) {
    out_ += '[';
    for (size_t i = 0; i < array->size; i++) {
      if (i > 0) out_ += ',';
      if (!print_at(Step::index, nullptr, i, type->element(), array->data[i])) return false;
    }
    out_ += ']';
    return true;
  }

  [[gnu::noinline]] bool print_set(const Type* type, SortedObject* set) {
    out_ += '[';
    bool first = true;
    for (SortedCursor at(set); at.valid(); at.next()) {
      if (!first) out_ += ',';
      first = false;
      if (!print(type->key(), at.key())) return false;
    }
    out_ += ']';
    return true;
  }

  [[gnu::noinline]] bool print_dict(const Type* type, SortedObject* dict) {
    out_ += '[';
    uint64_t i = 0;
    for (SortedCursor at(dict); at.valid(); at.next(), i++) {
      out_ += i > 0 ? ",{\"key\":" : "{\"key\":";
      if (!print(type->key(), at.key())) return false;
      out_ += ",\"value\":";
      if (track_) enter(Step::index, nullptr, i);
      if (!print_at(Step::value, nullptr, 0, type->dict_value(), at.value())) return false;
      if (track_) places_.leave();
      out_ += '}';
    }
    out_ += ']';
    return true;
  }

  void print_packed(const Type* element, const uint8_t* data, uint64_t count) {
    out_ += '[';
    for (uint64_t i = 0; i < count; i++) {
      if (i > 0) out_ += ',';
      Slot slot;
      if (element->is(Kind::boolean)) {
        slot = Slot::of(data[i] != 0);
      } else {
        std::memcpy(&slot, data + i * 8, 8);
      }
      print(element, slot);
    }
    out_ += ']';
  }
  [[gnu::noinline]] void print_matrix(const Type* element, const MatrixObject* matrix) {
    out_ += '[';
    for (uint64_t row = 0; row < matrix->rows; row++) {
      if (row > 0) out_ += ',';
      print_packed(element, matrix->data() + row * matrix->columns * matrix->aux, matrix->columns);
    }
    out_ += ']';
  }

  [[gnu::noinline]] bool already_printed(const Object* object) {
    size_t up = 0;
    if (places_.first_visit(object, up, down_)) return false;
    std::string reference;
    append_integer(reference, static_cast<int64_t>(up));
    reference += '#';
    for (size_t i = 0; i < down_.size(); i++) {
      if (i > 0) reference += '/';
      append_component(reference, down_[i]);
    }
    out_ += "{\"$ref\":";
    append_json_string(out_, reference);
    out_ += '}';
    return true;
  }

  static void append_component(std::string& out, const Place& place) {
    switch (place.step) {
      case Step::index:
        append_integer(out, static_cast<int64_t>(place.index));
        return;
      case Step::value:
        out += "value";
        return;
      case Step::named:
        for (char c : place.type->name(static_cast<uint32_t>(place.index))) {
          if (c == '~') {
            out += "~0";
          } else if (c == '/') {
            out += "~1";
          } else {
            out += c;
          }
        }
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

Result<void> append_json(std::string& out, const Type* type, Slot value, JsonPrintOptions options) {
  SAMARA_ASSERT(type->closed());
  return JsonPrinter(out, out.size() + options.bytes_max).print_root(type, value);
}

Result<std::string> print_json(const Type* type, Slot value, JsonPrintOptions options) {
  std::string out;
  SAMARA_CHECK(append_json(out, type, value, options));
  return out;
}

}  // namespace samara
