#include "image/validate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "image/image_test_support.hpp"
#include "image/load.hpp"

namespace samara::image {
namespace {

class EveryTarget : public testing::TestWithParam<size_t> {
 protected:
  const Target& target() const { return targets()[GetParam()]; }
};

TEST_P(EveryTarget, good_image_is_accepted_with_its_layout) {
  Draft draft(target());
  const TestImage& image = draft.image;
  const Bytes file = draft.finish();
  ValidImage valid;
  const Refusal refusal = draft.run(GuardedCopy(file).view(), valid);
  ASSERT_FALSE(refusal) << refusal_error(refusal).message();

  const Layout& layout = valid.layout;
  EXPECT_EQ(layout.target, &target());
  EXPECT_EQ(layout.code, (Segment{.file_size = image.data, .memory_size = image.data}));
  EXPECT_FALSE(layout.read_only.present());
  EXPECT_EQ(layout.data,
            (Segment{.address = image.data_address,
                     .offset = image.data,
                     .file_size = image.file_end - image.data,
                     .memory_size = image.file_end - image.data + TestImage::k_zeroed_bytes}));
  EXPECT_EQ(layout.span, image.span);
  EXPECT_EQ(layout.entry, image.entry);
  EXPECT_EQ(layout.init_array, image.data_address);
  EXPECT_EQ(layout.init_count, 2U);
  EXPECT_EQ(layout.relocations, image.relocations);
  EXPECT_EQ(layout.relocation_count, TestImage::k_relocations);
  EXPECT_EQ(layout.relro_end, 0U);  // does not end on a page
}

TEST_P(EveryTarget, manifest_and_grant_are_read) {
  Draft draft(target());
  const Bytes file = draft.finish();
  ValidImage valid;
  ASSERT_FALSE(draft.run(file, valid));
  const Manifest& manifest = valid.container.manifest;
  EXPECT_EQ(manifest.name, "filter");
  EXPECT_EQ(manifest.target, target().triple);
  EXPECT_EQ(manifest.abi, (AbiVersion{.major = 1, .minor = 2}));
  EXPECT_EQ(manifest.image_hash, sha256(draft.image.bytes));
  EXPECT_EQ(manifest.memory.stack, 4096U);
  EXPECT_EQ(manifest.deadline_ms, 100U);
  EXPECT_EQ(manifest.deadline_ms_max, 2000U);
  EXPECT_EQ(manifest.capabilities, k_capability_log);
  ASSERT_EQ(manifest.may_call_count(), 2U);
  EXPECT_EQ(manifest.may_call_id(0)[31], 0xaa);
  EXPECT_EQ(manifest.may_call_id(1)[0], 0xbb);
  EXPECT_FALSE(manifest.pure);
  EXPECT_EQ(valid.grant.signatures, 1U);
  EXPECT_EQ(valid.grant.capabilities, k_capability_log | k_capability_clock);
  EXPECT_EQ(valid.container.part(valid.container.debug_part).size(), 20U);
}

TEST_P(EveryTarget, file_cut_at_any_byte_is_refused) {
  Draft draft(target());
  const Bytes file = draft.finish();
  for (size_t size = 0; size < file.size(); size++) {
    ValidImage valid;
    const GuardedCopy cut(ByteView(file).first(size));
    EXPECT_EQ(draft.run(cut.view(), valid).rule, size < 64 ? Rule::C01 : Rule::C02) << size;
  }
}

TEST_P(EveryTarget, image_cut_at_any_byte_is_refused) {
  Draft draft(target());
  const TestImage& image = draft.image;
  for (size_t size = 0; size < image.bytes.size(); size++) {
    Layout layout;
    const GuardedCopy cut(ByteView(image.bytes).first(size));
    const Refusal refusal = check_image(
        cut.view(),
        {.target = &target(), .entry = image.entry, .span_max = 1U << 20, .memory_max = 1U << 20},
        layout);
    EXPECT_TRUE(refusal) << size;
  }
}

TEST_P(EveryTarget, manifest_cut_at_any_byte_is_refused) {
  Draft draft(target());
  draft.finish();
  const Bytes bytes = draft.manifest_bytes();
  const size_t needed = draft.place(Tag::capabilities) + 8 - k_header_bytes;
  size_t accepted = 0;
  for (size_t size = 0; size < bytes.size(); size++) {
    Manifest manifest;
    const GuardedCopy cut(ByteView(bytes).first(size));
    if (!read_manifest(cut.view(), k_header_bytes, manifest)) {
      // What is left is a whole number of entries and has those that are needed.
      EXPECT_GE(size, needed);
      accepted++;
    }
  }
  EXPECT_EQ(accepted, 5U);
}

// Whatever single bit is turned: refused with a rule and a place in the image, or an image that
// loads inside its memory.
TEST_P(EveryTarget, image_with_any_bit_turned_is_refused_or_loads) {
  Draft draft(target());
  TestImage& image = draft.image;
  const ImageExpectation expectation{
      .target = &target(), .entry = image.entry, .span_max = 1U << 18, .memory_max = 1U << 18};
  size_t refused = 0;
  std::vector<uint8_t> memory;
  for (size_t bit = 0; bit < image.bytes.size() * 8; bit++) {
    image.bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    Layout layout;
    if (const Refusal refusal = check_image(image.bytes, expectation, layout)) {
      EXPECT_NE(refusal.what, nullptr);
      EXPECT_LE(refusal.offset, image.bytes.size());
      refused++;
    } else {
      memory.assign(layout.span, 0xee);
      EXPECT_TRUE(load_image(image.bytes, layout, memory, 0x10000));
    }
    image.bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
  }
  EXPECT_GT(refused, 1000U);
}

INSTANTIATE_TEST_SUITE_P(
    Validate, EveryTarget, testing::Range(size_t{0}, targets().size()), [](const auto& instance) {
      std::string name(targets()[instance.param].triple);
      std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
      return name;
    });

// The example of docs/formats/native-image.md, section 9.
TEST(Validate, bytes_and_task_id_of_the_example_are_fixed) {
  Draft draft(*find_target("thumbv7m-none-samara"));
  const Bytes file = draft.finish();
  EXPECT_EQ(file.size(), 912U);
  EXPECT_EQ(sha256(file).hex(), "589aab56b3f16192a519125fae46bc84f9a60cd800d0c47858dfbeb822cdf5c4");
  Container container;
  ASSERT_FALSE(read_container(file, container));
  EXPECT_EQ(container.task_id().hex(),
            "09280e08c9f0885724c1f4d280046dc5c7fda59f4fa43c290b81b72abe25a7d4");
}

TEST(Validate, image_without_data_debug_and_optional_entries_is_accepted) {
  Draft draft(*find_target("x86_64-linux-samara"));
  TestImage& image = draft.image;
  image.set32(image.header_flags(1), elf::k_read);
  image.set(image.header_memory_size(1), image.get(image.header_file_size(1)));
  for (uint64_t tag : {elf::k_tag_init_array_size, elf::k_tag_rela_size}) {
    image.set(image.tag(tag) + image.word(), 0);
  }
  draft.debug.clear();
  std::erase_if(draft.manifest,
                [](const DraftEntry& entry) { return entry.type == 1 || entry.type > 8; });
  const Bytes file = draft.finish();
  ValidImage valid;
  const Refusal refusal = draft.run(file, valid);
  ASSERT_FALSE(refusal) << refusal_error(refusal).message();
  EXPECT_TRUE(valid.layout.read_only.present());
  EXPECT_FALSE(valid.layout.data.present());
  EXPECT_EQ(valid.layout.relocation_count, 0U);
  EXPECT_EQ(valid.container.manifest.name, "");
}

TEST(Validate, refusal_names_rule_byte_and_what_to_do) {
  Draft draft(*find_target("x86_64-linux-samara"));
  draft.image.set32(draft.image.header_flags(3), 7);
  const uint32_t at = draft.image_place() + draft.image.header_flags(3);
  const Bytes file = draft.finish();
  ValidImage valid;
  const Error error = refusal_error(draft.run(file, valid));
  EXPECT_EQ(error.code, Code::corrupt);
  EXPECT_EQ(error.detail, at);
  std::string expected = "image refused by rule P03 at byte ";
  for (uint32_t unit = 1000; unit > 0; unit /= 10) {
    if (at >= unit) expected += static_cast<char>('0' + at / unit % 10);
  }
  expected += ": the stack is marked executable; ";
  expected += rule_hint(Rule::P03);
  EXPECT_EQ(error.message(), expected);
}

}  // namespace
}  // namespace samara::image
