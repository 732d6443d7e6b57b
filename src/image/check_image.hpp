#pragma once
// The validator of the ELF image inside a container. Reads hostile bytes once, allocates nothing,
// keeps no state. Threads: pure functions. Source: docs/formats/native-image.md, sections 4 and 6.

#include "core/bytes.hpp"
#include "image/layout.hpp"
#include "image/refusal.hpp"

namespace samara::image {

inline constexpr uint32_t k_program_headers_max = 8;
inline constexpr uint32_t k_dynamic_entries_max = 64;
inline constexpr uint32_t k_relocations_max = 65536;
inline constexpr uint32_t k_init_entries_max = 256;
inline constexpr uint32_t k_segment_alignment_max = 65536;
inline constexpr uint32_t k_image_span_max = uint32_t{1} << 30;

struct ImageExpectation {
  const Target* target = nullptr;
  uint32_t entry = 0;       // the manifest's
  uint32_t span_max = 0;    // of the node; at most k_image_span_max counts
  uint32_t memory_max = 0;  // the manifest's memory for the image
  uint32_t offset = 0;      // of the image in its container, for refusals
};

/// Rules E, P, D, R and N. `layout` is complete only when the answer is k_accepted.
/// Cost: linear in the tables; the code itself is not read.
Refusal check_image(ByteView image, const ImageExpectation& expectation, Layout& layout);

}  // namespace samara::image
