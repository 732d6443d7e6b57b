#pragma once
// Canonical code: one byte string for all ways to write a program that differ only in dialect,
// container, names of variables and labels, locations, sharing, and the order in which captures are
// listed. Its SHA-256 is the identity of the code.
//
// Threads: pure apart from the type table. Source: docs/formats/east-ir.md, section 6.

#include <memory>

#include "core/hash.hpp"
#include "ir/debug_info.hpp"
#include "ir/ir.hpp"
#include "ir/ir_type.hpp"

namespace samara::ir {

/// A program with canonical names and captures, which still has its locations.
struct CanonicalProgram {
  std::unique_ptr<Program> program;
  std::vector<std::string> variables;  // original names of `_0`, `_1`, …
  std::vector<std::string> labels;
};

/// Requires: a program that passes the checker.
/// Errors: check_failed (a name without definition, captures of the root), exhausted (depth).
Result<CanonicalProgram> canonicalize(const Program& program);

struct CanonicalCode {
  // Full beast2 of the IR value, which decodes to a program that runs. In dialect B, except for
  // programs of dialect A whose results show it: those that write beast2 headers which differ.
  Bytes bytes;
  Hash hash;  // of bytes
  DebugInfo debug;
};

/// Requires and errors: as canonicalize; those of to_value.
/// Cost: linear in the program with its types written out once.
/// `schemas`: kept by the caller for many programs of one type table.
Result<CanonicalCode> canonical_code(const Program& program, IrSchemas* schemas = nullptr);

}  // namespace samara::ir
