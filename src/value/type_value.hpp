#pragma once
// Types as East values. The type of type values is a recursive Variant with one case for each
// constructor (17 in dialect A, 19 in dialect B); programs carry such values, and the header of a
// beast2 file is one.
//
// Threads: as the heap and the type table. Source: docs/formats/beast2.md, section 3.

#include <unordered_map>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara {

/// The type of type values.
const Type* type_type(TypeTable& types, Dialect dialect);

/// The case index of a constructor in the type of type values; -1 where the dialect lacks it.
int32_t type_tag(Kind kind, Dialect dialect);
/// The constructor of a case index. Requires: tag < type_tag_count(dialect).
Kind kind_of_tag(uint32_t tag, Dialect dialect);
inline constexpr uint32_t type_tag_count(Dialect dialect) {
  return dialect == Dialect::a ? 17 : 19;
}

/// Whether every constructor inside `type` exists in the dialect (A has no Vector and no Matrix).
bool type_fits(const Type* type, Dialect dialect);

/// Type values already made in one heap. Where it shares, equal types give the same value, so that
/// a program's types take little memory and few bytes; otherwise each call makes a fresh tree.
/// Requires: the values stay alive (rooted by the caller) as long as the cache is used.
class TypeValueCache {
 public:
  explicit TypeValueCache(bool share = true) : share_(share) {}

 private:
  friend class TypeValueWriter;
  bool share_;
  std::unordered_map<const Type*, Slot> values_[2];  // by dialect
};

/// The value of a type, which may be open (hold references that leave it).
/// Requires: type_fits(type, dialect).
Slot type_to_value(Heap& heap, const Type* type, Dialect dialect, TypeValueCache& cache);

/// Reads type values. Keeps what it has read, by object: use one reader for the many type values of
/// one program, and drop it when the objects may change or go away.
class TypeReader {
 public:
  TypeReader(TypeTable& types, Dialect dialect) : types_(types), dialect_(dialect) {}
  /// Requires: `value` is a value of type_type(dialect).
  /// Errors: corrupt (a reference that leaves the type, mutable keys, duplicate or unsorted names,
  /// a value that contains itself), exhausted (limits of type.hpp).
  Result<const Type*> read(Slot value);

 private:
  Result<void> spend();
  Result<const Type*> read_part(Slot value, uint32_t depth);
  Result<const Type*> read_case(Kind kind, Slot payload, uint32_t depth);
  Result<const Type*> read_named(Kind kind, Slot list, uint32_t depth);
  Result<const Type*> read_function(Kind kind, Slot parts, uint32_t depth);

  TypeTable& types_;
  Dialect dialect_;
  uint32_t entries_left_ = 4 * k_type_nodes_max;     // list entries one reader may look at
  std::unordered_map<uint64_t, const Type*> known_;  // by object; nullptr while it is being read
};

/// One type value; as TypeReader::read.
Result<const Type*> type_from_value(TypeTable& types, Slot value, Dialect dialect);

}  // namespace samara
