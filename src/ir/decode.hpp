#pragma once
// Programs from East values and from files. Foreign input: every rule about the shape of IR is
// checked here, the rules about its meaning in check.hpp.
//
// Threads: as the type table; a ProgramReader belongs to one thread.
// Source: docs/formats/east-ir.md, sections 2 and 3.

#include <memory>

#include "core/bytes.hpp"
#include "ir/ir.hpp"
#include "ir/ir_type.hpp"

namespace samara::ir {

/// A program has at most this many nodes once shared parts are written out.
#ifdef SAMARA_HOST
inline constexpr size_t k_ir_nodes_max = size_t{1} << 22;
#else
inline constexpr size_t k_ir_nodes_max = 2048;
#endif

/// A program from a decoded value. The root may have captures (check.hpp decides).
/// Requires: `value` is a value of ir_type(types, dialect).
/// Errors: corrupt, naming the path of the node (a place for a variable holds something else, the
/// root is no function, a type value is not valid, the value contains itself), exhausted (depth,
/// nodes, type limits).
/// Owns: the program refers to nothing in the value's heap.
Result<std::unique_ptr<Program>> from_value(TypeTable& types, Slot value, Dialect dialect,
                                            size_t nodes_max = k_ir_nodes_max);

/// What a decoder of function values must know of the IR before its captured values are read.
struct CapturedVariables {
  std::vector<std::string> names;
  std::vector<const Type*> types;
};
/// The captures of a function node, in order. Requires and errors: as from_value.
Result<CapturedVariables> captured_variables(TypeTable& types, Slot value, Dialect dialect);

/// Reads program files: full beast2 or JSON, of either dialect, told apart by their content.
/// Keeps what all files have in common, so use one for many files.
class ProgramReader {
 public:
  explicit ProgramReader(TypeTable& types) : schemas_(types) {}
  TypeTable& types() const { return schemas_.types(); }

  /// Errors: those of the codecs (corrupt or type_mismatch with an offset, exhausted) and of
  /// from_value; corrupt where the bytes are neither format.
  /// Cost: linear in the bytes.
  Result<std::unique_ptr<Program>> read(ByteView bytes);
  Result<std::unique_ptr<Program>> read_beast2(ByteView bytes, Dialect dialect);
  Result<std::unique_ptr<Program>> read_json(std::string_view text, Dialect dialect);

  /// The dialect of a file as `read` sees it; for messages to people.
  static Result<Dialect> dialect_of(ByteView bytes);

  /// For encoding programs of the same type table.
  IrSchemas& schemas() { return schemas_; }

 private:
  IrSchemas schemas_;
};

/// One file; as ProgramReader::read.
Result<std::unique_ptr<Program>> from_bytes(TypeTable& types, ByteView bytes);

}  // namespace samara::ir
