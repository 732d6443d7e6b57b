#pragma once
// Random types and values from a seed, with odd names, extreme numbers, shared containers and
// cycles. The same seed gives the same values on every machine.

#include <cstdint>
#include <string>
#include <vector>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara::property {

/// The seed of this run: SAMARA_SEED in the environment, else a fixed one. Printed by the tests
/// when they fail.
uint64_t base_seed();

class ValueGenerator {
 public:
  ValueGenerator(uint64_t seed, TypeTable& types, Heap& heap)
      : state_(seed * 2 + 1), types_(types), heap_(heap) {}

  uint64_t below(uint64_t limit);
  bool chance(uint64_t one_in) { return below(one_in) == 0; }

  /// A closed type without functions and Never.
  const Type* type(int depth = 4);
  const Type* scalar_type();
  /// A value; containers of one type may be shared, and contain themselves, unless `sharing` is
  /// off.
  Slot value(const Type* type);

  int64_t integer();
  double number();
  std::string text();
  std::string name();

  bool sharing = true;

 private:
  const Type* part(int depth, int enclosing, bool key);
  const Type* named(Kind kind, int depth, int enclosing, bool key);
  Slot make(const Type* type, int depth);
  Slot container(const Type* type, int depth);
  uint32_t shallow_case(const Type* type, int depth);

  struct Made {
    const Type* type;
    Slot slot;
  };

  uint64_t state_;
  TypeTable& types_;
  Heap& heap_;
  std::vector<Made> made_;
  bool in_key_ = false;
  int budget_ = 0;
};

}  // namespace samara::property
