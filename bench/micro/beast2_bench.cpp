// beast2 on the data set `g_codec`: an Array of a 10-field struct, rebuilt here by its rule.
//
// Workloads: decode, encode to one buffer, encode through a sink that only looks at the chunks, for
// 10^4 to 10^7 rows (1 MB to 1.2 GB); an array shared 10^6 times; small values of 4 KB, as
// arguments of calls are. Anchor to beat: decode 400 MB/s, encode 800 MB/s for 10^6 rows (114 310
// 999 bytes), time for a byte the same from 1 MB to 1 GB, memory at most 4 bytes for a byte of
// file.
//
//   bench_beast2 --benchmark_repetitions=9 --benchmark_report_aggregates_only=true

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "core/sha256.hpp"
#include "value/beast2.hpp"
#include "value/beast2_plan.hpp"

namespace samara {
namespace {

const Type* row_type(TypeTable& types) {
  const Type* custom = types.structure({{"rate", types.float_()}, {"label", types.string()}});
  const Type* kind =
      types.variant({{"basic", types.null()}, {"pro", types.integer()}, {"custom", custom}});
  return types.structure({{"id", types.integer()},
                          {"name", types.string()},
                          {"email", types.string()},
                          {"score", types.float_()},
                          {"active", types.boolean()},
                          {"created", types.datetime()},
                          {"tags", types.array(types.string())},
                          {"kind", kind},
                          {"payload", types.blob()},
                          {"note", types.option(types.string())}});
}

Slot text(Heap& heap, const std::string& text) { return Slot::of(heap.new_text(text)); }

Slot make_kind(Heap& heap, int64_t i) {
  // Case indices follow the names: basic, custom, pro.
  if (i % 3 == 0) return Slot::bare_case(0);
  if (i % 3 == 1) return Slot::of(heap.new_tagged(2, Slot::of(i % 12)));
  FieldsObject* custom = heap.new_fields(2);
  custom->fields()[0] = Slot::of(static_cast<double>(i % 100) / 8);
  custom->fields()[1] = text(heap, "plan " + std::to_string(i % 20));
  return Slot::of(heap.new_tagged(1, Slot::of(custom)));
}

Slot make_row(Heap& heap, int64_t i) {
  auto n = std::to_string(i);
  ArrayObject* tags = heap.new_array();
  for (int64_t k = 0; k < i % 4; k++) {
    heap.push(tags, text(heap, "tag-" + std::to_string((i + k) % 50)));
  }
  BytesObject* payload = heap.new_bytes(16);
  for (int64_t k = 0; k < 16; k++) payload->data()[k] = static_cast<uint8_t>(13 * i + 7 * k);
  Slot note = Slot::bare_case(0);
  if (i % 2 == 1) note = Slot::of(heap.new_tagged(1, text(heap, "note for row " + n)));
  FieldsObject* row = heap.new_fields(10);
  Slot* field = row->fields();
  field[0] = Slot::of(i);
  field[1] = text(heap, "Customer number " + n);
  field[2] = text(heap, "user" + n + "@example-" + std::to_string(i % 97) + ".test");
  field[3] = Slot::of(static_cast<double>(i % 5000) * 0.125);
  field[4] = Slot::of(i % 3 == 0);
  field[5] = Slot::of(int64_t{1700000000000} + 1000 * i);
  field[6] = Slot::of(tags);
  field[7] = make_kind(heap, i);
  field[8] = Slot::of(payload);
  field[9] = note;
  return Slot::of(row);
}

// The file of `rows` rows; the last one asked for is kept.
const Bytes& data_set(int64_t rows) {
  static int64_t made_rows = -1;
  static Bytes made;
  if (made_rows == rows) return made;
  TypeTable types;
  Heap heap({.limit_bytes = size_t{20} << 30});
  ArrayObject* table = heap.new_array(static_cast<size_t>(rows));
  SAMARA_ASSERT(table != nullptr);
  for (int64_t i = 0; i < rows; i++) table->data[i] = make_row(heap, i);
  auto encoded = encode_beast2(types.array(row_type(types)), Slot::of(table));
  SAMARA_ASSERT(encoded.has_value());
  made = std::move(*encoded);
  made.shrink_to_fit();
  made_rows = rows;
  // The data set is the one everybody measures.
  if (rows == 1'000'000) {
    SAMARA_ASSERT(to_hex(sha256(made).bytes) ==
                  "c02b48513575f7cf26a0894457b412aa119fda2af8a35cceb49397baf8f55c82");
  }
  return made;
}

struct LookingSink final : ByteSink {
  uint64_t bytes = 0;
  Result<void> write(ByteView chunk) override {
    bytes += chunk.size();
    benchmark::DoNotOptimize(chunk.data());
    return {};
  }
};

void count_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(bytes));
}

