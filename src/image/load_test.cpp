#include "image/load.hpp"

#include <gtest/gtest.h>

#include "image/image_test_support.hpp"

namespace samara::image {
namespace {

struct Loaded {
  explicit Loaded(const Target& target) : image(target) {
    const Refusal refusal = check_image(
        image.bytes,
        {.target = &target, .entry = image.entry, .span_max = 1U << 20, .memory_max = 1U << 20},
        layout);
    EXPECT_FALSE(refusal);
  }
  uint64_t word_at(const std::vector<uint8_t>& memory, uint32_t address) const {
    return image.form.load_word(memory, address);
  }
  TestImage image;
  Layout layout;
};

TEST(Load, segments_are_copied_the_rest_is_zero_and_pointers_are_moved) {
  for (const Target& target : targets()) {
    SCOPED_TRACE(target.triple);
    const Loaded loaded(target);
    const TestImage& image = loaded.image;
    const uint64_t base = image.form.wide() ? 0x7f0012340000 : 0x20010000;
    std::vector<uint8_t> memory(static_cast<size_t>(memory_size(loaded.layout, target.page)), 0xee);
    ASSERT_TRUE(load_image(image.bytes, loaded.layout, memory, base));

    EXPECT_TRUE(std::equal(image.bytes.data(), image.bytes.data() + image.data, memory.data()));
    const uint32_t thumb = target.thumb ? 1 : 0;
    const uint32_t word = image.word();
    EXPECT_EQ(loaded.word_at(memory, image.data_address), base + image.code + 8 + thumb);
    EXPECT_EQ(loaded.word_at(memory, image.data_address + word), base + image.code + 16 + thumb);
    EXPECT_EQ(loaded.word_at(memory, image.data_address + 2 * word), base + image.code + 32);
    EXPECT_EQ(loaded.word_at(memory, image.data_address + 3 * word), base + image.span);
    EXPECT_EQ(loaded.word_at(memory, image.data_address + 4 * word), 42U);
    EXPECT_TRUE(std::equal(image.bytes.begin() + static_cast<ptrdiff_t>(image.dynamic),
                           image.bytes.end(),
                           memory.begin() + static_cast<ptrdiff_t>(image.address_of_dynamic())));
    const ByteView all = memory;
    EXPECT_TRUE(all_zero(all.subspan(image.data, image.data_address - image.data)));
    EXPECT_TRUE(all_zero(all.subspan(image.span - TestImage::k_zeroed_bytes)));
  }
}

TEST(Load, image_in_its_slot_loads_in_place) {
  for (const Target& target : targets()) {
    SCOPED_TRACE(target.triple);
    const Loaded loaded(target);
    std::vector<uint8_t> apart(loaded.layout.span, 0xee);
    ASSERT_TRUE(load_image(loaded.image.bytes, loaded.layout, apart, 0x1000));

    std::vector<uint8_t> slot(loaded.layout.span, 0xee);
    std::copy(loaded.image.bytes.begin(), loaded.image.bytes.end(), slot.begin());
    const ByteView received = ByteView(slot).first(loaded.image.bytes.size());
    ASSERT_TRUE(load_image(received, loaded.layout, slot, 0x1000));
    EXPECT_EQ(slot, apart);
  }
}

TEST(Load, bytes_that_change_after_the_check_never_write_outside_the_data) {
  for (const Target& target : targets()) {
    SCOPED_TRACE(target.triple);
    Loaded loaded(target);
    TestImage& image = loaded.image;
    std::vector<uint8_t> memory(loaded.layout.span);

    const uint64_t place = image.get(image.relocation(2));
    for (uint64_t other : {uint64_t{0}, uint64_t{image.code}, uint64_t{image.span},
                           uint64_t{image.data_address}, UINT64_MAX - 7}) {
      image.set(image.relocation(2), other);
      const auto result = load_image(image.bytes, loaded.layout, memory, 0x1000);
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, Code::corrupt);
    }
    image.set(image.relocation(2), place);
    image.set(image.relocation_value(2), image.span + 1);
    EXPECT_FALSE(load_image(image.bytes, loaded.layout, memory, 0x1000));
  }
}

}  // namespace
}  // namespace samara::image
