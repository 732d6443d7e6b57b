#include "image/load.hpp"

#include <algorithm>

#include "image/elf.hpp"

namespace samara::image {
namespace {

/// Present segments in ascending order of address; returns their number. The code is at address 0.
size_t in_order(const Layout& layout, std::array<const Segment*, 3>& order) {
  size_t count = 0;
  order[count++] = &layout.code;
  const bool data_first = layout.data.address < layout.read_only.address;
  for (const Segment* segment : {data_first ? &layout.data : &layout.read_only,
                                 data_first ? &layout.read_only : &layout.data}) {
    if (segment->present()) order[count++] = segment;
  }
  return count;
}

// Segments lie higher in memory than in the file (P04), in the same order: moved from the last to
// the first, none covers bytes that are still needed.
void copy_segments(ByteView image, const Layout& layout, std::span<uint8_t> memory) {
  std::array<const Segment*, 3> order{};
  const size_t count = in_order(layout, order);
  for (size_t i = count; i > 0; i--) {
    const Segment& segment = *order[i - 1];
    SAMARA_ASSERT(fits(segment.offset, segment.file_size, image.size()));
    std::memmove(memory.data() + segment.address, image.data() + segment.offset, segment.file_size);
  }
  size_t end = 0;
  for (size_t i = 0; i < count; i++) {
    const Segment& segment = *order[i];
    std::fill(memory.begin() + static_cast<ptrdiff_t>(end),
              memory.begin() + static_cast<ptrdiff_t>(segment.address), uint8_t{0});
    end = size_t{segment.address} + segment.file_size;
  }
  std::fill(memory.begin() + static_cast<ptrdiff_t>(end), memory.end(), uint8_t{0});
}

}  // namespace

Result<void> load_image(ByteView image, const Layout& layout, std::span<uint8_t> memory,
                        uint64_t base) {
  SAMARA_ASSERT(layout.target != nullptr && memory.size() >= layout.span);
  copy_segments(image, layout, memory);

  const elf::Form form{layout.target->word_bytes};
  const bool addend = layout.target->explicit_addend;
  const uint32_t word = form.word;
  const uint32_t entry_bytes = form.relocation_bytes(addend);
  uint64_t next_place = 0;
  for (uint64_t i = 0; i < layout.relocation_count; i++) {
    const uint64_t at = layout.relocations + i * entry_bytes;
    const uint64_t place = form.load_word(memory, at);
    // Checked before; looked at once more because a write outside the data would be ours.
    if (place < next_place || !layout.data.holds(place, word)) {
      return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(at),
                   "the image changed after it was checked");
    }
    next_place = place + word;
    const uint64_t value = form.load_word(memory, addend ? at + 2U * word : place);
    if (value > layout.span) {
      return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(at),
                   "the image changed after it was checked");
    }
    if (form.wide()) {
      store_le<uint64_t>(memory, place, base + value);
    } else {
      store_le<uint32_t>(memory, place, static_cast<uint32_t>(base + value));
    }
  }
  return {};
}

}  // namespace samara::image
