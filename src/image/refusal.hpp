#pragma once
// Refusal: why a native image is not accepted. Names the rule, the byte of the container and what
// is wrong there; the rule's table adds what to do. No allocation, so that a device can make one.
// Threads: a value type. Source: docs/formats/native-image.md, section 6.

#include <cstdint>
#include <string_view>

#include "core/error.hpp"

namespace samara::image {

enum class Rule : uint8_t {
  none,
#define SAMARA_IMAGE_RULE(rule, refusal_class, hint) rule,
#include "image/rules.def"
#undef SAMARA_IMAGE_RULE
};

/// What a submitter can do about it: decides retry and the outcome's end code.
enum class RefusalClass : uint8_t {
  none,
  bad_container,
  wrong_target,
  limit_refused,
  capability_refused,
  unsigned_image,
  bad_signature,
  key_rejected,
  hash_mismatch,
  bad_image,
};

struct [[nodiscard]] Refusal {
  Rule rule = Rule::none;
  uint32_t offset = 0;         // byte of the container
  const char* what = nullptr;  // a literal: what is wrong at that byte
  // Two numbers for the message, where they say more: what was found and what is allowed. Rules S02
  // and S03: `found` is the key id, first byte highest.
  bool numbers = false;
  uint64_t found = 0;
  uint64_t allowed = 0;

  /// Whether there is a reason to refuse.
  explicit operator bool() const { return rule != Rule::none; }
};

inline constexpr Refusal k_accepted{};

/// "C01" and so on; "none".
std::string_view rule_name(Rule rule);
/// What to do about it, for people.
std::string_view rule_hint(Rule rule);
RefusalClass refusal_class(Rule rule);

/// The refusal as an error: "image refused by rule P03 at byte 432: <what>; <hint>". detail =
/// offset. Cost: allocates, unlike everything else in this file.
Error refusal_error(const Refusal& refusal);

}  // namespace samara::image
