#pragma once
// ImportedFunction: what a file becomes when it is made a function, whatever its kind; not stored
// yet. Threads: a value type. Specified by: docs/formats/function.md.

#include "call/function.hpp"

namespace samara::runtime {

struct ImportedFunction {
  Hash id;  // of `object`
  FunctionRecord record;
  Bytes object;     // the function object
  Bytes code;       // the code object; record.code is its hash
  Bytes companion;  // the debug companion
  /// Native images: their signature part, which is no part of any id; empty: unsigned.
  Bytes signatures = {};
};

}  // namespace samara::runtime
