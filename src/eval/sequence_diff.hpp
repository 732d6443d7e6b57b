#pragma once
// The longest common subsequence of two sequences of numbers, with the tie-breaking that array
// patches prescribe: seen from the ends, equal elements are matched; otherwise the first sequence
// is shortened only where that is strictly better, else the second.
//
// The dynamic-programming table is kept as one bit for each cell (Hyyrö's bit-parallel form:
// whether the length grows from the column before), 64 cells to a machine word. Tables above
// k_sequence_table_bytes are not kept whole: every √n-th row is, and the blocks between are
// computed again on the way back. The matches are the same either way.
//
// Threads: the evaluating thread. Source: docs/formats/patches.md.

#include <functional>
#include <vector>

#include "eval/vm.hpp"

namespace samara::eval {

inline constexpr size_t k_sequence_table_bytes = size_t{64} << 20;

/// Which elements of the two sequences are kept; the k-th kept one of either matches the k-th of
/// the other.
struct CommonElements {
  std::vector<bool> first;
  std::vector<bool> second;
};

struct Sequences {
  const uint32_t* first;
  size_t first_size;
  const uint32_t* second;
  size_t second_size;
  uint32_t number_count;  // all numbers are below it
};

/// Follows the path of matches from the ends of both sequences until one is used up, calling
/// `keep(i, j)` for each match, last first; `left_first` and `left_second` are what remains then.
/// `table_bytes` is the table size to stay below where possible.
/// False: a limit, reported to the Vm.
/// Cost: first_size · second_size / 64 machine words, twice when the table is not kept whole;
/// counts a step for each row.
bool match_sequences(Vm& vm, const Sequences& sequences, size_t table_bytes,
                     const std::function<void(size_t, size_t)>& keep, size_t& left_first,
                     size_t& left_second);

/// Finds the common elements of two arrays.
/// Requires: no element is changed meanwhile.
bool find_common(Vm& vm, const Type* element, const ArrayObject* first, const ArrayObject* second,
                 CommonElements& common);

}  // namespace samara::eval
