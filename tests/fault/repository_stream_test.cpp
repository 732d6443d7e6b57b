// Large objects go in and out in constant memory. SAMARA_STREAM_BYTES sets the size (200 MB), for a
// long run:
//   SAMARA_STREAM_BYTES=10000000000 fault_repository_stream
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "core/sha256.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;

namespace {

// Far below the size of the object, far above what allocators and sanitizers need on the way.
constexpr uint64_t k_growth_bytes_max = 32'000'000;

uint64_t stream_bytes() {
  const char* text = ::getenv("SAMARA_STREAM_BYTES");
  const uint64_t value = text == nullptr ? 0 : ::strtoull(text, nullptr, 10);
  return value > 0 ? value : 200'000'000;
}

// The largest resident memory so far.
uint64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return ::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

class Count final : public ByteSink {
 public:
  Result<void> write(ByteView bytes) override {
    size += bytes.size();
    hasher.update(bytes);
    return {};
  }
  uint64_t size = 0;
  Sha256 hasher;
};

// 0: done. Runs in a process of its own, whose peak is its own.
int stream_both_ways(const std::string& path, uint64_t size) {
  port::LinuxFiles files;
  port::LinuxRandom random;
  auto repository = DirectoryRepository::open(files, random, path, "t");
  if (!repository) return 1;
  Objects& objects = (*repository)->objects();
  Bytes piece = noise(1'000'000, 9);
  Sha256 expected;
  const uint64_t before = peak_bytes();
  auto writer = objects.writer(Durability::cached);
  if (!writer) return 2;
  for (uint64_t at = 0; at < size; at += piece.size()) {
    std::memcpy(piece.data(), &at, sizeof at);
    const size_t count = static_cast<size_t>(std::min<uint64_t>(piece.size(), size - at));
    expected.update(ByteView(piece).first(count));
    if (!(*writer)->update(ByteView(piece).first(count))) return 3;
  }
  auto hash = (*writer)->commit();
  if (!hash || *hash != expected.finish()) return 4;
  Count sink;
  if (!objects.stream(*hash, sink)) return 5;
  if (sink.size != size || sink.hasher.finish() != *hash) return 6;
  if (peak_bytes() - before > k_growth_bytes_max) return 7;
  return 0;
}

}  // namespace

TEST(RepositoryStream, a_large_object_passes_both_ways_in_constant_memory) {
  ScratchDirectory scratch;
  port::LinuxFiles files;
  const std::string path = scratch.path() + "/repo";
  ASSERT_OK(DirectoryRepository::init(files, path));
  ASSERT_GT(peak_bytes(), 0U);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(stream_both_ways(path, stream_bytes()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
