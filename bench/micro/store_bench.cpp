// The directory repository against its floors.
//   workload                      anchor
//   put of new 1 KB objects       floor_create_rename: bare openat, write, close, renameat2
//   verified reads of 256 MB      floor_sha256: OpenSSL's SHA-256 over memory
//   open of a repository          the same, empty and with many objects
// The directory is SAMARA_BENCH_DIR, else TMPDIR, else /tmp: file systems differ by a factor of
// ten, so compare only lines of one run. SAMARA_BENCH_OBJECTS sets how many objects "open" has
// (100000).
//   cmake --build build/release --target bench_store && build/release/bin/bench_store
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "core/sha256.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/random.hpp"
#include "store/directory_repository.hpp"

using namespace samara;
using namespace samara::store;

namespace {

constexpr size_t k_large_bytes = 256'000'000;

std::string scratch_base() {
  for (const char* name : {"SAMARA_BENCH_DIR", "TMPDIR"}) {
    const char* value = ::getenv(name);
    if (value != nullptr) return value;
  }
  return "/tmp";
}

// Directories stay until the program ends: ext4 avoids the inodes of files removed in the last
// minutes, and looking past them makes whatever is measured next several times slower.
class Scratch {
 public:
  Scratch() {
    std::string pattern = scratch_base() + "/samara-bench-XXXXXX";
    SAMARA_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    static Sweeper sweeper;
    sweeper.paths.push_back(path_);
  }
  const std::string& path() const { return path_; }

 private:
  struct Sweeper {
    std::vector<std::string> paths;
    ~Sweeper() {
      std::error_code ignored;
      for (const std::string& path : paths) std::filesystem::remove_all(path, ignored);
    }
  };
  std::string path_;
};

struct World {
  World() : path(scratch.path() + "/repo") {
    SAMARA_ASSERT(DirectoryRepository::init(files, path));
    auto opened = DirectoryRepository::open(files, random, path, "bench");
    SAMARA_ASSERT(opened);
    repository = std::move(*opened);
  }
  Scratch scratch;
  port::LinuxFiles files;
  port::LinuxRandom random;
  std::string path;
  std::unique_ptr<DirectoryRepository> repository;
};

// Distinct objects of one size.
class Source {
 public:
  explicit Source(size_t size) : bytes_(size, 0x5a) {}
  ByteView next() {
    std::memcpy(bytes_.data(), &count_, std::min(bytes_.size(), sizeof count_));
    count_++;
    return bytes_;
  }

 private:
  Bytes bytes_;
  uint64_t count_ = 1;
};

const Bytes& large() {
  static const Bytes bytes = [] {
    Bytes out(k_large_bytes);
    uint64_t x = 88172645463325252ULL;
    for (size_t i = 0; i + 8 <= out.size(); i += 8) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      std::memcpy(out.data() + i, &x, 8);
    }
    return out;
  }();
  return bytes;
}

