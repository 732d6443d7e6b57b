#pragma once
// DirectoryCache: the cache of a directory repository, one file for each entry in cache/, and the
// repository's own key in keys/. Both folders are made when needed. Threads: any.
// Specified by: docs/formats/repository.md, "Cache".

#include <chrono>

#include "store/cache.hpp"
#include "store/folder.hpp"

namespace samara::store {

inline constexpr std::string_view k_cache = "cache";
inline constexpr std::string_view k_keys = "keys";
inline constexpr std::string_view k_own_key = "own";

class DirectoryCache final : public Cache {
 public:
  explicit DirectoryCache(Folder& folder) : folder_(folder) {}
  Result<std::optional<Bytes>> find(const Hash& key, uint64_t bytes_max) override;
  Result<void> keep(const Hash& key, ByteView bytes) override;
  /// Errors, beside those of the interface: corrupt (a file of another size), permission (others
  /// may read it).
  Result<SecretKey> own_key() override;

 private:
  Folder& folder_;
};

/// Removes the entries that nobody has used for so long. Returns how many.
Result<uint64_t> sweep_cache(Folder& folder, std::chrono::nanoseconds unused_max);

}  // namespace samara::store
