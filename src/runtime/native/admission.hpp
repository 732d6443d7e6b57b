#pragma once
// admit: whether the policy in force lets an image in, and for how long that answer holds. Asked
// when an image becomes a function and again whenever it is made ready to run.
// Threads: any. Specified by: docs/formats/policy.md, "Judging an image".

#include "trust/trust_rules.hpp"

namespace samara::runtime::native {

struct Admission {
  image::Grant grant;
  std::shared_ptr<const trust::TrustRules> rules;
  uint64_t until = 0;  // seconds since 1970; afterwards a key or the task may have expired

  /// Whether asking again would give the same answer.
  bool holds(trust::TrustSource& source) const;
};

/// Errors: not_trusted (S01, S02, S03), exhausted (C05), permission (C06), each with rule, byte,
/// key id and what to do; those of TrustSource::rules.
Result<Admission> admit(const image::Container& container, trust::TrustSource& source);

}  // namespace samara::runtime::native
