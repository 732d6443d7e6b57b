#include "runtime/argument_value.hpp"

namespace samara::runtime {

Result<Slot> argument_value(const ArgumentPlace& place, const Argument& given, TypeTable& types,
                            Heap& heap, const Beast2Options& options) {
  if (given.value.type != nullptr) {
    if (given.value.type != place.expected) return argument_type_error(place, given.value.type);
    return given.value.value;
  }
  auto value = decode_beast2(given.encoded, place.expected, types, heap, options);
  if (value) return value;
  if (heap.exhausted()) return Slot::null();
  return argument_decode_error(place, given.encoded, types, std::move(value).error());
}

}  // namespace samara::runtime
