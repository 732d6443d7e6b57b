#pragma once
// RecordBuilder: East values of records, put together by hand and encoded. Used by the sources of
// this layer only. Threads: one.

#include <initializer_list>

#include "call/record_types.hpp"
#include "core/hash.hpp"
#include "value/beast2.hpp"

namespace samara {

class RecordBuilder {
 public:
  Heap& heap() { return heap_; }

  Slot text(std::string_view text) { return bytes(as_bytes(text)); }
  Slot blob(ByteView contents) { return bytes(contents); }
  Slot hash(const Hash& hash) { return bytes(hash.view()); }
  Slot structure(std::initializer_list<Slot> fields) {
    FieldsObject* object = heap_.new_fields(static_cast<uint32_t>(fields.size()));
    size_t i = 0;
    for (Slot field : fields) object->fields()[i++] = field;
    return Slot::of(object);
  }
  ArrayObject* array() { return heap_.new_array(); }
  void push(ArrayObject* array, Slot value) {
    if (!heap_.push(array, value)) failed_ = true;
  }
  Slot some(Slot payload) { return Slot::of(heap_.new_tagged(1, payload)); }
  static Slot none() { return Slot::bare_case(0); }
  /// A case with a payload, by name.
  Slot tagged(const Type* variant, std::string_view name, Slot payload);

  /// Canonical full beast2. Errors: exhausted.
  Result<Bytes> encode(const Type* type, Slot value, Beast2Plan* plan = nullptr);

 private:
  Slot bytes(ByteView contents) {
    BytesObject* object = heap_.new_bytes(contents);
    if (object == nullptr) {
      failed_ = true;
      object = heap_.new_bytes(size_t{0});
      SAMARA_ASSERT(object != nullptr);
    }
    return Slot::of(object);
  }

  Heap heap_;
  bool failed_ = false;
};

/// Decodes a record whose bytes must begin with `head`. `what` names it in messages.
/// Errors: corrupt (no such record), unsupported (a newer version of it), exhausted.
Result<Slot> decode_record(ByteView bytes, const Type* type, ByteView head, std::string_view what,
                           TypeTable& types, Heap& heap);

/// A Blob field that is a hash. Errors: corrupt.
Result<Hash> hash_of(Slot blob, std::string_view what);

}  // namespace samara
