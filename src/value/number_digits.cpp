#include "value/number_digits.hpp"

#include <bit>
#include <cstdint>

namespace samara {

namespace {

// A natural number of up to 1280 bits: enough for 2^1076 times a few tens.
class Natural {
 public:
  explicit Natural(uint64_t value) {
    words_[0] = static_cast<uint32_t>(value);
    words_[1] = static_cast<uint32_t>(value >> 32);
  }
  void shift_left(int bits) {
    int words = bits / 32;
    int rest = bits % 32;
    for (int i = k_words - 1; i >= 0; i--) {
      uint64_t low = i - words - 1 >= 0 ? words_[i - words - 1] : 0;
      uint64_t high = i - words >= 0 ? words_[i - words] : 0;
      words_[i] = static_cast<uint32_t>(((high << 32 | low) << rest) >> 32);
    }
  }
  void multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (uint32_t& word : words_) {
      carry += uint64_t{word} * factor;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  void multiply_by_power_of_ten(int power) {
    for (; power >= 9; power -= 9) multiply(1'000'000'000);
    for (; power > 0; power--) multiply(10);
  }
  void subtract(const Natural& other) {
    uint64_t borrow = 0;
    for (int i = 0; i < k_words; i++) {
      uint64_t difference = uint64_t{words_[i]} - other.words_[i] - borrow;
      words_[i] = static_cast<uint32_t>(difference);
      borrow = difference >> 63;
    }
  }
  Natural plus(const Natural& other) const {
    Natural sum = *this;
    uint64_t carry = 0;
    for (int i = 0; i < k_words; i++) {
      carry += uint64_t{words_[i]} + other.words_[i];
      sum.words_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    return sum;
  }
  int compare(const Natural& other) const {
    for (int i = k_words - 1; i >= 0; i--) {
      if (words_[i] != other.words_[i]) return words_[i] < other.words_[i] ? -1 : 1;
    }
    return 0;
  }

 private:
  static constexpr int k_words = 40;
  uint32_t words_[k_words] = {};
};

// ceil(log10(value)) or one less, from the binary exponent: 0.30103 is log10(2).
int estimate_point(int binary_exponent) {
  return static_cast<int>((int64_t{binary_exponent} * 30103 - 1) / 100'000);
}

}  // namespace

DecimalDigits shortest_digits_exact(double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  int biased = static_cast<int>(bits >> 52 & 0x7FF);
  if (biased != 0) fraction |= uint64_t{1} << 52;
  int exponent = (biased == 0 ? 1 : biased) - 1075;
  // At a power of two the neighbour below is only half as far away as the one above.
  bool uneven = fraction == uint64_t{1} << 52 && biased > 1;
  bool even = fraction % 2 == 0;  // then the middle between two neighbours reads back as this one

  // value = rest / scale; above and below are half the distances to the neighbours, over scale.
  Natural rest(fraction);
  Natural scale(1);
  Natural above(1);
  Natural below(1);
  int extra = uneven ? 2 : 1;
  if (exponent >= 0) {
    rest.shift_left(exponent + extra);
    scale.shift_left(extra);
    above.shift_left(exponent + extra - 1);
    below.shift_left(exponent);
  } else {
    rest.shift_left(extra);
    scale.shift_left(extra - exponent);
    above.shift_left(extra - 1);
  }

  int top = exponent + 63 - std::countl_zero(fraction);
  int point = estimate_point(top);
  if (point >= 0) {
    scale.multiply_by_power_of_ten(point);
  } else {
    rest.multiply_by_power_of_ten(-point);
    above.multiply_by_power_of_ten(-point);
    below.multiply_by_power_of_ten(-point);
  }
  auto too_small = [&] {
    int order = rest.plus(above).compare(scale);
    return even ? order >= 0 : order > 0;
  };
  while (too_small()) {
    scale.multiply(10);
    point++;
  }

  DecimalDigits out;
  out.point = point;
  for (;;) {
    rest.multiply(10);
    above.multiply(10);
    below.multiply(10);
    int digit = 0;
    while (rest.compare(scale) >= 0) {
      rest.subtract(scale);
      digit++;
    }
    int low_order = rest.compare(below);
    bool low = even ? low_order <= 0 : low_order < 0;
    int high_order = rest.plus(above).compare(scale);
    bool high = even ? high_order >= 0 : high_order > 0;
    if (low && high) {
      int half = rest.plus(rest).compare(scale);
      if (half > 0 || (half == 0 && digit % 2 != 0)) digit++;
    } else if (high) {
      digit++;
    }
    out.digits[out.count++] = static_cast<char>('0' + digit);
    if (low || high) return out;
  }
}

}  // namespace samara
