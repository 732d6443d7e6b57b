// East text: values under several types, types, and inference. What is read prints and reads again.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"
#include "value/text_type.hpp"

namespace {

using namespace samara;

constexpr const char* k_types[] = {
    ".Array .Struct [(name=\"a\", type=.Dict (key=.String, value=.Array .Float)), (name=\"b c\", "
    "type=.Set .Integer)]",
    ".Struct [(name=\"v\", type=.Blob), (name=\"kids\", type=.Array .Recursive 2)]",
    ".Variant [(name=\"cons\", type=.Struct [(name=\"head\", type=.DateTime), (name=\"tail\", "
    "type=.Recursive 2)]), (name=\"nil\", type=.Null)]",
    ".Dict (key=.Variant [(name=\"none\", type=.Null), (name=\"some\", type=.String)], value=.Ref "
    ".Array .Recursive 3)",
    ".Ref .Variant [(name=\"none\", type=.Null), (name=\"some\", type=.Recursive 2)]",
    ".Array .Vector .Float",
    ".Matrix .Boolean",
    ".Integer",
    ".String",
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

void check_value(const Type* type, Slot value, Heap& heap) {
  auto printed = print_text(type, value);
  SAMARA_ASSERT(printed.has_value());
  ParseResult back = parse_text(type, *printed, heap);
  SAMARA_ASSERT(static_cast<bool>(back));
  auto again = print_text(type, back.value);
  SAMARA_ASSERT(again.has_value() && *again == *printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const Fixed fixed;
  Heap heap({.limit_bytes = size_t{64} << 20});
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t choice = data[0] % (k_type_count + 2);
  if (choice < k_type_count) {
    const Type* type = fixed.list[choice];
    ParseResult read = parse_text(type, text, heap, {.json_escapes = (data[0] & 0x80) != 0});
    if (read) check_value(type, read.value, heap);
  } else if (choice == k_type_count) {
    TypeTable types;
    TypeParseResult type = type_from_text(types, text);
    if (type) {
      SAMARA_ASSERT(type_from_text(types, type_to_text(type.type)).type == type.type);
    }
  } else {
    TypeTable types;
    InferResult result = infer_text(types, text, heap);
    if (result) check_value(result.type, result.value, heap);
  }
  return 0;
}
