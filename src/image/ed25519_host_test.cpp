#include "image/ed25519_host.hpp"

#include <gtest/gtest.h>

#include "image/image_test_support.hpp"
#include "image/writer.hpp"

namespace samara::image {
namespace {

template <size_t N>
std::array<uint8_t, N> from_digits(std::string_view digits) {
  std::array<uint8_t, N> out{};
  auto bytes = from_hex(digits);
  EXPECT_TRUE(bytes && bytes->size() == N);
  if (bytes && bytes->size() == N) std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

TEST(Ed25519, second_vector_of_rfc_8032_holds) {
  const auto secret =
      from_digits<32>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const auto expected_key =
      from_digits<32>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto expected = from_digits<64>(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  const uint8_t message[] = {0x72};
  const auto key = public_key(secret);
  const auto signature = sign_ed25519(secret, message);
  ASSERT_TRUE(key && signature);
  EXPECT_EQ(*key, expected_key);
  EXPECT_EQ(*signature, expected);
  EXPECT_TRUE(verify_ed25519(*key, message, *signature));
  const uint8_t other[] = {0x73};
  EXPECT_FALSE(verify_ed25519(*key, other, *signature));
  EXPECT_FALSE(verify_ed25519(*key, message, ByteView(*signature).first(63)));
}

struct Signed {
  Signed() {
    secret.fill(5);
    auto made = public_key(secret);
    EXPECT_TRUE(made.has_value());
    key = test_key(0);
    if (made) key.key = *made;
    draft.signatures.clear();
    const Bytes unsigned_file = draft.finish();
    Container container;
    EXPECT_FALSE(read_container(unsigned_file, container));
    message = signed_message(container.task_id());
    auto signature = sign_ed25519(secret, message);
    EXPECT_TRUE(signature.has_value());
    if (!signature) return;
    auto with = add_signature(unsigned_file, Role::author, key_id(key.key), *signature);
    EXPECT_TRUE(with.has_value());
    if (with) file = std::move(*with);
    draft.keys = {key};
    draft.policy.verify = verify_ed25519;
  }
  Draft draft{*find_target("x86_64-linux-samara")};
  PrivateKey secret{};
  TrustedKey key;
  std::array<uint8_t, k_signed_message_bytes> message{};
  Bytes file;
};

TEST(Ed25519, signed_image_is_accepted_and_grants_what_the_key_may) {
  const Signed good;
  ValidImage valid;
  const Refusal refusal = good.draft.run(good.file, valid);
  ASSERT_FALSE(refusal) << refusal_error(refusal).message();
  EXPECT_EQ(valid.grant.signatures, 1U);
  EXPECT_EQ(as_text(ByteView(good.message).first(17)), std::string_view("samara-native-v1\0", 17));
}

// Every byte of header and manifest is covered by the signature or by a rule of its own.
TEST(Ed25519, no_byte_before_the_image_can_change_under_a_signature) {
  Signed good;
  Container container;
  ASSERT_FALSE(read_container(good.file, container));
  ValidImage valid;
  for (uint32_t i = 0; i < container.image_part.offset + container.image_part.size; i++) {
    good.file[i] ^= 0x20;
    EXPECT_TRUE(good.draft.run(good.file, valid)) << i;
    good.file[i] ^= 0x20;
  }
}

TEST(Ed25519, unknown_key_is_named_in_the_refusal) {
  Signed good;
  good.draft.keys.clear();
  ValidImage valid;
  const Error error = refusal_error(good.draft.run(good.file, valid));
  EXPECT_EQ(error.code, Code::not_trusted);
  EXPECT_NE(error.message().find("the key is unknown: key " + to_hex(key_id(good.key.key))),
            std::string_view::npos)
      << error.message();
}

// S + L verifies wherever S does in implementations that do not look: the twin must not pass.
TEST(Ed25519, twin_of_a_signature_is_refused) {
  Signed good;
  const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                             0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                             0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  uint8_t* scalar = good.file.data() + good.file.size() - 32;
  unsigned carry = 0;
  for (size_t i = 0; i < 32; i++) {
    carry += scalar[i] + order[i];
    scalar[i] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  ValidImage valid;
  const Refusal refusal = good.draft.run(good.file, valid);
  EXPECT_EQ(refusal.rule, Rule::S02);
  EXPECT_STREQ(refusal.what, "the signature is not in its one canonical form");
}

TEST(Ed25519, one_signature_that_counts_is_enough_beside_an_unknown_one) {
  Signed good;
  const auto both = add_signature(good.file, Role::reviewer, key_id({1}), Bytes(64));
  ASSERT_TRUE(both);
  ValidImage valid;
  EXPECT_FALSE(good.draft.run(*both, valid));
  EXPECT_EQ(valid.grant.signatures, 1U);
}

}  // namespace
}  // namespace samara::image
