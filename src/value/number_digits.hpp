#pragma once
// The shortest decimal digits that read back as a double, by exact arithmetic in little code. The
// standard library's to_chars is faster, but its tables take 130 kB: too much for a device.
//
// Threads: pure. Source: Steele and White, "How to print floating-point numbers accurately" (1990).

namespace samara {

struct DecimalDigits {
  char digits[20];
  int count = 0;
  int point = 0;  // value = 0.digits x 10^point
};

/// Requires: `value` finite and above zero.
DecimalDigits shortest_digits_exact(double value);

}  // namespace samara
