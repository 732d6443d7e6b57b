#pragma once
// SealedCache: compiled code in the cache of a repository, signed with the repository's own key.
// Machine code can do anything, so what cannot be shown to be ours is not run but made again.
//
// An entry: "SMC1", the key (32 bytes), an Ed25519 signature (64 bytes), the code. Signed is
// "samara-machine-code-v1" with a zero byte, the key, and the SHA-256 of the code.
//
// Threads: any. Specified by: docs/formats/repository.md, "Cache".

#include <mutex>

#include "runtime/code_cache.hpp"
#include "store/repository.hpp"

namespace samara::engine {

class SealedCache final : public runtime::CodeCache {
 public:
  /// `repository` outlives it. Its key is read, or made, when first needed.
  explicit SealedCache(store::Repository& repository) : repository_(repository) {}
  std::optional<Bytes> find(const Hash& key) override;
  Result<void> keep(const Hash& key, ByteView code) override;

 private:
  Result<store::SecretKey> secret();

  store::Repository& repository_;
  std::mutex mutex_;  // guards secret_
  std::optional<store::SecretKey> secret_{};
};

}  // namespace samara::engine
