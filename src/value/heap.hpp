#pragma once
// Heap: the memory of one call's values. Objects of up to 8 KiB come from blocks of one cell size,
// larger ones from the system; nothing moves.
//
// Collection: `collect()` marks from the given roots, from registered root ranges and,
// conservatively, from the machine stack, then frees what is not reached. Memory is scanned as
// possible pointers, so code that builds objects needs no handles; allocation itself never
// collects: only the evaluator calls collect(), at its safepoints.
//
// Limits: bytes in use are counted against `limit`. Small allocations always succeed and set
// exhausted() when the limit is passed: loops must look at it. Allocations whose size comes from
// input return nullptr instead when they would pass the limit.
//
// Threads: one thread. Source: docs/decisions/0002-values.md.

#include <memory>
#include <span>
#include <vector>

#include "value/object.hpp"

namespace samara {

struct HeapOptions {
  /// Of objects in use; an engine sets less. A device has less to give and says how much.
  size_t limit_bytes = sizeof(size_t) > 4 ? static_cast<size_t>(uint64_t{8} << 30) : SIZE_MAX / 2;
};

class Heap {
 public:
  explicit Heap(HeapOptions options = {});
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // --- values -----------------------------------------------------------------------------------
  /// A String or Blob of `size` bytes, contents not set. Returns nullptr when it would pass the
  /// limit or 4 GiB - 1.
  BytesObject* new_bytes(size_t size);
  /// As above with contents.
  BytesObject* new_bytes(ByteView contents);
  BytesObject* new_text(std::string_view text) { return new_bytes(as_bytes(text)); }
  /// A struct of `count` fields, all null.
  FieldsObject* new_fields(uint32_t count);
  TaggedObject* new_tagged(uint32_t case_index, Slot payload);
  CellObject* new_cell(Slot content);
  /// An empty array.
  ArrayObject* new_array();
  /// An array of `size` null slots. Returns nullptr when it would pass the limit.
  ArrayObject* new_array(size_t size);
  /// `leaf`: the elements are scalars (the collector need not look at them).
  bool reserve(ArrayObject* array, size_t capacity);
  /// Appends; false when the limit would be passed (array unchanged).
  bool push(ArrayObject* array, Slot value) {
    if (SAMARA_UNLIKELY(array->size == array->capacity) && !grow(array, array->size + 1))
      return false;
    array->data[array->size++] = value;
    return true;
  }
  bool push_front(ArrayObject* array, Slot value);
  /// Requires: not empty. The front slot becomes spare room.
  Slot pop_front(ArrayObject* array);
  ClosureObject* new_closure(const void* code, uint32_t captures);
  /// Zero-filled. element_bytes is 8 or 1. Returns nullptr when it would pass the limit.
  VectorObject* new_vector(uint64_t size, uint32_t element_bytes);
  MatrixObject* new_matrix(uint64_t rows, uint64_t columns, uint32_t element_bytes);

  // --- raw cells (containers of this layer only)
  // ---------------------------------------------------
  /// A cell of `size` bytes, header included, zeroed header set to `kind`; contents not set.
  Object* alloc(size_t size, ObjectKind kind) {
    size_t slot = (size + 15) / 16;
    if (SAMARA_LIKELY(slot < k_small_classes)) {
      Run& run = runs_[slot];
      if (SAMARA_LIKELY(run.next < run.end)) {
        auto* object = reinterpret_cast<Object*>(run.next);
        run.next += slot * 16;
        *object = Object{kind, 0, 0, 0};
        return object;
      }
    }
    return alloc_slow(size, kind);
  }
  /// As alloc, but nullptr when the limit would be passed.
  Object* try_alloc(size_t size, ObjectKind kind);
  /// Gives back a cell that nothing refers to.
  void release(Object* object);

  // --- limits and collection
  // -----------------------------------------------------------------------
  bool exhausted() const { return exhausted_; }
  void set_limit(size_t bytes);
  size_t limit() const { return limit_; }
  /// Bytes of blocks and large cells held.
  size_t used_bytes() const { return used_; }
  size_t peak_bytes() const { return peak_; }
  /// Whether a collection is worth its cost now (cheap; ask at safepoints).
  bool wants_collection() const { return used_ >= collect_at_; }
  /// What is in use now is there to stay (the arguments of a run): the next collection is worth its
  /// cost only when as much again has been allocated.
  void expect_live();
  /// Called (once until the next collection) when a collection becomes worth its cost.
  void set_pressure_hook(void (*hook)(void*), void* context) {
    pressure_hook_ = hook;
    pressure_context_ = context;
  }

  /// A range of slots the collector scans, for example the evaluator's stack. `end` is read at each
  /// collection. Owns nothing; remove before the range dies.
  struct RootRange {
    const Slot* begin = nullptr;
    const Slot* end = nullptr;
  };
  void add_roots(const RootRange* range);
  void remove_roots(const RootRange* range);
  /// Frees what cannot be reached from `stack_base` (an address in an outer frame of this thread's
  /// stack) inward, from the root ranges, or from other reached objects.
  void collect(const void* stack_base);

 private:
  static constexpr size_t k_small_classes = 33;  // cells of 16 .. 512 bytes in steps of 16
  struct Run {
    uint8_t* next = nullptr;
    uint8_t* end = nullptr;
  };
  struct State;

  Object* alloc_slow(size_t size, ObjectKind kind);
  void account(size_t bytes);
  bool grow(ArrayObject* array, size_t least);
  bool fits(size_t bytes) const { return bytes <= limit_ && used_ <= limit_ - bytes; }
  void mark_word(uint64_t bits);
  void mark_range(const void* begin, const void* end);
  void mark_object(Object* object);

  Run runs_[k_small_classes];
  std::unique_ptr<State> state_;
  size_t used_ = 0;
  size_t peak_ = 0;
  size_t limit_;
  size_t collect_at_;
  bool exhausted_ = false;
  bool pressed_ = false;
  void (*pressure_hook_)(void*) = nullptr;
  void* pressure_context_ = nullptr;
};

}  // namespace samara
