#include "store/directory_repository.hpp"

#include <algorithm>

#include "store/names.hpp"

namespace samara::store {

using port::Files;
using port::Handle;
using port::OpenFile;
using port::OpenMode;

namespace {

Error cannot(std::string_view verb, std::string_view path, Error&& error) {
  return std::move(error).with_context("cannot " + std::string(verb) + " repository " +
                                       in_quotes(path));
}

// The name before samara.json has its own; never swept, because it is only there for a moment.
constexpr std::string_view k_format_temp = "samara.json.new";

bool made_by_init(std::string_view name) {
  return name == k_format_temp ||
         std::find(std::begin(k_folders), std::end(k_folders), name) != std::end(k_folders);
}

Result<void> make_folders(Files& files, Handle root) {
  for (std::string_view name : k_folders) SAMARA_CHECK(ensure_directory(files, root, name));
  SAMARA_TRY(OpenFile objects, OpenFile::open(files, root, "objects", OpenMode::directory));
  // All at once and synced once, so that no put ever has to make or sync one.
  for (unsigned first = 0; first < 256; first++) {
    const FanOutName name(static_cast<uint8_t>(first));
    SAMARA_CHECK(ensure_directory(files, objects.handle(), name.view()));
  }
  return files.sync_directory(objects.handle());
}

Result<void> sync_parent(Files& files, std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  std::string_view parent = ".";
  if (slash != std::string_view::npos) parent = slash == 0 ? "/" : path.substr(0, slash);
  SAMARA_TRY(OpenFile directory,
             OpenFile::open(files, port::k_no_directory, parent, OpenMode::directory));
  return files.sync_directory(directory.handle());
}

// samara.json comes last: a directory without it is no repository yet.
Result<void> write_format(Files& files, Handle root) {
  auto removed = files.remove(root, k_format_temp);
  if (!removed && removed.error().code != Code::not_found) return removed;
  {
    SAMARA_TRY(OpenFile file, OpenFile::open(files, root, k_format_temp, OpenMode::create));
    const std::string text = print_format(FormatFile{});
    SAMARA_CHECK(files.write(file.handle(), as_bytes(text)));
    SAMARA_CHECK(files.sync(file.handle()));
  }
  SAMARA_CHECK(files.rename(root, k_format_temp, root, k_format_name, port::Replace::no));
  return files.sync_directory(root);
}

// Errors: exists, if there is a repository, or anything that init does not make.
Result<void> expect_vacant(Files& files, Handle root) {
  SAMARA_TRY(auto entries, files.list(root));
  for (const port::DirectoryEntry& entry : entries) {
    if (entry.name == k_format_name) return Error(Code::exists, "it is a repository already");
  }
  for (const port::DirectoryEntry& entry : entries) {
    if (made_by_init(entry.name)) continue;
    return Error(Code::exists, "the directory is not empty, it contains " + in_quotes(entry.name));
  }
  return {};
}

// Of several that make the same repository at once, one goes on; the others wait and then see it.
Result<OpenFile> lock_making(Files& files, Handle root) {
  SAMARA_CHECK(ensure_directory(files, root, "locks"));
  SAMARA_TRY(OpenFile locks, OpenFile::open(files, root, "locks", OpenMode::directory));
  SAMARA_TRY(OpenFile lock,
             OpenFile::open(files, locks.handle(), k_lock_naming, OpenMode::create_shared));
  SAMARA_CHECK(files.lock(lock.handle(), port::LockMode::exclusive, port::LockWait::yes));
  return lock;
}

Result<void> init_at(Files& files, std::string_view path) {
  SAMARA_CHECK(ensure_directory(files, port::k_no_directory, path));
  SAMARA_TRY(OpenFile root, OpenFile::open(files, port::k_no_directory, path, OpenMode::directory));
  SAMARA_CHECK(expect_vacant(files, root.handle()));
  SAMARA_TRY(OpenFile lock, lock_making(files, root.handle()));
  SAMARA_CHECK(expect_vacant(files, root.handle()));
  SAMARA_CHECK(make_folders(files, root.handle()));
  SAMARA_CHECK(files.sync_directory(root.handle()));
  SAMARA_CHECK(write_format(files, root.handle()));
  return sync_parent(files, path);
}

Result<FormatFile> read_format(Files& files, std::string_view path) {
  auto root = OpenFile::open(files, port::k_no_directory, path, OpenMode::directory);
  if (!root && root.error().code == Code::not_found) {
    return Error(Code::no_repository, "there is no such directory");
  }
  if (!root) return std::move(root).error();
  auto bytes = read_whole(files, root->handle(), k_format_name, k_format_file_bytes_max);
  if (!bytes && bytes.error().code == Code::not_found) {
    return Error(Code::no_repository, "it has no samara.json, so it is no repository");
  }
  if (!bytes) return std::move(bytes).error().with_context("samara.json");
  auto format = parse_format(as_text(*bytes));
  if (!format) return std::move(format).error().with_context("samara.json is damaged");
  if (format->generation > k_generation) {
    return Error(Code::unsupported,
                 "its format is generation " + std::to_string(format->generation) +
                     ", this program reads up to generation " + std::to_string(k_generation) +
                     ": a newer Samara is needed");
  }
  return format;
}

}  // namespace

DirectoryRepository::DirectoryRepository(std::unique_ptr<Folder> folder, FormatFile format)
    : folder_(std::move(folder)),
      format_(std::move(format)),
      objects_(*folder_),
      refs_(*folder_, objects_),
      executions_(*folder_, objects_),
      pins_(*folder_, objects_),
      cache_(*folder_),
      live_logs_(folder_->files(), folder_->path()) {}

Result<void> DirectoryRepository::init(Files& files, std::string_view path) {
  auto made = init_at(files, path);
  if (!made) return cannot("make", path, std::move(made).error());
  return made;
}

Result<std::unique_ptr<DirectoryRepository>> DirectoryRepository::open(Files& files,
                                                                       port::Random& random,
                                                                       std::string_view path,
                                                                       std::string_view owner) {
  auto format = read_format(files, path);
  if (!format) return cannot("open", path, std::move(format).error());
  auto folder = Folder::open(files, random, path, owner);
  if (!folder) return cannot("open", path, std::move(folder).error());
  return std::unique_ptr<DirectoryRepository>(
      new DirectoryRepository(std::move(*folder), std::move(*format)));
}

Result<GcReport> DirectoryRepository::collect_garbage(const GcOptions& options) {
  return store::collect_garbage(*folder_, refs_, options);
}

Result<FsckReport> DirectoryRepository::check(const FsckOptions& options) {
  return store::check_repository(*folder_, options);
}

}  // namespace samara::store
