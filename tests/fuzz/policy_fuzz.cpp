// Policies of repositories. What is read is written and reads again as the same; mistakes name a
// place in the text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/assert.hpp"
#include "engine/quarantine.hpp"
#include "trust/policy.hpp"
#include "trust/trust_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace samara;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto failures = engine::parse_failures(text)) {
    auto again = engine::parse_failures(engine::print_failures(*failures));
    SAMARA_ASSERT(again && *again == *failures);
  }
  auto policy = trust::parse_policy(text);
  if (!policy) {
    SAMARA_ASSERT(policy.error().code == Code::exhausted || policy.error().detail <= size);
    SAMARA_ASSERT(!policy.error().message().empty());
    return 0;
  }
  const std::string printed = trust::print_policy(*policy);
  auto again = trust::parse_policy(printed);
  SAMARA_ASSERT(again.has_value());
  SAMARA_ASSERT(trust::print_policy(*again) == printed);
  const trust::TrustRules rules(std::move(*policy));
  SAMARA_ASSERT(rules.at(0).keys.size() == rules.policy().keys.size());
  return 0;
}
