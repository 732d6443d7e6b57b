#pragma once
// Programs as East values and as bytes.
//
// Threads: pure apart from the heap. Source: docs/formats/east-ir.md, sections 2 and 3.

#include <string>

#include "core/bytes.hpp"
#include "ir/ir.hpp"
#include "ir/ir_type.hpp"

namespace samara::ir {

struct EncodeOptions {
  /// Equal types are one value, so that beast2 writes each list inside them once.
  bool share_types = true;
  /// Write locations; otherwise `<unknown> 0 0` in dialect A, empty lists in dialect B.
  bool locations = true;
  /// Kept by the caller for many programs of one type table; null: made for this call.
  IrSchemas* schemas = nullptr;
};

/// The program as a value of ir_type(types, dialect). Dialect A keeps the innermost location only.
/// Errors: unsupported (dialect A: NewVector, NewMatrix, Vector and Matrix types, type parameters
/// of platform functions, optional platform functions), exhausted (heap, depth).
Result<Slot> to_value(Heap& heap, const Program& program, Dialect dialect,
                      EncodeOptions options = {});

/// One node of the program, with what is below it, as the root of a value: a function value in
/// beast2.
Result<Slot> to_value(Heap& heap, const Program& program, const Node& node, Dialect dialect,
                      EncodeOptions options = {});

/// Full beast2. Errors: as to_value.
Result<Bytes> to_beast2(const Program& program, Dialect dialect, EncodeOptions options = {});
/// JSON; types are written out. Errors: as to_value.
Result<std::string> to_json(const Program& program, Dialect dialect);

}  // namespace samara::ir
