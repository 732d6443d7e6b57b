// beast2: any bytes are refused or mean a value, which has an encoding that reads back; canonical
// bytes are the only encoding of what they mean.
//
// The first byte chooses: bit 0 the dialect, bit 1 headerless with a type that has everything
// (functions included), bit 2 lenient reading, bit 3 frozen containers.

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "value/beast2_plan.hpp"

// The stand-in for closures; the fuzz programs are linked with the layers alone.
#include "tests/support/plain_functions.cpp"  // NOLINT(bugprone-suspicious-include)

namespace {

using namespace samara;

void require(bool condition) {
  if (!condition) std::abort();
}

const Type* everything(TypeTable& types, Dialect dialect) {
  const Type* list = types.variant(
      {{"cons", types.structure({{"head", types.integer()}, {"tail", types.recursive(2)}})},
       {"nil", types.null()}});
  const Type* tree = types.array(types.recursive(1));
  std::vector<NamedType> fields = {
      {"list", list},
      {"tree", tree},
      {"tree_again", types.array(tree)},
      {"refs", types.array(types.ref(types.option(types.recursive(3))))},
      {"dict", types.dict(types.structure({{"f", types.float_()}, {"s", types.string()}}),
                          types.set(types.blob()))},
      {"nulls", types.array(types.structure({{"n", types.null()}}))},
      {"when", types.datetime()},
      {"flag", types.boolean()},
      {"f", types.array(types.function({types.integer()}, types.integer()))},
      {"g", types.option(types.async_function({}, types.null()))},
  };
  if (dialect == Dialect::b) {
    fields.push_back({"v", types.vector(types.float_())});
    fields.push_back({"m", types.matrix(types.boolean())});
  }
  return types.structure(fields);
}

// Making types, plan and heap takes longer than most inputs: they are kept for a while.
struct World {
  TypeTable types;
  Beast2Plan plan;
  const Type* everything_a = everything(types, Dialect::a);
  const Type* everything_b = everything(types, Dialect::b);
};

World& world() {
  static std::unique_ptr<World> kept;
  if (kept == nullptr || kept->types.size() > 20000) kept = std::make_unique<World>();
  return *kept;
}

Heap& empty_enough_heap() {
  static std::unique_ptr<Heap> kept;
  if (kept == nullptr || kept->exhausted() || kept->used_bytes() > (size_t{4} << 20)) {
    kept = std::make_unique<Heap>(HeapOptions{.limit_bytes = size_t{64} << 20});
  }
  return *kept;
}

}  // namespace

// What is kept between inputs looks like a leak of each, and looking for it takes 20 times as long
// as the input. Leaks are found by the other tests, which run under the same sanitizer.
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() { return "detect_leaks=0"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  uint8_t mode = data[0];
  ByteView bytes(data + 1, size - 1);
  World& kept = world();
  TypeTable& types = kept.types;
  Heap& heap = empty_enough_heap();
  test::PlainFunctions functions(types, heap);
  Beast2Options options;
  options.functions = &functions;
  options.plan = &kept.plan;
  options.dialect = (mode & 1) != 0 ? Dialect::a : Dialect::b;
  options.sort_keys = (mode & 4) != 0;
  options.canonical_only = !options.sort_keys;
  options.frozen = (mode & 8) != 0;
  options.other_dialect = false;

  const Type* type = nullptr;
  Slot value;
  Bytes header;
  if ((mode & 2) != 0) {
    type = options.dialect == Dialect::a ? kept.everything_a : kept.everything_b;
    auto decoded = decode_beast2_value(bytes, type, heap, options);
    if (!decoded) return 0;
    value = *decoded;
  } else {
    auto decoded = decode_beast2_any(bytes, types, heap, options);
    if (!decoded) return 0;
    type = decoded->type;
    value = decoded->value;
    header.assign(bytes.begin(), bytes.begin() + 8);
    require(append_type(header, type, options.dialect).has_value());
  }
  auto again = encode_beast2_value(type, value, options);
  require(again.has_value());
  if (options.canonical_only) {
    header.insert(header.end(), again->begin(), again->end());
    require(std::equal(header.begin(), header.end(), bytes.begin(), bytes.end()));
  }
  require(decode_beast2_value(*again, type, heap, options).has_value());
  return 0;
}
