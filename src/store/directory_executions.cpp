#include "store/directory_executions.hpp"

#include <algorithm>

#include "store/names.hpp"
#include "store/naming.hpp"

namespace samara::store {

using port::Handle;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

// A round is lost only to a collector that removed the call's empty directory meanwhile.
constexpr int k_rounds_max = 64;

Error cannot(std::string_view verb, const CallKey& key, Error&& error) {
  return std::move(error).with_context("cannot " + std::string(verb) + " record of call " +
                                       in_quotes(key.call));
}

}  // namespace

std::string call_path(const CallKey& key) { return key.function.hex() + "/" + key.call.hex(); }

Result<void> DirectoryExecutions::make_call(const CallKey& key) {
  auto made = ensure_directory(folder_.files(), folder_.executions(), call_path(key));
  if (made || made.error().code != Code::not_found) return made;
  SAMARA_CHECK(ensure_directory(folder_.files(), folder_.executions(), key.function.hex()));
  made = ensure_directory(folder_.files(), folder_.executions(), call_path(key));
  // The function's directory was empty and a collector took it; the caller's next round makes it.
  if (!made && made.error().code == Code::not_found) return {};
  return made;
}

Result<void> DirectoryExecutions::sync_call(const CallKey& key) {
  for (const std::string& path : {call_path(key), key.function.hex()}) {
    SAMARA_TRY(OpenFile directory,
               OpenFile::open(folder_.files(), folder_.executions(), path, OpenMode::directory));
    SAMARA_CHECK(folder_.files().sync_directory(directory.handle()));
  }
  return folder_.files().sync_directory(folder_.executions());
}

Result<void> DirectoryExecutions::write(const CallKey& key, std::string_view name, ByteView bytes,
                                        std::span<const Hash> names, Durability durability) {
  SAMARA_CHECK(check_component(name));
  if (bytes.size() > k_record_bytes_max) {
    return Error(Code::exhausted, "it is larger than 64 MiB");
  }
  SAMARA_TRY(NamingGuard naming, NamingGuard::take(folder_));
  SAMARA_CHECK(naming.name(names));
  SAMARA_TRY(TempFile temp, TempFile::create(folder_, folder_.tmp()));
  SAMARA_CHECK(folder_.files().write(temp.handle(), bytes));
  if (durability == Durability::synced) SAMARA_CHECK(folder_.files().sync(temp.handle()));
  const std::string path = call_path(key) + "/" + std::string(name);
  for (int round = 0; round < k_rounds_max; round++) {
    auto named = temp.publish(folder_.executions(), path, port::Replace::yes);
    if (named && durability == Durability::synced) return sync_call(key);
    if (named || named.error().code != Code::not_found) return named;
    SAMARA_CHECK(make_call(key));
  }
  return Error(Code::io, "its folder keeps vanishing");
}

Result<void> DirectoryExecutions::put(const CallKey& key, std::string_view name, ByteView bytes,
                                      std::span<const Hash> names, Durability durability) {
  auto written = write(key, name, bytes, names, durability);
  if (!written) return cannot("write", key, std::move(written).error());
  return written;
}

Result<void> DirectoryExecutions::put_whole(const CallKey& key, std::string_view name,
                                            ByteView bytes, std::span<const Hash> names,
                                            std::span<const NamedBytes> objects) {
  auto result = [&]() -> Result<void> {
    SAMARA_CHECK(check_component(name));
    SAMARA_TRY(bool added, folder_.journals().add({key, name, bytes, names, objects}));
    if (added) return {};
    for (const NamedBytes& object : objects) {
      SAMARA_TRY(Hash stored, objects_.put(object.bytes, Durability::cached));
      SAMARA_ASSERT(stored == object.id);
    }
    return write(key, name, bytes, names, Durability::cached);
  }();
  if (!result) return cannot("write", key, std::move(result).error());
  return result;
}

Result<Bytes> DirectoryExecutions::get(const CallKey& key, std::string_view name) {
  auto result = [&]() -> Result<Bytes> {
    SAMARA_CHECK(check_component(name));
    auto file = read_whole(folder_.files(), folder_.executions(),
                           call_path(key) + "/" + std::string(name), k_record_bytes_max);
    if (file || file.error().code != Code::not_found) return file;
    SAMARA_TRY(auto entry, folder_.journals().record(key, name));
    if (entry) return std::move(*entry);
    return file;
  }();
  if (!result) return cannot("read", key, std::move(result).error());
  return result;
}

Result<void> DirectoryExecutions::remove(const CallKey& key, std::string_view name) {
  auto result = [&]() -> Result<void> {
    SAMARA_CHECK(check_component(name));
    auto file =
        folder_.files().remove(folder_.executions(), call_path(key) + "/" + std::string(name));
    if (!file && file.error().code != Code::not_found) return file;
    SAMARA_TRY(bool removed, folder_.journals().remove_record(key, name));
    if (removed) return {};
    return file;
  }();
  if (!result) return cannot("remove", key, std::move(result).error());
  return result;
}

