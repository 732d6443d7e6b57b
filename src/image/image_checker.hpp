#pragma once
// The steps of check_image, one class over several files: each reads what the ones before it have
// found. Not for use outside check_image*.cpp. Threads: one checker belongs to one call.

#include "image/check_image.hpp"
#include "image/elf.hpp"

namespace samara::image {

class ImageChecker {
 public:
  ImageChecker(ByteView image, const ImageExpectation& expectation, Layout& layout)
      : image_(image),
        expectation_(expectation),
        target_(*expectation.target),
        form_{expectation.target->word_bytes},
        layout_(layout) {}

  Refusal check_header();       // E01 to E04
  Refusal check_segments();     // P01 to P06
  Refusal check_dynamic();      // D01 to D04
  Refusal check_relocations();  // R01 to R05, N02
  Refusal check_entry();        // N01

 private:
  struct Dynamic {
    uint64_t seen = 0;  // bit for each tag below 64
    uint64_t relocations = 0, relocations_size = 0, relocations_entry = 0;
    uint64_t init_array = 0, init_array_size = 0;
    uint32_t relocations_at = 0, init_array_at = 0;  // offsets in the file, for refusals
  };

  Refusal refuse(Rule rule, uint64_t offset, const char* what) const;
  Refusal refuse(Rule rule, uint64_t offset, const char* what, uint64_t found,
                 uint64_t allowed) const;

  Refusal check_segment(const elf::SegmentHeader& header, uint32_t at);
  Refusal check_load(const elf::SegmentHeader& header, uint32_t at);
  Refusal check_load_place(const elf::SegmentHeader& header, uint32_t at);
  Refusal check_load_order(const elf::SegmentHeader& header, uint32_t at);
  Refusal check_dynamic_place();
  void take_relro();

  Refusal take_dynamic_entry(uint64_t tag, uint64_t value, uint32_t at, Dynamic& dynamic);
  Refusal check_relocation_table(const Dynamic& dynamic);
  Refusal check_init_array(const Dynamic& dynamic);

  Refusal check_relocation(uint64_t table_offset, uint64_t& next_place, uint32_t& init_seen);
  Refusal check_code_address(Rule rule, uint64_t address, uint64_t at, const char* what) const;

  /// The segment whose file part holds the bytes; nullptr when there is none.
  const Segment* segment_of_file_part(uint64_t address, uint64_t size) const;
  static uint64_t file_offset(const Segment& segment, uint64_t address) {
    return segment.offset + (address - segment.address);
  }

  ByteView image_;
  const ImageExpectation& expectation_;
  const Target& target_;
  elf::Form form_;
  Layout& layout_;

  uint32_t segment_table_ = 0;
  uint32_t segment_count_ = 0;
  uint64_t memory_end_ = 0;  // of the load segments so far
  uint64_t file_end_ = 0;
  bool any_load_ = false;
  uint32_t code_at_ = 0;  // offsets of program headers, for refusals
  uint32_t dynamic_at_ = 0;
  elf::SegmentHeader dynamic_;
  bool has_dynamic_ = false;
  elf::SegmentHeader relro_;
  bool has_relro_ = false;
};

}  // namespace samara::image
