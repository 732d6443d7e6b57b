#include "value/heap.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <new>
#include <unordered_map>

#ifdef SAMARA_HOST
#include <mutex>
#endif

#include "core/sanitizers.hpp"
#include "value/sorted.hpp"

#if SAMARA_ADDRESS_SANITIZER
#define SAMARA_NO_SANITIZE __attribute__((no_sanitize("address")))
// The collector reads the machine stack. Newer address sanitizers move locals to a stack of their
// own, where it would not find them.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_stack_use_after_return=0"; }
#else
#define SAMARA_NO_SANITIZE
#endif

namespace samara {

namespace {

#ifdef SAMARA_HOST
constexpr size_t k_block_bytes = 64 * 1024;
// One system request for each MiB. The sanitizer marks every byte of what it hands out, which a
// small heap must not pay for a MiB.
constexpr size_t k_blocks_per_chunk = SAMARA_ADDRESS_SANITIZER ? 1 : 16;
constexpr size_t k_collect_first = size_t{64} << 20;
#else
constexpr size_t k_block_bytes = 1024;
constexpr size_t k_blocks_per_chunk = 1;
constexpr size_t k_collect_first = 16 * 1024;
#endif
// newlib has no aligned_alloc; the aligned forms of new and delete are everywhere.
constexpr std::align_val_t k_block_alignment{k_block_bytes};

struct Block {
  uint32_t cell_bytes;  // 0: not in use
  uint32_t cell_count;
  Block* next_free_list;  // blocks of one class with free runs
};
constexpr size_t k_block_header = (sizeof(Block) + 15) / 16 * 16;

// Chunks of heaps that died, kept for the next: a call that starts with warm pages saves the kernel
// a fault for each 4 KiB. Off under the address sanitizer, which is to see stale pointers.
#if defined(SAMARA_HOST) && !SAMARA_ADDRESS_SANITIZER
class ChunkPool {
 public:
  void* take() {
    std::lock_guard guard(mutex_);
    if (chunks_.empty()) return nullptr;
    void* chunk = chunks_.back();
    chunks_.pop_back();
    return chunk;
  }
  /// False: the pool is full, the caller frees.
  bool give(void* chunk) {
    std::lock_guard guard(mutex_);
    if (chunks_.size() >= k_kept_max) return false;
    chunks_.push_back(chunk);
    return true;
  }

