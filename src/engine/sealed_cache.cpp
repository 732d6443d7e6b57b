#include "engine/sealed_cache.hpp"

#include <algorithm>
#include <cstring>

#include "core/sha256.hpp"
#include "image/ed25519_host.hpp"

namespace samara::engine {

namespace {

constexpr std::string_view k_magic = "SMC1";
constexpr std::string_view k_purpose("samara-machine-code-v1\0", 23);
constexpr size_t k_head_bytes = 4 + 32 + 64;
constexpr uint64_t k_code_bytes_max = uint64_t{256} << 20;

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

Bytes signed_message(const Hash& key, ByteView code) {
  Bytes out;
  append(out, as_bytes(k_purpose));
  append(out, key.bytes);
  append(out, sha256(code).bytes);
  return out;
}

}  // namespace

Result<store::SecretKey> SealedCache::secret() {
  std::lock_guard lock(mutex_);
  if (!secret_.has_value()) {
    SAMARA_TRY(secret_, repository_.cache().own_key());
  }
  return *secret_;
}

std::optional<Bytes> SealedCache::find(const Hash& key) {
  auto entry = repository_.cache().find(key, k_head_bytes + k_code_bytes_max);
  if (!entry || !entry->has_value()) return std::nullopt;
  ByteView bytes = **entry;
  if (bytes.size() < k_head_bytes || as_text(bytes.first(4)) != k_magic) return std::nullopt;
  if (!std::equal(key.bytes.begin(), key.bytes.end(), bytes.begin() + 4)) return std::nullopt;
  ByteView code = bytes.subspan(k_head_bytes);
  auto own = secret();
  if (!own) return std::nullopt;
  auto known = image::public_key(*own);
  if (!known) return std::nullopt;
  if (!image::verify_ed25519(*known, signed_message(key, code), bytes.subspan(36, 64))) {
    return std::nullopt;
  }
  return Bytes(code.begin(), code.end());
}

Result<void> SealedCache::keep(const Hash& key, ByteView code) {
  SAMARA_TRY(store::SecretKey own, secret());
  SAMARA_TRY(image::SignatureBytes signature, image::sign_ed25519(own, signed_message(key, code)));
  Bytes entry;
  entry.reserve(k_head_bytes + code.size());
  append(entry, as_bytes(k_magic));
  append(entry, key.bytes);
  append(entry, signature);
  append(entry, code);
  return repository_.cache().keep(key, entry);
}

}  // namespace samara::engine
