#pragma once
// Why an argument cannot be used, in words that say which one, what it is and what is expected.
// Threads: pure.

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "value/type.hpp"

namespace samara::runtime {

/// Of a function with these inputs; counts from 0, messages from 1.
struct ArgumentPlace {
  std::string_view function;
  size_t index = 0;
  const Type* expected = nullptr;
};

/// "argument 2 of 'mean'".
std::string argument_name(const ArgumentPlace& place);
/// type_mismatch: "argument 2 of 'mean' is String, expected Array<Float>".
Error argument_type_error(const ArgumentPlace& place, const Type* got);
/// The error of decoding `bytes` as that argument: as above where the type is another one, else the
/// decoder's with the argument named.
Error argument_decode_error(const ArgumentPlace& place, ByteView bytes, TypeTable& types,
                            Error&& error);
/// invalid_argument: "'mean' takes 1 argument, 2 given".
Error argument_count_error(std::string_view function, size_t expected, size_t given);

}  // namespace samara::runtime
