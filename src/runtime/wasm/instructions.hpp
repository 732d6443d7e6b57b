#pragma once
// Goes over the instructions of a function body: every one is known to the engine, nesting stays
// within a limit, the last `end` is the last byte. Types of operands are the engine's to check.
// Threads: pure.

#include "runtime/wasm/reader.hpp"

namespace samara::runtime::wasm {

/// Shape: `reader` stands behind the local variables and ends with the body. The verdict is the
/// reader's. Cost: linear; no recursion.
void skip_instructions(Reader& reader, uint32_t nesting_max);

/// What stands for a value type in `byte`: null where the engine has such values, else what they
/// belong to, for people: "SIMD", "garbage collection".
/// Requires: not one of ValueType.
const char* foreign_type(uint8_t byte);

}  // namespace samara::runtime::wasm
