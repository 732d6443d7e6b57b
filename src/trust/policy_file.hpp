#pragma once
// PolicyFile: the policy of a repository, REPO/policy.json. Read again when the file changes;
// replaced as a whole; never taken back to a lower number, which keys/policy-number remembers.
// Threads: any. Specified by: docs/formats/policy.md.

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "port/clock.hpp"
#include "port/files.hpp"
#include "trust/trust_rules.hpp"

namespace samara::trust {

inline constexpr std::string_view k_policy_name = "policy.json";

class PolicyFile final : public TrustSource {
 public:
  /// `repository` is its folder. No file: the policy of number 0, under which unsigned images run.
  PolicyFile(port::Files& files, port::Clock& clock, std::string repository)
      : files_(files), clock_(clock), folder_(std::move(repository)) {}

  /// Errors: corrupt and exhausted (path, line and column in the text), not_trusted (a lower number
  /// than was in force, or none), permission, io. Cost: one system call where nothing has changed.
  Result<std::shared_ptr<const TrustRules>> rules() override;
  uint64_t now() override;

  /// Writes the next edition: what `change` makes of the one in force. Others wait meanwhile.
  /// Errors: those of `change` and of rules(), disk_full, permission.
  Result<Policy> change(const std::function<Result<void>(Policy&)>& change);
  std::string path() const { return folder_ + "/" + std::string(k_policy_name); }

 private:
  // Tells one state of the file from another without reading it.
  struct Stamp {
    uint64_t inode = 0;
    uint64_t size = 0;
    port::WallTime modified{};
    bool operator==(const Stamp&) const = default;
  };
  Result<std::optional<Stamp>> stamp();
  Result<Policy> read();
  Result<Policy> read_checked();
  Result<std::optional<uint64_t>> highest();
  Result<port::OpenFile> lock();
  Result<void> remember(uint64_t number);
  Result<void> replace(const std::string& path, std::string_view text);

  port::Files& files_;
  port::Clock& clock_;
  std::string folder_;
  std::mutex mutex_;  // guards those below
  std::shared_ptr<const TrustRules> rules_;
  std::optional<Stamp> read_at_;  // of rules_; none: there was no file
};

}  // namespace samara::trust
