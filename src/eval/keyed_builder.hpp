#pragma once
// KeyedBuilder: makes a Set or Dict from keys in any order, for builtins whose callbacks cannot see
// the result before it is finished. Keys are found by hash, so adding or finding one is O(1); they
// are sorted once, at the end. Keys that arrive in ascending order are neither hashed nor sorted.
//
// Lives on the machine stack only: its objects are rooted from there.
// Threads: the evaluating thread. Source: docs/decisions/0002-values.md.

#include "eval/vm.hpp"
#include "value/sorted.hpp"

namespace samara::eval {

class KeyedBuilder {
 public:
  enum class Makes : uint8_t { set, dict };

  KeyedBuilder(Vm& vm, const Order& order, Makes makes);

  struct Found {
    size_t index;
    bool added;  // the key was not there; its value is null until set
  };
  /// The number of `key`, which is added if it is not there. Numbers are given in order of arrival.
  /// False: the memory limit, reported to the Vm.
  bool locate(Slot key, Found& found) {
    if (size() != 0) {
      if (key.same_bits(last_key_)) {
        found = {last_index_, false};
        return true;
      }
      if (mode_ == Mode::ascending) {
        int c = order_(keys_->data[keys_->size - 1], key);
        if (c < 0) return add(key, found);
        if (c == 0) {
          found = {keys_->size - 1, false};
          return true;
        }
        if (!leave_ascending()) return false;
      }
    }
    return mode_ == Mode::ascending ? add(key, found) : locate_among(key, found);
  }

  size_t size() const { return keys_->size; }
  Slot key(size_t index) const { return keys_->data[index]; }
  Slot value(size_t index) const { return values_->data[index]; }
  /// Requires: makes a Dict.
  void set_value(size_t index, Slot value) { values_->data[index] = value; }

  /// The finished collection; the builder is used up. nullptr: the memory limit, reported to the
  /// Vm.
  SortedObject* finish();

 private:
  enum class Mode : uint8_t {
    ascending,  // every key so far was greater than the one before
    hashed,
    ordered,  // keys that do not hash well: found through a search tree
  };

  bool add(Slot key, Found& found);
  bool leave_ascending();
  bool locate_among(Slot key, Found& found);
  bool locate_ordered(Slot key, Found& found);
  uint32_t hash(Slot key) const;
  bool same(Slot a, Slot b) const;
  bool grow_table();
  bool append_all(SortedObject* sorted);

  Vm& vm_;
  const Order& order_;
  Kind kind_;
  Makes makes_;
  Mode mode_ = Mode::ascending;
  Slot last_key_;
  size_t last_index_ = 0;
  ArrayObject* keys_;
  ArrayObject* values_ = nullptr;
  // Open addressing: entries {hash 32, index + 1 32}, 0 = empty; the hash also gives the position.
  BytesObject* table_ = nullptr;
  uint64_t* entries_ = nullptr;
  size_t mask_ = 0;
  SortedObject* index_ = nullptr;  // ordered: key to number
};

}  // namespace samara::eval
