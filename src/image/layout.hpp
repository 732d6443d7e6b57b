#pragma once
// Layout: where the parts of a checked image lie, in the file and in memory. All that loading
// needs; nothing is looked up in the image's own tables again. Threads: a value type. Source:
// docs/formats/native-image.md, sections 4 and 7.

#include <array>
#include <cstdint>

#include "image/target.hpp"

namespace samara::image {

struct Segment {
  uint32_t address = 0;  // from the start of the image in memory
  uint32_t offset = 0;   // in the image's file
  uint32_t file_size = 0;
  uint32_t memory_size = 0;  // the rest is zero

  uint32_t end() const { return address + memory_size; }
  bool present() const { return memory_size != 0; }
  /// Whether [from, from + size) lies in the part that comes from the file.
  bool holds(uint64_t from, uint64_t size) const {
    return from >= address && from - address <= file_size && size <= file_size - (from - address);
  }
  bool operator==(const Segment&) const = default;
};

struct Layout {
  const Target* target = nullptr;
  Segment code{};       // read and execute; at address 0
  Segment read_only{};  // may be missing
  Segment data{};       // read and write; may be missing
  uint32_t span = 0;    // end of the last segment
  uint32_t entry = 0;
  uint32_t init_array = 0;  // address; in data
  uint32_t init_count = 0;
  uint32_t relocations = 0;  // address; in the file's part of a segment
  uint32_t relocation_count = 0;
  // The part of data, from its start, that nobody writes after relocation; ends on a page.
  uint32_t relro_end = 0;  // address; 0: none

  bool operator==(const Layout&) const = default;
};

enum class Rights : uint8_t { read, read_write, read_execute };

/// Whole pages of equal rights.
struct Region {
  uint32_t address = 0;
  uint32_t size = 0;
  Rights rights{};
  bool operator==(const Region&) const = default;
};

/// The regions of a layout in ascending order, at most four; those not used have size 0. What lies
/// between them is not accessible.
/// Requires: `page` is a power of two, at most the target's page.
std::array<Region, 4> regions(const Layout& layout, uint32_t page);

/// Size of the memory that the image needs: its span, up to whole pages.
uint64_t memory_size(const Layout& layout, uint32_t page);

}  // namespace samara::image
