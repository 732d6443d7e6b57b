// Beast v1: any bytes are refused or mean a value, which has an encoding that means the same.
// The first byte chooses: bit 0 lenient reading, bit 1 frozen containers.

#include <cstdlib>
#include <memory>

#include "value/beast1.hpp"
#include "value/compare.hpp"

namespace {
void require(bool condition) {
  if (!condition) std::abort();
}

// Making a heap takes longer than most inputs: it is kept for a while.
struct World {
  samara::TypeTable types;
  samara::Heap heap{{.limit_bytes = size_t{64} << 20}};
};

World& world() {
  static std::unique_ptr<World> kept;
  if (kept == nullptr || kept->types.size() > 20000 || kept->heap.exhausted() ||
      kept->heap.used_bytes() > (size_t{4} << 20)) {
    kept = std::make_unique<World>();
  }
  return *kept;
}

}  // namespace

// What is kept between inputs looks like a leak of each, and looking for it takes 20 times as long
// as the input. Leaks are found by the other tests, which run under the same sanitizer.
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() { return "detect_leaks=0"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace samara;
  if (size == 0) return 0;
  TypeTable& types = world().types;
  Heap& heap = world().heap;
  Beast1Options options;
  options.sort_keys = (data[0] & 1) != 0;
  options.frozen = (data[0] & 2) != 0;
  auto value = decode_beast1_any({data + 1, size - 1}, types, heap, options);
  if (!value) return 0;
  auto again = encode_beast1(value->type, value->value);
  require(again.has_value());
  auto same = decode_beast1(*again, value->type, types, heap);
  require(same.has_value());
  require(equal(value->type, *same, value->value));
  return 0;
}
