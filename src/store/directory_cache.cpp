#include "store/directory_cache.hpp"

#include "store/names.hpp"

namespace samara::store {

using port::OpenFile;
using port::OpenMode;

Result<std::optional<Bytes>> DirectoryCache::find(const Hash& key, uint64_t bytes_max) {
  port::Files& files = folder_.files();
  auto cache = OpenFile::open(files, folder_.root(), k_cache, OpenMode::directory);
  if (!cache && cache.error().code == Code::not_found) return std::optional<Bytes>();
  if (!cache) return std::move(cache).error();
  auto bytes = read_whole(files, cache->handle(), key.hex(), bytes_max);
  if (!bytes && bytes.error().code == Code::not_found) return std::optional<Bytes>();
  if (!bytes) return std::move(bytes).error();
  // Its age is the time since it was last of use. A repository that cannot be written to may be
  // read.
  if (auto file = OpenFile::open(files, cache->handle(), key.hex(), OpenMode::read)) {
    static_cast<void>(files.touch(file->handle()));
  }
  return std::optional<Bytes>(std::move(*bytes));
}

Result<void> DirectoryCache::keep(const Hash& key, ByteView bytes) {
  port::Files& files = folder_.files();
  SAMARA_CHECK(ensure_directory(files, folder_.root(), k_cache));
  SAMARA_TRY(OpenFile cache, OpenFile::open(files, folder_.root(), k_cache, OpenMode::directory));
  return write_whole(folder_, cache.handle(), key.hex(), bytes, false);
}

namespace {

Result<SecretKey> read_key(Folder& folder, port::Handle keys) {
  port::Files& files = folder.files();
  SAMARA_TRY(OpenFile file, OpenFile::open(files, keys, k_own_key, OpenMode::read));
  SAMARA_TRY(port::FileInfo info, files.info(file.handle()));
  if ((info.permissions & 077U) != 0) {
    return Error(Code::permission,
                 "others may read keys/own, so what it signs cannot be trusted: remove it, and a "
                 "new one is made");
  }
  SecretKey out{};
  SAMARA_TRY(size_t size, files.read_at(file.handle(), 0, out));
  if (size != out.size() || info.size_bytes != out.size()) {
    return Error(Code::corrupt, "keys/own has not 32 bytes: remove it, and a new one is made");
  }
  return out;
}

}  // namespace

Result<SecretKey> DirectoryCache::own_key() {
  port::Files& files = folder_.files();
  auto keys = OpenFile::open(files, folder_.root(), k_keys, OpenMode::directory);
  if (!keys && keys.error().code == Code::not_found) {
    SAMARA_CHECK(ensure_directory(files, folder_.root(), k_keys));
    keys = OpenFile::open(files, folder_.root(), k_keys, OpenMode::directory);
  }
  if (!keys) return std::move(keys).error();
  auto there = read_key(folder_, keys->handle());
  if (there || there.error().code != Code::not_found) return there;
  SecretKey made;
  folder_.random().fill(made);
  SAMARA_TRY(TempFile temp, TempFile::create(folder_, folder_.tmp(), OpenMode::create_private));
  SAMARA_CHECK(files.write(temp.handle(), made));
  SAMARA_CHECK(files.sync(temp.handle()));
  // Several processes may make one at once: the first to name it wins, all use that.
  auto named = temp.publish(keys->handle(), k_own_key, port::Replace::no);
  if (!named && named.error().code != Code::exists) return std::move(named).error();
  SAMARA_CHECK(files.sync_directory(keys->handle()));
  return read_key(folder_, keys->handle());
}

Result<uint64_t> sweep_cache(Folder& folder, std::chrono::nanoseconds unused_max) {
  port::Files& files = folder.files();
  auto cache = OpenFile::open(files, folder.root(), k_cache, OpenMode::directory);
  if (!cache && cache.error().code == Code::not_found) return uint64_t{0};
  if (!cache) return std::move(cache).error();
  // Ages are told by the clock of the file system, which gives a new file its time.
  SAMARA_TRY(TempFile temp, TempFile::create(folder, folder.tmp(), OpenMode::create));
  SAMARA_TRY(port::FileInfo now, files.info(temp.handle()));
  SAMARA_TRY(auto entries, files.list(cache->handle()));
  uint64_t removed = 0;
  for (const port::DirectoryEntry& entry : entries) {
    auto info = files.info_at(cache->handle(), entry.name);
    if (!info || info->kind != port::FileKind::file) continue;
    if (now.modified - info->modified < unused_max) continue;
    if (files.remove(cache->handle(), entry.name)) removed++;
  }
  return removed;
}

}  // namespace samara::store
