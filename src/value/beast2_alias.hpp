#pragma once
// The two tables behind back-references. The writer asks "was this object written, and where?" for
// each Ref, Array, Set and Dict; the reader asks "which object stands at this offset?".
//
// Nearly all answers are no, so the writer keeps one bit for each 16 bytes of memory in pages, a
// look-up without a cache miss for objects that lie near each other, and a log of (object, offset)
// which is turned into a hash table only when an object comes a second time. The reader's table is
// sorted by construction and searched only on a hit.
//
// Threads: values of one call.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "value/object.hpp"

namespace samara {

struct Beast2Node;

/// An append-only list in pieces: growing copies nothing, and the first few need no memory.
template <typename T>
class PieceList {
 public:
  static constexpr size_t k_few = 8;
  static constexpr size_t k_piece = 1024;

  size_t size() const { return size_; }
  void push(const T& item) {
    if (size_ < k_few) {
      few_[size_++] = item;
      return;
    }
    size_t at = size_ - k_few;
    if (at % k_piece == 0) pieces_.push_back(std::make_unique_for_overwrite<T[]>(k_piece));
    pieces_[at / k_piece][at % k_piece] = item;
    size_++;
  }
  const T& operator[](size_t i) const {
    if (i < k_few) return few_[i];
    return pieces_[(i - k_few) / k_piece][(i - k_few) % k_piece];
  }

 private:
  size_t size_ = 0;
  T few_[k_few];
  std::vector<std::unique_ptr<T[]>> pieces_;
};

class WrittenObjects {
 public:
  /// The offset recorded for `object`; 0 when it is new, and then `offset` is recorded.
  /// Requires: offset ≥ 1.
  size_t find_or_add(const Object* object, size_t offset) {
    auto address = reinterpret_cast<uintptr_t>(object) / k_granule;
    if (log_.size() < PieceList<Entry>::k_few) {
      for (size_t i = 0; i < log_.size(); i++) {
        if (log_[i].address == address) return log_[i].offset;
      }
      log_.push({address, offset});
      if (log_.size() == PieceList<Entry>::k_few) start_pages();
      return 0;
    }
    uint64_t& word = page_of(address)->words[(address / 64) % k_page_words];
    uint64_t bit = uint64_t{1} << (address % 64);
    if ((word & bit) != 0) return find(address);
    word |= bit;
    log_.push({address, offset});
    return 0;
  }

 private:
  static constexpr uintptr_t k_granule = 16;  // no two objects share this many bytes
  static constexpr uintptr_t k_page_words = sizeof(void*) == 8 ? 64 : 1;
  struct Entry {
    uintptr_t address;  // in granules
    size_t offset;
  };
  struct Page {
    uint64_t words[k_page_words] = {};
  };
  struct PageSlot {
    uintptr_t number = 0;
    Page* page = nullptr;
  };

  Page* page_of(uintptr_t address) {
    uintptr_t number = address / (64 * k_page_words);
    if (number != last_number_ || last_page_ == nullptr) {
      last_page_ = find_page(number);
      last_number_ = number;
    }
    return last_page_;
  }
  void start_pages();
  Page* find_page(uintptr_t number);
  void grow_pages();
  size_t find(uintptr_t address);
  void index_log();

  PieceList<Entry> log_;
  uintptr_t last_number_ = 0;
  Page* last_page_ = nullptr;
  std::vector<PageSlot> page_slots_;  // open addressing, a power of two
  size_t page_count_ = 0;
  std::vector<std::unique_ptr<Page[]>> page_blocks_;
  size_t block_left_ = 0;
  std::vector<uint32_t> index_;  // log index + 1 by hash of the address, open addressing
  size_t indexed_ = 0;           // log entries in the index
};

class ReadObjects {
 public:
  struct Entry {
    size_t position;
    Object* object;
    const Beast2Node* node;
  };
  /// Requires: positions ascend.
  void add(size_t position, Object* object, const Beast2Node* node) {
    list_.push({position, object, node});
  }
  /// nullptr when no object is recorded there.
  const Entry* find(size_t position) const;

 private:
  PieceList<Entry> list_;
};

}  // namespace samara