Result<std::vector<std::string>> DirectoryExecutions::list_files(const CallKey& key) {
  std::vector<std::string> out;
  auto directory =
      OpenFile::open(folder_.files(), folder_.executions(), call_path(key), OpenMode::directory);
  if (!directory && directory.error().code == Code::not_found) return out;
  if (!directory) return std::move(directory).error();
  SAMARA_TRY(auto entries, folder_.files().list(directory->handle()));
  out.reserve(entries.size());
  for (port::DirectoryEntry& entry : entries) {
    if (entry.kind == port::FileKind::file) out.push_back(std::move(entry.name));
  }
  return out;
}

Result<std::vector<std::string>> DirectoryExecutions::list(const CallKey& key) {
  auto out = list_files(key);
  if (!out) return cannot("list", key, std::move(out).error());
  auto more = folder_.journals().record_names(key);
  if (!more) return cannot("list", key, std::move(more).error());
  out->insert(out->end(), more->begin(), more->end());
  std::sort(out->begin(), out->end());
  out->erase(std::unique(out->begin(), out->end()), out->end());
  return out;
}

Result<std::vector<Hash>> list_hash_directories(port::Files& files, Handle directory) {
  SAMARA_TRY(auto entries, files.list(directory));
  std::vector<Hash> out;
  for (const port::DirectoryEntry& entry : entries) {
    if (entry.kind != port::FileKind::directory || !is_lower_hex(entry.name, 64)) continue;
    SAMARA_TRY(Hash hash, Hash::parse(entry.name));
    out.push_back(hash);
  }
  std::sort(out.begin(), out.end());
  return out;
}

namespace {

void sort_once(std::vector<Hash>& hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace

Result<std::vector<Hash>> DirectoryExecutions::list_functions() {
  auto out = list_hash_directories(folder_.files(), folder_.executions());
  if (!out) return std::move(out).error().with_context("cannot list executions");
  SAMARA_TRY(std::vector<CallKey> more, folder_.journals().calls());
  out->reserve(out->size() + more.size());
  for (const CallKey& key : more) out->push_back(key.function);
  sort_once(*out);
  return out;
}

Result<std::vector<Hash>> DirectoryExecutions::list_call_folders(const Hash& function) {
  auto directory =
      OpenFile::open(folder_.files(), folder_.executions(), function.hex(), OpenMode::directory);
  if (!directory && directory.error().code == Code::not_found) return std::vector<Hash>{};
  if (!directory) return std::move(directory).error().with_context("cannot list executions");
  auto out = list_hash_directories(folder_.files(), directory->handle());
  if (!out) return std::move(out).error().with_context("cannot list executions");
  return out;
}

Result<std::vector<Hash>> DirectoryExecutions::list_calls(const Hash& function) {
  SAMARA_TRY(std::vector<Hash> out, list_call_folders(function));
  SAMARA_TRY(std::vector<CallKey> more, folder_.journals().calls());
  for (const CallKey& key : more) {
    if (key.function == function) out.push_back(key.call);
  }
  sort_once(out);
  return out;
}

Result<std::vector<CallKey>> DirectoryExecutions::find_calls(std::string_view hex) {
  if (hex.empty() || hex.size() > 64 || !is_lower_hex(hex, hex.size())) {
    return Error(Code::invalid_argument, in_quotes(hex) + " is no call id: 1 to 64 hex digits");
  }
  std::vector<CallKey> out;
  SAMARA_TRY(std::vector<Hash> functions,
             list_hash_directories(folder_.files(), folder_.executions()));
  for (const Hash& function : functions) {
    SAMARA_TRY(std::vector<Hash> calls, list_call_folders(function));
    for (const Hash& call : calls) {
      if (!call.hex().starts_with(hex)) continue;
      out.push_back({function, call});
      if (out.size() > k_prefix_matches_max) return out;
    }
  }
  SAMARA_TRY(std::vector<CallKey> more, folder_.journals().calls());
  for (const CallKey& key : more) {
    if (!key.call.hex().starts_with(hex)) continue;
    if (std::find(out.begin(), out.end(), key) != out.end()) continue;
    out.push_back(key);
    if (out.size() > k_prefix_matches_max) return out;
  }
  return out;
}

Result<std::unique_ptr<CallLock>> DirectoryExecutions::lock(const CallKey& key, LockWait wait) {
  auto lock = folder_.call_locks().lock(key, wait);
  if (!lock) {
    return std::move(lock).error().with_context("cannot lock call " + in_quotes(key.call));
  }
  return lock;
}

}  // namespace samara::store
