#include "store/marker.hpp"

#include <unordered_set>

#include "store/directory_objects.hpp"
#include "store/names.hpp"

namespace samara::store {

using port::Handle;
using port::OpenFile;
using port::OpenMode;

namespace {
constexpr uint64_t k_map_bytes_min = 64 * 1024;
}

Result<void> Marker::enumerate() {
  for (unsigned first = 0; first < 256; first++) {
    const uint8_t byte = static_cast<uint8_t>(first);
    SAMARA_TRY(FanOutListing listing, list_fan_out(folder_, byte));
    for (const Hash& hash : listing.hashes) SAMARA_CHECK(find(hash));
    for (port::DirectoryEntry& entry : listing.others) strays_.push_back({byte, entry.name});
  }
  return {};
}

Result<Marker::Object*> Marker::find(const Hash& hash) {
  auto known = objects_.find(hash);
  if (known != objects_.end()) return &known->second;
  SAMARA_TRY(Handle directory, folder_.fan_out(hash.bytes[0]));
  auto info = folder_.files().info_at(directory, ObjectName(hash).view());
  if (!info && info.error().code == Code::not_found) {
    SAMARA_TRY(auto bytes, folder_.journals().object_bytes(hash));
    if (!bytes) return static_cast<Object*>(nullptr);
    add_in_journal(hash, *bytes);
    return &objects_[hash];
  }
  if (!info) return std::move(info).error();
  Object& made = objects_[hash];
  made.size_bytes = info->size_bytes;
  made.modified = info->modified;
  return &made;
}

void Marker::add_in_journal(const Hash& hash, uint64_t size_bytes) {
  auto [at, fresh] = objects_.try_emplace(hash);
  at->second.journal = true;
  if (fresh) at->second.size_bytes = size_bytes;
}

Result<std::vector<Hash>> Marker::references(const Hash& hash, const Object& object) {
  if (!references_) return std::vector<Hash>{};
  SAMARA_TRY(Handle directory, folder_.fan_out(hash.bytes[0]));
  auto file = OpenFile::open(folder_.files(), directory, ObjectName(hash).view(), OpenMode::read);
  if (!file && file.error().code == Code::not_found) {
    SAMARA_TRY(auto bytes, folder_.journals().object(hash));
    if (!bytes) return std::vector<Hash>{};
    auto found = references_(hash, *bytes);
    return found ? std::move(*found) : std::vector<Hash>{};
  }
  // An object that cannot be read may refer to anything: nothing can be collected.
  if (!file) return std::move(file).error().with_context("cannot read object " + in_quotes(hash));
  Bytes small;
  port::Mapping large;
  if (object.size_bytes < k_map_bytes_min) {
    small.resize(static_cast<size_t>(object.size_bytes));
    SAMARA_TRY(size_t count, folder_.files().read_at(file->handle(), 0, small));
    small.resize(count);
  } else {
    // The size may have changed since it was listed, if a damaged object was replaced; a mapping
    // beyond the end must not be touched.
    SAMARA_TRY(port::FileInfo info, folder_.files().info(file->handle()));
    SAMARA_TRY(large, port::Mapping::map(folder_.files(), file->handle(), info.size_bytes));
  }
  auto found = references_(hash, small.empty() ? large.bytes() : ByteView(small));
  if (!found) return std::vector<Hash>{};
  return found;
}

Result<uint64_t> Marker::mark(const Hash& root) {
  uint64_t bytes = 0;
  std::vector<Hash> open{root};
  while (!open.empty()) {
    const Hash hash = open.back();
    open.pop_back();
    SAMARA_TRY(Object * object, find(hash));
    if (object == nullptr || object->marked) continue;
    object->marked = true;
    bytes += object->size_bytes;
    SAMARA_TRY(std::vector<Hash> next, references(hash, *object));
    open.insert(open.end(), next.begin(), next.end());
  }
  return bytes;
}

Result<uint64_t> Marker::unmarked_bytes(std::span<const Hash> roots) {
  uint64_t bytes = 0;
  std::unordered_set<Hash, HashOfHash> seen;
  std::vector<Hash> open(roots.begin(), roots.end());
  while (!open.empty()) {
    const Hash hash = open.back();
    open.pop_back();
    SAMARA_TRY(Object * object, find(hash));
    if (object == nullptr || object->marked || !seen.insert(hash).second) continue;
    bytes += object->size_bytes;
    SAMARA_TRY(std::vector<Hash> next, references(hash, *object));
    open.insert(open.end(), next.begin(), next.end());
  }
  return bytes;
}

}  // namespace samara::store