 private:
  static constexpr size_t k_kept_max = 64;  // MiB
  std::mutex mutex_;
  std::vector<void*> chunks_;  // guarded by mutex_
};
// Lives until the process ends: heaps may die after static objects do.
ChunkPool& chunk_pool() {
  static auto* pool = new ChunkPool;
  return *pool;
}
#else
struct ChunkPool {
  void* take() { return nullptr; }
  bool give(void*) { return false; }
};
ChunkPool chunk_pool() { return {}; }
#endif

struct LargeCell {
  size_t bytes;
  Object* object;
};

}  // namespace

struct Heap::State {
  // Chunks by address: sorted, so that a word is looked up by binary search.
  std::vector<uintptr_t> chunk_bases;
  std::vector<void*> chunk_memory;
  std::vector<Block*> fresh_blocks;
  std::vector<Block*> class_blocks[k_small_classes];  // all blocks of a small class
  std::vector<Block*> sweep_blocks[k_small_classes];  // blocks that may hold free cells
  Block* current[k_small_classes] = {};
  // Large cells by address, sorted lazily when a collection needs it.
  std::unordered_map<uintptr_t, size_t> large;
  std::vector<LargeCell> large_sorted;
  std::vector<const RootRange*> roots;
  std::vector<Object*> mark_stack;
  size_t chunk_bytes() const { return k_block_bytes * k_blocks_per_chunk; }
};

Heap::Heap(HeapOptions options)
    : state_(std::make_unique<State>()),
      limit_(options.limit_bytes),
      collect_at_(std::min(k_collect_first, options.limit_bytes / 4 * 3)) {}

void Heap::set_limit(size_t bytes) {
  limit_ = bytes;
  collect_at_ = std::min(collect_at_, bytes / 4 * 3);
}

Heap::~Heap() {
  for (void* memory : state_->chunk_memory) {
    if (!chunk_pool().give(memory)) ::operator delete(memory, k_block_alignment);
  }
  for (auto& [address, bytes] : state_->large) std::free(reinterpret_cast<void*>(address));
}

void Heap::account(size_t bytes) {
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  if (used_ > limit_) exhausted_ = true;
  if (used_ >= collect_at_ && !pressed_ && pressure_hook_ != nullptr) {
    pressed_ = true;
    pressure_hook_(pressure_context_);
  }
}

Object* Heap::alloc_slow(size_t size, ObjectKind kind) {
  size_t cls = (size + 15) / 16;
  if (cls >= k_small_classes) {
    void* memory = std::malloc(size);
    SAMARA_ASSERT(memory != nullptr);
    account(size);
    auto* object = static_cast<Object*>(memory);
    *object = Object{kind, 0, 0, 0};
    state_->large.emplace(reinterpret_cast<uintptr_t>(memory), size);
    return object;
  }
  State& state = *state_;
  size_t cell = cls * 16;
  Run& run = runs_[cls];
  // Free runs left by the last collection come first.
  while (!state.sweep_blocks[cls].empty()) {
    Block* block = state.sweep_blocks[cls].back();
    auto* first = reinterpret_cast<uint8_t*>(block) + k_block_header;
    auto* end = first + size_t{block->cell_count} * cell;
    uint8_t* at = state.current[cls] == block ? run.end : first;
    state.current[cls] = block;
    while (at < end && reinterpret_cast<Object*>(at)->kind != ObjectKind::free_cell) at += cell;
    uint8_t* stop = at;
    while (stop < end && reinterpret_cast<Object*>(stop)->kind == ObjectKind::free_cell)
      stop += cell;
    if (at == stop) {
      state.sweep_blocks[cls].pop_back();
      state.current[cls] = nullptr;
      continue;
    }
    run.next = at;
    run.end = stop;
    auto* object = reinterpret_cast<Object*>(run.next);
    run.next += cell;
    *object = Object{kind, 0, 0, 0};
    return object;
  }
  if (state.fresh_blocks.empty()) {
    size_t bytes = state.chunk_bytes();
    void* memory = chunk_pool().take();
    if (memory == nullptr) memory = ::operator new(bytes, k_block_alignment, std::nothrow);
    SAMARA_ASSERT(memory != nullptr);
    auto base = reinterpret_cast<uintptr_t>(memory);
    state.chunk_memory.push_back(memory);
    state.chunk_bases.insert(
        std::upper_bound(state.chunk_bases.begin(), state.chunk_bases.end(), base), base);
    for (size_t i = k_blocks_per_chunk; i-- > 0;) {
      auto* block = reinterpret_cast<Block*>(base + i * k_block_bytes);
      block->cell_bytes = 0;
      state.fresh_blocks.push_back(block);
    }
  }
  Block* block = state.fresh_blocks.back();
  state.fresh_blocks.pop_back();
  account(k_block_bytes);
  block->cell_bytes = static_cast<uint32_t>(cell);
  block->cell_count = static_cast<uint32_t>((k_block_bytes - k_block_header) / cell);
  block->next_free_list = nullptr;
  state.class_blocks[cls].push_back(block);
  state.current[cls] = nullptr;
  run.next = reinterpret_cast<uint8_t*>(block) + k_block_header;
  run.end = run.next + size_t{block->cell_count} * cell;
  auto* object = reinterpret_cast<Object*>(run.next);
  run.next += cell;
  *object = Object{kind, 0, 0, 0};
  return object;
}

Object* Heap::try_alloc(size_t size, ObjectKind kind) {
  if (size > 512 && !fits(size)) {
    exhausted_ = true;
    return nullptr;
  }
  return alloc(size, kind);
}

void Heap::release(Object* object) {
  auto at = state_->large.find(reinterpret_cast<uintptr_t>(object));
  if (at == state_->large.end()) return;  // small cells wait for the collector
  used_ -= at->second;
  state_->large.erase(at);
  std::free(object);
}

// --- values
// -----------------------------------------------------------------------------------------

BytesObject* Heap::new_bytes(size_t size) {
  if (size > UINT32_MAX) {
    exhausted_ = true;
    return nullptr;
  }
  auto* object = static_cast<BytesObject*>(try_alloc(sizeof(Object) + size, ObjectKind::bytes));
  if (object == nullptr) return nullptr;
  object->flags = k_flag_leaf;
  object->aux = static_cast<uint32_t>(size);
  return object;
}

BytesObject* Heap::new_bytes(ByteView contents) {
  BytesObject* object = new_bytes(contents.size());
  if (object != nullptr && !contents.empty()) {
    std::memcpy(object->data(), contents.data(), contents.size());
  }
  return object;
}

FieldsObject* Heap::new_fields(uint32_t count) {
  auto* object =
      static_cast<FieldsObject*>(alloc(sizeof(Object) + count * sizeof(Slot), ObjectKind::fields));
  object->aux = count;
  for (uint32_t i = 0; i < count; i++) object->fields()[i] = Slot::null();
  return object;
}

TaggedObject* Heap::new_tagged(uint32_t case_index, Slot payload) {
  auto* object = static_cast<TaggedObject*>(alloc(sizeof(TaggedObject), ObjectKind::tagged));
  object->aux = case_index;
  object->payload = payload;
  return object;
}

CellObject* Heap::new_cell(Slot content) {
  auto* object = static_cast<CellObject*>(alloc(sizeof(CellObject), ObjectKind::cell));
  object->content = content;
  return object;
}

ArrayObject* Heap::new_array() {
  auto* object = static_cast<ArrayObject*>(alloc(sizeof(ArrayObject), ObjectKind::array));
  object->data = nullptr;
  object->size = 0;
  object->capacity = 0;
  return object;
}

ArrayObject* Heap::new_array(size_t size) {
  ArrayObject* array = new_array();
  if (size == 0) return array;
  if (!reserve(array, size)) return nullptr;
  std::memset(static_cast<void*>(array->data), 0, size * sizeof(Slot));
  array->size = size;
  return array;
}

bool Heap::reserve(ArrayObject* array, size_t capacity) {
  if (capacity <= array->capacity) return true;
  if (capacity > SIZE_MAX / 16) {
    exhausted_ = true;
    return false;
  }
  Object* buffer = try_alloc(sizeof(Object) + capacity * sizeof(Slot), ObjectKind::buffer);
  if (buffer == nullptr) return false;
  auto* slots = reinterpret_cast<Slot*>(buffer + 1);
  if (array->size != 0) {
    std::memcpy(static_cast<void*>(slots), array->data, array->size * sizeof(Slot));
  }
  buffer->aux = static_cast<uint32_t>(std::min<size_t>(capacity, UINT32_MAX));
  if (array->data != nullptr) {
    release(reinterpret_cast<Object*>(array->data - array->aux) - 1);
  }
  array->data = slots;
  array->capacity = capacity;
  array->aux = 0;
  return true;
}

bool Heap::grow(ArrayObject* array, size_t least) {
  // Spare room in front (left by PopFirst) is used before more memory is asked for.
  if (array->aux != 0 && array->aux >= array->capacity) {
    size_t front = array->aux;
    Slot* base = array->data - front;
    std::memmove(static_cast<void*>(base), array->data, array->size * sizeof(Slot));
    std::memset(static_cast<void*>(base + array->size), 0,
                (front + array->capacity - array->size) * sizeof(Slot));
    array->data = base;
    array->capacity += front;
    array->aux = 0;
    if (least <= array->capacity) return true;
  }
  size_t wanted = std::max(least, array->capacity < 4 ? size_t{4} : array->capacity * 2);
  if (reserve(array, wanted)) return true;
  return reserve(array, least);
}

bool Heap::push_front(ArrayObject* array, Slot value) {
  if (array->aux > 0) {
    array->aux--;
    array->data--;
    array->capacity++;
    array->size++;
    array->data[0] = value;
    return true;
  }
  if (array->size == array->capacity && !grow(array, array->size + 1)) return false;
  // Leave room in front for the next ones: a queue used from the front stays amortised linear.
  size_t spare = array->capacity - array->size;
  size_t gap = std::min<size_t>(spare, UINT32_MAX - 1);
  std::memmove(static_cast<void*>(array->data + gap), array->data, array->size * sizeof(Slot));
  std::memset(static_cast<void*>(array->data), 0, gap * sizeof(Slot));
  array->data += gap - 1;
  array->capacity -= gap - 1;
  array->aux = static_cast<uint32_t>(gap - 1);
  array->size++;
  array->data[0] = value;
  return true;
}

Slot Heap::pop_front(ArrayObject* array) {
  Slot first = array->data[0];
  if (array->aux == UINT32_MAX - 1) {
    std::memmove(static_cast<void*>(array->data), array->data + 1,
                 (array->size - 1) * sizeof(Slot));
    array->size--;
    return first;
  }
  array->data[0] = Slot::null();
  array->data++;
  array->aux++;
  array->capacity--;
  array->size--;
  return first;
}

ClosureObject* Heap::new_closure(const void* code, uint32_t captures) {
  auto* object = static_cast<ClosureObject*>(
      alloc(sizeof(ClosureObject) + captures * sizeof(Slot), ObjectKind::closure));
  object->aux = captures;
  object->code = code;
  for (uint32_t i = 0; i < captures; i++) object->captures()[i] = Slot::null();
  return object;
}

VectorObject* Heap::new_vector(uint64_t size, uint32_t element_bytes) {
  if (size > (uint64_t{1} << 40)) {
    exhausted_ = true;
    return nullptr;
  }
  auto bytes = static_cast<size_t>(size * element_bytes);
  auto* object =
      static_cast<VectorObject*>(try_alloc(sizeof(VectorObject) + bytes, ObjectKind::vector));
  if (object == nullptr) return nullptr;
  object->flags = k_flag_leaf;
  object->aux = element_bytes;
  object->size = size;
  std::memset(object->data(), 0, bytes);
  return object;
}

MatrixObject* Heap::new_matrix(uint64_t rows, uint64_t columns, uint32_t element_bytes) {
  if (rows > (uint64_t{1} << 40) || columns > (uint64_t{1} << 40) ||
      (columns != 0 && rows > (uint64_t{1} << 40) / columns)) {
    exhausted_ = true;
    return nullptr;
  }
  auto bytes = static_cast<size_t>(rows * columns * element_bytes);
  auto* object =
      static_cast<MatrixObject*>(try_alloc(sizeof(MatrixObject) + bytes, ObjectKind::matrix));
  if (object == nullptr) return nullptr;
  object->flags = k_flag_leaf;
  object->aux = element_bytes;
  object->rows = rows;
  object->columns = columns;
  std::memset(object->data(), 0, bytes);
  return object;
}

// --- collection
// -------------------------------------------------------------------------------------

void Heap::add_roots(const RootRange* range) { state_->roots.push_back(range); }

void Heap::remove_roots(const RootRange* range) {
  auto& roots = state_->roots;
  roots.erase(std::remove(roots.begin(), roots.end(), range), roots.end());
}

void Heap::mark_object(Object* object) {
  if ((object->flags & k_flag_mark) != 0 || object->kind == ObjectKind::free_cell) return;
  object->flags |= k_flag_mark;
  if ((object->flags & k_flag_leaf) == 0) state_->mark_stack.push_back(object);
}

// A word that may be a pointer into the heap: find the cell it lies in, if any.
void Heap::mark_word(uint64_t bits) {
  State& state = *state_;
  if (bits > UINTPTR_MAX) return;
  auto word = static_cast<uintptr_t>(bits);
  if (!state.chunk_bases.empty() && word >= state.chunk_bases.front() &&
      word < state.chunk_bases.back() + state.chunk_bytes()) {
    auto above = std::upper_bound(state.chunk_bases.begin(), state.chunk_bases.end(), word);
    uintptr_t base = *(above - 1);
    if (word - base < state.chunk_bytes()) {
      uintptr_t block_base = base + (word - base) / k_block_bytes * k_block_bytes;
      auto* block = reinterpret_cast<Block*>(block_base);
      uintptr_t offset = word - block_base;
      if (block->cell_bytes == 0 || offset < k_block_header) return;
      uintptr_t cell = (offset - k_block_header) / block->cell_bytes;
      if (cell >= block->cell_count) return;
      mark_object(
          reinterpret_cast<Object*>(block_base + k_block_header + cell * block->cell_bytes));
      return;
    }
  }
  auto& large = state.large_sorted;
  if (large.empty() || word < reinterpret_cast<uintptr_t>(large.front().object)) return;
  auto above = std::upper_bound(
      large.begin(), large.end(), word,
      [](uintptr_t w, const LargeCell& c) { return w < reinterpret_cast<uintptr_t>(c.object); });
  const LargeCell& cell = *(above - 1);
  if (word - reinterpret_cast<uintptr_t>(cell.object) < cell.bytes) mark_object(cell.object);
}

SAMARA_NO_SANITIZE void Heap::mark_range(const void* begin, const void* end) {
  auto first =
      (reinterpret_cast<uintptr_t>(begin) + sizeof(void*) - 1) / sizeof(void*) * sizeof(void*);
  for (auto at = first; at + sizeof(void*) <= reinterpret_cast<uintptr_t>(end);
       at += sizeof(void*)) {
    mark_word(*reinterpret_cast<const uintptr_t*>(at));
  }
}

SAMARA_NO_SANITIZE void Heap::collect(const void* stack_base) {
  State& state = *state_;
  // Cells of the current runs that were never handed out look free to the sweep below.
  for (size_t cls = 1; cls < k_small_classes; cls++) {
    for (uint8_t* at = runs_[cls].next; at < runs_[cls].end; at += cls * 16) {
      reinterpret_cast<Object*>(at)->kind = ObjectKind::free_cell;
    }
    runs_[cls] = Run{};
  }
  state.large_sorted.clear();
  for (auto& [address, bytes] : state.large) {
    state.large_sorted.push_back({bytes, reinterpret_cast<Object*>(address)});
  }
  std::sort(state.large_sorted.begin(), state.large_sorted.end(),
            [](const LargeCell& a, const LargeCell& b) { return a.object < b.object; });

  std::jmp_buf registers;
  setjmp(registers);
  const void* here = __builtin_frame_address(0);
  mark_range(&registers, &registers + 1);
  mark_range(std::min(here, stack_base), std::max(here, stack_base));
  for (const RootRange* range : state.roots) {
    for (const Slot* at = range->begin; at < range->end; at++) mark_word(at->bits);
  }
  while (!state.mark_stack.empty()) {
    Object* object = state.mark_stack.back();
    state.mark_stack.pop_back();
    switch (object->kind) {
      case ObjectKind::fields:
        for (uint32_t i = 0; i < object->aux; i++) {
          mark_word(static_cast<FieldsObject*>(object)->fields()[i].bits);
        }
        break;
      case ObjectKind::tagged:
        mark_word(static_cast<TaggedObject*>(object)->payload.bits);
        break;
      case ObjectKind::cell:
        mark_word(static_cast<CellObject*>(object)->content.bits);
        break;
      case ObjectKind::array: {
        auto* array = static_cast<ArrayObject*>(object);
        if (array->data == nullptr) break;
        mark_word(
            reinterpret_cast<uintptr_t>(reinterpret_cast<Object*>(array->data - array->aux) - 1));
        for (size_t i = 0; i < array->size; i++) mark_word(array->data[i].bits);
        break;
      }
      case ObjectKind::sorted: {
        auto* sorted = static_cast<SortedObject*>(object);
        mark_word(reinterpret_cast<uintptr_t>(sorted->chunks));
        for (uint32_t i = 0; i < sorted->chunk_count; i++) {
          mark_word(reinterpret_cast<uintptr_t>(sorted->chunks[i]));
        }
        break;
      }
      case ObjectKind::chunk: {
        auto* chunk = static_cast<ChunkObject*>(object);
        for (uint32_t i = 0; i < chunk->count; i++) {
          mark_word(chunk->keys()[i].bits);
          if (chunk->has_values != 0) mark_word(chunk->values()[i].bits);
        }
        break;
      }
      case ObjectKind::closure:
        for (uint32_t i = 0; i < object->aux; i++) {
          mark_word(static_cast<ClosureObject*>(object)->captures()[i].bits);
        }
        break;
      case ObjectKind::buffer:  // its array marks the elements in use
      case ObjectKind::index:
      case ObjectKind::bytes:
      case ObjectKind::vector:
      case ObjectKind::matrix:
      case ObjectKind::host:
      case ObjectKind::free_cell:
        break;
    }
  }

  // Sweep.
  for (size_t cls = 1; cls < k_small_classes; cls++) {
    state.sweep_blocks[cls].clear();
    state.current[cls] = nullptr;
    auto& blocks = state.class_blocks[cls];
    for (size_t b = 0; b < blocks.size();) {
      Block* block = blocks[b];
      auto* at = reinterpret_cast<uint8_t*>(block) + k_block_header;
      uint32_t live = 0;
      for (uint32_t i = 0; i < block->cell_count; i++, at += block->cell_bytes) {
        auto* object = reinterpret_cast<Object*>(at);
        if ((object->flags & k_flag_mark) != 0 && object->kind != ObjectKind::free_cell) {
          object->flags = static_cast<uint8_t>(object->flags & ~k_flag_mark);
          live++;
        } else {
          *object = Object{};
        }
      }
      if (live == 0) {
        block->cell_bytes = 0;
        used_ -= k_block_bytes;
        state.fresh_blocks.push_back(block);
        blocks[b] = blocks.back();
        blocks.pop_back();
        continue;
      }
      if (live < block->cell_count) state.sweep_blocks[cls].push_back(block);
      b++;
    }
  }
  for (const LargeCell& cell : state.large_sorted) {
    if ((cell.object->flags & k_flag_mark) != 0) {
      cell.object->flags = static_cast<uint8_t>(cell.object->flags & ~k_flag_mark);
    } else {
      used_ -= cell.bytes;
      state.large.erase(reinterpret_cast<uintptr_t>(cell.object));
      std::free(cell.object);
    }
  }
  state.large_sorted.clear();
  exhausted_ = used_ > limit_;
  pressed_ = false;
  expect_live();
}

void Heap::expect_live() {
  collect_at_ = used_ + std::max(k_collect_first, used_);
  // Near the limit collections come more often, before the limit strikes.
  if (limit_ > used_ && collect_at_ > limit_ - (limit_ - used_) / 4) {
    collect_at_ = limit_ - (limit_ - used_) / 4;
  }
}

}  // namespace samara
