#include "store/directory_refs.hpp"

#include <algorithm>

#include "store/names.hpp"
#include "store/naming.hpp"

namespace samara::store {

using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

constexpr size_t k_ref_file_bytes = 65;
// A name of 1024 bytes has at most 512 components.
constexpr unsigned k_depth_max = 513;

Error cannot(std::string_view verb, std::string_view name, Error&& error) {
  return std::move(error).with_context("cannot " + std::string(verb) + " ref " + in_quotes(name));
}

std::string_view parent_of(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : name.substr(0, slash);
}

}  // namespace

Result<Hash> parse_ref(ByteView bytes) {
  if (bytes.size() == k_ref_file_bytes && bytes.back() == '\n') {
    std::string_view digits = as_text(bytes).substr(0, 64);
    if (is_lower_hex(digits, 64)) return Hash::parse(digits);
  }
  return Error(Code::corrupt, "its file is damaged, 'samara fsck' tells more");
}

std::string print_ref(const Hash& hash) { return hash.hex() + "\n"; }

Result<Hash> DirectoryRefs::read(std::string_view name) {
  auto bytes = read_whole(folder_.files(), folder_.refs(), name, 4096);
  if (!bytes && bytes.error().code == Code::not_found) {
    return Error(Code::not_found, "there is no such ref");
  }
  // Reading a directory: the name is only the beginning of other refs' names.
  if (!bytes && bytes.error().code == Code::exists) {
    return Error(Code::not_found, "it is a folder of refs");
  }
  if (!bytes && bytes.error().code == Code::exhausted) return parse_ref({});
  if (!bytes) return std::move(bytes).error();
  return parse_ref(*bytes);
}

Result<Hash> DirectoryRefs::get(std::string_view name) {
  auto result = [&]() -> Result<Hash> {
    SAMARA_CHECK(check_ref_name(name));
    return read(name);
  }();
  if (!result) return cannot("read", name, std::move(result).error());
  return result;
}

Result<void> DirectoryRefs::check(std::string_view name, const RefCondition& condition) {
  auto current = read(name);
  if (!current && current.error().code != Code::not_found) {
    // A damaged ref may be replaced or removed by those who do not care what it was.
    if (current.error().code == Code::corrupt && condition.unconditional()) return {};
    return std::move(current).error();
  }
  if (condition.met_by(current ? &*current : nullptr)) return {};
  return Error(Code::conflict, "it is " + (current ? in_quotes(*current) : std::string("absent")) +
                                   ", expected " + condition.text());
}

// Directories are in the way where all refs below them are gone.
Result<void> DirectoryRefs::remove_empty_tree(std::string_view name, unsigned depth) {
  if (depth > k_depth_max) return Error(Code::exhausted, "nested too deep");
  SAMARA_TRY(OpenFile directory,
             OpenFile::open(folder_.files(), folder_.refs(), name, OpenMode::directory));
  SAMARA_TRY(auto entries, folder_.files().list(directory.handle()));
  for (const port::DirectoryEntry& entry : entries) {
    if (entry.kind != port::FileKind::directory) {
      return Error(Code::conflict, "there are refs below that name, such as " +
                                       in_quotes(std::string(name) + "/" + entry.name));
    }
    SAMARA_CHECK(remove_empty_tree(std::string(name) + "/" + entry.name, depth + 1));
  }
  return folder_.files().remove_directory(folder_.refs(), name);
}

Result<void> DirectoryRefs::move_in(std::string_view name, TempFile& temp) {
  auto moved = temp.publish(folder_.refs(), name, port::Replace::yes);
  if (moved || moved.error().code == Code::disk_full) return moved;
  if (moved.error().code == Code::not_found) {
    for (size_t slash = name.find('/'); slash != std::string_view::npos;
         slash = name.find('/', slash + 1)) {
      auto made = ensure_directory(folder_.files(), folder_.refs(), name.substr(0, slash));
      if (!made && made.error().code == Code::not_found) {
        return Error(Code::conflict, "a part of the name is a ref itself");
      }
      SAMARA_CHECK(std::move(made));
    }
  } else if (moved.error().code == Code::exists) {
    SAMARA_CHECK(remove_empty_tree(name, 0));
  } else {
    return moved;
  }
  auto again = temp.publish(folder_.refs(), name, port::Replace::yes);
  if (!again && again.error().code == Code::not_found) {
    return Error(Code::conflict, "a part of the name is a ref itself");
  }
  return again;
}

