#pragma once
// The machines that native images are built for. Threads: constants.
// Source: docs/formats/native-image.md, section 4.

#include <cstdint>
#include <span>
#include <string_view>

namespace samara::image {

struct Target {
  std::string_view triple;
  uint8_t word_bytes;         // of an address: ELF class 32 or 64
  bool explicit_addend;       // relocations are RELA, otherwise REL with the addend in place
  bool thumb;                 // bit 0 of a code address is the instruction set
  uint8_t instruction_bytes;  // alignment of an entry, without the Thumb bit
  uint16_t machine;           // e_machine
  uint32_t flags_required;    // e_flags, apart from flags_optional
  uint32_t flags_optional;
  uint32_t relative;  // the one relocation type
  uint32_t page;      // smallest unit of access rights
};

/// All targets; the index of one in this list is its bit in masks of targets.
std::span<const Target> targets();
/// nullptr when there is none of that name.
const Target* find_target(std::string_view triple);
/// Requires: `target` is one of targets().
uint32_t target_bit(const Target& target);

}  // namespace samara::image
