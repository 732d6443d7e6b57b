#pragma once
// The companion of canonical code: where each node of the program came from and what its variables
// and labels were called. It never enters a hash; attached to a program decoded from its canonical
// code it gives error messages their locations back.
//
// Threads: a value type. Source: docs/formats/east-ir.md, section 7.

#include <memory>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "ir/ir.hpp"

namespace samara::ir {

struct DebugInfo {
  std::vector<LocationList> locations;  // without repetition, in order of first use
  std::vector<uint32_t> nodes;          // index into locations, nodes in preorder
  std::vector<uint32_t> labels;  // … of the label of each loop, break and continue in preorder
  std::vector<std::string> variables;  // names of `_0`, `_1`, …
  std::vector<std::string> label_names;

  bool operator==(const DebugInfo&) const = default;
};

/// Locations of a program; the names stay empty.
DebugInfo locations_of(const Program& program);

/// Gives the program the locations and names.
/// Requires: the program is decoded from the canonical code the information was made with.
/// Errors: type_mismatch where the two do not belong together (numbers of nodes or labels differ).
Result<void> attach(Program& program, const DebugInfo& debug);

/// The type of debug information as an East value.
const Type* debug_info_type(TypeTable& types);
/// Full beast2, dialect B. Errors: exhausted.
Result<Bytes> encode_debug_info(const DebugInfo& debug);
/// Errors: those of beast2; corrupt (an index out of range).
Result<DebugInfo> decode_debug_info(ByteView bytes);

}  // namespace samara::ir
