#include "node/object_cache.hpp"

namespace samara::node {

std::optional<ObjectCache::Index> ObjectCache::find(const Hash& hash) const {
  for (size_t i = 0; i < entries_.size(); i++) {
    if (entries_[i].state != ObjectState::free && entries_[i].ref.hash == hash) {
      return static_cast<Index>(i);
    }
  }
  return std::nullopt;
}

bool ObjectCache::fits(const wire::ObjectRef& ref) const {
  if (auto index = find(ref.hash)) return entries_[*index].ref.size == ref.size;
  if (ref.size > bytes_max_) return false;
  uint64_t bytes = bytes_max_ - bytes_used_;
  bool entry = false;
  for (const ObjectEntry& one : entries_) {
    if (one.state == ObjectState::free) entry = true;
    if (evictable(one)) {
      entry = true;
      bytes += one.ref.size;
    }
  }
  return entry && bytes >= ref.size;
}

std::optional<ObjectCache::Index> ObjectCache::victim(const wire::ObjectRef& ref) const {
  if (find(ref.hash)) return std::nullopt;
  bool entry = false;
  std::optional<Index> oldest;
  for (size_t i = 0; i < entries_.size(); i++) {
    if (entries_[i].state == ObjectState::free) entry = true;
    if (evictable(entries_[i]) && (!oldest || entries_[i].last_use < entries_[*oldest].last_use)) {
      oldest = static_cast<Index>(i);
    }
  }
  if (entry && bytes_max_ - bytes_used_ >= ref.size) return std::nullopt;
  SAMARA_ASSERT(oldest.has_value());
  return oldest;
}

void ObjectCache::drop(Index index) {
  ObjectEntry& entry = entries_[index];
  SAMARA_ASSERT(entry.state != ObjectState::free && entry.pins == 0);
  bytes_used_ -= entry.ref.size;
  entry = ObjectEntry{};
}

ObjectCache::Index ObjectCache::acquire(const wire::ObjectRef& ref) {
  auto index = find(ref.hash);
  if (!index) {
    for (size_t i = 0; i < entries_.size() && !index; i++) {
      if (entries_[i].state == ObjectState::free) index = static_cast<Index>(i);
    }
    SAMARA_ASSERT(index.has_value() && ref.size <= bytes_max_ - bytes_used_);
    entries_[*index].ref = ref;
    entries_[*index].state = ObjectState::fetching;
    bytes_used_ += ref.size;
  }
  ObjectEntry& entry = entries_[*index];
  if (entry.state == ObjectState::failed) {
    restart(entry);
    entry.state = ObjectState::fetching;
    entry.lies = 0;
    entry.tries = 0;
  }
  entry.pins++;
  entry.last_use = ++uses_;
  return *index;
}

void ObjectCache::release(Index index) {
  ObjectEntry& entry = entries_[index];
  SAMARA_ASSERT(entry.pins > 0);
  entry.pins--;
  entry.last_use = ++uses_;
}

bool ObjectCache::adopt(const wire::ObjectRef& ref) {
  if (find(ref.hash) || ref.size > bytes_max_ - bytes_used_) return false;
  for (ObjectEntry& entry : entries_) {
    if (entry.state != ObjectState::free) continue;
    entry.ref = ref;
    entry.state = ObjectState::ready;
    entry.got = ref.size;
    entry.last_use = ++uses_;
    bytes_used_ += ref.size;
    return true;
  }
  return false;
}

void ObjectCache::restart(ObjectEntry& entry) {
  entry.got = 0;
  entry.window_end = 0;
  entry.asked = false;
  entry.next_try = Instant{};
  entry.hasher = Sha256Portable{};
}

ObjectCache::Taken ObjectCache::take(const wire::Chunk& chunk, Instant now, Millis retry) {
  const auto index = find(chunk.hash);
  if (!index) return {};
  ObjectEntry& entry = entries_[*index];
  if (entry.state != ObjectState::fetching || chunk.offset != entry.got || chunk.data.empty() ||
      chunk.total != entry.ref.size || chunk.data.size() > entry.ref.size - entry.got) {
    return {};
  }
  entry.hasher.update(chunk.data);
  entry.got += chunk.data.size();
  entry.tries = 0;
  entry.next_try = now + retry;
  if (entry.got >= entry.window_end) entry.asked = false;
  if (entry.got < entry.ref.size) return {Took::taken, *index};
  if (entry.hasher.finish() == entry.ref.hash) {
    entry.state = ObjectState::ready;
    return {Took::complete, *index};
  }
  restart(entry);
  if (++entry.lies < k_lies_max) return {Took::lied, *index};
  entry.state = ObjectState::failed;
  return {Took::failed, *index};
}

}  // namespace samara::node
