#pragma once
// DirectoryRefs: Refs as small files below refs/, replaced by rename and changed under one lock.
// Threads: any. Specified by: docs/formats/repository.md, "Refs".

#include "store/directory_objects.hpp"
#include "store/refs.hpp"

namespace samara::store {

class DirectoryRefs final : public Refs {
 public:
  DirectoryRefs(Folder& folder, DirectoryObjects& objects) : folder_(folder), objects_(objects) {}

  Result<Hash> get(std::string_view name) override;
  Result<void> set(std::string_view name, const Hash& target,
                   const RefCondition& condition) override;
  Result<void> remove(std::string_view name, const RefCondition& condition) override;
  Result<std::vector<std::string>> list(std::string_view prefix) override;

 private:
  Result<Hash> read(std::string_view name);
  Result<void> check(std::string_view name, const RefCondition& condition);
  Result<void> replace(std::string_view name, const Hash& target, const RefCondition& condition);
  Result<void> move_in(std::string_view name, TempFile& temp);
  Result<void> remove_empty_tree(std::string_view name, unsigned depth);
  Result<void> sync_parents(std::string_view name);
  Result<void> collect(port::Handle directory, const std::string& head, unsigned depth,
                       std::vector<std::string>& out);

  Folder& folder_;
  DirectoryObjects& objects_;
};

/// What a ref's file holds: 64 hex digits and a line feed. Errors: corrupt.
Result<Hash> parse_ref(ByteView bytes);
std::string print_ref(const Hash& hash);

}  // namespace samara::store