// All directories on the way, also those that another process made and did not come to sync.
Result<void> DirectoryRefs::sync_parents(std::string_view name) {
  for (std::string_view at = parent_of(name); !at.empty(); at = parent_of(at)) {
    auto directory = OpenFile::open(folder_.files(), folder_.refs(), at, OpenMode::directory);
    if (!directory && directory.error().code == Code::not_found) continue;  // emptied meanwhile
    if (!directory) return std::move(directory).error();
    SAMARA_CHECK(folder_.files().sync_directory(directory->handle()));
  }
  return folder_.files().sync_directory(folder_.refs());
}

Result<void> DirectoryRefs::replace(std::string_view name, const Hash& target,
                                    const RefCondition& condition) {
  SAMARA_TRY(NamingGuard naming, NamingGuard::take(folder_));
  const Hash names[] = {target};
  SAMARA_CHECK(naming.name(names));
  // An object exists, also after a power loss, before a ref to it does.
  SAMARA_CHECK(objects_.sync(names));
  SAMARA_TRY(TempFile temp, TempFile::create(folder_, folder_.tmp()));
  const std::string text = print_ref(target);
  SAMARA_CHECK(folder_.files().write(temp.handle(), as_bytes(text)));
  SAMARA_CHECK(folder_.files().sync(temp.handle()));
  {
    SAMARA_TRY(OpenFile lock, folder_.lock(k_lock_refs, LockMode::exclusive, LockWait::yes));
    SAMARA_CHECK(check(name, condition));
    SAMARA_CHECK(move_in(name, temp));
  }
  return sync_parents(name);
}

Result<void> DirectoryRefs::set(std::string_view name, const Hash& target,
                                const RefCondition& condition) {
  auto result = [&]() -> Result<void> {
    SAMARA_CHECK(check_ref_name(name));
    return replace(name, target, condition);
  }();
  if (!result) return cannot("set", name, std::move(result).error());
  return result;
}

Result<void> DirectoryRefs::remove(std::string_view name, const RefCondition& condition) {
  auto result = [&]() -> Result<void> {
    SAMARA_CHECK(check_ref_name(name));
    {
      SAMARA_TRY(OpenFile lock, folder_.lock(k_lock_refs, LockMode::exclusive, LockWait::yes));
      auto current = read(name);
      if (!current && current.error().code == Code::not_found) return std::move(current).error();
      SAMARA_CHECK(check(name, condition));
      SAMARA_CHECK(folder_.files().remove(folder_.refs(), name));
      for (std::string_view at = parent_of(name); !at.empty(); at = parent_of(at)) {
        if (!folder_.files().remove_directory(folder_.refs(), at)) break;  // others live there
      }
    }
    return sync_parents(name);
  }();
  if (!result) return cannot("remove", name, std::move(result).error());
  return result;
}

Result<void> DirectoryRefs::collect(Handle directory, const std::string& head, unsigned depth,
                                    std::vector<std::string>& out) {
  if (depth > k_depth_max) return Error(Code::exhausted, "refs are nested too deep");
  SAMARA_TRY(auto entries, folder_.files().list(directory));
  for (const port::DirectoryEntry& entry : entries) {
    const std::string name = head + entry.name;
    if (entry.kind == port::FileKind::file) out.push_back(name);
    if (entry.kind != port::FileKind::directory) continue;
    auto below = OpenFile::open(folder_.files(), directory, entry.name, OpenMode::directory);
    if (!below && below.error().code == Code::not_found) continue;  // emptied meanwhile
    if (!below) return std::move(below).error();
    SAMARA_CHECK(collect(below->handle(), name + "/", depth + 1, out));
  }
  return {};
}

Result<std::vector<std::string>> DirectoryRefs::list(std::string_view prefix) {
  std::vector<std::string> out;
  auto collected = collect(folder_.refs(), "", 0, out);
  if (!collected) return std::move(collected).error().with_context("cannot list refs");
  std::erase_if(out, [&](const std::string& name) { return !name.starts_with(prefix); });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace samara::store
