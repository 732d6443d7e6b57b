#include "value/beast2_alias.hpp"

namespace samara {

namespace {
constexpr size_t k_pages_per_block = sizeof(void*) == 8 ? 64 : 8;

size_t spread(uintptr_t number) {
  uint64_t hash = static_cast<uint64_t>(number) * 0x9e3779b97f4a7c15ULL;
  return static_cast<size_t>(hash >> 32);
}
}  // namespace

void WrittenObjects::start_pages() {
  page_slots_.assign(sizeof(void*) == 8 ? 64 : 16, {});
  for (size_t i = 0; i < log_.size(); i++) {
    uintptr_t address = log_[i].address;
    page_of(address)->words[(address / 64) % k_page_words] |= uint64_t{1} << (address % 64);
  }
}

WrittenObjects::Page* WrittenObjects::find_page(uintptr_t number) {
  size_t mask = page_slots_.size() - 1;
  size_t at = spread(number) & mask;
  while (page_slots_[at].page != nullptr) {
    if (page_slots_[at].number == number) return page_slots_[at].page;
    at = (at + 1) & mask;
  }
  if (block_left_ == 0) {
    page_blocks_.push_back(std::make_unique<Page[]>(k_pages_per_block));
    block_left_ = k_pages_per_block;
  }
  Page* page = &page_blocks_.back()[--block_left_];
  page_slots_[at] = {number, page};
  if (++page_count_ * 2 > page_slots_.size()) grow_pages();
  return page;
}

void WrittenObjects::grow_pages() {
  std::vector<PageSlot> old(page_slots_.size() * 2);
  old.swap(page_slots_);
  size_t mask = page_slots_.size() - 1;
  for (const PageSlot& slot : old) {
    if (slot.page == nullptr) continue;
    size_t at = spread(slot.number) & mask;
    while (page_slots_[at].page != nullptr) at = (at + 1) & mask;
    page_slots_[at] = slot;
  }
}

// Brings the index up to the log; each entry is added once, and once more for each doubling.
void WrittenObjects::index_log() {
  size_t size = index_.empty() ? 64 : index_.size();
  while (size < log_.size() * 2) size *= 2;
  if (size != index_.size()) {
    index_.assign(size, 0);
    indexed_ = 0;
  }
  size_t mask = size - 1;
  for (; indexed_ < log_.size(); indexed_++) {
    size_t at = spread(log_[indexed_].address) & mask;
    while (index_[at] != 0) at = (at + 1) & mask;
    index_[at] = static_cast<uint32_t>(indexed_ + 1);
  }
}

size_t WrittenObjects::find(uintptr_t address) {
  SAMARA_ASSERT(log_.size() < UINT32_MAX);
  if (indexed_ < log_.size()) index_log();
  size_t mask = index_.size() - 1;
  for (size_t at = spread(address) & mask;; at = (at + 1) & mask) {
    SAMARA_ASSERT(index_[at] != 0);
    const Entry& entry = log_[index_[at] - 1];
    if (entry.address == address) return entry.offset;
  }
}

const ReadObjects::Entry* ReadObjects::find(size_t position) const {
  size_t low = 0;
  size_t high = list_.size();
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list_[middle].position < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == list_.size() || list_[low].position != position) return nullptr;
  return &list_[low];
}

}  // namespace samara
