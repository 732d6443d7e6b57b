#pragma once
// Cache: bytes by key that can always be made again, such as compiled code. Whoever reads checks
// what it gets; an entry may be missing or damaged at any time. Threads: any.
// Specified by: docs/formats/repository.md, "Cache".

#include <optional>

#include "core/bytes.hpp"
#include "core/hash.hpp"

namespace samara::store {

/// 32 random bytes which no other repository has and nobody else may read.
using SecretKey = std::array<uint8_t, 32>;

class Cache {
 public:
  virtual ~Cache() = default;
  /// Nothing: not there. Errors: exhausted (larger than `bytes_max`), permission, io.
  virtual Result<std::optional<Bytes>> find(const Hash& key, uint64_t bytes_max) = 0;
  /// Replaces what was there. Errors: disk_full, permission, io.
  virtual Result<void> keep(const Hash& key, ByteView bytes) = 0;
  /// The key with which this repository signs what it compiles; made when first asked for.
  virtual Result<SecretKey> own_key() = 0;
};

}  // namespace samara::store
