#include "store/folder.hpp"

#include "store/names.hpp"

namespace samara::store {

using port::Files;
using port::Handle;
using port::OpenFile;
using port::OpenMode;

Folder::Folder(Files& files, port::Random& random, std::string_view path, std::string_view owner)
    : files_(files),
      random_(random),
      path_(path),
      owner_(owner),
      session_(*this),
      call_locks_(*this),
      journals_(*this) {
  for (auto& slot : fan_out_) slot.store(-1, std::memory_order_relaxed);
}

Result<std::unique_ptr<Folder>> Folder::open(Files& files, port::Random& random,
                                             std::string_view path, std::string_view owner) {
  std::unique_ptr<Folder> out(new Folder(files, random, path, owner));
  SAMARA_TRY(out->root_, OpenFile::open(files, port::k_no_directory, path, OpenMode::directory));
  struct Part {
    OpenFile& file;
    std::string_view name;
  };
  const Part parts[] = {{out->objects_, "objects"},
                        {out->refs_, "refs"},
                        {out->executions_, "executions"},
                        {out->workers_, "workers"},
                        {out->tmp_, "tmp"},
                        {out->locks_, "locks"},
                        {out->gc_, "gc"}};
  for (const Part& part : parts) {
    auto opened = OpenFile::open(files, out->root(), part.name, OpenMode::directory);
    if (!opened && opened.error().code == Code::not_found) {
      // Made anew in silence, a lost refs/ would let gc remove everything.
      return Error(Code::corrupt, "its folder " + in_quotes(part.name) +
                                      " is missing: restore it, or make an empty one to go on "
                                      "without what was in it");
    }
    if (!opened) {
      return std::move(opened).error().with_context("folder " + in_quotes(part.name));
    }
    part.file = std::move(*opened);
  }
  return out;
}

ShortLock::~ShortLock() {
  if (!file_.valid()) return;
  if (!folder_->files().unlock(file_.handle())) return;  // closing ends the lock
  std::lock_guard guard(folder_->short_mutex_);
  folder_->short_files_[static_cast<size_t>(name_)].push_back(std::move(file_));
}

Result<ShortLock> Folder::lock_shortly(ShortLockName name, port::LockMode mode) {
  OpenFile file;
  {
    std::lock_guard guard(short_mutex_);
    auto& free = short_files_[static_cast<size_t>(name)];
    if (!free.empty()) {
      file = std::move(free.back());
      free.pop_back();
    }
  }
  if (!file.valid()) {
    const std::string_view path = name == ShortLockName::naming ? k_lock_naming : k_lock_gate;
    SAMARA_TRY(file, lock(path, mode, port::LockWait::yes));
  } else {
    SAMARA_CHECK(files_.lock(file.handle(), mode, port::LockWait::yes));
  }
  return ShortLock(*this, name, std::move(file));
}

Folder::~Folder() {
  for (auto& slot : fan_out_) {
    const int32_t number = slot.load(std::memory_order_relaxed);
    if (number >= 0) files_.close(Handle{number});
  }
}

FanOutName::FanOutName(uint8_t first) {
  static constexpr char k_digits[] = "0123456789abcdef";
  text[0] = k_digits[first >> 4];
  text[1] = k_digits[first & 15];
}

Result<Handle> Folder::fan_out(uint8_t first) {
  std::atomic<int32_t>& slot = fan_out_[first];
  // Pairs with the compare-exchange below: whoever sees the number sees an open directory.
  const int32_t known = slot.load(std::memory_order_acquire);
  if (known >= 0) return Handle{known};
  const FanOutName name(first);
  auto opened = files_.open(objects(), name.view(), OpenMode::directory);
  if (!opened && opened.error().code == Code::not_found) {
    SAMARA_CHECK(ensure_directory(files_, objects(), name.view()));
    SAMARA_CHECK(files_.sync_directory(objects()));
    opened = files_.open(objects(), name.view(), OpenMode::directory);
  }
  if (!opened) return std::move(opened).error();
  int32_t expected = -1;
  if (slot.compare_exchange_strong(expected, opened->number, std::memory_order_acq_rel)) {
    return *opened;
  }
  files_.close(*opened);
  return Handle{expected};
}

Result<OpenFile> Folder::lock(std::string_view name, port::LockMode mode, port::LockWait wait) {
  auto file = OpenFile::open(files_, locks(), name, OpenMode::create_shared);
  if (!file) {
    return std::move(file).error().with_context("cannot lock the repository " + in_quotes(path_));
  }
  SAMARA_TRY(bool mine, files_.lock(file->handle(), mode, wait));
  if (!mine) return Error(Code::locked, "repository " + in_quotes(path_) + " is locked");
  return std::move(*file);
}

Result<OpenFile> Folder::lock_upkeep() {
  auto file = lock(k_lock_gc, port::LockMode::exclusive, port::LockWait::no);
  if (!file && file.error().code == Code::locked) {
    auto holder = read_whole(files_, locks(), k_lock_gc, 4096);
    const std::string name =
        holder && !holder->empty() ? std::string(as_text(*holder)) : std::string("another process");
    return Error(Code::locked, "repository " + in_quotes(path_) + " is locked by " + name);
  }
  if (!file) return std::move(file).error();
  SAMARA_CHECK(files_.truncate(file->handle(), 0));
  SAMARA_CHECK(files_.write(file->handle(), as_bytes(owner_)));
  return file;
}

Result<TempFile> TempFile::create(Folder& folder, Handle directory, OpenMode mode) {
  // A forked child counts on from the same number, so a taken name is possible.
  constexpr int k_attempts = 1000;
  for (int i = 0; i < k_attempts; i++) {
    SAMARA_TRY(TempName name, folder.session().temp_name());
    auto file = OpenFile::open(folder.files(), directory, name.view(), mode);
    if (file) return TempFile(folder, directory, name, std::move(*file));
    if (file.error().code != Code::exists) return std::move(file).error();
  }
  return Error(Code::exists, "no free name for a temporary file");
}

TempFile::TempFile(TempFile&& other) noexcept
    : folder_(other.folder_),
      directory_(other.directory_),
      name_(other.name_),
      file_(std::move(other.file_)) {
  other.folder_ = nullptr;
}

TempFile::~TempFile() {
  if (folder_ == nullptr) return;
  file_.reset();
  // What cannot be removed now is swept by gc.
  static_cast<void>(folder_->files().remove(directory_, name_.view()));
}

Result<void> TempFile::publish(Handle directory, std::string_view name, port::Replace replace) {
  SAMARA_CHECK(folder_->files().rename(directory_, name_.view(), directory, name, replace));
  folder_ = nullptr;
  file_.reset();
  return {};
}

Result<OpenFile> TempFile::name_open(Handle directory, std::string_view name) {
  SAMARA_CHECK(
      folder_->files().rename(directory_, name_.view(), directory, name, port::Replace::no));
  folder_ = nullptr;
  return std::move(file_);
}

Result<Bytes> read_whole(Files& files, Handle directory, std::string_view name,
                         uint64_t bytes_max) {
  SAMARA_TRY(OpenFile file, OpenFile::open(files, directory, name, OpenMode::read));
  SAMARA_TRY(port::FileInfo info, files.info(file.handle()));
  if (info.kind == port::FileKind::directory) return Error(Code::exists, "it is a directory");
  if (info.size_bytes > bytes_max) {
    return Error(Code::exhausted,
                 "the file is larger than " + std::to_string(bytes_max) + " bytes");
  }
  Bytes out(static_cast<size_t>(info.size_bytes));
  SAMARA_TRY(size_t count, files.read_at(file.handle(), 0, out));
  out.resize(count);
  return out;
}

Result<void> write_whole(Folder& folder, Handle directory, std::string_view name, ByteView bytes,
                         bool synced) {
  SAMARA_TRY(TempFile temp, TempFile::create(folder, folder.tmp()));
  SAMARA_CHECK(folder.files().write(temp.handle(), bytes));
  if (synced) SAMARA_CHECK(folder.files().sync(temp.handle()));
  SAMARA_CHECK(temp.publish(directory, name, port::Replace::yes));
  if (synced) SAMARA_CHECK(folder.files().sync_directory(directory));
  return {};
}

Result<void> ensure_directory(Files& files, Handle directory, std::string_view name) {
  auto made = files.make_directory(directory, name);
  if (!made && made.error().code != Code::exists) return std::move(made).error();
  return {};
}

Result<bool> still_named(Files& files, Handle file, Handle directory, std::string_view name) {
  SAMARA_TRY(port::FileInfo mine, files.info(file));
  if (mine.links == 0) return false;
  auto theirs = files.info_at(directory, name);
  if (!theirs && theirs.error().code == Code::not_found) return false;
  if (!theirs) return std::move(theirs).error();
  return theirs->inode == mine.inode && theirs->device == mine.device;
}

}  // namespace samara::store
