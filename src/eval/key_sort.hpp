#pragma once
// Stable sorting by keys of one type, without moving the keys: the result is the order of
// positions.
//
// Each key gets a 64-bit rank that agrees with the order (for numbers it decides it, for text it
// holds the bytes after the common beginning); positions are sorted by rank, in linear time when
// there are many, and only equal ranks are compared in full.
//
// Threads: the evaluating thread. Source: docs/formats/types.md, "order".

#include "eval/vm.hpp"

namespace samara::eval {

struct KeyRank {
  uint64_t rank;
  uint64_t position;
};

/// Positions 0 … count - 1 of `keys` in ascending order of the keys, equal keys in order of
/// position. Requires: the keys are rooted and stay unchanged. Shape: `count` KeyRank in a bytes
/// object; nullptr: the memory limit, reported to the Vm. Cost: linear for numbers; n log n
/// comparisons of equal ranks at worst.
BytesObject* sort_positions(Vm& vm, const Order& order, const Slot* keys, size_t count);

inline const KeyRank* ranks_of(const BytesObject* ranks) {
  return reinterpret_cast<const KeyRank*>(ranks->data());
}

}  // namespace samara::eval
