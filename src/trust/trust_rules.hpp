#pragma once
// TrustRules: one edition of a policy, ready to judge images; TrustSource: where the edition comes
// from that is in force now. Threads: TrustRules never change; a source may be asked by any thread.
// Specified by: docs/formats/policy.md.

#include <memory>

#include "trust/policy.hpp"

namespace samara::trust {

class TrustRules {
 public:
  explicit TrustRules(Policy policy);
  TrustRules(const TrustRules&) = delete;
  TrustRules& operator=(const TrustRules&) = delete;

  const Policy& policy() const { return policy_; }
  /// Seconds since 1970. The result refers to this object.
  image::TrustPolicy at(uint64_t now) const;
  /// The last second at which what at(now) says of keys still holds.
  uint64_t same_until(uint64_t now) const;

 private:
  Policy policy_;
  std::vector<image::TrustedKey> keys_;
};

class TrustSource {
 public:
  virtual ~TrustSource() = default;
  /// The same object as long as nothing changes. Errors: those of reading; not_trusted (an older
  /// edition than one that was in force).
  virtual Result<std::shared_ptr<const TrustRules>> rules() = 0;
  /// Seconds since 1970.
  virtual uint64_t now() = 0;
};

}  // namespace samara::trust
