#include "node/object_cache.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace samara;
using namespace samara::node;

namespace {

struct Fixture {
  std::vector<ObjectEntry> entries = std::vector<ObjectEntry>(3);
  ObjectCache cache;
  Fixture() { cache.open(entries, 100); }
};

wire::ObjectRef ref(uint8_t name, uint64_t size) {
  wire::ObjectRef out;
  out.hash.bytes[0] = name;
  out.size = size;
  return out;
}

wire::ObjectRef ref_of(ByteView bytes) { return {.hash = sha256(bytes), .size = bytes.size()}; }

ObjectCache::Took give(ObjectCache& cache, const Hash& hash, uint64_t offset, uint64_t total,
                       ByteView data) {
  return cache
      .take({.hash = hash, .offset = offset, .total = total, .data = data}, Instant{}, Millis{1})
      .took;
}

}  // namespace

TEST(ObjectCache, bytes_in_order_with_the_right_hash_make_it_ready) {
  Fixture f;
  const Bytes bytes = {1, 2, 3, 4, 5};
  const auto object = ref_of(bytes);
  const auto index = f.cache.acquire(object);
  const ByteView view(bytes);
  EXPECT_EQ(give(f.cache, object.hash, 0, 5, view.first(2)), ObjectCache::Took::taken);
  EXPECT_EQ(give(f.cache, object.hash, 0, 5, view.first(2)), ObjectCache::Took::ignored);
  EXPECT_EQ(give(f.cache, object.hash, 3, 5, view.subspan(3)), ObjectCache::Took::ignored);
  EXPECT_EQ(give(f.cache, object.hash, 2, 6, view.subspan(2)), ObjectCache::Took::ignored);
  EXPECT_EQ(f.cache.at(index).got, 2U);
  EXPECT_EQ(give(f.cache, object.hash, 2, 5, view.subspan(2)), ObjectCache::Took::complete);
  EXPECT_EQ(f.cache.at(index).state, ObjectState::ready);
}

TEST(ObjectCache, bytes_that_lie_begin_again_and_then_fail) {
  Fixture f;
  const Bytes bytes = {1, 2, 3};
  const Bytes lie = {1, 2, 4};
  const auto object = ref_of(bytes);
  const auto index = f.cache.acquire(object);
  EXPECT_EQ(give(f.cache, object.hash, 0, 3, lie), ObjectCache::Took::lied);
  EXPECT_EQ(f.cache.at(index).got, 0U);
  EXPECT_EQ(give(f.cache, object.hash, 0, 3, lie), ObjectCache::Took::failed);
  EXPECT_EQ(give(f.cache, object.hash, 0, 3, bytes), ObjectCache::Took::ignored);
  f.cache.release(index);
  // Who asks for it anew gets a new try.
  EXPECT_EQ(f.cache.acquire(object), index);
  EXPECT_EQ(give(f.cache, object.hash, 0, 3, bytes), ObjectCache::Took::complete);
}

TEST(ObjectCache, room_is_made_from_what_was_unused_longest) {
  Fixture f;
  const auto a = f.cache.acquire(ref(1, 40));
  const auto b = f.cache.acquire(ref(2, 40));
  f.cache.release(a);
  f.cache.release(b);
  f.cache.release(f.cache.acquire(ref(1, 40)));
  EXPECT_TRUE(f.cache.fits(ref(3, 50)));
  EXPECT_EQ(f.cache.victim(ref(3, 50)), b);
  f.cache.drop(b);
  EXPECT_EQ(f.cache.victim(ref(3, 50)), std::nullopt);
}

TEST(ObjectCache, what_is_in_use_is_never_given_up) {
  Fixture f;
  f.cache.acquire(ref(1, 60));
  f.cache.acquire(ref(2, 30));
  EXPECT_FALSE(f.cache.fits(ref(3, 20)));
  EXPECT_TRUE(f.cache.fits(ref(1, 60)));
  EXPECT_FALSE(f.cache.fits(ref(1, 61)));
  EXPECT_FALSE(f.cache.fits(ref(4, 101)));
}
