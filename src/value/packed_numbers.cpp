#include "value/packed_numbers.hpp"

#include "value/beast2.hpp"
#include "value/varint.hpp"

namespace samara {

// The count behind the header, and where the numbers begin.
Result<PackedNumbers> find_packed(TypeTable& types, ByteView beast2) {
  Error other(Code::unsupported, "the value is not packed numbers alone");
  if (!looks_like_beast2(beast2)) return other;
  const size_t magic = sizeof k_beast2_magic;
  SAMARA_TRY(DecodedType header, decode_type(beast2.subspan(magic), types, Dialect::b, magic));
  PackedNumbers out;
  out.type = header.type;
  const bool array = out.type->is(Kind::array) && out.type->element()->is(Kind::float_);
  const bool matrix = out.type->is(Kind::matrix);
  if (!array && !matrix && !out.type->is(Kind::vector)) return other;
  const uint8_t* at = beast2.data() + magic + header.bytes_used;
  const uint8_t* end = beast2.data() + beast2.size();
  Error damaged(Code::corrupt, "the value is cut off or too long");
  if (array) {  // the marker of an object that stands here
    if (at == end || *at != 0) return damaged;
    at++;
  }
  VarintFault why{};
  if (matrix) at = get_varint(at, end, out.rows, why);
  if (at != nullptr) at = get_varint(at, end, out.columns, why);
  if (at == nullptr) return damaged;
  out.element_bytes = out.type->element()->is(Kind::boolean) ? 1 : 8;
  const auto left = static_cast<uint64_t>(end - at);
  constexpr uint64_t k_side_max = uint64_t{1} << 53;
  if (out.rows > k_side_max || out.columns > k_side_max) return damaged;
  if (out.rows != 0 && out.columns > left / out.element_bytes / out.rows) return damaged;
  if (out.rows * out.columns * out.element_bytes != left) return damaged;
  out.data = at;
  return out;
}

}  // namespace samara
