// East JSON under several types. What is read is written and reads again.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "value/json.hpp"
#include "value/text_type.hpp"

namespace {

using namespace samara;

constexpr const char* k_types[] = {
    ".Array .Struct [(name=\"a\", type=.Dict (key=.String, value=.Array .Float)), (name=\"b/~c\", "
    "type=.Set .Integer)]",
    ".Struct [(name=\"v\", type=.Blob), (name=\"kids\", type=.Array .Recursive 2)]",
    ".Variant [(name=\"cons\", type=.Struct [(name=\"head\", type=.DateTime), (name=\"tail\", "
    "type=.Recursive 2)]), (name=\"nil\", type=.Null)]",
    ".Ref .Variant [(name=\"none\", type=.Null), (name=\"some\", type=.Recursive 2)]",
    ".Struct [(name=\"x\", type=.Vector .Integer), (name=\"y\", type=.Matrix .Float)]",
    ".Dict (key=.Integer, value=.Recursive 1)",
    ".String",
    ".Boolean",
};
constexpr size_t k_type_count = sizeof k_types / sizeof k_types[0];

// Made once: types that the input cannot change.
struct Fixed {
  TypeTable types;
  const Type* list[k_type_count];
  Fixed() {
    for (size_t i = 0; i < k_type_count; i++) list[i] = type_from_text(types, k_types[i]).type;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const Fixed fixed;
  Heap heap({.limit_bytes = size_t{64} << 20});
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Type* type = fixed.list[data[0] % k_type_count];
  JsonResult read = parse_json(type, text, heap);
  if (!read) return 0;
  auto written = print_json(type, read.value);
  SAMARA_ASSERT(written.has_value());
  JsonResult back = parse_json(type, *written, heap);
  SAMARA_ASSERT(static_cast<bool>(back));
  auto again = print_json(type, back.value);
  SAMARA_ASSERT(again.has_value() && *again == *written);
  return 0;
}
