#pragma once
// What each IR node carries beside its type and location, as data: decoder, encoder and the type of
// IR values are loops over this table.
//
// Threads: pure; the table is constant. Source: docs/formats/east-ir.md, section 2.

#include <cstdint>
#include <span>
#include <string_view>

#include "ir/ir.hpp"

namespace samara::ir {

/// How a field is written, and where a Node holds it.
enum class FieldShape : uint8_t {
  node,        // IR: one kid
  variable,    // IR that must be a Variable: one kid
  nodes,       // Array IR: kids
  captures,    // Array IR, all Variables: kids, their number in count_a
  parameters,  // … in count_b
  branches,    // Array {predicate: IR, body: IR}: two kids each
  entries,     // Array {key: IR, value: IR}: two kids each
  cases,       // Array {case: String, variable: IR, body: IR}: a name and two kids each
  fields,      // Array {name: String, value: IR}: a name and a kid each
  name,        // String
  types,       // Array of type values: type_parameters
  label,       // {name: String, location}: name and label_location
  is_mutable,  // Boolean, as the next three
  captured,
  is_async,
  optional,
  rows,  // Integer
  columns,
  literal,  // variant of the seven literals
};

struct NodeField {
  std::string_view name;
  FieldShape shape{};
  bool only_dialect_b = false;
};

/// The fields of a node in the order of the format.
std::span<const NodeField> node_fields(Op op);

/// The case index of a node in the dialect's IR type, or -1 where the dialect lacks it.
int32_t op_tag(Op op, Dialect dialect);
/// Requires: tag < op_tag_count(dialect).
Op op_of_tag(uint32_t tag, Dialect dialect);
inline constexpr uint32_t op_tag_count(Dialect dialect) { return dialect == Dialect::a ? 32 : 34; }

/// The constructor that a case index of the literal variant stands for, and back (-1: no literal).
/// Requires: tag < k_literal_count.
Kind literal_kind(uint32_t tag);
int32_t literal_tag(Kind kind);
inline constexpr uint32_t k_literal_count = 7;

}  // namespace samara::ir
