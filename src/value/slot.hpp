#pragma once
// Slot: one East value in eight bytes. East is statically typed, so a slot carries no tag: its type
// is known from the program, the codec's type or the container's element type.
//
//   Null 0 · Boolean 0/1 · Integer, DateTime (ms) int64 · Float binary64
//   Variant whose case carries Null: (case << 1) | 1, an immediate; other cases: Object*
//   everything else: Object*
//
// Threads: a plain value. Source: docs/decisions/0002-values.md.

#include <bit>
#include <cstdint>

namespace samara {

struct Object;

struct Slot {
  uint64_t bits = 0;

  static Slot null() { return {}; }
  static Slot of(bool value) { return {value ? 1U : 0U}; }
  static Slot of(int64_t value) { return {static_cast<uint64_t>(value)}; }
  static Slot of(double value) { return {std::bit_cast<uint64_t>(value)}; }
  static Slot of(const Object* object) { return {reinterpret_cast<uintptr_t>(object)}; }
  /// A variant case whose payload is Null.
  static Slot bare_case(uint32_t index) { return {(static_cast<uint64_t>(index) << 1) | 1U}; }

  bool boolean() const { return bits != 0; }
  int64_t integer() const { return static_cast<int64_t>(bits); }
  double number() const { return std::bit_cast<double>(bits); }
  Object* object() const { return reinterpret_cast<Object*>(static_cast<uintptr_t>(bits)); }
  bool is_bare_case() const { return (bits & 1U) != 0; }

  bool same_bits(Slot other) const { return bits == other.bits; }
};
static_assert(sizeof(Slot) == 8);

/// The one NaN: every NaN entering the system is turned into this.
inline constexpr uint64_t k_nan_bits = 0x7ff8000000000000ULL;

}  // namespace samara
