#include <gtest/gtest.h>

#include "core/sha256.hpp"

using namespace samara;

TEST(Sha256, empty_and_abc_give_the_standard_digests) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, portable_and_host_agree_for_every_split) {
  Bytes data;
  for (unsigned i = 0; i < 200; i++) data.push_back(static_cast<uint8_t>(i * 7));
  for (size_t cut = 0; cut <= data.size(); cut++) {
    Sha256Portable hasher;
    hasher.update(ByteView(data).first(cut));
    hasher.update(ByteView(data).subspan(cut));
    EXPECT_EQ(hasher.finish(), sha256(data));
  }
}

TEST(Hex, bad_digit_is_reported_with_its_offset) {
  auto bad = from_hex("00zz");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::corrupt);
  EXPECT_EQ(bad.error().detail, 2U);
  EXPECT_EQ(to_hex(*from_hex("00ff7A")), "00ff7a");
}

static Result<int> half(int n) {
  if (n % 2 != 0) return Error(Code::invalid_argument, "odd");
  return n / 2;
}
static Result<int> quarter(int n) {
  SAMARA_TRY(int h, half(n));
  return half(h);
}

TEST(Result, try_passes_the_error_on_and_context_is_added_in_front) {
  EXPECT_EQ(*quarter(8), 2);
  auto bad = quarter(6);
  ASSERT_FALSE(bad);
  Error error = std::move(bad).error().with_context("cannot quarter");
  EXPECT_EQ(error.message(), "cannot quarter: odd");
  EXPECT_EQ(error.code, Code::invalid_argument);
}
