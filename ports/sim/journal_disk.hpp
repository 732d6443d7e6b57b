#pragma once
// SimJournalDisk: a file that grows, of which a crash leaves what was synced and perhaps a part of
// the rest. Threads: one.

#include "core/bytes.hpp"

namespace samara::port {

class SimJournalDisk {
 public:
  void append(Bytes record) { records_.push_back(std::move(record)); }
  void synced(size_t count) { synced_ = count > synced_ ? count : synced_; }
  /// `kept` of the records that were not synced survive, the first ones.
  void crash(size_t kept) {
    const size_t left =
        synced_ + (kept < records_.size() - synced_ ? kept : records_.size() - synced_);
    records_.resize(left);
    synced_ = left;
  }
  /// The same state, written anew.
  void replace(std::vector<Bytes> records) {
    records_ = std::move(records);
    synced_ = records_.size();
  }
  const std::vector<Bytes>& records() const { return records_; }
  size_t size() const { return records_.size(); }
  size_t unsynced() const { return records_.size() - synced_; }

 private:
  std::vector<Bytes> records_;
  size_t synced_ = 0;
};

}  // namespace samara::port
