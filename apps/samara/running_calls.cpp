#include "apps/samara/running_calls.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace samara::cli {
namespace {

class Folder {
 public:
  explicit Folder(int descriptor) : open_(descriptor < 0 ? nullptr : ::fdopendir(descriptor)) {}
  explicit Folder(const std::string& path)
      : Folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    if (open_ != nullptr) ::closedir(open_);
  }
  /// Null at the end.
  const char* next() {
    for (;;) {
      const dirent* entry = open_ == nullptr ? nullptr : ::readdir(open_);
      if (entry == nullptr) return nullptr;
      if (entry->d_name[0] != '.') return entry->d_name;
    }
  }
  int descriptor() const { return ::dirfd(open_); }

 private:
  DIR* open_;
};

std::string read_proc(const char* path) {
  std::string out;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return out;
  char chunk[1 << 16];
  for (ssize_t got = 0; (got = ::read(file, chunk, sizeof chunk)) > 0;) {
    out.append(chunk, static_cast<size_t>(got));
  }
  ::close(file);
  return out;
}

// The inodes that processes hold exclusive locks on:
// "1: FLOCK  ADVISORY  WRITE 4121 fd:00:131 0 EOF".
std::map<int64_t, std::set<uint64_t>> locks_held() {
  std::map<int64_t, std::set<uint64_t>> out;
  const std::string text = read_proc("/proc/locks");
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::vector<std::string_view> words;
    for (std::string_view rest = std::string_view(text).substr(at, end - at); !rest.empty();) {
      const size_t begin = rest.find_first_not_of(' ');
      if (begin == std::string_view::npos) break;
      const size_t stop = std::min(rest.find(' ', begin), rest.size());
      words.push_back(rest.substr(begin, stop - begin));
      rest.remove_prefix(stop);
    }
    at = end + 1;
    // One that waits has an arrow in the second place.
    if (words.size() < 6 || words[1] != "FLOCK" || words[3] != "WRITE") continue;
    int64_t pid = 0;
    uint64_t inode = 0;
    const std::string_view place = words[5].substr(words[5].rfind(':') + 1);
    std::from_chars(words[4].data(), words[4].data() + words[4].size(), pid);
    std::from_chars(place.data(), place.data() + place.size(), inode);
    if (pid > 0) out[pid].insert(inode);
  }
  return out;
}

// "<function>/<call>" behind the folder of executions.
std::optional<store::CallKey> key_of(std::string_view path, std::string_view executions) {
  constexpr size_t k_digits = 64;
  if (!path.starts_with(executions)) return std::nullopt;
  path.remove_prefix(executions.size());
  if (path.size() != 2 * k_digits + 1 || path[k_digits] != '/') return std::nullopt;
  auto function = Hash::parse(path.substr(0, k_digits));
  auto call = Hash::parse(path.substr(k_digits + 1));
  if (!function || !call) return std::nullopt;
  return store::CallKey{*function, *call};
}

}  // namespace

std::vector<RunningCall> running_calls(const std::string& repository) {
  std::vector<RunningCall> out;
  char whole[PATH_MAX];
  if (::realpath(repository.c_str(), whole) == nullptr) return out;
  const std::string executions = std::string(whole) + "/executions/";
  for (const auto& [pid, inodes] : locks_held()) {
    Folder descriptors("/proc/" + std::to_string(pid) + "/fd");
    while (const char* name = descriptors.next()) {
      char target[PATH_MAX];
      const ssize_t size = ::readlinkat(descriptors.descriptor(), name, target, sizeof target);
      if (size <= 0) continue;
      auto key = key_of({target, static_cast<size_t>(size)}, executions);
      struct stat info{};
      if (!key || ::fstatat(descriptors.descriptor(), name, &info, 0) != 0) continue;
      if (inodes.contains(info.st_ino)) out.push_back({pid, *key});
    }
  }
  return out;
}

std::vector<RecentCall> recent_calls(const std::string& repository, size_t calls_max) {
  struct Seen {
    int64_t changed_ms;
    size_t function;
    Hash call;
  };
  std::vector<Hash> functions;
  std::vector<Seen> seen;
  Folder top(repository + "/executions");
  while (const char* name = top.next()) {
    auto function = Hash::parse(name);
    if (!function) continue;
    Folder calls(::openat(top.descriptor(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    while (const char* call_name = calls.next()) {
      auto call = Hash::parse(call_name);
      struct stat info{};
      if (!call || ::fstatat(calls.descriptor(), call_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;
      }
      const int64_t changed_ms =
          int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
      seen.push_back({changed_ms, functions.size(), *call});
    }
    functions.push_back(*function);
  }
  const size_t count = std::min(calls_max, seen.size());
  std::partial_sort(seen.begin(), seen.begin() + static_cast<ptrdiff_t>(count), seen.end(),
                    [](const Seen& a, const Seen& b) { return a.changed_ms > b.changed_ms; });
  std::vector<RecentCall> out;
  out.reserve(count);
  for (size_t i = 0; i < count; i++) {
    out.push_back({seen[i].changed_ms, {functions[seen[i].function], seen[i].call}});
  }
  return out;
}

}  // namespace samara::cli
