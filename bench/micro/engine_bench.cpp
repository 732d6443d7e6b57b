// Calls through the engine.
//   sha256_4k            the floor of a memo hit: hashing the bytes of a 4 KB argument
//   memo_hit_4k          a call whose answer is in this process's memory, one argument of 4 KB
//   memo_hit_stored      the same with the argument given by its id
//   repository_hit_4k    a new engine each time: the answer comes from the records (a CLI's case)
//   miss_small           a call that was never run: arguments, record, run, result, record; no sync
//   big_stack            handing work to the thread with the large stack
// The repository is in TMPDIR; tmpfs shows our own cost, a disk that of its directory operations.
// Reach: memo_hit_4k at most 5 µs.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/sha256.hpp"
#include "engine/engine.hpp"
#include "ir/builder.hpp"
#include "ir/encode.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/random.hpp"
#include "store/directory_repository.hpp"

namespace samara {
namespace {

class Bench {
 public:
  Bench() {
    std::string name = std::filesystem::temp_directory_path() / "samara-bench-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    SAMARA_ASSERT(store::DirectoryRepository::init(files_, directory_ + "/r").has_value());
    open();
    ir::Builder b(types_);
    auto program = b.program({types_.blob(), types_.integer()}, [&](auto p) {
      return b.add(b(p[1]), b.builtin(ir::BuiltinId::BlobSize, {}, {b(p[0])}));
    });
    auto bytes = ir::to_beast2(*program, Dialect::b);
    SAMARA_ASSERT(bytes.has_value());
    auto added = engine_->add_function(*bytes, {.name = "size"});
    SAMARA_ASSERT(added.has_value());
    function_ = added->id;
    Heap heap;
    BytesObject* blob = heap.new_bytes(size_t{4096});
    for (uint32_t i = 0; i < blob->size(); i++) blob->data()[i] = static_cast<uint8_t>(i * 7);
    blob_ = *encode_beast2(types_.blob(), Slot::of(blob));
  }
  ~Bench() {
    engine_ = nullptr;
    repository_ = nullptr;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void open() {
    engine_ = nullptr;
    repository_ = nullptr;
    auto opened = store::DirectoryRepository::open(files_, random_, directory_ + "/r", "bench");
    SAMARA_ASSERT(opened.has_value());
    repository_ = std::move(*opened);
    engine_ = std::make_unique<engine::Engine>(
        engine::EngineParts{*repository_, types_, platform_, clock_, random_, processes_});
  }
  engine::CallResult call(std::span<const engine::CallArgument> arguments) {
    auto result = engine_->call(function_, arguments);
    SAMARA_ASSERT(result.has_value());
    return std::move(*result);
  }
  Bytes number(int64_t value) { return *encode_beast2(types_.integer(), Slot::of(value)); }
  const Bytes& blob() const { return blob_; }
  engine::Engine& engine() { return *engine_; }

 private:
  std::string directory_;
  port::LinuxFiles files_;
  port::LinuxRandom random_;
  port::LinuxClock clock_;
  port::LinuxProcesses processes_;
  TypeTable types_;
  eval::PlatformRegistry platform_;
  std::unique_ptr<store::DirectoryRepository> repository_;
  std::unique_ptr<engine::Engine> engine_;
  Hash function_;
  Bytes blob_;
};

void sha256_4k(benchmark::State& state) {
  Bytes bytes(4096 + 11, 7);
  for (auto _ : state) benchmark::DoNotOptimize(sha256(bytes));
}
BENCHMARK(sha256_4k);

void memo_hit_4k(benchmark::State& state) {
  Bench bench;
  Bytes number = bench.number(1);
  engine::CallArgument arguments[] = {engine::CallArgument::encoded(bench.blob()),
                                      engine::CallArgument::encoded(number)};
  bench.call(arguments);
  for (auto _ : state) {
    engine::CallResult result = bench.call(arguments);
    SAMARA_ASSERT(result.from_memo && result.bytes != nullptr);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(memo_hit_4k);

void memo_hit_stored(benchmark::State& state) {
  Bench bench;
  auto blob = bench.engine().values().put_encoded(bench.blob(), store::Durability::cached);
  auto number = bench.engine().values().put_encoded(bench.number(1), store::Durability::cached);
  engine::CallArgument arguments[] = {engine::CallArgument::stored(blob->id),
                                      engine::CallArgument::stored(number->id)};
  bench.call(arguments);
  for (auto _ : state) {
    engine::CallResult result = bench.call(arguments);
    SAMARA_ASSERT(result.from_memo);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(memo_hit_stored);

void repository_hit_4k(benchmark::State& state) {
  Bench bench;
  Bytes number = bench.number(1);
  engine::CallArgument arguments[] = {engine::CallArgument::encoded(bench.blob()),
                                      engine::CallArgument::encoded(number)};
  bench.call(arguments);
  for (auto _ : state) {
    bench.open();
    engine::CallResult result = bench.call(arguments);
    SAMARA_ASSERT(result.from_memo);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(repository_hit_4k)->Unit(benchmark::kMicrosecond);

void miss_small(benchmark::State& state) {
  Bench bench;
  int64_t next = 0;
  for (auto _ : state) {
    Bytes number = bench.number(next++);
    engine::CallArgument arguments[] = {engine::CallArgument::encoded(bench.blob()),
                                        engine::CallArgument::encoded(number)};
    engine::CallResult result = bench.call(arguments);
    SAMARA_ASSERT(!result.from_memo);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(miss_small)->Unit(benchmark::kMicrosecond)->UseRealTime();

void big_stack(benchmark::State& state) {
  runtime::BigStack stack;
  for (auto _ : state) SAMARA_ASSERT(stack.run([] {}).has_value());
}
BENCHMARK(big_stack)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace samara
