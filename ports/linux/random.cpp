#include "ports/linux/random.hpp"

#include <sys/random.h>

#include <cerrno>

#include "core/assert.hpp"

namespace samara::port {

void LinuxRandom::fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    // getrandom fails only for a wrong pointer or a kernel older than 3.17.
    SAMARA_ASSERT(count > 0);
    out = out.subspan(static_cast<size_t>(count));
  }
}

}  // namespace samara::port
