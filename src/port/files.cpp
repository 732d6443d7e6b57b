#include "port/files.hpp"

#include <cerrno>
#include <utility>

namespace samara::port {

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  if (this != &other) {
    reset();
    files_ = other.files_;
    handle_ = other.release();
  }
  return *this;
}

Result<OpenFile> OpenFile::open(Files& files, Handle directory, std::string_view path,
                                OpenMode mode) {
  SAMARA_TRY(Handle handle, files.open(directory, path, mode));
  return OpenFile(files, handle);
}

void OpenFile::reset() {
  if (handle_.valid()) files_->close(release());
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  if (this != &other) {
    reset();
    files_ = other.files_;
    bytes_ = std::exchange(other.bytes_, ByteView{});
  }
  return *this;
}

Result<Mapping> Mapping::map(Files& files, Handle file, uint64_t size_bytes) {
  if (size_bytes == 0) return Mapping();
  SAMARA_TRY(ByteView bytes, files.map(file, size_bytes));
  return Mapping(files, bytes);
}

void Mapping::reset() {
  if (!bytes_.empty()) files_->unmap(std::exchange(bytes_, ByteView{}));
}

namespace {

struct ErrnoRow {
  int number;
  Code code;
  std::string_view text;
};

constexpr ErrnoRow k_errno_rows[] = {
    {ENOENT, Code::not_found, "no such file or directory"},
    {ENOTDIR, Code::not_found, "a part of the path is not a directory"},
    {EEXIST, Code::exists, "it exists already"},
    {ENOTEMPTY, Code::exists, "the directory is not empty"},
    {EISDIR, Code::exists, "it is a directory"},
    {EACCES, Code::permission, "permission denied"},
    {EPERM, Code::permission, "operation not permitted"},
    {EROFS, Code::permission, "the file system is read-only"},
    {ENOSPC, Code::disk_full, "disk full"},
#ifdef EDQUOT
    {EDQUOT, Code::disk_full, "disk quota reached"},
#endif
    {EMFILE, Code::exhausted, "too many open files in this process"},
    {ENFILE, Code::exhausted, "too many open files on this machine"},
    {ENOMEM, Code::exhausted, "the system is out of memory"},
    {EFBIG, Code::exhausted, "the file system takes no file of this size"},
    {ENAMETOOLONG, Code::invalid_argument, "the name is too long"},
    {ELOOP, Code::io, "too many symbolic links"},
    {EINVAL, Code::io, "the file system refused the operation as invalid"},
    {EXDEV, Code::io, "the two names are on different file systems"},
    {EIO, Code::io, "input/output error of the disk"},
    {EBADF, Code::io, "the file is not open"},
    {EDEADLK, Code::io, "the lock would wait for itself"},
};

}  // namespace

Error os_error(int number) {
  for (const ErrnoRow& row : k_errno_rows) {
    if (row.number == number) {
      return Error(row.code, k_domain_errno, static_cast<uint32_t>(number), row.text);
    }
  }
  return Error(Code::io, k_domain_errno, static_cast<uint32_t>(number),
               "system error number " + std::to_string(number));
}

}  // namespace samara::port
