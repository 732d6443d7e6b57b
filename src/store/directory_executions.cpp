#include "store/directory_executions.hpp"

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

// A round is lost only to a collector that removed the call's empty directory meanwhile.
constexpr int k_rounds_max = 64;

Error cannot(std::string_view verb, const CallKey& key, Error&& error) {
  return std::move(error).with_context("cannot " + std::string(verb) + " record of call " +
                                       in_quotes(key.call));
}

class DirectoryCallLock final : public CallLock {
 public:
  explicit DirectoryCallLock(OpenFile directory) : directory_(std::move(directory)) {}

 private:
  OpenFile directory_;
};

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

Result<Bytes> DirectoryExecutions::get(const CallKey& key, std::string_view name) {
  auto result = [&]() -> Result<Bytes> {
    SAMARA_CHECK(check_component(name));
    return read_whole(folder_.files(), folder_.executions(),
                      call_path(key) + "/" + std::string(name), k_record_bytes_max);
  }();
  if (!result) return cannot("read", key, std::move(result).error());
  return result;
}

Result<void> DirectoryExecutions::remove(const CallKey& key, std::string_view name) {
  auto result = [&]() -> Result<void> {
    SAMARA_CHECK(check_component(name));
    return folder_.files().remove(folder_.executions(), call_path(key) + "/" + std::string(name));
  }();
  if (!result) return cannot("remove", key, std::move(result).error());
  return result;
}

Result<std::vector<std::string>> DirectoryExecutions::list(const CallKey& key) {
  std::vector<std::string> out;
  auto directory =
      OpenFile::open(folder_.files(), folder_.executions(), call_path(key), OpenMode::directory);
  if (!directory && directory.error().code == Code::not_found) return out;
  if (!directory) return cannot("list", key, std::move(directory).error());
  auto entries = folder_.files().list(directory->handle());
  if (!entries) return cannot("list", key, std::move(entries).error());
  for (port::DirectoryEntry& entry : *entries) {
    if (entry.kind == port::FileKind::file) out.push_back(std::move(entry.name));
  }
  std::sort(out.begin(), out.end());
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

Result<std::vector<Hash>> DirectoryExecutions::list_functions() {
  auto out = list_hash_directories(folder_.files(), folder_.executions());
  if (!out) return std::move(out).error().with_context("cannot list executions");
  return out;
}

Result<std::vector<Hash>> DirectoryExecutions::list_calls(const Hash& function) {
  auto directory =
      OpenFile::open(folder_.files(), folder_.executions(), function.hex(), OpenMode::directory);
  if (!directory && directory.error().code == Code::not_found) return std::vector<Hash>{};
  if (!directory) return std::move(directory).error().with_context("cannot list executions");
  auto out = list_hash_directories(folder_.files(), directory->handle());
  if (!out) return std::move(out).error().with_context("cannot list executions");
  return out;
}

Result<std::vector<CallKey>> DirectoryExecutions::find_calls(std::string_view hex) {
  if (hex.empty() || hex.size() > 64 || !is_lower_hex(hex, hex.size())) {
    return Error(Code::invalid_argument, in_quotes(hex) + " is no call id: 1 to 64 hex digits");
  }
  std::vector<CallKey> out;
  SAMARA_TRY(std::vector<Hash> functions, list_functions());
  for (const Hash& function : functions) {
    SAMARA_TRY(std::vector<Hash> calls, list_calls(function));
    for (const Hash& call : calls) {
      if (!call.hex().starts_with(hex)) continue;
      out.push_back({function, call});
      if (out.size() > k_prefix_matches_max) return out;
    }
  }
  return out;
}

// The lock is on the call's directory itself, so that no file is left behind and a collector, which
// takes it as well, never removes a call that runs.
Result<OpenFile> DirectoryExecutions::open_locked(const CallKey& key, LockWait wait) {
  for (int round = 0; round < k_rounds_max; round++) {
    auto directory =
        OpenFile::open(folder_.files(), folder_.executions(), call_path(key), OpenMode::directory);
    if (!directory && directory.error().code == Code::not_found) {
      SAMARA_CHECK(make_call(key));
      continue;
    }
    if (!directory) return std::move(directory).error();
    SAMARA_TRY(bool mine, folder_.files().lock(directory->handle(), LockMode::exclusive, wait));
    if (!mine) return Error(Code::locked, "another process runs this call");
    SAMARA_TRY(bool named, still_named(folder_.files(), directory->handle(), folder_.executions(),
                                       call_path(key)));
    if (named) return std::move(*directory);
  }
  return Error(Code::io, "its folder keeps vanishing");
}

Result<std::unique_ptr<CallLock>> DirectoryExecutions::lock(const CallKey& key, LockWait wait) {
  auto directory = open_locked(key, wait);
  if (!directory) {
    return std::move(directory).error().with_context("cannot lock call " + in_quotes(key.call));
  }
  return std::unique_ptr<CallLock>(std::make_unique<DirectoryCallLock>(std::move(*directory)));
}

}  // namespace samara::store
