#include "ports/linux/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "ports/linux/locked_files.hpp"

namespace samara::port {

namespace {

static_assert(k_no_directory.number == AT_FDCWD);

// The terminated copy of a path that system calls want, without allocating.
class PathText {
 public:
  explicit PathText(std::string_view path) {
    ok_ = path.size() < sizeof text_ && path.find('\0') == std::string_view::npos;
    if (!ok_) return;
    std::memcpy(text_, path.data(), path.size());
    text_[path.size()] = '\0';
  }
  bool ok() const { return ok_; }
  const char* text() const { return text_; }

 private:
  bool ok_;
  char text_[PATH_MAX];
};

constexpr int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY | O_CLOEXEC | O_NOCTTY;
    case OpenMode::create:
    case OpenMode::create_private:
      return O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
    case OpenMode::create_shared:
      return O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY;
    case OpenMode::append:
      return O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;
    case OpenMode::update:
      return O_RDWR | O_CLOEXEC | O_NOCTTY;
    case OpenMode::directory:
      return O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  }
  return O_RDONLY;
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::file;
  if (S_ISDIR(mode)) return FileKind::directory;
  return FileKind::other;
}

FileInfo info_of(const struct stat& raw) {
  auto modified =
      std::chrono::seconds(raw.st_mtim.tv_sec) + std::chrono::nanoseconds(raw.st_mtim.tv_nsec);
  auto changed =
      std::chrono::seconds(raw.st_ctim.tv_sec) + std::chrono::nanoseconds(raw.st_ctim.tv_nsec);
  return FileInfo{.kind = kind_of(raw.st_mode),
                  .size_bytes = static_cast<uint64_t>(raw.st_size),
                  .modified = WallTime(modified),
                  .changed = WallTime(changed),
                  .links = static_cast<uint32_t>(raw.st_nlink),
                  .permissions = raw.st_mode & 0777U,
                  .device = raw.st_dev,
                  .inode = raw.st_ino};
}

Result<void> done(int status) {
  if (status != 0) return os_error(errno);
  return {};
}

Result<struct flock> range_at(uint64_t at, short type) {
  SAMARA_TRY(off_t start, narrow<off_t>(at));
  struct flock out{};
  out.l_type = type;
  out.l_whence = SEEK_SET;
  out.l_start = start;
  out.l_len = 1;
  return out;
}

// File systems without renameat2 flags (NFS among them) get the same atomic refusal from link.
Result<void> rename_by_link(int from_directory, const char* from, int to_directory,
                            const char* to) {
  SAMARA_CHECK(done(::linkat(from_directory, from, to_directory, to, 0)));
  return done(::unlinkat(from_directory, from, 0));
}

}  // namespace

Result<Handle> LinuxFiles::open(Handle directory, std::string_view path, OpenMode mode) {
  PathText text(path);
  if (!text.ok()) return os_error(ENAMETOOLONG);
  const mode_t permissions = mode == OpenMode::create           ? 0444
                             : mode == OpenMode::create_private ? 0400
                                                                : 0666;
  while (true) {
    int number = ::openat(directory.number, text.text(), open_flags(mode), permissions);
    if (number >= 0) return Handle{number};
    if (errno != EINTR) return os_error(errno);
  }
}

void LinuxFiles::close(Handle file) { close_file(file.number); }

