#pragma once
// Types in the words of error messages: "Array<Float>", "Struct{id: Integer, name: String}".
// For people only: East text (value/text_type.hpp) is the form that is read back.
// Threads: pure.

#include <string>

#include "value/type.hpp"

namespace samara {

/// Cut with "…" after about `bytes_max` bytes.
std::string type_name(const Type* type, size_t bytes_max = 120);

}  // namespace samara
