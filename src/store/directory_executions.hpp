#pragma once
// DirectoryExecutions: Executions as files executions/<function>/<call>/<name>, and in journals.
// Threads: any. Specified by: docs/formats/repository.md, "Execution records".

#include "store/directory_objects.hpp"
#include "store/executions.hpp"
#include "store/folder.hpp"

namespace samara::store {

class DirectoryExecutions final : public Executions {
 public:
  DirectoryExecutions(Folder& folder, DirectoryObjects& objects)
      : folder_(folder), objects_(objects) {}

  Result<void> put_whole(const CallKey& key, std::string_view name, ByteView bytes,
                         std::span<const Hash> names, std::span<const NamedBytes> objects) override;
  Result<void> put(const CallKey& key, std::string_view name, ByteView bytes,
                   std::span<const Hash> names, Durability durability) override;
  Result<Bytes> get(const CallKey& key, std::string_view name) override;
  Result<void> remove(const CallKey& key, std::string_view name) override;
  Result<std::vector<std::string>> list(const CallKey& key) override;
  Result<std::vector<Hash>> list_functions() override;
  Result<std::vector<Hash>> list_calls(const Hash& function) override;
  Result<std::vector<CallKey>> find_calls(std::string_view hex) override;
  Result<std::unique_ptr<CallLock>> lock(const CallKey& key, port::LockWait wait) override;

 private:
  Result<std::vector<std::string>> list_files(const CallKey& key);
  Result<std::vector<Hash>> list_call_folders(const Hash& function);
  Result<void> write(const CallKey& key, std::string_view name, ByteView bytes,
                     std::span<const Hash> names, Durability durability);
  Result<void> make_call(const CallKey& key);
  Result<void> sync_call(const CallKey& key);

  Folder& folder_;
  DirectoryObjects& objects_;
};

/// "<function>/<call>" in hex, relative to executions/.
std::string call_path(const CallKey& key);

/// The directories in `directory` whose names are hashes.
Result<std::vector<Hash>> list_hash_directories(port::Files& files, port::Handle directory);

}  // namespace samara::store
