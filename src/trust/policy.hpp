#pragma once
// Policy: whose signatures a repository believes, what they allow, whether unsigned images run, and
// when a function that crashes is quarantined. A JSON file which people may edit.
// Threads: values and pure functions. Specified by: docs/formats/policy.md.

#include <string>
#include <string_view>
#include <vector>

#include "image/trust.hpp"

namespace samara::trust {

inline constexpr size_t k_policy_bytes_max = size_t{1} << 20;
inline constexpr size_t k_keys_max = 1000;
inline constexpr size_t k_revoked_max = 10'000;  // keys and tasks, each

struct PolicyKey {
  std::string name;  // for people; may be empty
  image::TrustedKey rights;

  image::KeyId id() const { return image::key_id(rights.key); }
};

struct Policy {
  /// Of its edition. A repository never goes back to a lower one.
  uint64_t number = 0;
  /// Whether unsigned images are refused.
  bool require_signatures = false;
  /// Where signatures are required: how many must count, and roles (bits 1 << Role) among them.
  uint32_t signatures = 1;
  uint32_t roles = 0;
  uint64_t unsigned_capabilities = image::k_capabilities_known;
  std::vector<PolicyKey> keys;
  std::vector<image::KeyId> revoked_keys;  // beside those marked in `keys`
  std::vector<Hash> revoked_tasks;
  /// Failures in a row after which a function is quarantined; 0: never.
  uint32_t quarantine_after = 3;
  /// Whether a deadline that passes counts among them.
  bool quarantine_timeouts = false;

  PolicyKey* find(const image::KeyId& id);
  const PolicyKey* find(const image::KeyId& id) const;
};

/// Errors: corrupt ("line 4, column 12: …"; detail = byte offset), exhausted (a limit above).
Result<Policy> parse_policy(std::string_view text);
/// Indented, members in the order of the format. parse_policy reads the same policy.
std::string print_policy(const Policy& policy);

std::string id_text(const image::KeyId& id);
/// Shape: 16 hex digits. Errors: invalid_argument.
Result<image::KeyId> parse_id(std::string_view text);

/// Seconds since 1970 of `2027-01-31`, whose last second is meant, or `2027-01-31T12:00:00Z`.
/// Errors: invalid_argument.
Result<uint64_t> parse_end(std::string_view text);
/// The same back; the date alone where that is enough. Requires: not image::k_forever.
std::string end_text(uint64_t seconds);

}  // namespace samara::trust
