#include "engine/sealed_cache.hpp"

#include <gtest/gtest.h>

#include <map>

#include "core/sha256.hpp"

namespace samara::engine {
namespace {

class MemoryCache final : public store::Cache {
 public:
  Result<std::optional<Bytes>> find(const Hash& wanted, uint64_t) override {
    auto at = entries.find(wanted);
    if (at == entries.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(at->second);
  }
  Result<void> keep(const Hash& under, ByteView bytes) override {
    entries[under] = Bytes(bytes.begin(), bytes.end());
    return {};
  }
  Result<store::SecretKey> own_key() override { return key; }

  std::map<Hash, Bytes> entries;
  store::SecretKey key{};
};

class OnlyCache final : public store::Repository {
 public:
  store::Objects& objects() override { return nothing<store::Objects>(); }
  store::Refs& refs() override { return nothing<store::Refs>(); }
  store::Executions& executions() override { return nothing<store::Executions>(); }
  store::Pins& pins() override { return nothing<store::Pins>(); }
  store::Cache& cache() override { return kept; }
  std::string location() const override { return "memory"; }

  MemoryCache kept;

 private:
  template <typename T>
  T& nothing() {
    ADD_FAILURE() << "only the cache is used";
    std::abort();
  }
};

const Hash k_key = sha256(as_bytes("from what"));

TEST(SealedCache, what_is_kept_is_found) {
  OnlyCache repository;
  ASSERT_TRUE(SealedCache(repository).keep(k_key, as_bytes("code")));
  auto found = SealedCache(repository).find(k_key);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(as_text(*found), "code");
  EXPECT_FALSE(SealedCache(repository).find(sha256(as_bytes("something else"))).has_value());
}

TEST(SealedCache, every_changed_byte_is_noticed) {
  OnlyCache repository;
  ASSERT_TRUE(SealedCache(repository).keep(k_key, as_bytes("code")));
  Bytes& entry = repository.kept.entries[k_key];
  for (uint8_t& byte : entry) {
    byte ^= 1;
    EXPECT_FALSE(SealedCache(repository).find(k_key).has_value());
    byte ^= 1;
  }
  EXPECT_TRUE(SealedCache(repository).find(k_key).has_value());
  while (!entry.empty()) {
    entry.pop_back();
    EXPECT_FALSE(SealedCache(repository).find(k_key).has_value());
  }
}

TEST(SealedCache, an_entry_stands_for_its_own_key_only) {
  OnlyCache repository;
  ASSERT_TRUE(SealedCache(repository).keep(k_key, as_bytes("code")));
  const Hash other = sha256(as_bytes("something else"));
  repository.kept.entries[other] = repository.kept.entries[k_key];
  EXPECT_FALSE(SealedCache(repository).find(other).has_value());
}

TEST(SealedCache, what_another_repository_signed_is_not_ours) {
  OnlyCache theirs;
  theirs.kept.key[0] = 1;
  ASSERT_TRUE(SealedCache(theirs).keep(k_key, as_bytes("code")));
  OnlyCache ours;
  ours.kept.entries = theirs.kept.entries;
  EXPECT_FALSE(SealedCache(ours).find(k_key).has_value());
}

}  // namespace
}  // namespace samara::engine