void decode_rows(benchmark::State& state) {
  const Bytes& file = data_set(state.range(0));
  TypeTable types;
  const Type* type = types.array(row_type(types));
  Beast2Plan plan;
  Beast2Options options;
  options.plan = &plan;
  size_t peak = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto heap = std::make_unique<Heap>(HeapOptions{.limit_bytes = size_t{20} << 30});
    state.ResumeTiming();
    auto value = decode_beast2(file, type, types, *heap, options);
    SAMARA_ASSERT(value.has_value());
    benchmark::DoNotOptimize(*value);
    peak = heap->peak_bytes();
    state.PauseTiming();
    heap.reset();
    state.ResumeTiming();
  }
  count_bytes(state, file.size());
  state.counters["heap_per_byte"] = static_cast<double>(peak) / static_cast<double>(file.size());
}

template <typename Encode>
void encode_rows(benchmark::State& state, Encode encode) {
  const Bytes& file = data_set(state.range(0));
  TypeTable types;
  const Type* type = types.array(row_type(types));
  Beast2Plan plan;
  Beast2Options options;
  options.plan = &plan;
  Heap heap({.limit_bytes = size_t{20} << 30});
  auto value = decode_beast2(file, type, types, heap, options);
  SAMARA_ASSERT(value.has_value());
  auto again = encode_beast2(type, *value, options);
  SAMARA_ASSERT(again.has_value() && *again == file);
  again = Bytes{};
  for (auto _ : state) encode(type, *value, options, file.size());
  count_bytes(state, file.size());
}

void encode_rows_to_buffer(benchmark::State& state) {
  encode_rows(state, [](const Type* type, Slot value, const Beast2Options& options, size_t size) {
    auto bytes = encode_beast2(type, value, options);
    SAMARA_ASSERT(bytes.has_value() && bytes->size() == size);
  });
}

void encode_rows_to_sink(benchmark::State& state) {
  encode_rows(state, [](const Type* type, Slot value, const Beast2Options& options, size_t size) {
    LookingSink sink;
    auto done = write_beast2(sink, type, value, options);
    SAMARA_ASSERT(done.has_value() && sink.bytes == size);
  });
}

// [x, x, x, …]: the look-ups of both tables.
void shared_array(benchmark::State& state) {
  TypeTable types;
  Heap heap;
  const Type* type = types.array(types.array(types.integer()));
  Slot inner = Slot::of(heap.new_array(1));
  ArrayObject* outer = heap.new_array(static_cast<size_t>(state.range(0)));
  for (Slot& slot : outer->slots()) slot = inner;
  Beast2Plan plan;
  Beast2Options options;
  options.plan = &plan;
  size_t bytes = 0;
  for (auto _ : state) {
    auto encoded = encode_beast2(type, Slot::of(outer), options);
    SAMARA_ASSERT(encoded.has_value());
    Heap other;
    auto value = decode_beast2(*encoded, type, types, other, options);
    SAMARA_ASSERT(value.has_value());
    bytes = encoded->size();
  }
  count_bytes(state, bytes);
}

// One argument of a call: about 4 KB of the same rows.
void small_value(benchmark::State& state) {
  TypeTable types;
  Heap heap;
  const Type* type = types.array(row_type(types));
  ArrayObject* table = heap.new_array();
  for (int64_t i = 0; i < 38; i++) heap.push(table, make_row(heap, i));
  Beast2Plan plan;
  Beast2Options options;
  options.plan = &plan;
  size_t bytes = 0;
  for (auto _ : state) {
    auto encoded = encode_beast2(type, Slot::of(table), options);
    SAMARA_ASSERT(encoded.has_value());
    benchmark::DoNotOptimize(encoded->data());
    bytes = encoded->size();
  }
  count_bytes(state, bytes);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->RangeMultiplier(10)->Range(10'000, 10'000'000)->Unit(benchmark::kMillisecond);
}

BENCHMARK(decode_rows)->Apply(sizes);
BENCHMARK(encode_rows_to_buffer)->Apply(sizes);
BENCHMARK(encode_rows_to_sink)->Apply(sizes);
BENCHMARK(shared_array)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(small_value);

}  // namespace
}  // namespace samara
