#include "eval/key_sort.hpp"

#include <algorithm>

#include "eval/collection_support.hpp"

namespace samara::eval {

namespace {

constexpr uint64_t k_sign_bit = uint64_t{1} << 63;
constexpr size_t k_radix_least = 512;  // fewer positions are sorted by comparison

uint64_t float_rank(Slot key) {
  if (key.number() != key.number()) return UINT64_MAX;  // above infinity
  return (key.bits & k_sign_bit) != 0 ? ~key.bits : key.bits | k_sign_bit;
}

// Eight bytes of text from `skip` on, first byte most significant, padded with zeros: a shorter
// text ranks no higher than a longer one that it begins.
uint64_t text_rank(ByteView text, size_t skip) {
  uint64_t rank = 0;
  size_t left = text.size() - skip;
  if (left >= 8) {
    std::memcpy(&rank, text.data() + skip, 8);
    if constexpr (std::endian::native == std::endian::little) rank = __builtin_bswap64(rank);
    return rank;
  }
  for (size_t i = 0; i < left; i++) rank |= uint64_t{text[skip + i]} << (56 - 8 * i);
  return rank;
}

size_t common_length(ByteView a, ByteView b, size_t at_most) {
  size_t end = std::min({a.size(), b.size(), at_most});
  size_t length = 0;
  while (length < end && a[length] == b[length]) length++;
  return length;
}

// The component that is compared first: the key itself, or of structs the first field.
struct Leading {
  const Type* type;
  uint32_t structs = 0;
  bool whole = true;  // the component is all there is to compare

  explicit Leading(const Type* key_type) : type(key_type) {
    while (type->is(Kind::struct_) && type->arity() != 0) {
      if (type->arity() > 1) whole = false;
      type = type->child(0);
      structs++;
    }
  }
  Slot of(Slot key) const {
    for (uint32_t i = 0; i < structs; i++) key = field_of(key, 0);
    return key;
  }
};

// Sets the ranks; true when they decide the order alone.
bool rank_keys(const Type* type, const Slot* keys, size_t count, KeyRank* ranks) {
  Leading leading(type);
  for (size_t i = 0; i < count; i++) ranks[i] = {0, i};
  switch (leading.type->kind()) {
    case Kind::null:
      return leading.whole;
    case Kind::boolean:
      for (size_t i = 0; i < count; i++) ranks[i].rank = leading.of(keys[i]).boolean() ? 1 : 0;
      return leading.whole;
    case Kind::integer:
    case Kind::datetime:
      for (size_t i = 0; i < count; i++) ranks[i].rank = leading.of(keys[i]).bits ^ k_sign_bit;
      return leading.whole;
    case Kind::float_:
      for (size_t i = 0; i < count; i++) ranks[i].rank = float_rank(leading.of(keys[i]));
      return leading.whole;
    case Kind::string:
    case Kind::blob: {
      ByteView first = bytes_of(leading.of(keys[0]));
      size_t skip = first.size();
      for (size_t i = 1; i < count && skip != 0; i++) {
        skip = common_length(first, bytes_of(leading.of(keys[i])), skip);
      }
      for (size_t i = 0; i < count; i++) {
        ranks[i].rank = text_rank(bytes_of(leading.of(keys[i])), skip);
      }
      return false;
    }
    case Kind::variant:
      for (size_t i = 0; i < count; i++) ranks[i].rank = case_of(leading.of(keys[i]));
      return false;
    default:
      return false;
  }
}

// Sorts by rank, least significant byte first, leaving out bytes in which all ranks agree. Returns
// whichever of the two buffers holds the result.
KeyRank* radix_sort(KeyRank* from, KeyRank* to, size_t count) {
  uint64_t all_or = 0;
  uint64_t all_and = UINT64_MAX;
  for (size_t i = 0; i < count; i++) {
    all_or |= from[i].rank;
    all_and &= from[i].rank;
  }
  uint64_t differing = all_or & ~all_and;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    if (((differing >> shift) & 0xff) == 0) continue;
    size_t starts[256] = {};
    for (size_t i = 0; i < count; i++) starts[(from[i].rank >> shift) & 0xff]++;
    size_t next = 0;
    for (size_t& start : starts) {
      size_t size = start;
      start = next;
      next += size;
    }
    for (size_t i = 0; i < count; i++) to[starts[(from[i].rank >> shift) & 0xff]++] = from[i];
    std::swap(from, to);
  }
  return from;
}

// Merge sorts only: they stay within bounds even if a comparison of cyclic values is not
// transitive.
void compare_sort(const Order& order, const Slot* keys, KeyRank* begin, KeyRank* end) {
  std::stable_sort(begin, end, [&](const KeyRank& a, const KeyRank& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    return order(keys[a.position], keys[b.position]) < 0;
  });
}

void sort_equal_ranks(const Order& order, const Slot* keys, KeyRank* ranks, size_t count) {
  for (size_t begin = 0; begin < count;) {
    size_t end = begin + 1;
    while (end < count && ranks[end].rank == ranks[begin].rank) end++;
    if (end - begin > 1) compare_sort(order, keys, ranks + begin, ranks + end);
    begin = end;
  }
}

}  // namespace

BytesObject* sort_positions(Vm& vm, const Order& order, const Slot* keys, size_t count) {
  if (count > UINT32_MAX / sizeof(KeyRank)) {
    vm.fail_memory();
    return nullptr;
  }
  BytesObject* object = make_bytes(vm, count * sizeof(KeyRank));
  if (object == nullptr || count == 0) return object;
  auto* ranks = reinterpret_cast<KeyRank*>(object->data());
  bool decided = rank_keys(order.type(), keys, count, ranks);
  if (count < k_radix_least) {
    compare_sort(order, keys, ranks, ranks + count);
    return object;
  }
  BytesObject* other = make_bytes(vm, count * sizeof(KeyRank));
  if (other == nullptr) return nullptr;
  if (radix_sort(ranks, reinterpret_cast<KeyRank*>(other->data()), count) != ranks) {
    std::swap(object, other);
    ranks = reinterpret_cast<KeyRank*>(object->data());
  }
  vm.heap().release(other);
  if (!decided) sort_equal_ranks(order, keys, ranks, count);
  return object;
}

}  // namespace samara::eval
