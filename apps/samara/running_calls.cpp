#include "apps/samara/running_calls.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "store/call_locks.hpp"

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

// A byte of a lock file that somebody holds: its inode and its place.
using LockedBytes = std::set<std::pair<uint64_t, uint64_t>>;

uint64_t number_in(std::string_view text) {
  uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// "1: OFDLCK ADVISORY  WRITE -1 fd:00:131 77 77".
LockedBytes locked_bytes() {
  LockedBytes out;
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
    if (words.size() < 8 || words[1] != "OFDLCK" || words[3] != "WRITE") continue;
    out.emplace(number_in(words[5].substr(words[5].rfind(':') + 1)), number_in(words[6]));
  }
  return out;
}

// Calls with records; `visit` is given the folder of the function too.
void each_call(
    const std::string& repository,
    const std::function<void(const store::CallKey&, int folder, const char* name)>& visit) {
  Folder top(repository + "/executions");
  while (const char* name = top.next()) {
    auto function = Hash::parse(name);
    if (!function) continue;
    Folder calls(::openat(top.descriptor(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    while (const char* call_name = calls.next()) {
      auto call = Hash::parse(call_name);
      if (call) visit({*function, *call}, calls.descriptor(), call_name);
    }
  }
}

}  // namespace

std::vector<store::CallKey> running_calls(const std::string& repository) {
  std::vector<store::CallKey> out;
  const LockedBytes locked = locked_bytes();
  if (locked.empty()) return out;
  std::map<std::string, uint64_t> inodes;
  Folder locks(repository + "/locks");
  while (const char* name = locks.next()) {
    struct stat info{};
    if (::fstatat(locks.descriptor(), name, &info, 0) == 0) inodes[name] = info.st_ino;
  }
  each_call(repository, [&](const store::CallKey& key, int, const char*) {
    const store::CallLockPlace place = store::lock_place(key.call);
    auto inode = inodes.find(place.file);
    if (inode == inodes.end() || !locked.contains({inode->second, place.byte})) return;
    out.push_back(key);
  });
  return out;
}

std::vector<RecentCall> recent_calls(const std::string& repository, size_t calls_max) {
  std::vector<RecentCall> out;
  each_call(repository, [&](const store::CallKey& key, int folder, const char* name) {
    struct stat info{};
    if (::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    const int64_t changed_ms =
        int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
    out.push_back({changed_ms, key});
  });
  const size_t count = std::min(calls_max, out.size());
  std::partial_sort(
      out.begin(), out.begin() + static_cast<ptrdiff_t>(count), out.end(),
      [](const RecentCall& a, const RecentCall& b) { return a.changed_ms > b.changed_ms; });
  out.resize(count);
  return out;
}

}  // namespace samara::cli
