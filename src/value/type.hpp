#pragma once
// East types, interned: within one TypeTable two types are equal exactly when their pointers are.
//
// A Type is a node of a *type value*: a tree in which a use of an enclosing recursive type is a
// `recursive` node with a distance n, counting constructors outward (1 = the enclosing one). A type
// without a reference that leaves it is *closed*; only closed types describe values. `child(i)` of
// a closed type is its i-th component with references to the type itself unfolded once, so it is
// closed again: walking child() never meets a `recursive` node.
//
// Threads: Types are immutable and may be shared; TypeTable::intern calls are serialised by the
// table. Source: docs/formats/types.md; equality is type-value equality (no unfolding).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace samara {

enum class Kind : uint8_t {
#define SAMARA_KIND(id, name, tag_a, tag_b) id,
#include "value/kinds.def"
#undef SAMARA_KIND
};
inline constexpr unsigned k_kind_count = 19;

/// The constructor's East name, for example "Integer".
std::string_view kind_name(Kind kind);

/// Which generation of type tags and IR nodes a byte format uses (A: 17 type cases, B: 19).
enum class Dialect : uint8_t { a, b };

/// Limits of a type, against hostile headers: constructors on a path, and nodes of the written-out
/// tree.
inline constexpr uint32_t k_type_depth_max = 256;
inline constexpr uint32_t k_type_nodes_max = 1U << 20;

class Type {
 public:
  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }

  /// Number of components: 1 for ref/array/set/vector/matrix (the element), 2 for dict (key,
  /// value), fields or cases, inputs + 1 for functions (the output is last), else 0.
  uint32_t arity() const { return static_cast<uint32_t>(parts_.size()); }
  /// Component i as written in the type value; may hold references that leave it.
  const Type* part(uint32_t i) const { return parts_[i]; }
  /// Component i, closed (see above). Requires: closed().
  const Type* child(uint32_t i) const { return children_[i]; }
  /// Element of ref/array/set/vector/matrix, closed.
  const Type* element() const { return children_[0]; }
  const Type* key() const { return children_[0]; }
  const Type* dict_value() const { return children_[1]; }
  /// Name of field or case i. Cases are sorted by UTF-8 bytes; fields keep their order.
  std::string_view name(uint32_t i) const { return names_[i]; }
  /// Index of a field or case, or -1.
  int32_t index_of(std::string_view name) const;
  uint32_t input_count() const { return arity() - 1; }
  const Type* output() const { return children_[arity() - 1]; }
  /// Distance of a `recursive` node, ≥ 1.
  uint32_t distance() const { return distance_; }

  /// No reference leaves this type.
  bool closed() const { return free_ == 0; }
  /// A reference inside points to this very node: the body of a recursive type.
  bool recursive_body() const { return recursive_body_; }
  /// This type or one reachable from it is recursive: its values may nest without bound or be
  /// cyclic.
  bool has_recursion() const { return has_recursion_; }
  /// May be a Set element or Dict key: no Ref, Array, Set, Dict, Vector, Matrix or function inside.
  bool immutable() const { return immutable_; }
  /// Has JSON and text forms: no Function or AsyncFunction inside.
  bool is_data() const { return is_data_; }
  /// Values are, or can hold, heap objects (false for Null, Boolean, Integer, Float, DateTime).
  bool is_scalar() const {
    return kind_ == Kind::null || kind_ == Kind::boolean || kind_ == Kind::integer ||
           kind_ == Kind::float_ || kind_ == Kind::datetime;
  }
  bool is_function() const { return kind_ == Kind::function || kind_ == Kind::async_function; }
  /// Nodes of the written-out tree (saturating).
  uint32_t node_count() const { return node_count_; }
  uint32_t depth() const { return depth_; }
  /// Dense number of the type within its table.
  uint32_t id() const { return id_; }
  /// Least number of bytes a value takes in beast2; 0 for Null, empty structs and the like.
  uint32_t min_bytes() const { return min_bytes_; }

 private:
  friend class TypeTable;
  Type() = default;
  Kind kind_{};
  bool recursive_body_ = false;
  bool has_recursion_ = false;
  bool immutable_ = true;
  bool is_data_ = true;
  uint32_t free_ = 0;  // largest distance by which a reference leaves this node
  uint32_t distance_ = 0;
  uint32_t node_count_ = 1;
  uint32_t depth_ = 1;
  uint32_t id_ = 0;
  uint32_t min_bytes_ = 0;
  uint64_t hash_ = 0;
  std::vector<const Type*> parts_;
  std::vector<const Type*> children_;
  std::vector<std::string> names_;
};

