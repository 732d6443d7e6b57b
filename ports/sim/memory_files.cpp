#include "ports/sim/memory_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

namespace samara::port {

struct MemoryFiles::Inode {
  FileKind kind = FileKind::file;
  uint64_t number = 0;
  uint32_t links = 1;
  uint32_t permissions = 0;
  WallTime modified{};
  Bytes bytes;
  Bytes synced_bytes;
  std::map<std::string, InodeRef, std::less<>> entries;
  std::map<std::string, InodeRef, std::less<>> synced_entries;
  uint32_t shared_locks = 0;
  bool exclusive_lock = false;
  std::map<uint64_t, int32_t> locked_bytes;  // by which handle
};

namespace {

// splitmix64: the seed alone decides what a power loss leaves.
uint64_t next_random(uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

MemoryFiles::MemoryFiles() : root_(std::make_shared<Inode>()) {
  root_->kind = FileKind::directory;
  root_->number = next_inode_++;
  root_->permissions = 0755;
  root_->modified = now_;
}

MemoryFiles::~MemoryFiles() = default;

WallTime MemoryFiles::tick() {
  now_ += std::chrono::microseconds(1);
  return now_;
}

FileInfo MemoryFiles::describe(const Inode& inode) const {
  return FileInfo{.kind = inode.kind,
                  .size_bytes = inode.bytes.size(),
                  .modified = inode.modified,
                  .links = inode.links,
                  .permissions = inode.permissions,
                  .device = 1,
                  .inode = inode.number};
}

Result<MemoryFiles::Open*> MemoryFiles::opened(Handle file) {
  auto found = open_.find(file.number);
  if (found == open_.end()) return os_error(EBADF);
  return &found->second;
}

Result<MemoryFiles::InodeRef> MemoryFiles::start(Handle directory, std::string_view path) {
  if (directory == k_no_directory || path.starts_with('/')) return root_;
  SAMARA_TRY(Open * open, opened(directory));
  if (open->inode->kind != FileKind::directory) return os_error(ENOTDIR);
  return open->inode;
}

Result<MemoryFiles::Place> MemoryFiles::place(Handle directory, std::string_view path) {
  SAMARA_TRY(InodeRef at, start(directory, path));
  std::string last;
  while (!path.empty()) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part.size() > 255) return os_error(ENAMETOOLONG);
    if (!last.empty()) {
      auto next = at->entries.find(last);
      if (next == at->entries.end()) return os_error(ENOENT);
      if (next->second->kind != FileKind::directory) return os_error(ENOTDIR);
      at = next->second;
    }
    last = part;
  }
  // A directory whose last name is gone takes no new names.
  if (at->links == 0) return os_error(ENOENT);
  return Place{at, last, last.empty()};
}

Result<MemoryFiles::InodeRef> MemoryFiles::find(Handle directory, std::string_view path) {
  SAMARA_TRY(Place where, place(directory, path));
  if (where.itself) return where.parent;
  auto found = where.parent->entries.find(where.name);
  if (found == where.parent->entries.end()) return os_error(ENOENT);
  return found->second;
}

Result<Handle> MemoryFiles::open(Handle directory, std::string_view path, OpenMode mode) {
  SAMARA_TRY(Place where, place(directory, path));
  InodeRef inode = where.itself ? where.parent : nullptr;
  if (!inode) {
    auto found = where.parent->entries.find(where.name);
    if (found != where.parent->entries.end()) inode = found->second;
  }
  const bool must_be_new = mode == OpenMode::create || mode == OpenMode::create_private;
  const bool creates = must_be_new || mode == OpenMode::create_shared;
  if (inode && must_be_new) return os_error(EEXIST);
  if (!inode && !creates) return os_error(ENOENT);
  if (inode && mode == OpenMode::directory && inode->kind != FileKind::directory) {
    return os_error(ENOTDIR);
  }
  if (inode && mode != OpenMode::directory && mode != OpenMode::read &&
      inode->kind == FileKind::directory) {
    return os_error(EISDIR);
  }
  if (!inode) {
    inode = std::make_shared<Inode>();
    inode->number = next_inode_++;
    inode->permissions = mode == OpenMode::create           ? 0444
                         : mode == OpenMode::create_private ? 0400
                                                            : 0644;
    inode->modified = tick();
    where.parent->entries[where.name] = inode;
    tell(where.parent->number, WatchFor::creations, where.name);
  }
  Handle handle{next_handle_++};
  open_[handle.number] =
      Open{.inode = inode, .folder = where.parent->number, .name = where.name, .mode = mode};
  return handle;
}

void MemoryFiles::close(Handle file) {
  auto found = open_.find(file.number);
  if (found == open_.end()) return;
  Open& open = found->second;
  if (open.locked && open.lock == LockMode::shared) open.inode->shared_locks--;
  if (open.locked && open.lock == LockMode::exclusive) open.inode->exclusive_lock = false;
  std::erase_if(open.inode->locked_bytes, [&](const auto& at) { return at.second == file.number; });
  const Open closed = std::move(open);
  open_.erase(found);
  const bool writable = closed.mode != OpenMode::read && closed.mode != OpenMode::directory;
  if (writable) tell(closed.folder, WatchFor::releases, closed.name);
}

void MemoryFiles::tell(uint64_t folder, WatchFor what, const std::string& name) {
  for (NameListener* listener : listeners_) listener->heard(folder, what, name);
}

Result<size_t> MemoryFiles::read_at(Handle file, uint64_t offset, std::span<uint8_t> out) {
  SAMARA_TRY(Open * open, opened(file));
  const Bytes& bytes = open->inode->bytes;
  if (open->inode->kind == FileKind::directory) return os_error(EISDIR);
  if (offset >= bytes.size()) return size_t{0};
  size_t count = std::min(out.size(), bytes.size() - static_cast<size_t>(offset));
  if (count > 0) std::memcpy(out.data(), bytes.data() + offset, count);
  return count;
}

Result<void> MemoryFiles::write(Handle file, ByteView bytes) {
  SAMARA_TRY(Open * open, opened(file));
  const size_t at = open->mode == OpenMode::append ? open->inode->bytes.size() : open->position;
  return write_from(*open, at, bytes);
}

Result<void> MemoryFiles::write_at(Handle file, uint64_t offset, ByteView bytes) {
  SAMARA_TRY(Open * open, opened(file));
  SAMARA_TRY(size_t at, narrow<size_t>(offset));
  const size_t position = open->position;
  auto written = write_from(*open, at, bytes);
  open->position = position;
  return written;
}

Result<void> MemoryFiles::write_from(Open& open, size_t at, ByteView bytes) {
  if (open.mode == OpenMode::read || open.mode == OpenMode::directory) return os_error(EBADF);
  Inode& inode = *open.inode;
  size_t end = at + bytes.size();
  size_t growth = end > inode.bytes.size() ? end - inode.bytes.size() : 0;
  // As on a real disk, what fits is written before the error.
  uint64_t room = bytes_max_ > bytes_used_ ? bytes_max_ - bytes_used_ : 0;
  const bool full = growth > room;
  if (full) {
    bytes = bytes.first(bytes.size() - (growth - static_cast<size_t>(room)));
    end = at + bytes.size();
    growth = static_cast<size_t>(room);
  }
  bytes_used_ += growth;
  if (end > inode.bytes.size()) inode.bytes.resize(end);
  std::copy(bytes.begin(), bytes.end(), inode.bytes.begin() + static_cast<std::ptrdiff_t>(at));
  open.position = end;
  inode.modified = tick();
  if (full) return os_error(ENOSPC);
  return {};
}

Result<void> MemoryFiles::truncate(Handle file, uint64_t size_bytes) {
  SAMARA_TRY(Open * open, opened(file));
  Bytes& bytes = open->inode->bytes;
  bytes_used_ -= std::min<uint64_t>(bytes_used_, bytes.size());
  bytes.resize(static_cast<size_t>(size_bytes));
  bytes_used_ += bytes.size();
  open->position = bytes.size();
  open->inode->modified = tick();
  return {};
}

Result<void> MemoryFiles::sync(Handle file) {
  SAMARA_TRY(Open * open, opened(file));
  open->inode->synced_bytes = open->inode->bytes;
  return {};
}

Result<void> MemoryFiles::sync_directory(Handle directory) {
  SAMARA_TRY(Open * open, opened(directory));
  if (open->inode->kind != FileKind::directory) return os_error(ENOTDIR);
  open->inode->synced_entries = open->inode->entries;
  return {};
}

Result<FileInfo> MemoryFiles::info(Handle file) {
  SAMARA_TRY(Open * open, opened(file));
  return describe(*open->inode);
}

Result<FileInfo> MemoryFiles::info_at(Handle directory, std::string_view path) {
  SAMARA_TRY(InodeRef inode, find(directory, path));
  return describe(*inode);
}

Result<void> MemoryFiles::touch(Handle file) {
  SAMARA_TRY(Open * open, opened(file));
  open->inode->modified = tick();
  return {};
}

Result<std::vector<DirectoryEntry>> MemoryFiles::list(Handle directory) {
  SAMARA_TRY(Open * open, opened(directory));
  if (open->inode->kind != FileKind::directory) return os_error(ENOTDIR);
  std::vector<DirectoryEntry> out;
  for (const auto& [name, inode] : open->inode->entries) out.push_back({name, inode->kind});
  return out;
}

Result<void> MemoryFiles::make_directory(Handle directory, std::string_view path) {
  SAMARA_TRY(Place where, place(directory, path));
  if (where.itself || where.parent->entries.contains(where.name)) return os_error(EEXIST);
  auto inode = std::make_shared<Inode>();
  inode->kind = FileKind::directory;
  inode->number = next_inode_++;
  inode->permissions = 0755;
  inode->modified = tick();
  where.parent->entries[where.name] = inode;
  return {};
}

Result<void> MemoryFiles::rename(Handle from_directory, std::string_view from, Handle to_directory,
                                 std::string_view to, Replace replace) {
  SAMARA_TRY(Place source, place(from_directory, from));
  SAMARA_TRY(Place target, place(to_directory, to));
  auto moved = source.parent->entries.find(source.name);
  if (moved == source.parent->entries.end()) return os_error(ENOENT);
  InodeRef inode = moved->second;
  auto taken = target.parent->entries.find(target.name);
  if (taken != target.parent->entries.end()) {
    if (replace == Replace::no) return os_error(EEXIST);
    if (taken->second == inode) return {};
    const bool over_directory = taken->second->kind == FileKind::directory;
    if (over_directory && inode->kind != FileKind::directory) return os_error(EISDIR);
    if (!over_directory && inode->kind == FileKind::directory) return os_error(ENOTDIR);
    if (over_directory && !taken->second->entries.empty()) return os_error(ENOTEMPTY);
    taken->second->links = 0;
  }
  source.parent->entries.erase(moved);
  target.parent->entries[target.name] = inode;
  tick();
  tell(target.parent->number, WatchFor::arrivals, target.name);
  return {};
}

Result<void> MemoryFiles::remove(Handle directory, std::string_view path) {
  SAMARA_TRY(Place where, place(directory, path));
  auto found = where.parent->entries.find(where.name);
  if (found == where.parent->entries.end()) return os_error(ENOENT);
  if (found->second->kind == FileKind::directory) return os_error(EISDIR);
  found->second->links = 0;
  bytes_used_ -= std::min<uint64_t>(bytes_used_, found->second->bytes.size());
  where.parent->entries.erase(found);
  tick();
  return {};
}

Result<void> MemoryFiles::remove_directory(Handle directory, std::string_view path) {
  SAMARA_TRY(Place where, place(directory, path));
  auto found = where.parent->entries.find(where.name);
  if (found == where.parent->entries.end()) return os_error(ENOENT);
  if (found->second->kind != FileKind::directory) return os_error(ENOTDIR);
  if (!found->second->entries.empty()) return os_error(ENOTEMPTY);
  found->second->links = 0;
  where.parent->entries.erase(found);
  tick();
  return {};
}

Result<bool> MemoryFiles::lock(Handle file, LockMode mode, LockWait wait) {
  SAMARA_TRY(Open * open, opened(file));
  Inode& inode = *open->inode;
  const bool mine_exclusive = open->locked && open->lock == LockMode::exclusive;
  const uint32_t mine_shared = open->locked && open->lock == LockMode::shared ? 1 : 0;
  bool busy = inode.exclusive_lock && !mine_exclusive;
  if (mode == LockMode::exclusive && inode.shared_locks > mine_shared) busy = true;
  if (busy && wait == LockWait::yes) return os_error(EDEADLK);
  if (busy) return false;
  if (mine_exclusive) inode.exclusive_lock = false;
  inode.shared_locks -= mine_shared;
  if (mode == LockMode::exclusive) inode.exclusive_lock = true;
  if (mode == LockMode::shared) inode.shared_locks++;
  open->locked = true;
  open->lock = mode;
  return true;
}

Result<void> MemoryFiles::unlock(Handle file) {
  SAMARA_TRY(Open * open, opened(file));
  if (!open->locked) return {};
  if (open->lock == LockMode::shared) open->inode->shared_locks--;
  if (open->lock == LockMode::exclusive) open->inode->exclusive_lock = false;
  open->locked = false;
  return {};
}

Result<bool> MemoryFiles::lock_byte(Handle file, uint64_t at, LockWait wait) {
  SAMARA_TRY(Open * open, opened(file));
  const auto holder = open->inode->locked_bytes.try_emplace(at, file.number).first;
  if (holder->second == file.number) return true;
  if (wait == LockWait::yes) return os_error(EDEADLK);
  return false;
}

Result<void> MemoryFiles::unlock_byte(Handle file, uint64_t at) {
  SAMARA_TRY(Open * open, opened(file));
  const auto holder = open->inode->locked_bytes.find(at);
  if (holder != open->inode->locked_bytes.end() && holder->second == file.number) {
    open->inode->locked_bytes.erase(holder);
  }
  return {};
}

Result<ByteView> MemoryFiles::map(Handle file, uint64_t size_bytes) {
  SAMARA_TRY(Open * open, opened(file));
  const Bytes& bytes = open->inode->bytes;
  size_t size = std::min(bytes.size(), static_cast<size_t>(size_bytes));
  mappings_.push_back(
      std::make_unique<Bytes>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
  return ByteView(*mappings_.back());
}

void MemoryFiles::unmap(ByteView bytes) {
  std::erase_if(mappings_, [&](const auto& held) { return held->data() == bytes.data(); });
}

Result<void> MemoryFiles::flip_bit(std::string_view path, size_t offset) {
  SAMARA_TRY(InodeRef inode, find(k_no_directory, path));
  if (offset >= inode->bytes.size()) return os_error(EINVAL);
  inode->bytes[offset] ^= 1;
  inode->synced_bytes = inode->bytes;
  return {};
}

void MemoryFiles::settle() { settle(*root_); }

void MemoryFiles::settle(Inode& inode) {
  inode.synced_bytes = inode.bytes;
  inode.synced_entries = inode.entries;
  for (const auto& [name, entry] : inode.entries) settle(*entry);
}

void MemoryFiles::lose_power(PowerLoss loss, uint64_t seed) {
  // Handles died with the machine, and their locks with them.
  while (!open_.empty()) close(Handle{open_.begin()->first});
  uint64_t state = seed;
  lose(root_, loss, state);
  bytes_used_ = 0;
  bytes_max_ = UINT64_MAX;
}

void MemoryFiles::lose(const InodeRef& inode, PowerLoss loss, uint64_t& state) {
  if (inode->kind == FileKind::directory) {
    auto chosen = loss == PowerLoss::keep_names ? inode->entries : inode->synced_entries;
    if (loss == PowerLoss::keep_anything) {
      // Per name: what was synced, or what was there at the end. A rename changes two names, and
      // either change may be lost alone.
      for (const auto& [name, entry] : inode->entries) {
        if (next_random(state) % 2 == 0) chosen[name] = entry;
      }
      for (const auto& [name, entry] : inode->synced_entries) {
        if (!inode->entries.contains(name) && next_random(state) % 2 == 0) chosen.erase(name);
      }
    }
    inode->entries = chosen;
    inode->synced_entries = chosen;
    for (const auto& [name, entry] : chosen) {
      entry->links = 1;
      lose(entry, loss, state);
    }
    return;
  }
  const size_t size = inode->bytes.size();
  const bool changed = inode->bytes != inode->synced_bytes;
  uint64_t choice = loss == PowerLoss::drop_all ? 0 : 1 + next_random(state) % 4;
  if (loss == PowerLoss::keep_names && choice == 4) choice = 1;
  if (changed && choice == 0) inode->bytes = inode->synced_bytes;
  if (changed && choice == 1) inode->bytes.assign(size, 0);
  if (changed && choice == 2) inode->bytes.resize(next_random(state) % (size + 1));
  if (changed && choice == 3) inode->bytes = inode->synced_bytes;
  inode->synced_bytes = inode->bytes;
}

}  // namespace samara::port
