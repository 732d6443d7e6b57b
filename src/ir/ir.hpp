#pragma once
// East IR in memory: one tree for both dialects. A Program owns its nodes, names, locations and the
// heap of its literals; types come from the caller's TypeTable.
//
// Threads: a Program is immutable once built and may be shared. Source: docs/formats/east-ir.md.

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara::ir {

enum class Op : uint8_t {
#define SAMARA_NODE(id, name, tag_a, tag_b) id,
#include "ir/nodes.def"
#undef SAMARA_NODE
};
inline constexpr unsigned k_op_count = 34;
std::string_view op_name(Op op);

/// IR nodes nest at most this deep (decoder, checker and compiler recurse over the tree).
#ifdef SAMARA_HOST
inline constexpr uint32_t k_ir_depth_max = 1000;
#else
inline constexpr uint32_t k_ir_depth_max = 100;
#endif

struct Location {
  std::string filename;
  int64_t line = 0;
  int64_t column = 0;
  bool operator==(const Location&) const = default;
};
/// Innermost first. Dialect A has exactly one entry for each node.
using LocationList = std::vector<Location>;

/// Numbers into the program's tables.
using NameId = uint32_t;
using LocationId = uint32_t;

/// One node. What `kids` holds, by op (V = a variable node):
///   as, error, get_field, new_ref, return_, unwrap_recursive, wrap_recursive, variant: [value]
///   assign, let: [V, value]
///   function, async_function: [captures V × count_a] [parameters V × count_b] [body]
///   block: statements            builtin, platform: arguments
///   call, call_async: [callee, arguments…]
///   for_array, for_dict: [collection, key V, value V, body]     for_set: [set, key V, body]
///   if_else: [predicate, body]… [else_body]
///   match: [variant] then [case V, body]… (names = case names)
///   new_array, new_set, new_vector, new_matrix: values
///   new_dict: [key, value]…      struct_: field values (names = field names)
///   try_catch: [try, catch, message V, stack V, finally]
///   while_: [predicate, body]    value, variable, break_, continue_: none
struct Node {
  Op op{};
  bool is_mutable = false;  // variable
  bool captured = false;    // variable
  bool is_async = false;    // platform
  bool optional = false;    // platform
  uint32_t count_a = 0;     // function: number of captures
  uint32_t count_b = 0;     // function: number of parameters
  const Type* type = nullptr;
  LocationId location = 0;
  LocationId label_location = 0;  // loops, break_, continue_
  NameId name =
      0;  // variable, field, case, builtin, platform function; label of loops, break_, continue_
  std::span<Node*> kids;
  std::span<NameId> names;                 // match: cases; struct_: fields
  std::span<const Type*> type_parameters;  // builtin, platform
  Slot literal;                    // value: by type->kind(); text and blobs in the program's heap
  Kind literal_kind = Kind::null;  // value: the literal's case; equals type->kind() once checked
  int64_t rows = 0;                // new_matrix
  int64_t columns = 0;             // new_matrix
};

/// A function as IR. The root is a function or async_function node without captures.
class Program {
 public:
  explicit Program(TypeTable& types);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  TypeTable& types() const { return types_; }
  Heap& literals() { return literals_; }
  /// The dialect of the form it was read from: what builtins that write binary formats write.
  Dialect dialect() const { return dialect_; }
  void set_dialect(Dialect dialect) { dialect_ = dialect; }
  const Node* root() const { return root_; }
  /// For passes that rewrite names or locations before the program is shared.
  Node* mutable_root() { return root_; }
  void set_root(Node* node) { root_ = node; }
  /// Nodes made so far.
  size_t node_count() const { return node_count_; }

  Node* new_node(Op op, const Type* type, LocationId location);
  std::span<Node*> new_kids(std::span<Node* const> kids);
  std::span<NameId> new_names(std::span<const NameId> names);
  std::span<const Type*> new_types(std::span<const Type* const> types);

  /// Interned names: equal text gives the same number; 0 is the empty name.
  NameId intern(std::string_view text);
  std::string_view name(NameId id) const { return names_[id]; }
  size_t name_count() const { return names_.size(); }

  /// Interned location lists; 0 is the empty list.
  LocationId intern(const LocationList& list);
  /// As intern of a list of one.
  LocationId intern(std::string_view filename, int64_t line, int64_t column);
  const LocationList& location(LocationId id) const { return locations_[id]; }
  size_t location_count() const { return locations_.size(); }

 private:
  struct Tables;
  void* allocate(size_t size);
  template <typename T>
  std::span<T> copy(std::span<const T> from);

  TypeTable& types_;
  Heap literals_;
  Dialect dialect_ = Dialect::b;
  Node* root_ = nullptr;
  size_t node_count_ = 0;
  // Nodes, their lists and the text of names: bump allocated, freed with the program.
  std::vector<std::unique_ptr<uint64_t[]>> chunks_;
  size_t chunk_left_ = 0;  // in words
  uint64_t* chunk_next_ = nullptr;
  std::vector<std::string_view> names_;
  std::deque<LocationList> locations_;
  std::unique_ptr<Tables> tables_;
};

/// `file line:column` of the first location, or `<unknown> 0:0`; for checker messages.
std::string location_text(const LocationList& list);

}  // namespace samara::ir
