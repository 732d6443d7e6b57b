#include "ports/linux/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace samara::port {

namespace {

// Somebody else may have made it, to be believed.
bool ours_alone(int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return false;
  return info.st_uid == ::geteuid() && (info.st_mode & 077U) == 0;
}

}  // namespace

Result<OpenFile> open_private_file(Files& files, std::string_view name) {
  const std::string folder = "/dev/shm/samara-" + std::to_string(::geteuid());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return os_error(errno);
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return os_error(errno);
  OpenFile held(files, Handle{directory});
  if (!ours_alone(directory)) {
    return Error(Code::permission, "'" + folder + "' may be written by others");
  }
  const int file = ::openat(directory, std::string(name).c_str(),
                            O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
  if (file < 0) return os_error(errno);
  OpenFile out(files, Handle{file});
  if (!ours_alone(file)) {
    return Error(Code::permission,
                 "'" + folder + "/" + std::string(name) + "' may be written by others");
  }
  return out;
}

}  // namespace samara::port