Result<size_t> LinuxFiles::read_at(Handle file, uint64_t offset, std::span<uint8_t> out) {
  size_t filled = 0;
  while (filled < out.size()) {
    ssize_t count = ::pread(file.number, out.data() + filled, out.size() - filled,
                            static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error(errno);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  return filled;
}

Result<void> LinuxFiles::write(Handle file, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(file.number, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error(errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

Result<void> LinuxFiles::write_at(Handle file, uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::pwrite(file.number, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error(errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

Result<void> LinuxFiles::truncate(Handle file, uint64_t size_bytes) {
  SAMARA_CHECK(done(::ftruncate(file.number, static_cast<off_t>(size_bytes))));
  if (::lseek(file.number, static_cast<off_t>(size_bytes), SEEK_SET) < 0) return os_error(errno);
  return {};
}

Result<void> LinuxFiles::sync(Handle file) { return done(::fdatasync(file.number)); }

Result<void> LinuxFiles::sync_directory(Handle directory) {
  return done(::fsync(directory.number));
}

Result<FileInfo> LinuxFiles::info(Handle file) {
  struct stat raw;
  if (::fstat(file.number, &raw) != 0) return os_error(errno);
  return info_of(raw);
}

Result<FileInfo> LinuxFiles::info_at(Handle directory, std::string_view path) {
  PathText text(path);
  if (!text.ok()) return os_error(ENAMETOOLONG);
  struct stat raw;
  if (::fstatat(directory.number, text.text(), &raw, AT_SYMLINK_NOFOLLOW) != 0) {
    return os_error(errno);
  }
  return info_of(raw);
}

Result<void> LinuxFiles::touch(Handle file) { return done(::futimens(file.number, nullptr)); }

Result<std::vector<DirectoryEntry>> LinuxFiles::list(Handle directory) {
  // A fresh descriptor: the position of `directory` is shared by all who hold it.
  int number = ::openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) return os_error(errno);
  std::vector<DirectoryEntry> out;
  // Without the C library's stream, which asks the kernel three things more.
  alignas(dirent64) char buffer[16384];
  long got = 0;
  while ((got = ::syscall(SYS_getdents64, number, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      FileKind kind = FileKind::other;
      if (entry->d_type == DT_REG) kind = FileKind::file;
      if (entry->d_type == DT_DIR) kind = FileKind::directory;
      if (entry->d_type == DT_UNKNOWN) {
        struct stat raw;
        if (::fstatat(directory.number, entry->d_name, &raw, AT_SYMLINK_NOFOLLOW) == 0) {
          kind = kind_of(raw.st_mode);
        }
      }
      out.push_back({std::string(name), kind});
    }
  }
  const int failure = got < 0 ? errno : 0;
  ::close(number);
  if (failure != 0) return os_error(failure);
  return out;
}

Result<void> LinuxFiles::make_directory(Handle directory, std::string_view path) {
  PathText text(path);
  if (!text.ok()) return os_error(ENAMETOOLONG);
  return done(::mkdirat(directory.number, text.text(), 0777));
}

Result<void> LinuxFiles::rename(Handle from_directory, std::string_view from, Handle to_directory,
                                std::string_view to, Replace replace) {
  PathText source(from);
  PathText target(to);
  if (!source.ok() || !target.ok()) return os_error(ENAMETOOLONG);
  if (replace == Replace::yes) {
    return done(
        ::renameat(from_directory.number, source.text(), to_directory.number, target.text()));
  }
  if (::renameat2(from_directory.number, source.text(), to_directory.number, target.text(),
                  RENAME_NOREPLACE) == 0) {
    return {};
  }
  if (errno == EINVAL || errno == ENOSYS) {
    return rename_by_link(from_directory.number, source.text(), to_directory.number, target.text());
  }
  return os_error(errno);
}

Result<void> LinuxFiles::remove(Handle directory, std::string_view path) {
  PathText text(path);
  if (!text.ok()) return os_error(ENAMETOOLONG);
  return done(::unlinkat(directory.number, text.text(), 0));
}

Result<void> LinuxFiles::remove_directory(Handle directory, std::string_view path) {
  PathText text(path);
  if (!text.ok()) return os_error(ENAMETOOLONG);
  return done(::unlinkat(directory.number, text.text(), AT_REMOVEDIR));
}

Result<bool> LinuxFiles::lock(Handle file, LockMode mode, LockWait wait) {
  int operation = mode == LockMode::shared ? LOCK_SH : LOCK_EX;
  if (wait == LockWait::no) operation |= LOCK_NB;
  note_locked_file(file.number);
  while (::flock(file.number, operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return false;
    return os_error(errno);
  }
  return true;
}

Result<void> LinuxFiles::unlock(Handle file) { return done(::flock(file.number, LOCK_UN)); }

Result<bool> LinuxFiles::lock_byte(Handle file, uint64_t at, LockWait wait) {
  SAMARA_TRY(struct flock range, range_at(at, F_WRLCK));
  note_locked_file(file.number);
  while (::fcntl(file.number, wait == LockWait::yes ? F_OFD_SETLKW : F_OFD_SETLK, &range) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return false;
    return os_error(errno);
  }
  return true;
}

Result<void> LinuxFiles::unlock_byte(Handle file, uint64_t at) {
  SAMARA_TRY(struct flock range, range_at(at, F_UNLCK));
  return done(::fcntl(file.number, F_OFD_SETLK, &range));
}

Result<ByteView> LinuxFiles::map(Handle file, uint64_t size_bytes) {
  SAMARA_TRY(size_t size, narrow<size_t>(size_bytes));
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (memory == MAP_FAILED) return os_error(errno);
  return ByteView(static_cast<const uint8_t*>(memory), size);
}

void LinuxFiles::unmap(ByteView bytes) {
  ::munmap(const_cast<uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace samara::port
