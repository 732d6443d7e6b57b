#include "core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace samara {
void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "samara: assertion failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}
}  // namespace samara
