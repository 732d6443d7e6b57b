#include "image/layout.hpp"

#include "core/assert.hpp"

namespace samara::image {
namespace {

uint32_t page_floor(uint32_t address, uint32_t page) { return address & ~(page - 1); }

uint64_t page_ceiling(uint64_t address, uint32_t page) {
  return (address + page - 1) & ~(uint64_t{page} - 1);
}

Region region(uint32_t begin, uint64_t end, uint32_t page, Rights rights) {
  const uint32_t from = page_floor(begin, page);
  return {.address = from,
          .size = static_cast<uint32_t>(page_ceiling(end, page) - from),
          .rights = rights};
}

}  // namespace

std::array<Region, 4> regions(const Layout& layout, uint32_t page) {
  SAMARA_ASSERT(page != 0 && (page & (page - 1)) == 0 && page <= layout.target->page);
  std::array<Region, 4> all;
  size_t count = 0;
  all[count++] = region(layout.code.address, layout.code.end(), page, Rights::read_execute);
  const bool read_only_last = layout.read_only.address > layout.data.address;
  const auto add_read_only = [&] {
    if (!layout.read_only.present()) return;
    all[count++] = region(layout.read_only.address, layout.read_only.end(), page, Rights::read);
  };
  if (!read_only_last) add_read_only();
  if (layout.data.present()) {
    uint32_t writable = layout.data.address;
    if (layout.relro_end != 0) {
      all[count++] = region(layout.data.address, layout.relro_end, page, Rights::read);
      writable = layout.relro_end;
    }
    if (writable < layout.data.end()) {
      all[count++] = region(writable, layout.data.end(), page, Rights::read_write);
    }
  }
  if (read_only_last) add_read_only();
  return all;
}

uint64_t memory_size(const Layout& layout, uint32_t page) {
  return page_ceiling(layout.span, page);
}

}  // namespace samara::image
