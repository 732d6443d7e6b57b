#include "runtime/argument_error.hpp"

#include "call/type_name.hpp"
#include "value/beast2.hpp"

namespace samara::runtime {

std::string argument_name(const ArgumentPlace& place) {
  return "argument " + std::to_string(place.index + 1) + " of '" + std::string(place.function) +
         "'";
}

Error argument_type_error(const ArgumentPlace& place, const Type* got) {
  return Error(Code::type_mismatch, argument_name(place) + " is " + type_name(got) + ", expected " +
                                        type_name(place.expected));
}

Error argument_decode_error(const ArgumentPlace& place, ByteView bytes, TypeTable& types,
                            Error&& error) {
  if (!looks_like_beast2(bytes)) {
    return Error(Code::corrupt, argument_name(place) + " is no East value in beast2 form");
  }
  if (error.code == Code::type_mismatch) {
    ByteView header = bytes.subspan(sizeof k_beast2_magic);
    for (Dialect dialect : {Dialect::b, Dialect::a}) {
      auto got = decode_type(header, types, dialect);
      if (got && got->type != place.expected) return argument_type_error(place, got->type);
    }
  }
  return std::move(error).with_context(argument_name(place));
}

Error argument_count_error(std::string_view function, size_t expected, size_t given) {
  return Error(Code::invalid_argument, "'" + std::string(function) + "' takes " +
                                           std::to_string(expected) +
                                           (expected == 1 ? " argument, " : " arguments, ") +
                                           std::to_string(given) + " given");
}

}  // namespace samara::runtime
