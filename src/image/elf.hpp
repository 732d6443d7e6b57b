#pragma once
// The part of the ELF format that native images use, for both word sizes.
// Source: System V ABI (gABI), chapters 4 and 5; psABI of the targets for machine numbers.
// Threads: pure functions.

#include "image/little_endian.hpp"
#include "image/target.hpp"

namespace samara::image::elf {

inline constexpr uint8_t k_class_32 = 1;
inline constexpr uint8_t k_class_64 = 2;
inline constexpr uint8_t k_little_endian = 1;
inline constexpr uint16_t k_type_shared = 3;

enum SegmentType : uint32_t {
  k_null = 0,
  k_load = 1,
  k_dynamic = 2,
  k_interpreter = 3,
  k_note = 4,
  k_program_headers = 6,
  k_thread_local = 7,
  k_gnu_exception_frames = 0x6474e550,
  k_gnu_stack = 0x6474e551,
  k_gnu_relro = 0x6474e552,
  k_gnu_property = 0x6474e553,
  k_arm_unwind = 0x70000001,
  k_riscv_attributes = 0x70000003,
};

enum SegmentFlag : uint32_t { k_execute = 1, k_write = 2, k_read = 4 };

enum DynamicTag : uint64_t {
  k_tag_null = 0,
  k_tag_hash = 4,
  k_tag_string_table = 5,
  k_tag_symbol_table = 6,
  k_tag_rela = 7,
  k_tag_rela_size = 8,
  k_tag_rela_entry = 9,
  k_tag_string_size = 10,
  k_tag_symbol_entry = 11,
  k_tag_symbolic = 16,
  k_tag_rel = 17,
  k_tag_rel_size = 18,
  k_tag_rel_entry = 19,
  k_tag_init_array = 25,
  k_tag_init_array_size = 27,
  k_tag_flags = 30,
  k_tag_rela_count = 0x6ffffff9,
  k_tag_rel_count = 0x6ffffffa,
};

/// Of DT_FLAGS: bind within the image first. Says nothing an image without imports would notice.
inline constexpr uint64_t k_flag_symbolic = 2;

struct SegmentHeader {
  uint32_t type = 0;
  uint32_t flags = 0;
  uint64_t offset = 0;
  uint64_t address = 0;
  uint64_t file_size = 0;
  uint64_t memory_size = 0;
  uint64_t alignment = 0;
};

/// Where the fields of the two forms lie.
struct Form {
  uint8_t word;  // bytes of an address
  constexpr bool wide() const { return word == 8; }
  constexpr uint32_t header_bytes() const { return wide() ? 64 : 52; }
  constexpr uint32_t segment_bytes() const { return wide() ? 56 : 32; }
  constexpr uint32_t section_bytes() const { return wide() ? 64 : 40; }
  constexpr uint32_t dynamic_bytes() const { return wide() ? 16 : 8; }
  constexpr uint32_t relocation_bytes(bool addend) const {
    return (addend ? 3U : 2U) * uint32_t{word};
  }
  // Fields of the file header.
  constexpr uint32_t entry() const { return 24; }
  constexpr uint32_t segments() const { return wide() ? 32 : 28; }
  constexpr uint32_t sections() const { return wide() ? 40 : 32; }
  constexpr uint32_t flags() const { return wide() ? 48 : 36; }
  constexpr uint32_t sizes() const { return wide() ? 52 : 40; }  // six 16-bit numbers from here

  uint64_t load_word(ByteView bytes, uint64_t offset) const {
    return wide() ? load_le<uint64_t>(bytes, offset) : load_le<uint32_t>(bytes, offset);
  }

  SegmentHeader load_segment(ByteView bytes, uint64_t at) const {
    SegmentHeader out;
    out.type = load_le<uint32_t>(bytes, at);
    const uint64_t first = at + (wide() ? 8 : 4);
    out.offset = load_word(bytes, first);
    out.address = load_word(bytes, first + word);
    out.file_size = load_word(bytes, first + 3U * word);
    out.memory_size = load_word(bytes, first + 4U * word);
    out.flags = load_le<uint32_t>(bytes, at + (wide() ? 4 : 24));
    out.alignment = load_word(bytes, wide() ? at + 48 : at + 28);
    return out;
  }

  /// The two halves of a relocation's info word.
  uint32_t relocation_type(uint64_t info) const {
    return static_cast<uint32_t>(wide() ? info & 0xffffffff : info & 0xff);
  }
  uint64_t relocation_symbol(uint64_t info) const { return wide() ? info >> 32 : info >> 8; }
};

}  // namespace samara::image::elf
