#include "image/target.hpp"

#include "core/assert.hpp"

namespace samara::image {
namespace {

constexpr uint32_t k_arm_eabi5 = 0x05000000;
constexpr uint32_t k_arm_soft_float = 0x200;
constexpr uint32_t k_riscv_compressed = 1;

constexpr Target k_targets[] = {
    {.triple = "thumbv7m-none-samara",
     .word_bytes = 4,
     .explicit_addend = false,
     .thumb = true,
     .instruction_bytes = 2,
     .machine = 40,
     .flags_required = k_arm_eabi5,
     .flags_optional = k_arm_soft_float,
     .relative = 23,
     .page = 256},
    {.triple = "thumbv8m.main-none-samara",
     .word_bytes = 4,
     .explicit_addend = false,
     .thumb = true,
     .instruction_bytes = 2,
     .machine = 40,
     .flags_required = k_arm_eabi5,
     .flags_optional = k_arm_soft_float,
     .relative = 23,
     .page = 32},
    {.triple = "riscv32imac-none-samara",
     .word_bytes = 4,
     .explicit_addend = true,
     .thumb = false,
     .instruction_bytes = 2,
     .machine = 243,
     .flags_required = 0,
     .flags_optional = k_riscv_compressed,
     .relative = 3,
     .page = 4096},
    {.triple = "x86_64-linux-samara",
     .word_bytes = 8,
     .explicit_addend = true,
     .thumb = false,
     .instruction_bytes = 1,
     .machine = 62,
     .flags_required = 0,
     .flags_optional = 0,
     .relative = 8,
     .page = 4096},
    {.triple = "aarch64-linux-samara",
     .word_bytes = 8,
     .explicit_addend = true,
     .thumb = false,
     .instruction_bytes = 4,
     .machine = 183,
     .flags_required = 0,
     .flags_optional = 0,
     .relative = 1027,
     .page = 65536},
};

}  // namespace

std::span<const Target> targets() { return k_targets; }

const Target* find_target(std::string_view triple) {
  for (const Target& target : k_targets) {
    if (target.triple == triple) return &target;
  }
  return nullptr;
}

uint32_t target_bit(const Target& target) {
  for (uint32_t i = 0; i < std::size(k_targets); i++) {
    if (&target == &k_targets[i]) return 1U << i;
  }
  SAMARA_ASSERT(!"a target is one of targets()");
}

}  // namespace samara::image
