#include "store/publish.hpp"

#include <algorithm>
#include <cstring>

#include "store/names.hpp"

namespace samara::store {

using port::FileInfo;
using port::Files;
using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;
using port::Replace;

namespace {

// Each round is lost only to another process that changed the same object meanwhile.
constexpr int k_rounds_max = 64;
constexpr size_t k_compare_bytes = 64 * 1024;

struct Target {
  Folder& folder;
  Handle directory;
  ObjectName name;
  Durability durability;
};

// What became of an attempt to rely on the file that bears the name.
enum class Existing : uint8_t { kept, gone, unusable };

Result<bool> same_bytes(Files& files, Handle file, ByteView bytes) {
  if (bytes.empty()) return true;
  Bytes buffer(std::min(bytes.size(), k_compare_bytes));
  for (size_t at = 0; at < bytes.size();) {
    std::span<uint8_t> piece(buffer.data(), std::min(buffer.size(), bytes.size() - at));
    SAMARA_TRY(size_t count, files.read_at(file, at, piece));
    if (count != piece.size()) return false;
    if (std::memcmp(piece.data(), bytes.data() + at, count) != 0) return false;
    at += count;
  }
  return true;
}

// The shared lock excludes a collector: either it sees the new time and keeps the file, or it has
// removed the name already, which the link count tells.
Result<Existing> keep_existing(const Target& target, Handle file, ByteView bytes) {
  Files& files = target.folder.files();
  SAMARA_CHECK(files.lock(file, LockMode::shared, LockWait::yes));
  SAMARA_TRY(FileInfo info, files.info(file));
  if (info.links == 0) return Existing::gone;
  if (info.size_bytes != bytes.size()) return Existing::unusable;
  SAMARA_TRY(bool same, same_bytes(files, file, bytes));
  if (!same) return Existing::unusable;
  auto touched = files.touch(file);
  if (!touched && touched.error().code == Code::permission) return Existing::unusable;
  SAMARA_CHECK(std::move(touched));
  if (target.durability == Durability::synced) {
    // Whoever wrote it may not have synced it.
    SAMARA_CHECK(files.sync(file));
    SAMARA_CHECK(files.sync_directory(target.directory));
  }
  return Existing::kept;
}

// true: published. false: the name was given or taken away meanwhile, look again.
Result<bool> publish_new(const Target& target, TempFile& temp) {
  auto named = temp.publish(target.directory, target.name.view(), Replace::no);
  if (!named && named.error().code == Code::exists) return false;
  SAMARA_CHECK(std::move(named));
  return true;
}

// The exclusive lock excludes a collector that has judged the old file and is about to remove its
// name: it would remove ours.
Result<bool> publish_over(const Target& target, OpenFile old, TempFile& temp) {
  Files& files = target.folder.files();
  SAMARA_CHECK(files.lock(old.handle(), LockMode::exclusive, LockWait::yes));
  SAMARA_TRY(bool named, still_named(files, old.handle(), target.directory, target.name.view()));
  if (!named) return false;
  SAMARA_CHECK(temp.publish(target.directory, target.name.view(), Replace::yes));
  return true;
}

Result<OpenFile> open_existing(const Target& target) {
  return OpenFile::open(target.folder.files(), target.directory, target.name.view(),
                        OpenMode::read);
}

Result<void> finish(const Target& target) {
  if (target.durability == Durability::cached) return {};
  return target.folder.files().sync_directory(target.directory);
}

Error lost_every_round() { return Error(Code::io, "others keep changing the same object"); }

Result<TempFile> write_temp(const Target& target, ByteView bytes) {
  Files& files = target.folder.files();
  // Beside its later name: the rename stays in one directory, and file systems that keep the inodes
  // of a directory together spread the objects (measured on ext4: twice the rate of one tmp/).
  SAMARA_TRY(TempFile temp, TempFile::create(target.folder, target.directory));
  if (!bytes.empty()) SAMARA_CHECK(files.write(temp.handle(), bytes));
  if (target.durability == Durability::synced) {
    SAMARA_CHECK(files.sync(temp.handle()));
    // The sync may have taken long; the object is as young as its name.
    SAMARA_CHECK(files.touch(temp.handle()));
  }
  return temp;
}

}  // namespace

Result<void> publish_bytes(Folder& folder, const Hash& hash, ByteView bytes,
                           Durability durability) {
  SAMARA_TRY(Handle directory, folder.fan_out(hash.bytes[0]));
  const Target target{folder, directory, ObjectName(hash), durability};
  std::optional<TempFile> temp;
  for (int round = 0; round < k_rounds_max; round++) {
    auto existing = open_existing(target);
    if (!existing && existing.error().code != Code::not_found) {
      return std::move(existing).error();
    }
    if (existing) {
      SAMARA_TRY(Existing state, keep_existing(target, existing->handle(), bytes));
      if (state == Existing::kept) return {};
      if (state == Existing::gone) continue;
    }
    if (!temp) {
      SAMARA_TRY(TempFile written, write_temp(target, bytes));
      temp.emplace(std::move(written));
    }
    Result<bool> published =
        existing ? publish_over(target, std::move(*existing), *temp) : publish_new(target, *temp);
    SAMARA_TRY(bool done, std::move(published));
    if (done) return finish(target);
  }
  return lost_every_round();
}

Result<void> publish_file(Folder& folder, const Hash& hash, TempFile temp, Durability durability) {
  SAMARA_TRY(Handle directory, folder.fan_out(hash.bytes[0]));
  const Target target{folder, directory, ObjectName(hash), durability};
  SAMARA_CHECK(folder.files().touch(temp.handle()));
  for (int round = 0; round < k_rounds_max; round++) {
    auto existing = open_existing(target);
    if (!existing && existing.error().code != Code::not_found) {
      return std::move(existing).error();
    }
    Result<bool> published =
        existing ? publish_over(target, std::move(*existing), temp) : publish_new(target, temp);
    SAMARA_TRY(bool done, std::move(published));
    if (done) return finish(target);
  }
  return lost_every_round();
}

}  // namespace samara::store
