#pragma once
// Regex: a compiled regular expression of East, and the cache that keeps recently used ones. The
// only file that knows PCRE2.
//
// Time and memory of a match are bounded. An attempt (one starting place) may take a number of
// steps, fewer the more attempts there were, so that ten thousand expensive ones cannot follow each
// other; the watch is asked between attempts, so that deadlines hold. Threads: a Regex belongs to
// one thread; recent_regex() keeps one cache for each.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "eval/regex_translate.hpp"

namespace samara::eval {

/// Steps of backtracking of the first attempts: some tenths of a second. Every tenfold number of
/// attempts divides it by ten, down to k_attempt_steps_min.
inline constexpr uint32_t k_attempt_steps_max = 10'000'000;
inline constexpr uint32_t k_attempt_steps_min = 1000;
inline constexpr uint32_t k_first_attempts = 100;
/// Memory of one match for what it may have to take back.
inline constexpr size_t k_match_bytes_max = size_t{128} << 20;

/// Asked while a long match runs.
class MatchWatch {
 public:
  virtual ~MatchWatch() = default;
  /// Asked before an attempt. False ends the match with MatchStatus::stopped.
  virtual bool go_on() = 0;
  /// Steps of the first attempts, for those with less time than usual.
  virtual uint32_t attempt_steps_max() const { return k_attempt_steps_max; }
};

enum class MatchStatus : uint8_t { none, found, stopped, limit };

class Regex {
 public:
  /// Requires: valid UTF-8. Errors: invalid_argument, the reason in a few words.
  static Result<std::unique_ptr<Regex>> compile(std::string_view pattern, RegexFlags flags);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  uint32_t group_count() const { return group_count_; }
  /// The groups that have names.
  const std::vector<std::pair<std::string, uint32_t>>& names() const { return names_; }

  /// The first match that starts at byte `start` or later. Requires: valid UTF-8; start ≤ size.
  MatchStatus match(std::string_view text, size_t start, MatchWatch& watch);
  /// After `found`: where group `i` is (0: the whole match); nothing for one that took no part.
  struct Span {
    size_t begin = SIZE_MAX;
    size_t end = SIZE_MAX;
    bool present() const { return begin != SIZE_MAX; }
  };
  Span group(uint32_t i) const;

 private:
  struct Compiled;
  struct Search;
  explicit Regex(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
  uint32_t group_count_ = 0;
  std::vector<std::pair<std::string, uint32_t>> names_;
};

/// The regex of a pattern, from this thread's cache of a few dozen. Valid until the next call.
/// Errors: as Regex::compile and parse_regex_flags.
Result<Regex*> recent_regex(std::string_view pattern, std::string_view flags);

}  // namespace samara::eval
