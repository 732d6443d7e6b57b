#include "wire/cbor.hpp"

#include <cstring>

namespace samara::wire {

namespace {
constexpr uint8_t k_false = 20;
constexpr uint8_t k_true = 21;
constexpr uint8_t k_one_byte = 24;
constexpr uint8_t k_eight_bytes = 27;
}  // namespace

void CborWriter::raw(ByteView value) {
  if (!ok_ || value.size() > out_.size() - size_) {
    ok_ = false;
    return;
  }
  if (!value.empty()) std::memcpy(out_.data() + size_, value.data(), value.size());
  size_ += value.size();
}

void CborWriter::head(CborMajor major, uint64_t value) {
  uint8_t buffer[9];
  size_t extra = 0;
  const auto top = static_cast<uint8_t>(static_cast<unsigned>(major) << 5U);
  if (value < k_one_byte) {
    buffer[0] = static_cast<uint8_t>(top | value);
  } else {
    const unsigned log = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
    extra = size_t{1} << log;
    buffer[0] = static_cast<uint8_t>(top | (k_one_byte + log));
    for (size_t i = 0; i < extra; i++) {
      buffer[1 + i] = static_cast<uint8_t>(value >> (8 * (extra - 1 - i)));
    }
  }
  raw({buffer, 1 + extra});
}

void CborWriter::integer(int64_t value) {
  if (value >= 0) return uint(static_cast<uint64_t>(value));
  head(CborMajor::negative_integer, ~static_cast<uint64_t>(value));
}

void CborWriter::boolean(bool value) { head(CborMajor::simple, value ? k_true : k_false); }

void CborWriter::bytes(ByteView value) {
  head(CborMajor::bytes, value.size());
  raw(value);
}

void CborWriter::text(std::string_view value) {
  head(CborMajor::text, value.size());
  raw(as_bytes(value));
}

void CborReader::fail() { ok_ = false; }

CborReader::Head CborReader::head() {
  Head out;
  if (!ok_ || at_ == bytes_.size()) {
    ok_ = false;
    return out;
  }
  const uint8_t first = bytes_[at_++];
  out.major = static_cast<CborMajor>(first >> 5U);
  const uint8_t low = first & 31U;
  if (low < k_one_byte) {
    out.value = low;
    return out;
  }
  if (low > k_eight_bytes || out.major == CborMajor::simple) {
    ok_ = false;
    return {};
  }
  const size_t extra = size_t{1} << (low - k_one_byte);
  if (extra > bytes_.size() - at_) {
    ok_ = false;
    return {};
  }
  for (size_t i = 0; i < extra; i++) out.value = (out.value << 8U) | bytes_[at_++];
  // The shortest form only: one value has one encoding.
  const uint64_t least = extra == 1 ? k_one_byte : uint64_t{1} << (4 * extra);
  if (out.value < least) {
    ok_ = false;
    return {};
  }
  return out;
}

uint64_t CborReader::expect(CborMajor major) {
  const Head got = head();
  if (!ok_ || got.major != major) {
    ok_ = false;
    return 0;
  }
  return got.value;
}

ByteView CborReader::take(uint64_t count) {
  if (!ok_ || count > bytes_.size() - at_) {
    ok_ = false;
    return {};
  }
  const ByteView out = bytes_.subspan(at_, static_cast<size_t>(count));
  at_ += static_cast<size_t>(count);
  return out;
}

uint64_t CborReader::uint() { return expect(CborMajor::unsigned_integer); }

int64_t CborReader::integer() {
  const Head got = head();
  const bool negative = got.major == CborMajor::negative_integer;
  if (!ok_ || (!negative && got.major != CborMajor::unsigned_integer) ||
      got.value > static_cast<uint64_t>(INT64_MAX)) {
    ok_ = false;
    return 0;
  }
  return negative ? -1 - static_cast<int64_t>(got.value) : static_cast<int64_t>(got.value);
}

bool CborReader::boolean() {
  const uint64_t value = expect(CborMajor::simple);
  if (value != k_false && value != k_true) ok_ = false;
  return ok_ && value == k_true;
}

ByteView CborReader::bytes() { return take(expect(CborMajor::bytes)); }

std::string_view CborReader::text() {
  const std::string_view out = as_text(take(expect(CborMajor::text)));
  if (!is_utf8(out)) ok_ = false;
  return ok_ ? out : std::string_view{};
}

size_t CborReader::array() {
  const uint64_t count = expect(CborMajor::array);
  if (count > bytes_.size() - at_) ok_ = false;
  return ok_ ? static_cast<size_t>(count) : 0;
}

size_t CborReader::map() {
  const uint64_t pairs = expect(CborMajor::map);
  if (pairs > (bytes_.size() - at_) / 2) ok_ = false;
  return ok_ ? static_cast<size_t>(pairs) : 0;
}

void CborReader::skip() {
  // Items that are still to come, at each depth.
  uint64_t left[k_cbor_depth_max];
  unsigned depth = 0;
  left[0] = 1;
  while (ok_) {
    while (left[depth] == 0) {
      if (depth == 0) return;
      depth--;
    }
    left[depth]--;
    const Head got = head();
    if (!ok_) return;
    switch (got.major) {
      case CborMajor::unsigned_integer:
      case CborMajor::negative_integer:
        break;
      case CborMajor::bytes:
        take(got.value);
        break;
      case CborMajor::text:
        if (!is_utf8(as_text(take(got.value)))) ok_ = false;
        break;
      case CborMajor::simple:
        if (got.value != k_false && got.value != k_true) ok_ = false;
        break;
      case CborMajor::array:
      case CborMajor::map: {
        const unsigned factor = got.major == CborMajor::map ? 2 : 1;
        if (got.value > (bytes_.size() - at_) / factor || depth + 1 == k_cbor_depth_max) {
          ok_ = false;
          return;
        }
        left[++depth] = got.value * factor;
        break;
      }
      default:
        ok_ = false;
    }
  }
}

bool is_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<uint8_t>(text[i]);
    const size_t more = first < 0x80   ? 0
                        : first < 0xc2 ? 4
                        : first < 0xe0 ? 1
                        : first < 0xf0 ? 2
                        : first < 0xf5 ? 3
                                       : 4;
    if (more == 4 || more > text.size() - i - 1) return false;
    uint32_t point = more == 0 ? first : first & (0x3fU >> more);
    for (size_t k = 1; k <= more; k++) {
      const auto next = static_cast<uint8_t>(text[i + k]);
      if ((next & 0xc0U) != 0x80) return false;
      point = point << 6U | (next & 0x3fU);
    }
    if (more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) return false;
    if (more == 3 && (point < 0x10000 || point > 0x10ffff)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace samara::wire
