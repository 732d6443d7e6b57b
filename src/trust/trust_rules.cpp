#include "trust/trust_rules.hpp"

#include <algorithm>

#include "image/ed25519_host.hpp"

namespace samara::trust {

TrustRules::TrustRules(Policy policy) : policy_(std::move(policy)) {
  for (const PolicyKey& key : policy_.keys) keys_.push_back(key.rights);
}

image::TrustPolicy TrustRules::at(uint64_t now) const {
  image::TrustPolicy out;
  out.keys = keys_;
  out.revoked_keys = policy_.revoked_keys;
  out.revoked_tasks = policy_.revoked_tasks;
  out.signatures_needed = policy_.require_signatures ? policy_.signatures : 0;
  out.roles_needed = policy_.require_signatures ? policy_.roles : 0;
  out.unsigned_capabilities = policy_.unsigned_capabilities;
  out.signed_must_count = true;
  out.now = now;
  out.verify = image::verify_ed25519;
  return out;
}

uint64_t TrustRules::same_until(uint64_t now) const {
  uint64_t out = image::k_forever;
  for (const image::TrustedKey& key : keys_) {
    if (key.not_after >= now) out = std::min(out, key.not_after);
  }
  return out;
}

}  // namespace samara::trust
