#pragma once
// DirectoryObjects: Objects as files objects/ab/cdef…, published by rename, and in journals.
// Threads: any. Specified by: docs/formats/repository.md, "Objects".

#include "store/folder.hpp"
#include "store/objects.hpp"
#include "store/recent_mappings.hpp"

namespace samara::store {

class DirectoryObjects final : public Objects {
 public:
  explicit DirectoryObjects(Folder& folder) : folder_(folder) {}

  Result<Hash> put(ByteView bytes, Durability durability) override;
  Result<std::unique_ptr<ObjectWriter>> writer(Durability durability) override;
  Result<Bytes> get(const Hash& hash) override;
  Result<ObjectBytes> view(const Hash& hash) override;
  Result<void> stream(const Hash& hash, ByteSink& sink) override;
  Result<uint64_t> size_bytes(const Hash& hash) override;
  Result<bool> contains(const Hash& hash) override;
  Result<void> sync(std::span<const Hash> hashes) override;
  Result<void> list(const HashVisitor& visit) override;
  Result<PrefixMatch> resolve_prefix(std::string_view hex) override;

 private:
  struct Opened {
    port::OpenFile file;
    uint64_t size_bytes = 0;
    port::FileInfo info;
  };
  Result<Opened> open(const Hash& hash);
  Result<std::optional<Bytes>> in_journal(const Hash& hash);
  Result<std::vector<Hash>> only_in_journals();
  Result<void> verify(const Opened& object, const Hash& hash);
  Result<Bytes> read(const Opened& object, const Hash& hash);

  Folder& folder_;
  RecentMappings mappings_;
};

/// What is in one fan-out directory.
struct FanOutListing {
  std::vector<Hash> hashes;
  std::vector<port::DirectoryEntry> others;  // whatever has not the name of an object
};
Result<FanOutListing> list_fan_out(Folder& folder, uint8_t first);

/// Digest of a file's bytes, read in pieces.
Result<Hash> digest_file(port::Files& files, port::Handle file, uint64_t size_bytes);

}  // namespace samara::store
