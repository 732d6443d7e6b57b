// fs_*: files below the granted roots. Errors carry the path as the program gave it.

#include "eval/vm.hpp"
#include "platform/functions.hpp"

namespace samara::platform {

namespace {

using port::OpenFile;
using port::OpenMode;

// A file read into a value is bounded by the run's memory limit; this bounds what is tried.
constexpr uint64_t k_file_bytes_max = UINT32_MAX;

class FileFunctions {
 public:
  explicit FileFunctions(const StandardParts& parts)
      : files_(parts.files),
        working_directory_(parts.working_directory),
        roots_(parts.file_roots) {}

  /// The absolute path, if it is below a root. Errors: permission.
  Result<std::string> place(std::string_view path) const {
    if (path.find('\0') != std::string_view::npos) {
      return Error(Code::invalid_argument, "the path contains a NUL character");
    }
    std::string absolute = resolve_path(working_directory_, path);
    if (roots_.empty()) return absolute;
    for (const std::string& root : roots_) {
      if (root == "/" || absolute == root ||
          (absolute.size() > root.size() && absolute.compare(0, root.size(), root) == 0 &&
           absolute[root.size()] == '/')) {
        return absolute;
      }
    }
    return Error(Code::permission,
                 "not granted: outside of the folders given with --allow fs:FOLDER");
  }

  Result<Bytes> read(std::string_view path) const {
    SAMARA_TRY(std::string absolute, place(path));
    SAMARA_TRY(OpenFile file,
               OpenFile::open(files_, port::k_no_directory, absolute, OpenMode::read));
    SAMARA_TRY(port::FileInfo info, files_.info(file.handle()));
    if (info.kind == port::FileKind::directory) return Error(Code::io, "is a directory");
    if (info.size_bytes > k_file_bytes_max) return Error(Code::exhausted, "larger than 4 GiB");
    Bytes bytes(static_cast<size_t>(info.size_bytes));
    size_t used = 0;
    // Files that tell no size (of /proc, say) are read until they end.
    while (true) {
      if (used == bytes.size()) {
        if (bytes.size() >= k_file_bytes_max) return Error(Code::exhausted, "larger than 4 GiB");
        bytes.resize(bytes.size() + (info.size_bytes == 0 ? 65536 : 1));
      }
      SAMARA_TRY(size_t got, files_.read_at(file.handle(), used, std::span(bytes).subspan(used)));
      if (got == 0) break;
      used += got;
    }
    bytes.resize(used);
    return bytes;
  }

  Result<void> write(std::string_view path, ByteView bytes) const {
    SAMARA_TRY(std::string absolute, place(path));
    SAMARA_TRY(OpenFile file,
               OpenFile::open(files_, port::k_no_directory, absolute, OpenMode::create_shared));
    SAMARA_CHECK(files_.truncate(file.handle(), 0));
    return files_.write(file.handle(), bytes);
  }

  Result<void> append(std::string_view path, ByteView bytes) const {
    SAMARA_TRY(std::string absolute, place(path));
    {
      SAMARA_CHECK(OpenFile::open(files_, port::k_no_directory, absolute, OpenMode::create_shared));
    }
    SAMARA_TRY(OpenFile file,
               OpenFile::open(files_, port::k_no_directory, absolute, OpenMode::append));
    return files_.write(file.handle(), bytes);
  }

  Result<void> remove(std::string_view path) const {
    SAMARA_TRY(std::string absolute, place(path));
    return files_.remove(port::k_no_directory, absolute);
  }

  std::optional<port::FileKind> kind(std::string_view path) const {
    auto absolute = place(path);
    if (!absolute) return std::nullopt;
    auto directory = OpenFile::open(files_, port::k_no_directory, *absolute, OpenMode::directory);
    if (directory) return port::FileKind::directory;
    auto info = files_.info_at(port::k_no_directory, *absolute);
    if (!info) return std::nullopt;
    if (info->kind == port::FileKind::file) return port::FileKind::file;
    // Perhaps a link: what it leads to decides.
    auto file = OpenFile::open(files_, port::k_no_directory, *absolute, OpenMode::read);
    if (!file) return port::FileKind::other;
    auto target = files_.info(file->handle());
    return target ? target->kind : port::FileKind::other;
  }

  Result<void> make_directories(std::string_view path) const {
    SAMARA_TRY(std::string absolute, place(path));
    for (size_t slash = absolute.find('/', 1);; slash = absolute.find('/', slash + 1)) {
      std::string_view part(absolute.data(), slash == std::string::npos ? absolute.size() : slash);
      if (part != "/") {
        auto made = files_.make_directory(port::k_no_directory, part);
        if (!made && made.error().code != Code::exists) {
          // A parent that may not be written to is fine as long as it exists.
          if (!OpenFile::open(files_, port::k_no_directory, part, OpenMode::directory)) return made;
        }
      }
      if (slash == std::string::npos) break;
    }
    SAMARA_CHECK(OpenFile::open(files_, port::k_no_directory, absolute, OpenMode::directory));
    return {};
  }

