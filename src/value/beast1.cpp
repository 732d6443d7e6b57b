#include "value/beast1.hpp"

#include <string>

#include "value/beast1_shape.hpp"
#include "value/beast2_error.hpp"
#include "value/sorted.hpp"
#include "value/utf8.hpp"

namespace samara {

namespace {

constexpr uint64_t k_sign = uint64_t{1} << 63;
constexpr int64_t k_datetime_ms_max = 8'640'000'000'000'000;

// --- encoding ------------------------------------------------------------------------------------

class Encoder {
 public:
  explicit Encoder(Bytes& out) : out_(out) {}

  // Depth is bounded by the type table.
  void type(const Type* type) {
    out_.push_back(static_cast<uint8_t>(beast1_tag(type->kind())));
    bool named = type->is(Kind::struct_) || type->is(Kind::variant);
    for (uint32_t i = 0; i < type->arity(); i++) {
      if (named) {
        out_.push_back(1);
        text(type->name(i));
      }
      this->type(type->child(i));
    }
    if (named) out_.push_back(0);
  }

  Result<void> value(const Type* type, Slot slot) {
    if (out_.size() > k_beast1_bytes_max) {
      return Error(Code::exhausted, "Value is too large for Beast v1 (limit 1 GiB)");
    }
    switch (type->kind()) {
      case Kind::null:
        return {};
      case Kind::boolean:
        out_.push_back(slot.boolean() ? 1 : 0);
        return {};
      case Kind::integer:
      case Kind::datetime:
        number(slot.bits ^ k_sign);
        return {};
      case Kind::float_:
        number((slot.bits & k_sign) != 0 ? ~slot.bits : slot.bits ^ k_sign);
        return {};
      case Kind::string:
        if (text_of(slot).find('\0') != std::string_view::npos) {
          return Error(Code::unsupported, "Beast v1 format does not support strings with NUL");
        }
        text(text_of(slot));
        return {};
      case Kind::blob: {
        ByteView bytes = bytes_of(slot);
        number(bytes.size());
        out_.insert(out_.end(), bytes.begin(), bytes.end());
        return {};
      }
      case Kind::array:
        for (Slot element : as<ArrayObject>(slot)->slots()) {
          out_.push_back(1);
          SAMARA_CHECK(value(type->element(), element));
        }
        out_.push_back(0);
        return {};
      case Kind::set:
      case Kind::dict:
        for (SortedCursor at(as<SortedObject>(slot)); at.valid(); at.next()) {
          out_.push_back(1);
          SAMARA_CHECK(value(type->key(), at.key()));
          if (type->is(Kind::dict)) SAMARA_CHECK(value(type->dict_value(), at.value()));
        }
        out_.push_back(0);
        return {};
      case Kind::struct_:
        for (uint32_t i = 0; i < type->arity(); i++) {
          SAMARA_CHECK(value(type->child(i), field_of(slot, i)));
        }
        return {};
      case Kind::variant:
        out_.push_back(static_cast<uint8_t>(case_of(slot)));
        return value(type->child(case_of(slot)), payload_of(slot));
      default:
        SAMARA_ASSERT(false);  // check_beast1_type
        return {};
    }
  }

 private:
  void number(uint64_t bits) {
    for (int shift = 56; shift >= 0; shift -= 8)
      out_.push_back(static_cast<uint8_t>(bits >> shift));
  }
  void text(std::string_view text) {
    out_.insert(out_.end(), text.begin(), text.end());
    out_.push_back(0);
  }

  Bytes& out_;
};

// --- decoding ------------------------------------------------------------------------------------

class Decoder {
 public:
  Decoder(ByteView bytes, size_t start, Heap& heap, const Beast1Options& options)
      : bytes_(bytes),
        at_(start),
        heap_(heap),
        options_(options),
        container_flags_(options.frozen ? k_flag_frozen : 0),
        zero_width_left_(k_zero_width_max + 16 * uint64_t{bytes.size()}) {}

