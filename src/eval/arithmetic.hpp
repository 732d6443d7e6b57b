#pragma once
// Integer and Float arithmetic of East, as functions without errors: shared by the builtins and by
// the evaluator's own instructions, so that both give the same answer. Threads: pure functions.
// Source: docs/formats/builtins.md, "Integer" and "Float".

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/assert.hpp"
#include "value/slot.hpp"

namespace samara::eval {

// Integers wrap modulo 2^64; C++ defines that for unsigned numbers only.
inline int64_t integer_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t integer_subtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t integer_multiply(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
inline int64_t integer_negate(int64_t a) { return integer_subtract(0, a); }

/// How IntegerDivide rounds: the two reference runtimes differ, the second one takes the floor. The
/// remainder has the sign of the dividend in both. This is the one place to change it.
enum class DivisionRule : uint8_t { truncate, floor };
inline constexpr DivisionRule k_division_rule = DivisionRule::truncate;

/// Quotient and remainder of East division: total, a zero divisor gives 0 for both.
inline int64_t integer_divide(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return integer_negate(a);  // the least number wraps instead of trapping
  int64_t quotient = a / b;
  if (k_division_rule == DivisionRule::floor && a % b != 0 && (a < 0) != (b < 0)) quotient--;
  return quotient;
}
inline int64_t integer_remainder(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  return a % b;
}

inline int64_t integer_abs(int64_t a) { return a < 0 ? integer_negate(a) : a; }
inline int64_t integer_sign(int64_t a) { return a > 0 ? 1 : (a < 0 ? -1 : 0); }

/// 0 for a negative exponent, whatever the base.
inline int64_t integer_pow(int64_t base, int64_t exponent) {
  if (exponent < 0) return 0;
  auto factor = static_cast<uint64_t>(base);
  auto left = static_cast<uint64_t>(exponent);
  uint64_t product = 1;
  for (; left != 0; left >>= 1) {
    if ((left & 1) != 0) product *= factor;
    factor *= factor;
  }
  return static_cast<int64_t>(product);
}

/// The floor of the logarithm of |value|; 0 where there is none.
inline int64_t integer_log(int64_t value, int64_t base) {
  if (value == 0 || base <= 1) return 0;
  auto left = static_cast<uint64_t>(integer_abs(value));
  auto divisor = static_cast<uint64_t>(base);
  int64_t count = 0;
  while (left >= divisor) {
    left /= divisor;
    count++;
  }
  return count;
}

/// A Float value. Every NaN becomes the one NaN: processors make negative ones, and bytes, hashes
/// and text must not depend on that.
inline Slot float_slot(double value) {
  if (SAMARA_UNLIKELY(value != value)) return {k_nan_bits};
  return Slot::of(value);
}

/// Negative zero stays negative, as in the reference.
inline double float_abs(double a) { return a < 0 ? -a : a; }
inline double float_sign(double a) { return a > 0 ? 1.0 : (a < 0 ? -1.0 : 0.0); }
/// As C's pow, except that a base of 1 or -1 with an exponent that is not finite gives NaN.
inline double float_pow(double base, double exponent) {
  if ((base == 1.0 || base == -1.0) && !std::isfinite(exponent)) return std::nan("");
  return std::pow(base, exponent);
}

}  // namespace samara::eval
