#include "eval/keyed_builder.hpp"

#include "eval/collection_support.hpp"
#include "eval/key_sort.hpp"

namespace samara::eval {

namespace {
constexpr size_t k_first_entries = 64;
constexpr size_t k_keys_max = UINT32_MAX - 1;
}  // namespace

KeyedBuilder::KeyedBuilder(Vm& vm, const Order& order, Makes makes)
    : vm_(vm),
      order_(order),
      kind_(order.type()->kind()),
      makes_(makes),
      keys_(vm.heap().new_array()),
      values_(makes == Makes::dict ? vm.heap().new_array() : nullptr) {}

bool KeyedBuilder::add(Slot key, Found& found) {
  if (keys_->size >= k_keys_max) return vm_.fail_memory();
  if (values_ != nullptr && !push(vm_, values_, Slot::null())) return false;
  if (!push(vm_, keys_, key)) return false;
  found = {keys_->size - 1, true};
  last_key_ = key;
  last_index_ = found.index;
  return true;
}

uint32_t KeyedBuilder::hash(Slot key) const {
  uint64_t h = hash_value(order_.type(), key);
  return static_cast<uint32_t>(h >> 32) ^ static_cast<uint32_t>(h);
}

bool KeyedBuilder::same(Slot a, Slot b) const {
  if (a.same_bits(b)) return true;
  switch (kind_) {
    case Kind::integer:
    case Kind::datetime:
      return false;
    case Kind::string: {
      auto* x = as<BytesObject>(a);
      auto* y = as<BytesObject>(b);
      return x->aux == y->aux && std::memcmp(x->data(), y->data(), x->aux) == 0;
    }
    default:
      return equal(order_.type(), a, b);
  }
}

// Mutable containers and values of recursive types hash to few values.
bool KeyedBuilder::leave_ascending() {
  const Type* type = order_.type();
  if (!type->has_recursion() && type->immutable()) {
    mode_ = Mode::hashed;
    return grow_table();
  }
  mode_ = Mode::ordered;
  index_ = new_dict(vm_.heap());
  for (size_t i = 0; i < keys_->size; i++) {
    sorted_append(vm_.heap(), index_, keys_->data[i], Slot::of(static_cast<int64_t>(i)));
    if (!vm_.step()) return false;
  }
  return true;
}

// A table for twice the keys there are, filled again from the hashes it held.
bool KeyedBuilder::grow_table() {
  size_t capacity = k_first_entries;
  while (capacity < keys_->size * 4) capacity *= 2;
  BytesObject* bigger = make_bytes(vm_, capacity * sizeof(uint64_t));
  if (bigger == nullptr) return false;
  std::memset(bigger->data(), 0, capacity * sizeof(uint64_t));
  auto* entries = reinterpret_cast<uint64_t*>(bigger->data());
  size_t mask = capacity - 1;
  auto insert = [&](uint64_t entry) {
    size_t at = static_cast<size_t>(entry >> 32) & mask;
    while (entries[at] != 0) at = (at + 1) & mask;
    entries[at] = entry;
  };
  if (table_ == nullptr) {
    for (size_t i = 0; i < keys_->size; i++) insert(uint64_t{hash(keys_->data[i])} << 32 | (i + 1));
  } else {
    for (size_t i = 0; i <= mask_; i++) {
      if (entries_[i] != 0) insert(entries_[i]);
    }
    vm_.heap().release(table_);
  }
  table_ = bigger;
  entries_ = entries;
  mask_ = mask;
  return true;
}

bool KeyedBuilder::locate_among(Slot key, Found& found) {
  if (mode_ == Mode::ordered) return locate_ordered(key, found);
  uint32_t h = hash(key);
  size_t at = h & mask_;
  for (; entries_[at] != 0; at = (at + 1) & mask_) {
    if (static_cast<uint32_t>(entries_[at] >> 32) != h) continue;
    size_t index = static_cast<uint32_t>(entries_[at]) - 1;
    if (same(keys_->data[index], key)) {
      last_key_ = key;
      last_index_ = index;
      found = {index, false};
      return true;
    }
  }
  if (!add(key, found)) return false;
  entries_[at] = uint64_t{h} << 32 | (found.index + 1);
  // At most half full, so that searches stay short.
  return keys_->size * 2 <= mask_ || grow_table();
}

bool KeyedBuilder::locate_ordered(Slot key, Found& found) {
  SortedPlace place;
  if (sorted_find(index_, order_, key, place)) {
    found = {static_cast<size_t>(value_at(index_, place).integer()), false};
    return true;
  }
  if (!add(key, found)) return false;
  sorted_insert_at(vm_.heap(), index_, place, key, Slot::of(static_cast<int64_t>(found.index)));
  return true;
}

bool KeyedBuilder::append_all(SortedObject* sorted) {
  Heap& heap = vm_.heap();
  auto append = [&](size_t i) {
    sorted_append(heap, sorted, keys_->data[i],
                  values_ == nullptr ? Slot::null() : values_->data[i]);
    return vm_.step();
  };
  switch (mode_) {
    case Mode::ascending:
      for (size_t i = 0; i < keys_->size; i++) {
        if (!append(i)) return false;
      }
      return true;
    case Mode::ordered:
      for (SortedCursor at(index_); at.valid(); at.next()) {
        if (!append(static_cast<size_t>(at.value().integer()))) return false;
      }
      return true;
    case Mode::hashed: {
      BytesObject* ranks = sort_positions(vm_, order_, keys_->data, keys_->size);
      if (ranks == nullptr) return false;
      for (size_t i = 0; i < keys_->size; i++) {
        if (!append(static_cast<size_t>(ranks_of(ranks)[i].position))) return false;
      }
      heap.release(ranks);
      return true;
    }
  }
  return true;
}

SortedObject* KeyedBuilder::finish() {
  Heap& heap = vm_.heap();
  SortedObject* sorted = makes_ == Makes::set ? new_set(heap) : new_dict(heap);
  if (table_ != nullptr) heap.release(table_);
  table_ = nullptr;
  if (!append_all(sorted)) return nullptr;
  discard(heap, keys_);
  if (values_ != nullptr) discard(heap, values_);
  return sorted;
}

}  // namespace samara::eval
