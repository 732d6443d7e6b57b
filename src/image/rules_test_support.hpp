#pragma once
// The table of rules, one wrong thing at a time: each case spoils a good image in one way and names
// the rule and the byte at which the validator must refuse. Cases run on every target they make
// sense for, from ordinary memory and from memory that ends with the file. Threads: tests.

#include <gtest/gtest.h>

#include <set>
#include <span>

#include "image/image_test_support.hpp"

namespace samara::image {

/// Where a refusal must point: a byte of the file, or of the image inside it.
struct At {
  bool in_image = false;
  uint32_t offset = 0;
};
inline At file_at(uint32_t offset) { return {.in_image = false, .offset = offset}; }
inline At image_at(uint64_t offset) {
  return {.in_image = true, .offset = static_cast<uint32_t>(offset)};
}

struct Case {
  Rule rule;
  const char* name;
  At (*spoil)(Draft& draft);
  bool (*applies)(const Target& target) = nullptr;
};

inline void expect_refusals(std::span<const Case> cases) {
  for (const Target& target : targets()) {
    for (const Case& wrong : cases) {
      if (wrong.applies != nullptr && !wrong.applies(target)) continue;
      SCOPED_TRACE(std::string(target.triple) + ", " + std::string(rule_name(wrong.rule)) + ": " +
                   wrong.name);
      Draft draft(target);
      const At at = wrong.spoil(draft);
      const Bytes file = draft.finish();
      const uint32_t expected = at.offset + (at.in_image ? draft.image_place() : 0);
      ValidImage valid;
      const Refusal refusal = draft.run(file, valid);
      EXPECT_EQ(rule_name(refusal.rule), rule_name(wrong.rule))
          << (refusal.what != nullptr ? refusal.what : "accepted");
      EXPECT_EQ(refusal.offset, expected) << (refusal.what != nullptr ? refusal.what : "");

      const GuardedCopy guarded(file);
      const Refusal again = draft.run(guarded.view(), valid);
      EXPECT_EQ(again.rule, refusal.rule);
      EXPECT_EQ(again.offset, refusal.offset);
    }
  }
}

/// Every rule from `first` to `last` in the order of rules.def has a case.
inline void expect_covered(std::span<const Case> cases, Rule first, Rule last) {
  std::set<Rule> covered;
  for (const Case& wrong : cases) covered.insert(wrong.rule);
  for (auto rule = static_cast<int>(first); rule <= static_cast<int>(last); rule++) {
    EXPECT_EQ(covered.count(static_cast<Rule>(rule)), 1U) << rule_name(static_cast<Rule>(rule));
  }
  EXPECT_EQ(covered.size(), static_cast<size_t>(last) - static_cast<size_t>(first) + 1);
}

}  // namespace samara::image
