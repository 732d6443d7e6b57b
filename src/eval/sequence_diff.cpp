#include "eval/sequence_diff.hpp"

#include <algorithm>

#include "eval/collection_support.hpp"
#include "eval/keyed_builder.hpp"

namespace samara::eval {

namespace {

constexpr size_t k_word_bits = 64;

// Where each number occurs in the second sequence, as a bit row: kept ready for frequent numbers,
// put together for the others when their row is due.
class Occurrences {
 public:
  Occurrences(const Sequences& s, size_t words) : scratch_(words, 0) {
    starts_.assign(size_t{s.number_count} + 1, 0);
    for (size_t j = 0; j < s.second_size; j++) starts_[s.second[j] + 1]++;
    for (size_t n = 0; n < s.number_count; n++) starts_[n + 1] += starts_[n];
    places_.resize(s.second_size);
    std::vector<size_t> next(starts_.begin(), starts_.end() - 1);
    for (size_t j = 0; j < s.second_size; j++) {
      places_[next[s.second[j]]++] = static_cast<uint32_t>(j);
    }
    // At most 64 numbers are so frequent that setting their bits costs more than reading the row.
    frequent_.assign(s.number_count, nullptr);
    for (uint32_t n = 0; n < s.number_count; n++) {
      if (starts_[n + 1] - starts_[n] <= words) continue;
      auto& row = rows_.emplace_back(std::make_unique<uint64_t[]>(words));
      set_bits(n, row.get());
      frequent_[n] = row.get();
    }
  }
  const uint64_t* row(uint32_t number) {
    if (frequent_[number] != nullptr) return frequent_[number];
    for (size_t k = starts_[shown_]; k < starts_[shown_ + 1]; k++) {
      scratch_[places_[k] / k_word_bits] = 0;
    }
    shown_ = number;
    set_bits(number, scratch_.data());
    return scratch_.data();
  }

 private:
  void set_bits(uint32_t number, uint64_t* row) {
    for (size_t k = starts_[number]; k < starts_[number + 1]; k++) {
      row[places_[k] / k_word_bits] |= uint64_t{1} << (places_[k] % k_word_bits);
    }
  }

  std::vector<size_t> starts_;
  std::vector<uint32_t> places_;
  std::vector<const uint64_t*> frequent_;
  std::vector<std::unique_ptr<uint64_t[]>> rows_;
  std::vector<uint64_t> scratch_;
  uint32_t shown_ = 0;
};

// One row of the table from the one before. A bit is 0 where the length grows.
void next_row(const uint64_t* before, const uint64_t* matches, uint64_t* row, size_t words) {
  uint64_t carry = 0;
  for (size_t w = 0; w < words; w++) {
    uint64_t v = before[w];
    uint64_t m = matches[w];
    uint64_t sum = v + (v & m);
    uint64_t carry_out = sum < v ? 1 : 0;
    sum += carry;
    carry_out |= sum < carry ? 1 : 0;
    row[w] = sum | (v & ~m);
    carry = carry_out;
  }
}

// The table, whole or as blocks of rows between kept ones. Row 0 is the empty first sequence.
class Table {
 public:
  Table(Vm& vm, const Sequences& s, size_t words)
      : vm_(vm), s_(s), words_(words), occurrences_(s, words) {}

  bool prepare(size_t table_bytes) {
    size_t row_bytes = words_ * sizeof(uint64_t);
    block_rows_ = s_.first_size;
    if (s_.first_size > table_bytes / row_bytes) {
      size_t rows = 1;
      while (rows * rows < s_.first_size) rows++;
      block_rows_ = rows;
    }
    size_t blocks = (s_.first_size + block_rows_ - 1) / block_rows_;
    if (!make_rows(kept_, blocks) || !make_rows(block_, block_rows_)) return false;
    std::fill_n(row_at(kept_, 0), words_, UINT64_MAX);
    for (size_t b = 0; b + 1 < blocks; b++) {
      if (!fill_block(b)) return false;
      std::copy_n(row_at(block_, block_rows_ - 1), words_, row_at(kept_, b + 1));
    }
    if (blocks - 1 != filled_) return fill_block(blocks - 1);
    return true;
  }

  /// Whether the length grows between column j - 1 and j of row i (both from 1).
  bool grows(size_t i, size_t j, bool& failed) {
    size_t block = (i - 1) / block_rows_;
    if (block != filled_ && !fill_block(block)) {
      failed = true;
      return false;
    }
    const uint64_t* row = row_at(block_, (i - 1) % block_rows_);
    return (row[(j - 1) / k_word_bits] >> ((j - 1) % k_word_bits) & 1) == 0;
  }