/// A field or case as given to the table.
struct NamedType {
  std::string_view name;
  const Type* type;
};

/// Owns and interns types. All types used together must come from one table.
class TypeTable {
 public:
  TypeTable();
  ~TypeTable();
  TypeTable(const TypeTable&) = delete;
  TypeTable& operator=(const TypeTable&) = delete;

  const Type* never() const { return primitive(Kind::never); }
  const Type* null() const { return primitive(Kind::null); }
  const Type* boolean() const { return primitive(Kind::boolean); }
  const Type* integer() const { return primitive(Kind::integer); }
  const Type* float_() const { return primitive(Kind::float_); }
  const Type* string() const { return primitive(Kind::string); }
  const Type* datetime() const { return primitive(Kind::datetime); }
  const Type* blob() const { return primitive(Kind::blob); }
  /// Requires: `kind` has no parameters.
  const Type* primitive(Kind kind) const;

  // Constructors for parts already known to be valid (programs, built-in types). Asserts validity.
  const Type* ref(const Type* element);
  const Type* array(const Type* element);
  const Type* set(const Type* key);
  const Type* dict(const Type* key, const Type* value);
  const Type* vector(const Type* element);
  const Type* matrix(const Type* element);
  const Type* structure(std::span<const NamedType> fields);
  const Type* structure(std::initializer_list<NamedType> fields);
  /// Sorts the cases by name.
  const Type* variant(std::span<const NamedType> cases);
  const Type* variant(std::initializer_list<NamedType> cases);
  const Type* option(const Type* some);
  const Type* function(std::span<const Type* const> inputs, const Type* output);
  const Type* function(std::initializer_list<const Type*> inputs, const Type* output);
  const Type* async_function(std::span<const Type* const> inputs, const Type* output);
  /// Requires: distance ≥ 1.
  const Type* recursive(uint32_t distance);

  // Checked constructors for foreign input.
  // Errors: corrupt (mutable key, duplicate or unsorted names, bad vector element), exhausted
  // (limits). A node may be open: the caller that closes the tree checks closed().
  /// Shape: kinds with one parameter: ref, array, set, vector, matrix.
  Result<const Type*> checked_unary(Kind kind, const Type* element);
  Result<const Type*> checked_dict(const Type* key, const Type* value);
  /// Shape: struct_ or variant. Variant cases must be strictly ascending by UTF-8 bytes.
  Result<const Type*> checked_named(Kind kind, std::span<const NamedType> parts);
  /// Shape: function or async_function.
  Result<const Type*> checked_function(Kind kind, std::span<const Type* const> inputs,
                                       const Type* output);

  /// The number of types made so far.
  uint32_t size() const;

 private:
  struct Impl;
  Result<const Type*> intern(Type&& candidate);
  const Type* must(Result<const Type*> result);
  const Type* substitute(const Type* in, uint32_t depth, const Type* root);
  void close(Type* type);
  std::unique_ptr<Impl> impl_;
  const Type* primitives_[k_kind_count] = {};
};

/// Subtyping `a <: b` as the As node needs it. Source: docs/formats/types.md.
bool is_subtype(const Type* a, const Type* b);
/// Equality up to unfolding of recursive types on either side.
bool equal_modulo_unfolding(const Type* a, const Type* b);

}  // namespace samara
