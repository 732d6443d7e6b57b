// Encoding of beast2 values. Functions return the place to go on writing, or nullptr once error_ is
// set. Bytes go to a buffer which is handed to the sink whenever it is full.

#include <algorithm>
#include <optional>
#include <string>

#include "value/beast2.hpp"
#include "value/beast2_alias.hpp"
#include "value/beast2_error.hpp"
#include "value/beast2_plan.hpp"
#include "value/sorted.hpp"
#include "value/varint.hpp"

#define SAMARA_INLINE inline __attribute__((always_inline))
#define SAMARA_COLD __attribute__((noinline, cold))

namespace samara {

namespace {

using Node = Beast2Node;

#ifdef SAMARA_DEVICE
constexpr size_t k_buffer_bytes = 512;
#else
constexpr size_t k_buffer_bytes = 64 * 1024;
#endif
constexpr size_t k_many_elements = 4096;
constexpr size_t k_sample_share = 64;  // one in so many elements is the sample of an estimate
// Longer strings and blobs go to the sink without a copy.
constexpr size_t k_direct_bytes = k_buffer_bytes / 4;

// For sizes of a few dozen bytes, where a call costs more than the copy. Never reads past
// `from`+size.
SAMARA_INLINE void copy_small(uint8_t* to, const uint8_t* from, size_t size) {
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    std::memcpy(to, from, 16);
    std::memcpy(to + size - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else {
    for (size_t i = 0; i < size; i++) to[i] = from[i];
  }
}

class Encoder {
 public:
  Encoder(ByteSink& sink, const Beast2Options& options, Beast2Plan& plan)
      : sink_(sink),
        options_(options),
        plan_(plan),
        buffer_(std::make_unique_for_overwrite<uint8_t[]>(k_buffer_bytes)),
        end_(buffer_.get() + k_buffer_bytes) {}

  Result<void> run(ByteView header, const Type* type, Slot value) {
    uint8_t* to = append(buffer_.get(), header);
    if (to != nullptr) to = this->value(plan_.node(type), value, to, 0);
    if (to != nullptr) to = flush(to);
    // What this library would not read again must not be written.
    if (to != nullptr && zero_width_ > k_zero_width_max + 16 * (flushed_ - header.size())) {
      fail(Error(Code::exhausted, "Too many elements without bytes"));
    }
    if (error_) return std::move(*error_);
    return {};
  }

 private:
  // --- output ------------------------------------------------------------------------------------

  uint64_t position(const uint8_t* to) const {
    return flushed_ + static_cast<uint64_t>(to - buffer_.get());
  }
  SAMARA_COLD uint8_t* flush(uint8_t* to) {
    auto size = static_cast<size_t>(to - buffer_.get());
    if (size == 0) return to;
    return hand_over({buffer_.get(), size}) ? buffer_.get() : nullptr;
  }
  bool hand_over(ByteView bytes) {
    auto written = sink_.write(bytes);
    if (!written) {
      fail(std::move(written).error());
      return false;
    }
    flushed_ += bytes.size();
    return true;
  }
  SAMARA_INLINE uint8_t* room(uint8_t* to, size_t size) {
    if (SAMARA_LIKELY(static_cast<size_t>(end_ - to) >= size)) return to;
    return flush(to);
  }
  uint8_t* append(uint8_t* to, ByteView bytes) {
    if (bytes.size() <= static_cast<size_t>(end_ - to)) {
      if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
      return to + bytes.size();
    }
    to = flush(to);
    if (to == nullptr) return nullptr;
    if (bytes.size() > k_direct_bytes) return hand_over(bytes) ? to : nullptr;
    std::memcpy(to, bytes.data(), bytes.size());
    return to + bytes.size();
  }

  // --- values
  // -------------------------------------------------------------------------------------

  // Requires: node->scalar.
  SAMARA_INLINE uint8_t* scalar(const Node* node, Slot slot, uint8_t* to) {
    to = room(to, k_varint_bytes_max);
    if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
    switch (node->kind) {
      case Kind::integer:
      case Kind::datetime:
        return put_varint(to, zigzag(slot.integer()));
      case Kind::float_: {
        uint64_t bits = slot.bits;
        if (SAMARA_UNLIKELY((bits & 0x7fffffffffffffffULL) > 0x7ff0000000000000ULL)) {
          bits = k_nan_bits;
        }
        static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
        std::memcpy(to, &bits, 8);
        return to + 8;
      }
      case Kind::boolean:
        *to = slot.boolean() ? 1 : 0;
        return to + 1;
      case Kind::string:
      case Kind::blob: {
        const auto* object = as<BytesObject>(slot);
        size_t size = object->aux;
        to = put_varint(to, size);
        if (SAMARA_UNLIKELY(size > static_cast<size_t>(end_ - to)))
          return append(to, object->view());
        copy_small(to, object->data(), size);
        return to + size;
      }
      default:
        return to;
    }
  }

  uint8_t* value(const Node* node, Slot slot, uint8_t* to, uint32_t depth);
  uint8_t* elements(const Node* element, const ArrayObject* array, uint8_t* to, uint32_t depth);
  uint8_t* first_elements(const Node* element, const ArrayObject* array, uint8_t* to,
                          uint32_t depth);
  uint8_t* sorted(const Node* node, SortedObject* object, uint8_t* to, uint32_t depth);
  uint8_t* function(Slot slot, uint8_t* to, uint32_t depth);
  uint8_t* packed(uint8_t* to, const uint8_t* data, uint64_t bytes);

  // Writes the marker of an object. `again`: it was a back-reference, and all is said.
  SAMARA_INLINE uint8_t* marker(const Object* object, uint8_t* to, bool& again) {
    to = room(to, 2 * k_varint_bytes_max);
    if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
    uint64_t here = position(to);
    size_t before = written_.find_or_add(object, static_cast<size_t>(here + 1));
    if (SAMARA_UNLIKELY(before != 0)) {
      again = true;
      return put_varint(to, here - before);
    }
    *to = 0;
    return to + 1;
  }

  SAMARA_COLD uint8_t* fail(Error error) {
    if (!error_) error_.emplace(std::move(error));
    return nullptr;
  }

  ByteSink& sink_;
  const Beast2Options& options_;
  Beast2Plan& plan_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint8_t* end_;
  uint64_t flushed_ = 0;     // bytes given to the sink
  bool estimated_ = false;   // the sink was told what to expect
  uint64_t zero_width_ = 0;  // elements and fields without bytes
  WrittenObjects written_;
  std::optional<Error> error_;
};

// As in the decoder, the last field of a struct and the payload of a variant or ref need no call.
uint8_t* Encoder::value(const Node* node, Slot slot, uint8_t* to, uint32_t depth) {
  if (SAMARA_UNLIKELY(depth > k_depth_max)) {
    return fail(Error(Code::exhausted, "Value nests too deep"));
  }
  for (;;) {
    if (node->scalar) return scalar(node, slot, to);
    switch (node->kind) {
      case Kind::struct_: {
        zero_width_ += node->zero_slots;
        uint32_t count = node->count;
        if (count == 0) return to;
        const Slot* field = as<FieldsObject>(slot)->fields();
        const Node* const* part = node->parts;
        for (uint32_t i = 1; i < count; i++, part++, field++) {
          to = (*part)->scalar ? scalar(*part, *field, to) : value(*part, *field, to, depth + 1);
          if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
        }
        node = *part;
        slot = *field;
        continue;
      }
      case Kind::variant: {
        to = room(to, k_varint_bytes_max);
        if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
        uint32_t tag = case_of(slot);
        SAMARA_ASSERT(tag < node->count);
        to = put_varint(to, tag);
        if (slot.is_bare_case()) return to;
        slot = as<TaggedObject>(slot)->payload;
        node = node->parts[tag];
        continue;
      }
      case Kind::ref: {
        bool again = false;
        to = marker(slot.object(), to, again);
        if (to == nullptr || again) return to;
        slot = as<CellObject>(slot)->content;
        node = node->parts[0];
        continue;
      }
      case Kind::array: {
        bool again = false;
        to = marker(slot.object(), to, again);
        if (SAMARA_UNLIKELY(to == nullptr) || again) return to;
        const auto* array = as<ArrayObject>(slot);
        to = put_varint(to, array->size);
        return elements(node->parts[0], array, to, depth);
      }
      case Kind::set:
      case Kind::dict: {
        bool again = false;
        to = marker(slot.object(), to, again);
        if (SAMARA_UNLIKELY(to == nullptr) || again) return to;
        auto* object = as<SortedObject>(slot);
        to = put_varint(to, object->size);
        return sorted(node, object, to, depth);
      }
      case Kind::function:
      case Kind::async_function:
        return function(slot, to, depth);
      case Kind::vector: {
        const auto* vector = as<VectorObject>(slot);
        to = room(to, k_varint_bytes_max);
        if (to == nullptr) return nullptr;
        to = put_varint(to, vector->size);
        return packed(to, vector->data(), vector->size * vector->aux);
      }
      case Kind::matrix: {
        const auto* matrix = as<MatrixObject>(slot);
        to = room(to, 2 * k_varint_bytes_max);
        if (to == nullptr) return nullptr;
        to = put_varint(to, matrix->rows);
        to = put_varint(to, matrix->columns);
        if (matrix->columns == 0) zero_width_ += matrix->rows;
        if (matrix->rows == 0) zero_width_ += matrix->columns;
        return packed(to, matrix->data(), matrix->rows * matrix->columns * matrix->aux);
      }
      case Kind::never:
        return fail(Error(Code::type_mismatch, "Attempted to encode value of type .Never"));
      default:
        SAMARA_ASSERT(false);
        return nullptr;
    }
  }
}

uint8_t* Encoder::elements(const Node* element, const ArrayObject* array, uint8_t* to,
                           uint32_t depth) {
  const Slot* slot = array->data;
  const Slot* stop = slot + array->size;
  if (element->min_bytes == 0) zero_width_ += array->size;
  if (array->size >= k_many_elements && !estimated_) {
    to = first_elements(element, array, to, depth);
    if (to == nullptr) return nullptr;
    slot += array->size / k_sample_share;
  }
  switch (element->kind) {
    case Kind::integer:
      for (; slot != stop; slot++) {
        to = room(to, k_varint_bytes_max);
        if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
        to = put_varint(to, zigzag(slot->integer()));
      }
      return to;
    case Kind::null:
      return to;
    default:
      for (; slot != stop; slot++) {
        to = element->scalar ? scalar(element, *slot, to) : value(element, *slot, to, depth + 1);
        if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
      }
      return to;
  }
}

// Growing a large buffer costs more than filling it (mostly fresh pages), so the sink of the first
// long array is told what the first elements let expect.
uint8_t* Encoder::first_elements(const Node* element, const ArrayObject* array, uint8_t* to,
                                 uint32_t depth) {
  estimated_ = true;
  size_t count = array->size / k_sample_share;
  uint64_t start = position(to);
  for (size_t i = 0; i < count; i++) {
    to = value(element, array->data[i], to, depth + 1);
    if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
  }
  // Later elements tend to be longer (counters grow): an eighth is added.
  uint64_t sample = position(to) - start;
  if (sample < UINT64_MAX / (2 * k_sample_share))
    sink_.expect(sample * (k_sample_share + k_sample_share / 8));
  return to;
}

uint8_t* Encoder::sorted(const Node* node, SortedObject* object, uint8_t* to, uint32_t depth) {
  const Node* key = node->parts[0];
  const Node* content = node->kind == Kind::dict ? node->parts[1] : nullptr;
  if (key->min_bytes + (content != nullptr ? content->min_bytes : 0) == 0) {
    zero_width_ += object->size;
  }
  for (SortedCursor at(object); at.valid(); at.next()) {
    to = value(key, at.key(), to, depth + 1);
    if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
    if (content == nullptr) continue;
    to = value(content, at.value(), to, depth + 1);
    if (SAMARA_UNLIKELY(to == nullptr)) return nullptr;
  }
  return to;
}

uint8_t* Encoder::packed(uint8_t* to, const uint8_t* data, uint64_t bytes) {
  return append(to, {data, static_cast<size_t>(bytes)});
}

uint8_t* Encoder::function(Slot slot, uint8_t* to, uint32_t depth) {
  if (options_.functions == nullptr) {
    return fail(Error(Code::unsupported, "Functions cannot be encoded here"));
  }
  auto parts = options_.functions->take_apart(slot, options_.dialect);
  if (!parts) return fail(std::move(parts).error());
  size_t count = parts->captures.size();
  SAMARA_ASSERT(parts->capture_types.size() == count || options_.dialect == Dialect::a);
  if (options_.dialect == Dialect::a && count != 0) {
    std::string text =
        "Cannot serialize closure with " + std::to_string(count) + " captured variable(s): ";
    for (size_t i = 0; i < parts->capture_names.size(); i++) {
      if (i != 0) text += ", ";
      text += parts->capture_names[i];
    }
    text += ". Only free functions (no captures) can be serialized.";
    return fail(Error(Code::unsupported, text));
  }
  to = value(plan_.node(parts->ir_type), parts->ir, to, depth + 1);
  if (to == nullptr || options_.dialect == Dialect::a) return to;
  to = room(to, k_varint_bytes_max);
  if (to == nullptr) return nullptr;
  to = put_varint(to, count);
  for (size_t i = 0; i < count && to != nullptr; i++) {
    to = value(plan_.node(parts->capture_types[i]), parts->captures[i], to, depth + 1);
  }
  return to;
}

// --- entry points
// -----------------------------------------------------------------------------------

class BytesSink final : public ByteSink {
 public:
  explicit BytesSink(Bytes& out) : out_(out) {}
  void expect(uint64_t bytes) override {
    if (bytes < (SIZE_MAX - out_.size()) / 2)
      out_.reserve(out_.size() + static_cast<size_t>(bytes));
  }
  Result<void> write(ByteView chunk) override {
    if (out_.capacity() - out_.size() < chunk.size()) {
      out_.reserve(std::max(out_.size() + chunk.size(), out_.capacity() * 2));
    }
    out_.insert(out_.end(), chunk.begin(), chunk.end());
    return {};
  }

 private:
  Bytes& out_;
};

Result<void> write_with_plan(ByteSink& sink, bool full, const Type* type, Slot value,
                             const Beast2Options& options) {
  SAMARA_ASSERT(type->closed());
  std::optional<Beast2Plan> own;
  Beast2Plan& plan = options.plan != nullptr ? *options.plan : own.emplace();
  if (!full) return Encoder(sink, options, plan).run({}, type, value);
  ByteView header = plan.header(type, options.dialect);
  if (header.empty()) {
    return Error(Code::unsupported, "Vector and Matrix do not exist in dialect A");
  }
  SAMARA_CHECK(sink.write(k_beast2_magic));
  return Encoder(sink, options, plan).run(header, type, value);
}

Result<void> append_with_plan(Bytes& out, bool full, const Type* type, Slot value,
                              const Beast2Options& options) {
  size_t before = out.size();
  BytesSink sink(out);
  auto done = write_with_plan(sink, full, type, value, options);
  if (!done) out.resize(before);
  return done;
}

}  // namespace

Result<void> write_beast2(ByteSink& sink, const Type* type, Slot value,
                          const Beast2Options& options) {
  return write_with_plan(sink, true, type, value, options);
}
Result<void> write_beast2_value(ByteSink& sink, const Type* type, Slot value,
                                const Beast2Options& options) {
  return write_with_plan(sink, false, type, value, options);
}
Result<void> append_beast2(Bytes& out, const Type* type, Slot value, const Beast2Options& options) {
  return append_with_plan(out, true, type, value, options);
}
Result<void> append_beast2_value(Bytes& out, const Type* type, Slot value,
                                 const Beast2Options& options) {
  return append_with_plan(out, false, type, value, options);
}
Result<Bytes> encode_beast2(const Type* type, Slot value, const Beast2Options& options) {
  Bytes out;
  SAMARA_CHECK(append_with_plan(out, true, type, value, options));
  return out;
}
Result<Bytes> encode_beast2_value(const Type* type, Slot value, const Beast2Options& options) {
  Bytes out;
  SAMARA_CHECK(append_with_plan(out, false, type, value, options));
  return out;
}

}  // namespace samara
