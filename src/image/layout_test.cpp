#include "image/layout.hpp"

#include <gtest/gtest.h>

#include "image/image_test_support.hpp"

namespace samara::image {
namespace {

const Target& x86_64() { return *find_target("x86_64-linux-samara"); }

TEST(Layout, regions_are_whole_pages_in_ascending_order) {
  Layout layout{.target = &x86_64(), .span = 0x5010};
  layout.code = {.file_size = 0x1234, .memory_size = 0x1234};
  layout.read_only = {.address = 0x5000, .offset = 0x3000, .file_size = 16, .memory_size = 16};
  layout.data = {.address = 0x2800, .offset = 0x1800, .file_size = 0x900, .memory_size = 0x1900};
  const std::array<Region, 4> expected = {
      Region{.address = 0, .size = 0x2000, .rights = Rights::read_execute},
      Region{.address = 0x2000, .size = 0x3000, .rights = Rights::read_write},
      Region{.address = 0x5000, .size = 0x1000, .rights = Rights::read},
      Region{},
  };
  EXPECT_EQ(regions(layout, 4096), expected);
  EXPECT_EQ(memory_size(layout, 4096), 0x6000U);
}

TEST(Layout, data_that_is_only_relocated_becomes_a_region_to_read) {
  Layout layout{.target = &x86_64(), .span = 0x4000, .relro_end = 0x3000};
  layout.code = {.file_size = 0x1000, .memory_size = 0x1000};
  layout.data = {.address = 0x2800, .offset = 0x1800, .file_size = 0x900, .memory_size = 0x1800};
  const std::array<Region, 4> expected = {
      Region{.address = 0, .size = 0x1000, .rights = Rights::read_execute},
      Region{.address = 0x2000, .size = 0x1000, .rights = Rights::read},
      Region{.address = 0x3000, .size = 0x1000, .rights = Rights::read_write},
      Region{},
  };
  EXPECT_EQ(regions(layout, 4096), expected);
}

TEST(Layout, read_only_part_is_kept_only_where_it_is_the_first_whole_pages_of_the_data) {
  TestImage image(x86_64());
  const uint32_t end = image.data_address / 4096 * 4096 + 4096;
  const ImageExpectation expectation{
      .target = &x86_64(), .entry = image.entry, .span_max = 1U << 20, .memory_max = 1U << 20};
  image.set(image.header_memory_size(1), 8192);
  struct {
    uint64_t address, size;
    uint32_t kept;
  } const cases[] = {
      {image.data_address, end - image.data_address, end},
      {image.data_address, end - image.data_address - 8, 0},      // ends inside a page
      {image.data_address + 8, end - image.data_address - 8, 0},  // starts inside the data
      {image.data_address, 0, 0},
      {image.data_address, 0 - uint64_t{image.data_address}, 0},  // wraps to address 0
      {image.data_address, end + 8192 - image.data_address, 0},   // longer than the data
  };
  for (const auto& one : cases) {
    image.set(image.header_address(4), one.address);
    image.set(image.header_memory_size(4), one.size);
    Layout layout;
    ASSERT_FALSE(check_image(image.bytes, expectation, layout));
    EXPECT_EQ(layout.relro_end, one.kept) << one.address << " " << one.size;
  }
}

}  // namespace
}  // namespace samara::image