void floor_create_rename(benchmark::State& state) {
  Scratch scratch;
  int fan_out[256];
  for (int i = 0; i < 256; i++) {
    char name[4];
    std::snprintf(name, sizeof name, "%02x", static_cast<unsigned>(i));
    const std::string path = scratch.path() + "/" + name;
    SAMARA_ASSERT(::mkdir(path.c_str(), 0777) == 0);
    fan_out[i] = ::open(path.c_str(), O_RDONLY | O_DIRECTORY);
  }
  Source source(static_cast<size_t>(state.range(0)));
  uint64_t n = 0;
  for (auto _ : state) {
    ByteView bytes = source.next();
    char temp[32];
    char name[80];
    std::snprintf(temp, sizeof temp, "tmp-%llu", static_cast<unsigned long long>(n));
    std::snprintf(name, sizeof name, "%062llx",
                  static_cast<unsigned long long>(n * 0x9e3779b97f4a7c15ULL));
    const int directory = fan_out[(n * 167) & 255];
    const int file = ::openat(directory, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    const bool written =
        ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    ::close(file);
    SAMARA_ASSERT(written && ::renameat2(directory, temp, directory, name, RENAME_NOREPLACE) == 0);
    n++;
  }
  state.SetItemsProcessed(state.iterations());
  for (int file : fan_out) ::close(file);
}
BENCHMARK(floor_create_rename)->Arg(1024)->Iterations(20'000)->UseRealTime();

void put_new(benchmark::State& state, Durability durability) {
  World world;
  Source source(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    SAMARA_ASSERT(world.repository->objects().put(source.next(), durability));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(put_new, cached, Durability::cached)
    ->Arg(1024)
    ->Arg(100)
    ->Arg(4096)
    ->Iterations(20'000)
    ->UseRealTime();
BENCHMARK_CAPTURE(put_new, synced, Durability::synced)->Arg(1024)->Iterations(200)->UseRealTime();

void put_present(benchmark::State& state) {
  World world;
  const Bytes bytes(static_cast<size_t>(state.range(0)), 7);
  for (auto _ : state) {
    SAMARA_ASSERT(world.repository->objects().put(bytes, Durability::cached));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(put_present)->Arg(1024)->UseRealTime();

void get_small(benchmark::State& state) {
  World world;
  const Bytes bytes(static_cast<size_t>(state.range(0)), 7);
  const Hash hash = *world.repository->objects().put(bytes, Durability::cached);
  for (auto _ : state) SAMARA_ASSERT(world.repository->objects().get(hash));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(get_small)->Arg(1024)->Arg(4096);

void floor_sha256(benchmark::State& state) {
  const Bytes& bytes = large();
  for (auto _ : state) benchmark::DoNotOptimize(sha256(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(floor_sha256)->Unit(benchmark::kMillisecond);

class Discard final : public ByteSink {
 public:
  Result<void> write(ByteView bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    return {};
  }
};

enum class Way : uint8_t { get, view, stream };

void read_large(benchmark::State& state, Way way) {
  World world;
  Objects& objects = world.repository->objects();
  const Hash hash = *objects.put(large(), Durability::cached);
  Discard sink;
  for (auto _ : state) {
    switch (way) {
      case Way::get:
        SAMARA_ASSERT(objects.get(hash));
        break;
      case Way::view:
        SAMARA_ASSERT(objects.view(hash));
        break;
      case Way::stream:
        SAMARA_ASSERT(objects.stream(hash, sink));
        break;
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(k_large_bytes));
}
BENCHMARK_CAPTURE(read_large, get, Way::get)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_large, view, Way::view)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_large, stream, Way::stream)->Unit(benchmark::kMillisecond);

void write_large(benchmark::State& state) {
  World world;
  for (auto _ : state) {
    auto writer = *world.repository->objects().writer(Durability::cached);
    ByteView rest = large();
    while (!rest.empty()) {
      const size_t count = std::min<size_t>(rest.size(), 1'000'000);
      SAMARA_ASSERT(writer->update(rest.first(count)));
      rest = rest.subspan(count);
    }
    SAMARA_ASSERT(writer->commit());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(k_large_bytes));
}
BENCHMARK(write_large)->Unit(benchmark::kMillisecond)->UseRealTime();

void open_repository(benchmark::State& state) {
  World world;
  Source source(100);
  for (int64_t i = 0; i < state.range(0); i++) {
    SAMARA_ASSERT(world.repository->objects().put(source.next(), Durability::cached));
  }
  for (auto _ : state) {
    SAMARA_ASSERT(DirectoryRepository::open(world.files, world.random, world.path, "bench"));
  }
}
BENCHMARK(open_repository)
    ->Apply([](benchmark::internal::Benchmark* each) {
      const char* text = ::getenv("SAMARA_BENCH_OBJECTS");
      each->Arg(0)->Arg(text == nullptr ? 100'000 : ::atoll(text));
    })
    ->Unit(benchmark::kMicrosecond);

void record_put(benchmark::State& state) {
  World world;
  const Bytes bytes(500, 7);
  const Hash names[] = {*world.repository->objects().put(bytes, Durability::cached)};
  CallKey key{sha256(bytes), Hash{}};
  uint64_t n = 0;
  for (auto _ : state) {
    n++;
    std::memcpy(key.call.bytes.data(), &n, sizeof n);
    SAMARA_ASSERT(
        world.repository->executions().put(key, "record", bytes, names, Durability::cached));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record_put)->Iterations(10'000)->UseRealTime();

void record_get(benchmark::State& state) {
  World world;
  const Bytes bytes(500, 7);
  const CallKey key{sha256(bytes), sha256(bytes)};
  SAMARA_ASSERT(world.repository->executions().put(key, "record", bytes, {}, Durability::cached));
  for (auto _ : state) SAMARA_ASSERT(world.repository->executions().get(key, "record"));
}
BENCHMARK(record_get);

void ref_get(benchmark::State& state) {
  World world;
  const Hash hash = *world.repository->objects().put(large(), Durability::cached);
  SAMARA_ASSERT(world.repository->refs().set("main", hash, RefCondition::any()));
  for (auto _ : state) SAMARA_ASSERT(world.repository->refs().get("main"));
}
BENCHMARK(ref_get);

void pin_and_unpin(benchmark::State& state) {
  World world;
  const Hash hash = sha256(as_bytes("pinned"));
  for (auto _ : state) {
    SAMARA_ASSERT(world.repository->pins().pin(hash));
    SAMARA_ASSERT(world.repository->pins().unpin(hash));
  }
}
BENCHMARK(pin_and_unpin);

}  // namespace