  // Depth is bounded by the type table: there are no recursive types.
  Result<Slot> value(const Beast1Shape* shape) {
    if (heap_.exhausted()) return too_large();
    switch (shape->kind) {
      case Kind::null:
        return Slot::null();
      case Kind::boolean: {
        SAMARA_TRY(uint8_t byte, byte_of("boolean"));
        if (byte > 1) return error("Invalid boolean byte", at_ - 1);
        return Slot::of(byte != 0);
      }
      case Kind::integer: {
        SAMARA_TRY(uint64_t bits, number("integer"));
        return Slot{bits ^ k_sign};
      }
      case Kind::datetime: {
        size_t start = at_;
        SAMARA_TRY(uint64_t bits, number("datetime"));
        Slot slot{bits ^ k_sign};
        if (slot.integer() > k_datetime_ms_max || slot.integer() < -k_datetime_ms_max) {
          return error("DateTime out of range", start);
        }
        return slot;
      }
      case Kind::float_: {
        SAMARA_TRY(uint64_t coded, number("float64"));
        Slot slot{(coded & k_sign) != 0 ? coded ^ k_sign : ~coded};
        return slot.number() != slot.number() ? Slot{k_nan_bits} : slot;
      }
      case Kind::string:
        return text();
      case Kind::blob:
        return blob();
      case Kind::array:
        return array(shape);
      case Kind::set:
      case Kind::dict:
        return sorted(shape);
      case Kind::struct_:
        return structure(shape);
      case Kind::variant:
        return variant(shape);
      default:
        SAMARA_ASSERT(false);  // no shape has another kind
        return Slot::null();
    }
  }

  size_t at() const { return at_; }

 private:
  Error error(std::string_view text, size_t offset) {
    return beast2_error_at(Code::corrupt, offset, text);
  }
  Error too_large() {
    return beast2_error_at(Code::exhausted, at_, "Value does not fit the memory limit");
  }
  size_t left() const { return bytes_.size() - at_; }

  Result<uint8_t> byte_of(std::string_view what) {
    if (left() == 0) return beast2_underflow(what, at_);
    return bytes_[at_++];
  }
  Result<uint64_t> number(std::string_view what) {
    if (left() < 8) return beast2_underflow(what, at_);
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) bits = (bits << 8) | bytes_[at_++];
    return bits;
  }
  // The byte before each element: 1, or 0 at the end.
  Result<bool> more() {
    SAMARA_TRY(uint8_t byte, byte_of("continuation byte"));
    if (byte > 1) return error("Invalid continuation byte", at_ - 1);
    return byte == 1;
  }

  Result<Slot> text() {
    const uint8_t* from = bytes_.data() + at_;
    const void* end = left() == 0 ? nullptr : std::memchr(from, 0, left());
    if (end == nullptr) return beast2_underflow("string", at_);
    auto size = static_cast<size_t>(static_cast<const uint8_t*>(end) - from);
    size_t valid = utf8_valid_prefix(from, size);
    if (valid != size) return error("Invalid UTF-8", at_ + valid);
    BytesObject* object = heap_.new_bytes(ByteView{from, size});
    if (object == nullptr) return too_large();
    at_ += size + 1;
    return Slot::of(object);
  }

  Result<Slot> blob() {
    size_t start = at_;
    SAMARA_TRY(uint64_t size, number("blob"));
    if (size > left()) return beast2_underflow("blob", start, size);
    BytesObject* object = heap_.new_bytes(bytes_.subspan(at_, static_cast<size_t>(size)));
    if (object == nullptr) return too_large();
    at_ += static_cast<size_t>(size);
    return Slot::of(object);
  }

  Result<Slot> array(const Beast1Shape* shape) {
    ArrayObject* object = heap_.new_array();
    object->flags = container_flags_;
    for (;;) {
      SAMARA_TRY(bool another, more());
      if (!another) return Slot::of(object);
      SAMARA_TRY(Slot element, value(shape->parts[0]));
      if (!heap_.push(object, element)) return too_large();
    }
  }

  Result<Slot> sorted(const Beast1Shape* shape) {
    bool dict = shape->kind == Kind::dict;
    SortedObject* object = dict ? new_dict(heap_) : new_set(heap_);
    Order order(shape->parts[0]->type);
    for (;;) {
      SAMARA_TRY(bool another, more());
      if (!another) break;
      size_t start = at_;
      SAMARA_TRY(Slot key, value(shape->parts[0]));
      bool ascends = object->size == 0 || order(sorted_last_key(object), key) < 0;
      if (!ascends && !options_.sort_keys) {
        return error(dict ? "Dict keys are not ascending" : "Set keys are not ascending", start);
      }
      Slot content;
      if (dict) {
        SAMARA_TRY(content, value(shape->parts[1]));
      }
      if (ascends) {
        sorted_append(heap_, object, key, content);
      } else {
        sorted_put(heap_, object, order, key, content);
      }
    }
    object->flags |= container_flags_;
    return Slot::of(object);
  }