 private:
  bool make_rows(BytesObject*& rows, size_t count) {
    if (count > UINT32_MAX / (words_ * sizeof(uint64_t))) return vm_.fail_memory();
    rows = make_bytes(vm_, count * words_ * sizeof(uint64_t));
    return rows != nullptr;
  }
  uint64_t* row_at(BytesObject* rows, size_t i) {
    return reinterpret_cast<uint64_t*>(rows->data()) + i * words_;
  }
  bool fill_block(size_t block) {
    const uint64_t* before = row_at(kept_, block);
    size_t first = block * block_rows_;
    size_t count = std::min(block_rows_, s_.first_size - first);
    for (size_t r = 0; r < count; r++) {
      uint64_t* row = row_at(block_, r);
      next_row(before, occurrences_.row(s_.first[first + r]), row, words_);
      before = row;
      if (!vm_.step()) return false;
    }
    filled_ = block;
    return true;
  }

  Vm& vm_;
  const Sequences& s_;
  size_t words_;
  Occurrences occurrences_;
  size_t block_rows_ = 0;
  BytesObject* kept_ = nullptr;   // the row before each block
  BytesObject* block_ = nullptr;  // the rows of one block
  size_t filled_ = SIZE_MAX;      // which
};

// Numbers for the elements: equal elements have equal numbers.
bool number_elements(Vm& vm, KeyedBuilder& numbers, const ArrayObject* array, size_t begin,
                     size_t end, std::vector<uint32_t>& out) {
  out.reserve(end - begin);
  for (size_t i = begin; i < end; i++) {
    KeyedBuilder::Found found;
    if (!vm.step() || !numbers.locate(array->data[i], found)) return false;
    out.push_back(static_cast<uint32_t>(found.index));
  }
  return true;
}

}  // namespace

bool match_sequences(Vm& vm, const Sequences& s, size_t table_bytes,
                     const std::function<void(size_t, size_t)>& keep, size_t& left_first,
                     size_t& left_second) {
  left_first = s.first_size;
  left_second = s.second_size;
  if (s.first_size == 0 || s.second_size == 0) return true;
  size_t words = (s.second_size + k_word_bits - 1) / k_word_bits;
  Table table(vm, s, words);
  if (!table.prepare(table_bytes)) return false;
  bool failed = false;
  while (left_first != 0 && left_second != 0) {
    if (s.first[left_first - 1] == s.second[left_second - 1]) {
      keep(--left_first, --left_second);
    } else if (table.grows(left_first, left_second, failed)) {
      left_first--;
    } else {
      if (failed) return false;
      left_second--;
    }
  }
  return true;
}

// A common end is matched by the rule itself. A common beginning of p elements takes no part in the
// table either: within its first p columns the length grows everywhere (below the diagonal), within
// its first p rows nowhere (right of it), so there the rule is decided without one.
bool find_common(Vm& vm, const Type* element, const ArrayObject* first, const ArrayObject* second,
                 CommonElements& common) {
  common.first.assign(first->size, false);
  common.second.assign(second->size, false);
  auto same = [&](size_t i, size_t j) { return equal(element, first->data[i], second->data[j]); };
  auto keep = [&](size_t i, size_t j) {
    common.first[i] = true;
    common.second[j] = true;
  };
  size_t i = first->size;
  size_t j = second->size;
  while (i != 0 && j != 0 && same(i - 1, j - 1)) keep(--i, --j);
  size_t begin = 0;
  while (begin < i && begin < j && same(begin, begin)) begin++;
  if (i > begin && j > begin) {
    Order order(element);
    KeyedBuilder numbers(vm, order, KeyedBuilder::Makes::set);
    std::vector<uint32_t> a;
    std::vector<uint32_t> b;
    if (!number_elements(vm, numbers, first, begin, i, a) ||
        !number_elements(vm, numbers, second, begin, j, b)) {
      return false;
    }
    Sequences sequences{a.data(), a.size(), b.data(), b.size(),
                        static_cast<uint32_t>(numbers.size())};
    size_t left_first = 0;
    size_t left_second = 0;
    auto keep_inner = [&](size_t x, size_t y) { keep(begin + x, begin + y); };
    if (!match_sequences(vm, sequences, k_sequence_table_bytes, keep_inner, left_first,
                         left_second)) {
      return false;
    }
    i = begin + left_first;
    j = begin + left_second;
  }
  while (i != 0 && j != 0) {
    if (same(i - 1, j - 1)) {
      keep(--i, --j);
    } else if (i > j) {
      i--;
    } else {
      j--;
    }
    if (!vm.step()) return false;
  }
  return true;
}

}  // namespace samara::eval
