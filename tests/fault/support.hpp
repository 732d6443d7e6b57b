#pragma once
// What the tests of files and repositories share: scratch directories on the real file system, the
// file systems to run a suite on, and object references that the tests understand.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ports/linux/files.hpp"
#include "ports/linux/random.hpp"
#include "ports/sim/memory_files.hpp"
#include "ports/sim/seeded_random.hpp"
#include "store/directory_repository.hpp"

namespace samara::test {

#define ASSERT_OK(...)                                      \
  do {                                                      \
    const auto& ok_ = (__VA_ARGS__);                        \
    ASSERT_TRUE(ok_) << (ok_ ? "" : ok_.error().message()); \
  } while (false)
#define EXPECT_OK(...)                                      \
  do {                                                      \
    const auto& ok_ = (__VA_ARGS__);                        \
    EXPECT_TRUE(ok_) << (ok_ ? "" : ok_.error().message()); \
  } while (false)
#define EXPECT_CODE(expected, ...)                                            \
  do {                                                                        \
    const auto& result_ = (__VA_ARGS__);                                      \
    EXPECT_FALSE(result_);                                                    \
    if (!result_) {                                                           \
      EXPECT_EQ(result_.error().code, expected) << result_.error().message(); \
    }                                                                         \
  } while (false)

/// A directory of the real file system that goes away with it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A file system and a place on it.
class World {
 public:
  virtual ~World() = default;
  virtual port::Files& files() = 0;
  virtual std::string path() = 0;
};
enum class WorldKind : uint8_t { real, memory };
std::unique_ptr<World> make_world(WorldKind kind);
inline std::string world_name(const testing::TestParamInfo<WorldKind>& info) {
  return info.param == WorldKind::real ? "real" : "memory";
}

/// Objects of the tests: "refs:" and then the hex hashes they refer to, one in each line; anything
/// else refers to nothing.
std::string object_referring_to(const std::vector<Hash>& hashes, std::string_view salt = "");
Result<std::vector<Hash>> test_references(const Hash& hash, ByteView bytes);
/// Records of the tests have the same form.
Result<std::vector<Hash>> test_record_references(const store::CallKey& key, std::string_view name,
                                                 ByteView bytes);

/// Readable findings, for failure messages.
std::string describe(const store::FsckReport& report);

/// Pseudo-random bytes.
Bytes noise(size_t size, uint64_t seed);

}  // namespace samara::test