  Result<std::vector<std::string>> list(std::string_view path) const {
    SAMARA_TRY(std::string absolute, place(path));
    SAMARA_TRY(OpenFile directory,
               OpenFile::open(files_, port::k_no_directory, absolute, OpenMode::directory));
    SAMARA_TRY(std::vector<port::DirectoryEntry> entries, files_.list(directory.handle()));
    std::vector<std::string> names;
    for (port::DirectoryEntry& entry : entries) names.push_back(std::move(entry.name));
    return names;
  }

 private:
  port::Files& files_;
  std::string working_directory_;
  std::vector<std::string> roots_;
};

bool fail_with(eval::Vm& vm, std::string_view function, std::string_view what, Slot path,
               const Error& error) {
  std::string text(what);
  text += ' ';
  text += text_of(path);
  text += ": ";
  text += error.message();
  return vm.fail_platform(function, text);
}

}  // namespace

void add_files(Registrar& registrar, const StandardParts& parts) {
  auto fs = std::make_shared<FileFunctions>(parts);
  const Type* text = registrar.types.string();
  const Type* blob = registrar.types.blob();
  const Type* null = registrar.types.null();
  const Type* boolean = registrar.types.boolean();
  using eval::Vm;
  using Args = std::span<const Slot>;
  registrar.capability = "fs";
  registrar.is_async = false;

  registrar.effect = eval::Effect::idempotent;
  registrar.add("fs_read_file", {text}, text, [fs](Vm& vm, Args args, Slot& out) {
    auto bytes = fs->read(text_of(args[0]));
    if (!bytes) return fail_with(vm, "fs_read_file", "Failed to read file", args[0], bytes.error());
    return vm.text(as_valid_text(*bytes), out);
  });
  registrar.add("fs_read_file_bytes", {text}, blob, [fs](Vm& vm, Args args, Slot& out) {
    auto bytes = fs->read(text_of(args[0]));
    if (!bytes)
      return fail_with(vm, "fs_read_file_bytes", "Failed to read file bytes", args[0],
                       bytes.error());
    return vm.text(as_text(*bytes), out);
  });
  registrar.add("fs_exists", {text}, boolean, [fs](Vm&, Args args, Slot& out) {
    out = Slot::of(fs->kind(text_of(args[0])).has_value());
    return true;
  });
  registrar.add("fs_is_file", {text}, boolean, [fs](Vm&, Args args, Slot& out) {
    out = Slot::of(fs->kind(text_of(args[0])) == port::FileKind::file);
    return true;
  });
  registrar.add("fs_is_directory", {text}, boolean, [fs](Vm&, Args args, Slot& out) {
    out = Slot::of(fs->kind(text_of(args[0])) == port::FileKind::directory);
    return true;
  });
  registrar.add("fs_read_directory", {text}, registrar.types.array(text),
                [fs](Vm& vm, Args args, Slot& out) {
                  auto names = fs->list(text_of(args[0]));
                  if (!names)
                    return fail_with(vm, "fs_read_directory", "Failed to read directory", args[0],
                                     names.error());
                  ArrayObject* array = vm.heap().new_array();
                  for (const std::string& name : *names) {
                    Slot slot;
                    if (!vm.text(as_valid_text(as_bytes(name)), slot)) return false;
                    if (!vm.heap().push(array, slot)) return vm.fail_memory();
                  }
                  out = Slot::of(array);
                  return true;
                });
  registrar.add("fs_create_directory", {text}, null, [fs](Vm& vm, Args args, Slot&) {
    auto made = fs->make_directories(text_of(args[0]));
    return made || fail_with(vm, "fs_create_directory", "Failed to create directory", args[0],
                             made.error());
  });
  // Writing the same again changes nothing more; deleting and appending do.
  registrar.add("fs_write_file", {text, text}, null, [fs](Vm& vm, Args args, Slot&) {
    auto done = fs->write(text_of(args[0]), bytes_of(args[1]));
    return done || fail_with(vm, "fs_write_file", "Failed to write file", args[0], done.error());
  });
  registrar.add("fs_write_file_bytes", {text, blob}, null, [fs](Vm& vm, Args args, Slot&) {
    auto done = fs->write(text_of(args[0]), bytes_of(args[1]));
    return done || fail_with(vm, "fs_write_file_bytes", "Failed to write file bytes", args[0],
                             done.error());
  });
  registrar.effect = eval::Effect::effectful;
  registrar.add("fs_append_file", {text, text}, null, [fs](Vm& vm, Args args, Slot&) {
    auto done = fs->append(text_of(args[0]), bytes_of(args[1]));
    return done ||
           fail_with(vm, "fs_append_file", "Failed to append to file", args[0], done.error());
  });
  registrar.add("fs_delete_file", {text}, null, [fs](Vm& vm, Args args, Slot&) {
    auto done = fs->remove(text_of(args[0]));
    return done || fail_with(vm, "fs_delete_file", "Failed to delete file", args[0], done.error());
  });
}

}  // namespace samara::platform
