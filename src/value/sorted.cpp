#include "value/sorted.hpp"

#include <algorithm>

namespace samara {

namespace {
constexpr uint32_t k_first_entries = 4;

ChunkObject* new_chunk(Heap& heap, uint32_t capacity, bool values) {
  size_t bytes = sizeof(ChunkObject) + size_t{capacity} * sizeof(Slot) * (values ? 2 : 1);
  auto* chunk = static_cast<ChunkObject*>(heap.alloc(bytes, ObjectKind::chunk));
  chunk->aux = capacity;
  chunk->count = 0;
  chunk->has_values = values ? 1 : 0;
  return chunk;
}

SortedObject* new_sorted(Heap& heap, bool dict) {
  auto* sorted = static_cast<SortedObject*>(heap.alloc(sizeof(SortedObject), ObjectKind::sorted));
  sorted->aux = dict ? 1 : 0;
  sorted->size = 0;
  sorted->chunk_count = 0;
  sorted->chunk_capacity = 1;
  sorted->single = nullptr;
  sorted->chunks = &sorted->single;
  return sorted;
}

void copy_entries(ChunkObject* to, uint32_t at, ChunkObject* from, uint32_t first, uint32_t count) {
  std::memcpy(static_cast<void*>(to->keys() + at), from->keys() + first, count * sizeof(Slot));
  if (to->has_values != 0 && from->has_values != 0) {
    std::memcpy(static_cast<void*>(to->values() + at), from->values() + first,
                count * sizeof(Slot));
  }
}

// Makes room for one more pointer in the chunk table and opens a gap at `at`.
void insert_chunk(Heap& heap, SortedObject* sorted, uint32_t at, ChunkObject* chunk) {
  if (sorted->chunk_count == sorted->chunk_capacity) {
    uint32_t capacity = sorted->chunk_capacity * 2;
    Object* table = heap.alloc(sizeof(Object) + capacity * sizeof(ChunkObject*), ObjectKind::index);
    table->flags = k_flag_leaf;
    auto** chunks = reinterpret_cast<ChunkObject**>(table + 1);
    std::memcpy(chunks, sorted->chunks, sorted->chunk_count * sizeof(ChunkObject*));
    if (sorted->chunks != &sorted->single) {
      heap.release(reinterpret_cast<Object*>(sorted->chunks) - 1);
    }
    sorted->chunks = chunks;
    sorted->chunk_capacity = capacity;
  }
  std::memmove(sorted->chunks + at + 1, sorted->chunks + at,
               (sorted->chunk_count - at) * sizeof(ChunkObject*));
  sorted->chunks[at] = chunk;
  sorted->chunk_count++;
}

ChunkObject* grow_chunk(Heap& heap, SortedObject* sorted, uint32_t at) {
  ChunkObject* old = sorted->chunks[at];
  ChunkObject* bigger = new_chunk(heap, old->aux * 2, sorted->is_dict());
  copy_entries(bigger, 0, old, 0, old->count);
  bigger->count = old->count;
  sorted->chunks[at] = bigger;
  heap.release(old);
  return bigger;
}
}  // namespace

SortedObject* new_set(Heap& heap) { return new_sorted(heap, false); }
SortedObject* new_dict(Heap& heap) { return new_sorted(heap, true); }

bool sorted_find(const SortedObject* sorted, const Order& order, Slot key, SortedPlace& place) {
  uint32_t low = 0;
  uint32_t high = sorted->chunk_count;
  // The chunk is the last one whose first key is not above `key`.
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (order(sorted->chunks[middle]->keys()[0], key) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  place.chunk = low;
  place.entry = 0;
  if (sorted->chunk_count == 0) return false;
  ChunkObject* chunk = sorted->chunks[low];
  const Slot* keys = chunk->keys();
  uint32_t from = 0;
  uint32_t to = chunk->count;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    int c = order(keys[middle], key);
    if (c == 0) {
      place.entry = middle;
      return true;
    }
    if (c < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  place.entry = from;
  return false;
}

void sorted_insert_at(Heap& heap, SortedObject* sorted, SortedPlace place, Slot key, Slot value) {
  bool dict = sorted->is_dict();
  if (sorted->chunk_count == 0) {
    insert_chunk(heap, sorted, 0, new_chunk(heap, k_first_entries, dict));
    place = {};
  }
  ChunkObject* chunk = sorted->chunks[place.chunk];
  if (chunk->count == chunk->aux) {
    if (chunk->aux < k_chunk_entries_max) {
      chunk = grow_chunk(heap, sorted, place.chunk);
    } else {
      // Split. Input that only ascends fills chunks to the brim: then the new one starts empty-ish.
      bool at_end = place.entry == chunk->count && place.chunk + 1 == sorted->chunk_count;
      uint32_t keep = at_end ? chunk->count : chunk->count / 2;
      uint32_t moved = chunk->count - keep;
      ChunkObject* right =
          new_chunk(heap, at_end ? k_chunk_entries_max / 4 : k_chunk_entries_max, dict);
      copy_entries(right, 0, chunk, keep, moved);
      right->count = moved;
      chunk->count = keep;
      insert_chunk(heap, sorted, place.chunk + 1, right);
      if (at_end || place.entry > keep) {
        place.chunk++;
        place.entry -= keep;
        chunk = right;
      }
    }
  }
  uint32_t tail = chunk->count - place.entry;
  Slot* keys = chunk->keys() + place.entry;
  std::memmove(static_cast<void*>(keys + 1), keys, tail * sizeof(Slot));
  keys[0] = key;
  if (dict) {
    Slot* values = chunk->values() + place.entry;
    std::memmove(static_cast<void*>(values + 1), values, tail * sizeof(Slot));
    values[0] = value;
  }
  chunk->count++;
  sorted->size++;
}

bool sorted_put(Heap& heap, SortedObject* sorted, const Order& order, Slot key, Slot value) {
  SortedPlace place;
  if (sorted_find(sorted, order, key, place)) {
    sorted->chunks[place.chunk]->keys()[place.entry] = key;
    if (sorted->is_dict()) value_at(sorted, place) = value;
    return false;
  }
  sorted_insert_at(heap, sorted, place, key, value);
  return true;
}

void sorted_erase_at(SortedObject* sorted, SortedPlace place) {
  ChunkObject* chunk = sorted->chunks[place.chunk];
  uint32_t tail = chunk->count - place.entry - 1;
  Slot* keys = chunk->keys() + place.entry;
  std::memmove(static_cast<void*>(keys), keys + 1, tail * sizeof(Slot));
  if (chunk->has_values != 0) {
    Slot* values = chunk->values() + place.entry;
    std::memmove(static_cast<void*>(values), values + 1, tail * sizeof(Slot));
  }
  chunk->count--;
  sorted->size--;
  if (chunk->count == 0) {
    std::memmove(sorted->chunks + place.chunk, sorted->chunks + place.chunk + 1,
                 (sorted->chunk_count - place.chunk - 1) * sizeof(ChunkObject*));
    sorted->chunk_count--;
  }
}

void sorted_clear(Heap& heap, SortedObject* sorted) {
  for (uint32_t i = 0; i < sorted->chunk_count; i++) heap.release(sorted->chunks[i]);
  sorted->chunk_count = 0;
  sorted->size = 0;
}

void sorted_append(Heap& heap, SortedObject* sorted, Slot key, Slot value) {
  SortedPlace end;
  if (sorted->chunk_count != 0) {
    end.chunk = sorted->chunk_count - 1;
    end.entry = sorted->chunks[end.chunk]->count;
  }
  sorted_insert_at(heap, sorted, end, key, value);
}

Slot sorted_last_key(const SortedObject* sorted) {
  SAMARA_ASSERT(sorted->size != 0);
  ChunkObject* chunk = sorted->chunks[sorted->chunk_count - 1];
  return chunk->keys()[chunk->count - 1];
}

SortedObject* sorted_copy(Heap& heap, const SortedObject* sorted, bool as_set) {
  SortedObject* copy = new_sorted(heap, sorted->is_dict() && !as_set);
  for (uint32_t i = 0; i < sorted->chunk_count; i++) {
    ChunkObject* from = sorted->chunks[i];
    ChunkObject* to = new_chunk(heap, from->aux, copy->is_dict());
    copy_entries(to, 0, from, 0, from->count);
    to->count = from->count;
    insert_chunk(heap, copy, i, to);
  }
  copy->size = sorted->size;
  return copy;
}

}  // namespace samara
