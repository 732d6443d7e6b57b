#include "ir/node_fields.hpp"

#include <array>

namespace samara::ir {

namespace {

struct Row {
  Op op{};
  NodeField field;
};

constexpr std::array k_rows = {
#define SAMARA_FIELD(op, name, shape, only_b) Row{Op::op, {name, FieldShape::shape, only_b}},
#include "ir/fields.def"
#undef SAMARA_FIELD
};

constexpr auto k_fields = [] {
  std::array<NodeField, k_rows.size()> out{};
  for (size_t i = 0; i < out.size(); i++) out[i] = k_rows[i].field;
  return out;
}();

// first[op] is where the fields of op begin; the table is in the order of the ops.
constexpr auto k_first = [] {
  std::array<uint8_t, k_op_count + 1> first{};
  size_t row = 0;
  for (unsigned op = 0; op < k_op_count; op++) {
    first[op] = static_cast<uint8_t>(row);
    while (row < k_rows.size() && static_cast<unsigned>(k_rows[row].op) == op) row++;
  }
  first[k_op_count] = static_cast<uint8_t>(row);
  return first;
}();
static_assert(k_first[k_op_count] == k_rows.size(), "fields.def is in the order of nodes.def");

struct Tags {
  int8_t a = -1;
  int8_t b = -1;
};
constexpr std::array<Tags, k_op_count> k_tags = {
#define SAMARA_NODE(id, name, tag_a, tag_b) Tags{tag_a, tag_b},
#include "ir/nodes.def"
#undef SAMARA_NODE
};

constexpr auto ops_by_tag(bool dialect_a) {
  std::array<Op, k_op_count> out{};
  for (unsigned op = 0; op < k_op_count; op++) {
    int tag = dialect_a ? k_tags[op].a : k_tags[op].b;
    if (tag >= 0) out[static_cast<size_t>(tag)] = static_cast<Op>(op);
  }
  return out;
}
constexpr auto k_ops_a = ops_by_tag(true);
constexpr auto k_ops_b = ops_by_tag(false);

constexpr Kind k_literals[k_literal_count] = {Kind::blob,   Kind::boolean, Kind::datetime,
                                              Kind::float_, Kind::integer, Kind::null,
                                              Kind::string};

}  // namespace

std::span<const NodeField> node_fields(Op op) {
  auto i = static_cast<size_t>(op);
  return std::span(k_fields).subspan(k_first[i], static_cast<size_t>(k_first[i + 1] - k_first[i]));
}

int32_t op_tag(Op op, Dialect dialect) {
  Tags tags = k_tags[static_cast<size_t>(op)];
  return dialect == Dialect::a ? tags.a : tags.b;
}

Op op_of_tag(uint32_t tag, Dialect dialect) {
  SAMARA_ASSERT(tag < op_tag_count(dialect));
  return dialect == Dialect::a ? k_ops_a[tag] : k_ops_b[tag];
}

Kind literal_kind(uint32_t tag) {
  SAMARA_ASSERT(tag < k_literal_count);
  return k_literals[tag];
}

int32_t literal_tag(Kind kind) {
  for (uint32_t tag = 0; tag < k_literal_count; tag++) {
    if (k_literals[tag] == kind) return static_cast<int32_t>(tag);
  }
  return -1;
}

}  // namespace samara::ir
