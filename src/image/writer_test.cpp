#include "image/writer.hpp"

#include <gtest/gtest.h>

#include "image/image_test_support.hpp"

namespace samara::image {
namespace {

PackInput input_for(const Target& target) {
  return {.target = &target,
          .name = "filter",
          .abi = {.major = 1, .minor = 2},
          .memory = {.image = 0, .stack = 4096, .heap = 0, .input = 1024, .output = 2048},
          .deadline_ms = 100,
          .deadline_ms_max = 2000,
          .capabilities = k_capability_log,
          .input_type = {},
          .output_type = {},
          .task_version = {},
          .validity = {},
          .may_call = {},
          .pure = false,
          .note = "",
          .resettable = false};
}

Container read(ByteView file) {
  Container container;
  EXPECT_FALSE(read_container(file, container));
  return container;
}

TEST(Writer, packed_image_is_the_container_written_by_hand) {
  for (const Target& target : targets()) {
    SCOPED_TRACE(target.triple);
    Draft draft(target);
    PackInput input = input_for(target);
    input.note = "built for a test";
    for (uint8_t byte : {uint8_t{0xaa}, uint8_t{0xbb}}) {
      input.may_call.emplace_back();
      input.may_call.back().bytes.fill(byte);
    }
    const auto packed = pack(input, draft.image.bytes, draft.debug);
    ASSERT_TRUE(packed) << packed.error().message();
    std::erase_if(draft.manifest,
                  [](const DraftEntry& entry) { return entry.type == 14 || entry.type == 0x9000; });
    draft.signatures.clear();
    EXPECT_EQ(*packed, draft.finish());
  }
}

TEST(Writer, every_entry_reads_back) {
  const Target& target = targets()[0];
  PackInput input = input_for(target);
  input.memory.image = 1U << 16;
  input.input_type.emplace().bytes.fill(1);
  input.output_type.emplace().bytes.fill(2);
  input.task_version = 7;
  input.validity = Validity{.not_before = 10, .not_after = uint64_t{1} << 40};
  input.pure = true;
  input.resettable = true;
  const auto packed = pack(input, TestImage(target).bytes, {});
  ASSERT_TRUE(packed) << packed.error().message();
  const Container container = read(*packed);
  const Manifest& manifest = container.manifest;
  EXPECT_EQ(container.flags, k_flag_resettable);
  EXPECT_EQ(container.debug_part, Part{});
  EXPECT_EQ(manifest.memory.image, 1U << 16);
  EXPECT_EQ(manifest.input_type, input.input_type);
  EXPECT_EQ(manifest.output_type, input.output_type);
  EXPECT_EQ(manifest.task_version, 7U);
  EXPECT_EQ(manifest.validity, input.validity);
  EXPECT_TRUE(manifest.pure);
  EXPECT_FALSE(check_image_hash(container));
}

TEST(Writer, section_headers_and_what_follows_the_segments_are_left_out) {
  const Target& target = targets()[3];
  const TestImage image(target);
  TestImage linked(target);
  linked.set(linked.form.sections(), linked.file_end);
  linked.set16(linked.form.sizes() + 6, static_cast<uint16_t>(linked.form.section_bytes()));
  linked.set16(linked.form.sizes() + 8, 3);
  linked.set16(linked.form.sizes() + 10, 2);
  linked.bytes.resize(linked.file_end + 3 * linked.form.section_bytes(), 0x55);
  const auto packed = pack(input_for(target), linked.bytes, {});
  ASSERT_TRUE(packed) << packed.error().message();
  const ByteView kept = read(*packed).image();
  EXPECT_EQ(Bytes(kept.begin(), kept.end()), image.bytes);
}

TEST(Writer, bad_images_and_manifests_are_refused_by_their_rule) {
  const Target& target = targets()[0];
  const auto message = [&](auto spoil) {
    TestImage image(target);
    PackInput input = input_for(target);
    spoil(input, image);
    const auto packed = pack(input, image.bytes, {});
    return packed ? std::string("packed") : std::string(packed.error().message());
  };
  const auto names = [](const std::string& text, std::string_view rule) {
    return text.find("rule " + std::string(rule) + " ") != std::string::npos;
  };
  EXPECT_TRUE(names(message([](auto&, TestImage& image) { image.bytes.clear(); }), "E01"));
  EXPECT_TRUE(names(message([](auto&, TestImage& image) { image.bytes.resize(60); }), "E03"));
  EXPECT_TRUE(
      names(message([](auto&, TestImage& image) { image.set(image.relocation(0), 0); }), "R02"));
  EXPECT_TRUE(names(message([](PackInput& input, auto&) { input.name = "a\tb"; }), "C07"));
  EXPECT_TRUE(names(message([](PackInput& input, auto&) { input.memory.stack = 0; }), "C05"));
  EXPECT_TRUE(names(message([](PackInput& input, auto&) { input.deadline_ms = 2001; }), "C05"));
  EXPECT_TRUE(names(message([](PackInput& input, auto&) { input.capabilities = 1U << 9; }), "C06"));
  EXPECT_EQ(message([](PackInput& input, auto&) { input.note.assign(4096, 'n'); }),
            "the manifest of a native image is limited to 4096 bytes");
}

TEST(Writer, task_id_does_not_depend_on_signatures_and_debug_data) {
  const Target& target = targets()[0];
  const TestImage image(target);
  const auto plain = pack(input_for(target), image.bytes, {});
  const auto with_debug = pack(input_for(target), image.bytes, as_bytes("symbols"));
  ASSERT_TRUE(plain && with_debug);
  const Hash id = read(*plain).task_id();
  EXPECT_EQ(read(*with_debug).task_id(), id);

  const Bytes signature(64, 3);
  const auto first = add_signature(*with_debug, Role::author, key_id({1}), signature);
  ASSERT_TRUE(first);
  const auto second = add_signature(*first, Role::operator_, key_id({2}), signature);
  ASSERT_TRUE(second);
  const Container container = read(*second);
  EXPECT_EQ(container.task_id(), id);
  ASSERT_EQ(container.signature_count, 2U);
  EXPECT_EQ(container.signature(0).role, Role::author);
  EXPECT_EQ(container.signature(1).role, Role::operator_);
  EXPECT_EQ(container.signature(1).value[63], 3);
  EXPECT_EQ(as_text(container.part(container.debug_part)), "symbols");

  const auto sent = without_debug(*second);
  ASSERT_TRUE(sent);
  EXPECT_EQ(read(*sent).task_id(), id);
  EXPECT_EQ(read(*sent).signature_count, 2U);
  EXPECT_LT(sent->size(), second->size());

  PackInput other = input_for(target);
  other.task_version = 2;
  const auto changed = pack(other, image.bytes, {});
  ASSERT_TRUE(changed);
  EXPECT_NE(read(*changed).task_id(), id);
}

TEST(Writer, signatures_can_be_kept_apart_from_their_image) {
  const Target& target = targets()[0];
  const auto plain = pack(input_for(target), TestImage(target).bytes, {});
  ASSERT_TRUE(plain);
  const Bytes value(64, 3);
  const auto both = add_signature(*add_signature(*plain, Role::author, key_id({1}), value),
                                  Role::reviewer, key_id({2}), value);
  ASSERT_TRUE(both);
  const auto bare = with_signatures(*both, {});
  ASSERT_TRUE(bare);
  EXPECT_EQ(*bare, *plain);

  const Bytes first = signature_part(Role::author, key_id({1}), value);
  const Bytes second = signature_part(Role::reviewer, key_id({2}), value);
  const auto joined = join_signatures(first, second);
  ASSERT_TRUE(joined);
  const auto again = with_signatures(*bare, *joined);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *both);
}

TEST(Writer, joined_signatures_hold_each_key_once_and_four_at_most) {
  const Bytes old_value(64, 1);
  const Bytes new_value(64, 2);
  Bytes part;
  for (uint8_t seed = 0; seed < 6; seed++) {
    auto joined = join_signatures(part, signature_part(Role::author, key_id({seed}), old_value));
    ASSERT_TRUE(joined);
    part = std::move(*joined);
  }
  EXPECT_EQ(part.size(), k_signature_head_bytes + 4 * k_signature_bytes);
  const auto renewed = join_signatures(signature_part(Role::author, key_id({0}), new_value), part);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->size(), part.size());
  EXPECT_EQ(renewed->at(k_signature_head_bytes + 12), 2);
  EXPECT_EQ(join_signatures({}, {})->size(), 0U);
  EXPECT_EQ(join_signatures(Bytes(5), {}).error().code, Code::corrupt);
  EXPECT_EQ(join_signatures({}, Bytes(3)).error().code, Code::corrupt);
  const auto plain = pack(input_for(targets()[0]), TestImage(targets()[0]).bytes, {});
  EXPECT_EQ(with_signatures(*plain, Bytes(80)).error().code, Code::not_trusted);
}

TEST(Writer, a_key_signs_once_and_four_keys_sign_at_most) {
  const Target& target = targets()[0];
  auto file = pack(input_for(target), TestImage(target).bytes, {});
  ASSERT_TRUE(file);
  const Bytes signature(64);
  for (uint8_t seed = 0; seed < 4; seed++) {
    auto signed_file = add_signature(*file, Role::author, key_id({seed}), signature);
    ASSERT_TRUE(signed_file);
    file = std::move(signed_file);
  }
  EXPECT_EQ(add_signature(*file, Role::author, key_id({3}), signature).error().code, Code::exists);
  EXPECT_EQ(add_signature(*file, Role::author, key_id({4}), signature).error().code,
            Code::exhausted);
  EXPECT_EQ(add_signature(as_bytes("SNT1"), Role::author, key_id({4}), signature).error().code,
            Code::corrupt);
  EXPECT_EQ(without_debug({}).error().code, Code::corrupt);
}

}  // namespace
}  // namespace samara::image
