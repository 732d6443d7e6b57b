#include "ir/ir.hpp"

#include <unordered_map>

namespace samara::ir {

std::string_view op_name(Op op) {
  switch (op) {
#define SAMARA_NODE(id, name, tag_a, tag_b) \
  case Op::id:                              \
    return name;
#include "ir/nodes.def"
#undef SAMARA_NODE
  }
  return "?";
}

struct Program::Tables {
  std::unordered_map<std::string_view, NameId> names;
  std::unordered_map<std::string, LocationId> locations;
};

Program::Program(TypeTable& types) : types_(types), tables_(std::make_shared<Tables>()) {
  intern(std::string_view{});
  intern(LocationList{});
}

Node* Program::new_node(Op op, const Type* type, LocationId location) {
  Node& node = nodes_.emplace_back();
  node.op = op;
  node.type = type;
  node.location = location;
  return &node;
}

std::span<Node*> Program::new_kids(std::span<Node* const> kids) {
  return kid_lists_.emplace_back(kids.begin(), kids.end());
}
std::span<NameId> Program::new_names(std::span<const NameId> names) {
  return name_lists_.emplace_back(names.begin(), names.end());
}
std::span<const Type*> Program::new_types(std::span<const Type* const> types) {
  return type_lists_.emplace_back(types.begin(), types.end());
}

NameId Program::intern(std::string_view text) {
  auto at = tables_->names.find(text);
  if (at != tables_->names.end()) return at->second;
  auto id = static_cast<NameId>(names_.size());
  names_.emplace_back(text);
  tables_->names.emplace(names_.back(), id);
  return id;
}

LocationId Program::intern(const LocationList& list) {
  std::string key;
  for (const Location& at : list) {
    key += at.filename;
    key += '\0';
    key += std::to_string(at.line);
    key += ':';
    key += std::to_string(at.column);
    key += '\n';
  }
  auto found = tables_->locations.find(key);
  if (found != tables_->locations.end()) return found->second;
  auto id = static_cast<LocationId>(locations_.size());
  locations_.push_back(list);
  tables_->locations.emplace(std::move(key), id);
  return id;
}

std::string location_text(const LocationList& list) {
  if (list.empty()) return "<unknown> 0:0";
  const Location& at = list.front();
  return at.filename + " " + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace samara::ir