  Result<Slot> structure(const Beast1Shape* shape) {
    // Fields without bytes, counted as in beast2: a wide struct of them must not fill the memory.
    if (shape->zero_slots > zero_width_left_) {
      return beast2_error_at(Code::exhausted, at_, "Too many elements without bytes");
    }
    zero_width_left_ -= shape->zero_slots;
    auto count = static_cast<uint32_t>(shape->parts.size());
    FieldsObject* object = heap_.new_fields(count);
    for (uint32_t i = 0; i < count; i++) {
      SAMARA_TRY(object->fields()[i], value(shape->parts[i]));
    }
    return Slot::of(object);
  }

  Result<Slot> variant(const Beast1Shape* shape) {
    SAMARA_TRY(uint8_t index, byte_of("variant tag"));
    if (index >= shape->parts.size()) return beast2_invalid_tag(index, at_ - 1);
    uint32_t tag = shape->case_indices[index];
    if (shape->parts[index]->kind == Kind::null) return Slot::bare_case(tag);
    SAMARA_TRY(Slot payload, value(shape->parts[index]));
    return Slot::of(heap_.new_tagged(tag, payload));
  }

  ByteView bytes_;
  size_t at_;
  Heap& heap_;
  const Beast1Options& options_;
  uint8_t container_flags_;
  uint64_t zero_width_left_;
};

Result<Slot> decode_all(ByteView bytes, size_t start, const Beast1Shape* shape, Heap& heap,
                        const Beast1Options& options) {
  Decoder decoder(bytes, start, heap, options);
  SAMARA_TRY(Slot value, decoder.value(shape));
  if (heap.exhausted()) {
    return beast2_error(Code::exhausted, start, "Value does not fit the memory limit");
  }
  if (decoder.at() != bytes.size()) {
    return beast2_trailing(decoder.at(), bytes.size() - decoder.at());
  }
  return value;
}

}  // namespace

bool looks_like_beast1(ByteView bytes) {
  return bytes.size() >= sizeof k_beast1_magic &&
         std::memcmp(bytes.data(), k_beast1_magic, sizeof k_beast1_magic) == 0;
}

Result<Bytes> encode_beast1(const Type* type, Slot value) {
  SAMARA_CHECK(check_beast1_type(type));
  Bytes out(std::begin(k_beast1_magic), std::end(k_beast1_magic));
  Encoder encoder(out);
  encoder.type(type);
  SAMARA_CHECK(encoder.value(type, value));
  return out;
}

Result<Bytes> encode_beast1_value(const Type* type, Slot value) {
  SAMARA_CHECK(check_beast1_type(type));
  Bytes out;
  SAMARA_CHECK(Encoder(out).value(type, value));
  return out;
}

Result<TypedValue> decode_beast1_any(ByteView bytes, TypeTable& types, Heap& heap,
                                     const Beast1Options& options) {
  SAMARA_CHECK(check_beast_magic(bytes, k_beast1_magic));
  Beast1Shapes shapes;
  size_t start = sizeof k_beast1_magic;
  SAMARA_TRY(Beast1Shapes::Header header, shapes.read(bytes, start, types));
  SAMARA_TRY(Slot value, decode_all(bytes, start + header.bytes_used, header.shape, heap, options));
  return TypedValue{header.shape->type, value, Dialect::b};
}

Result<Slot> decode_beast1(ByteView bytes, const Type* expected, TypeTable& types, Heap& heap,
                           const Beast1Options& options) {
  SAMARA_CHECK(check_beast_magic(bytes, k_beast1_magic));
  Beast1Shapes shapes;
  size_t start = sizeof k_beast1_magic;
  SAMARA_TRY(Beast1Shapes::Header header, shapes.read(bytes, start, types));
  if (header.shape->type != expected) return beast_type_mismatch(expected, header.shape->type);
  return decode_all(bytes, start + header.bytes_used, header.shape, heap, options);
}

Result<Slot> decode_beast1_value(ByteView bytes, const Type* type, Heap& heap,
                                 const Beast1Options& options) {
  Beast1Shapes shapes;
  SAMARA_TRY(const Beast1Shape* shape, shapes.of_type(type));
  return decode_all(bytes, 0, shape, heap, options);
}

}  // namespace samara
