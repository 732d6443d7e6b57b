// Hexadecimal text, as hashes are given on the command line: any bytes are accepted or refused, and
// what is accepted reads back to the same bytes from its printed form.

#include <cstdlib>

#include "core/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto decoded = samara::from_hex(samara::as_text({data, size}));
  if (!decoded) return 0;
  const auto again = samara::from_hex(samara::to_hex(*decoded));
  if (!again || *again != *decoded) std::abort();
  return 0;
}
