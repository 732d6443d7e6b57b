// Objects of the C interface that are too large to be copied about.

#include "bindings/c/handle.hpp"
#include "bindings/c/tree.hpp"
#include "value/beast2.hpp"
#include "value/varint.hpp"

namespace samara::capi {
namespace {

// Pieces stay in the processor's cache between being cleaned, hashed and written.
constexpr size_t k_piece_numbers = 16 * 1024;

bool takes(const Type* type) {
  if (type->is(Kind::array)) return type->element()->is(Kind::float_);
  return type->is(Kind::vector) || type->is(Kind::matrix);
}

Result<void> write_numbers(store::ObjectWriter& writer, const Type* element,
                           const samara_packed& numbers) {
  const auto count = static_cast<size_t>(numbers.rows * numbers.columns);
  if (element->is(Kind::integer)) return writer.update({numbers.data, count * 8});
  Bytes piece(k_piece_numbers * 8);
  for (size_t at = 0; at < count; at += k_piece_numbers) {
    const size_t now = count - at < k_piece_numbers ? count - at : k_piece_numbers;
    if (element->is(Kind::boolean)) {
      for (size_t i = 0; i < now; i++) piece[i] = numbers.data[at + i] != 0 ? 1 : 0;
      SAMARA_CHECK(writer.update(ByteView(piece).first(now)));
    } else {
      copy_floats(piece.data(), numbers.data + at * 8, now);
      SAMARA_CHECK(writer.update(ByteView(piece).first(now * 8)));
    }
  }
  return {};
}

}  // namespace

Result<Hash> store_packed(store::Objects& objects, const Type* type, const samara_packed& numbers,
                          store::Durability durability) {
  if (!takes(type)) {
    return Error(Code::unsupported, "only .Array .Float, vectors and matrices are packed numbers");
  }
  const uint32_t element_bytes = type->element()->is(Kind::boolean) ? 1 : 8;
  if (numbers.element_bytes != element_bytes || (!type->is(Kind::matrix) && numbers.rows != 1)) {
    return Error(Code::invalid_argument, "the numbers are of another size or shape");
  }
  Bytes head(std::begin(k_beast2_magic), std::end(k_beast2_magic));
  SAMARA_CHECK(append_type(head, type, Dialect::b));
  if (type->is(Kind::array)) head.push_back(0);  // the marker of an object that stands here
  uint8_t count[2 * k_varint_bytes_max];
  uint8_t* end = count;
  if (type->is(Kind::matrix)) end = put_varint(end, numbers.rows);
  end = put_varint(end, numbers.columns);
  head.insert(head.end(), count, end);
  SAMARA_TRY(auto writer, objects.writer(durability));
  SAMARA_CHECK(writer->update(head));
  SAMARA_CHECK(write_numbers(*writer, type->element(), numbers));
  return writer->commit();
}

namespace {

Result<void> put_packed(samara_repository& repository, const char* type_text,
                        const samara_packed* numbers, store::Durability durability,
                        samara_hash* out) {
  if (type_text == nullptr || numbers == nullptr || out == nullptr) {
    return Error(Code::invalid_argument, "no type, numbers or place for the id is given");
  }
  SAMARA_TRY(const Type* type, parse_type(repository.types, type_text));
  SAMARA_TRY(Hash id, store_packed(repository.store->objects(), type, *numbers, durability));
  set_hash(out, id);
  return {};
}

}  // namespace
}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

extern "C" {

int32_t samara_map(samara_repository* repository, const samara_hash* id, samara_mapped** out) {
  return guarded(repository, [&]() -> Result<void> {
    if (id == nullptr || out == nullptr) {
      return Error(Code::invalid_argument, "no id or place for the bytes is given");
    }
    SAMARA_TRY(store::ObjectBytes object, repository->store->objects().view(hash_of(id)));
    *out = std::make_unique<samara_mapped>(std::move(object)).release();
    return {};
  });
}

samara_view samara_mapped_bytes(const samara_mapped* mapped) {
  ByteView bytes = mapped->object.bytes();
  return {bytes.data(), bytes.size()};
}

void samara_mapped_free(samara_mapped* mapped) { std::unique_ptr<samara_mapped> owned(mapped); }

int32_t samara_put_packed(samara_repository* repository, const char* type,
                          const samara_packed* numbers, int32_t sync, samara_hash* out) {
  const auto durability = sync != 0 ? store::Durability::synced : store::Durability::cached;
  return guarded(repository,
                 [&] { return put_packed(*repository, type, numbers, durability, out); });
}

}  // extern "C"
