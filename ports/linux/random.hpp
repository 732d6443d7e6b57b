#pragma once
// LinuxRandom: bytes of the kernel's generator. Threads: any.

#include "port/random.hpp"

namespace samara::port {

class LinuxRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;
};

}  // namespace samara::port
