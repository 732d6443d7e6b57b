#pragma once
// Random types and values of them, for tests of codecs, order and the evaluator: with sharing and
// cycles where the type allows them. The same seed gives the same ones on every machine.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara::test {

/// splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  /// Below `bound`, which is at least 1.
  uint64_t below(uint64_t bound) { return next() % bound; }
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

/// The seed of a test run: SAMARA_SEED from the environment, else `usual`. Print it with
/// SCOPED_TRACE.
uint64_t seed_of_run(uint64_t usual);

struct RandomTypeOptions {
  uint32_t depth_max = 4;
  bool refs = true;       // Ref, and recursive types
  bool packed = true;     // Vector and Matrix
  bool nul_free = false;  // no NUL in names and strings
};

/// A data type without Never and functions, every value of which can be finite.
const Type* random_type(Random& random, TypeTable& types, RandomTypeOptions options = {});

class RandomValues {
 public:
  RandomValues(Random& random, Heap& heap, bool nul_free = false)
      : random_(random), heap_(heap), nul_free_(nul_free) {}
  /// About `size` leaves at most.
  Slot value(const Type* type, uint32_t size = 60);

 private:
  Slot make(const Type* type, uint32_t depth);
  Slot container(const Type* type, uint32_t depth);
  Slot text();
  uint32_t count(uint32_t depth);

  Random& random_;
  Heap& heap_;
  bool nul_free_;
  int64_t budget_ = 0;
  std::map<const Type*, std::vector<Slot>> made_;  // containers that may be used again
};

}  // namespace samara::test
