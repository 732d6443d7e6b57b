#include "image/trust.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "image/little_endian.hpp"

namespace samara::image {
namespace {

// The order of the base point, 2^252 + 27742317777372353535851937790883648493, little-endian
// (RFC 8032, section 5.1). A signature whose S is not below it has a twin that also verifies.
constexpr uint8_t k_order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                 0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

// The points of order 1, 2, 4 and 8 as keys, without the sign bit, and the values of at least the
// field's prime that mean one of them. Such a key has signatures that fit any message.
constexpr uint8_t k_small_order[7][32] = {
    {0},
    {1},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool canonical_scalar(ByteView signature) {
  const ByteView scalar = signature.subspan(32, 32);
  for (size_t i = 32; i > 0; i--) {
    if (scalar[i - 1] != k_order[i - 1]) return scalar[i - 1] < k_order[i - 1];
  }
  return false;
}

bool small_order(const PublicKey& key) {
  PublicKey without_sign = key;
  without_sign[31] &= 0x7f;
  for (const auto& point : k_small_order) {
    if (std::equal(without_sign.begin(), without_sign.end(), point)) return true;
  }
  return false;
}

Refusal refuse(Rule rule, const Signature& signature, const char* what) {
  uint64_t id = 0;
  for (uint8_t byte : signature.key_id) id = id << 8 | byte;
  return {.rule = rule, .offset = signature.offset, .what = what, .numbers = true, .found = id};
}

bool revoked(const TrustPolicy& policy, ByteView id) {
  return std::any_of(policy.revoked_keys.begin(), policy.revoked_keys.end(), [&](const KeyId& one) {
    return std::equal(id.begin(), id.end(), one.begin(), one.end());
  });
}

const TrustedKey* find_key(const TrustPolicy& policy, ByteView id) {
  for (const TrustedKey& key : policy.keys) {
    const KeyId candidate = key_id(key.key);
    if (std::equal(id.begin(), id.end(), candidate.begin(), candidate.end())) return &key;
  }
  return nullptr;
}

/// Why a signature of this key does not count; accepted when it does.
Refusal key_counts(const TrustedKey* key, const Signature& signature, const TrustPolicy& policy,
                   const Target* target) {
  if (revoked(policy, signature.key_id)) return refuse(Rule::S03, signature, "the key is revoked");
  if (key == nullptr) return refuse(Rule::S03, signature, "the key is unknown");
  if (key->revoked) return refuse(Rule::S03, signature, "the key is revoked");
  if (policy.now && *policy.now > key->not_after) {
    return refuse(Rule::S03, signature, "the key is expired");
  }
  if ((key->roles >> static_cast<uint16_t>(signature.role) & 1) == 0) {
    return refuse(Rule::S03, signature, "the key may not sign in this role");
  }
  if (target == nullptr || (key->targets & target_bit(*target)) == 0) {
    return refuse(Rule::S03, signature, "the key may not sign for this target");
  }
  return k_accepted;
}

Refusal verify(const TrustedKey& key, const Signature& signature, ByteView message,
               VerifyEd25519 verify_ed25519) {
  if (small_order(key.key)) return refuse(Rule::S02, signature, "the key is of small order");
  if (!canonical_scalar(signature.value)) {
    return refuse(Rule::S02, signature, "the signature is not in its one canonical form");
  }
  if (!verify_ed25519(key.key, message, signature.value)) {
    return refuse(Rule::S02, signature, "the signature is wrong");
  }
  return k_accepted;
}

Refusal check_validity(const Manifest& manifest, const TrustPolicy& policy) {
  if (!manifest.validity || !policy.now) return k_accepted;
  if (*policy.now < manifest.validity->not_before) {
    return {.rule = Rule::S03,
            .offset = manifest.offsets.validity,
            .what = "the task is not valid yet"};
  }
  if (*policy.now > manifest.validity->not_after) {
    return {.rule = Rule::S03,
            .offset = manifest.offsets.validity + 8,
            .what = "the task is not valid any more"};
  }
  return k_accepted;
}

Refusal check_ceilings(const Manifest& manifest, const Grant& grant) {
  const Memory& memory = manifest.memory;
  const uint64_t total =
      uint64_t{memory.image} + memory.stack + memory.heap + memory.input + memory.output;
  if (total > grant.memory_max) {
    return {.rule = Rule::C05,
            .offset = manifest.offsets.memory,
            .what = "more memory than the signers may grant",
            .numbers = true,
            .found = total,
            .allowed = grant.memory_max};
  }
  return k_accepted;
}

/// Counts the signatures that verify. `first` becomes why the first other one does not count.
Refusal count_signatures(const Container& container, const Hash& task_id, const TrustPolicy& policy,
                         Grant& grant, Refusal& first) {
  const Target* target = find_target(container.manifest.target);
  const auto message = signed_message(task_id);
  for (uint32_t i = 0; i < container.signature_count; i++) {
    const Signature signature = container.signature(i);
    const TrustedKey* key = find_key(policy, signature.key_id);
    if (auto refusal = key_counts(key, signature, policy, target)) {
      if (!first) first = refusal;
      continue;
    }
    SAMARA_ASSERT(policy.verify != nullptr);
    if (auto refusal = verify(*key, signature, message, policy.verify)) return refusal;
    grant.signatures++;
    grant.roles |= 1U << static_cast<uint16_t>(signature.role);
    grant.capabilities |= key->capabilities;
    grant.memory_max = std::max(grant.memory_max, key->memory_max);
    grant.deadline_ms_max = std::max(grant.deadline_ms_max, key->deadline_ms_max);
  }
  return k_accepted;
}

}  // namespace

KeyId key_id(const PublicKey& key) {
  KeyId id;
  const Hash hash = sha256(key);
  std::copy_n(hash.bytes.begin(), id.size(), id.begin());
  return id;
}

Refusal check_trust(const Container& container, const TrustPolicy& policy, Grant& grant) {
  grant = {};
  const Manifest& manifest = container.manifest;
  const Hash task_id = container.task_id();
  for (const Hash& revoked : policy.revoked_tasks) {
    if (revoked == task_id) return {.rule = Rule::S03, .offset = 0, .what = "the task is revoked"};
  }
  if (auto refusal = check_validity(manifest, policy)) return refusal;

  Refusal first;
  if (auto refusal = count_signatures(container, task_id, policy, grant, first)) return refusal;
  if (grant.signatures < policy.signatures_needed) {
    if (first) return first;
    return {.rule = Rule::S01,
            .offset = container.signature_part.offset,
            .what = "fewer signatures than this node asks for",
            .numbers = true,
            .found = grant.signatures,
            .allowed = policy.signatures_needed};
  }
  if ((policy.roles_needed & ~grant.roles) != 0) {
    if (first) return first;
    return {.rule = Rule::S03,
            .offset = container.signature_part.offset,
            .what = "nobody has signed in a role that this node asks for"};
  }
  if (grant.signatures == 0) {
    if (first && policy.signed_must_count) return first;
    grant.capabilities = policy.unsigned_capabilities;
    grant.memory_max = UINT32_MAX;
    grant.deadline_ms_max = UINT32_MAX;
    return k_accepted;
  }
  return check_ceilings(manifest, grant);
}

}  // namespace samara::image
