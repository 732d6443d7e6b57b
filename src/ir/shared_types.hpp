#pragma once
// Type values with as much sharing as there can be: equal types are one value, and equal lists of
// fields, cases or inputs are one list, whichever types they belong to. What is written therefore
// depends on the types alone, which is what canonical code needs.
//
// Threads: one thread. Source: docs/formats/east-ir.md, section 6.

#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara::ir {

class SharedTypes {
 public:
  /// Requires: the values stay alive as long as the object is used.
  SharedTypes(Heap& heap, Dialect dialect) : heap_(heap), dialect_(dialect) {}
  /// Requires: type_fits(type, dialect). Errors: exhausted (heap).
  Result<Slot> value(const Type* type);

 private:
  using NamedKey = std::vector<std::pair<std::string_view, const Type*>>;

  Result<Slot> payload(const Type* type);
  Result<Slot> named_list(const Type* type);
  Result<Slot> input_list(const Type* type);
  Slot pair(Slot first, Slot second);

  Heap& heap_;
  Dialect dialect_;
  std::unordered_map<const Type*, Slot> values_;
  // Names are those of the types, which outlive this object.
  std::map<NamedKey, Slot> named_;
  std::map<std::vector<const Type*>, Slot> inputs_;
};

}  // namespace samara::ir
