#pragma once
// Whose signatures a node believes, and what they allow. The arithmetic of Ed25519 is not here: it
// comes as a function (OpenSSL on the host, see ed25519_host.hpp). Threads: pure functions.
// Source: docs/formats/native-image.md, section 5.

#include "image/container.hpp"

namespace samara::image {

using PublicKey = std::array<uint8_t, 32>;
using KeyId = std::array<uint8_t, 8>;

/// First 8 bytes of SHA-256 of the key.
KeyId key_id(const PublicKey& key);

/// Whether `signature` (64 bytes) is one of `message` by `key`. Called only with canonical S and a
/// key of large order, so that implementations which differ there agree here.
using VerifyEd25519 = bool (*)(const PublicKey& key, ByteView message, ByteView signature);

inline constexpr uint64_t k_forever = UINT64_MAX;

struct TrustedKey {
  PublicKey key{};
  uint32_t roles = 0;             // bit 1 << Role
  uint32_t targets = UINT32_MAX;  // target_bit()
  uint64_t capabilities = 0;      // what its signature grants
  uint32_t memory_max = UINT32_MAX;
  uint32_t deadline_ms_max = UINT32_MAX;
  uint64_t not_after = k_forever;  // seconds since 1970
  bool revoked = false;
};

struct TrustPolicy {
  std::span<const TrustedKey> keys{};
  std::span<const KeyId> revoked_keys{};  // beside those marked in `keys`
  std::span<const Hash> revoked_tasks{};
  uint32_t signatures_needed = 1;  // 0: unsigned tasks are run, with `unsigned_capabilities`
  uint32_t roles_needed = 0;       // each of these roles must have signed: bits 1 << Role
  uint64_t unsigned_capabilities = 0;
  /// What is signed, but by nobody who counts, is refused also where unsigned tasks are run: it is
  /// not what its signer's key says any more.
  bool signed_must_count = false;
  std::optional<uint64_t> now{};  // none: a node without a clock, which cannot see expiry
  VerifyEd25519 verify = nullptr;
};

/// What the signatures that count allow together.
struct Grant {
  uint32_t signatures = 0;
  uint32_t roles = 0;
  uint64_t capabilities = 0;
  uint32_t memory_max = 0;
  uint32_t deadline_ms_max = 0;  // a run gets no more, whatever the manifest says
};

/// Rules S01 (required), S02 and S03, and C05 for the memory that the keys may grant. A signature
/// by a key that is unknown, expired, revoked or not for this target does not count; one that does
/// not verify under a known key refuses the file.
Refusal check_trust(const Container& container, const TrustPolicy& policy, Grant& grant);

}  // namespace samara::image
