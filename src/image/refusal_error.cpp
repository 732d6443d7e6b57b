#include <string>

#include "core/assert.hpp"
#include "image/refusal.hpp"

namespace samara::image {
namespace {

Code code_of(RefusalClass refusal_class) {
  switch (refusal_class) {
    case RefusalClass::none:
    case RefusalClass::bad_container:
    case RefusalClass::hash_mismatch:
    case RefusalClass::bad_image:
      return Code::corrupt;
    case RefusalClass::wrong_target:
      return Code::unsupported;
    case RefusalClass::limit_refused:
      return Code::exhausted;
    case RefusalClass::capability_refused:
      return Code::permission;
    case RefusalClass::unsigned_image:
    case RefusalClass::bad_signature:
    case RefusalClass::key_rejected:
      return Code::not_trusted;
  }
  return Code::corrupt;
}

// Not std::to_string: a device's library has it in a form that pulls in printf.
std::string in_base(uint64_t number, unsigned base, size_t width) {
  std::string digits;
  while (number != 0 || digits.size() < width) {
    digits.insert(digits.begin(), "0123456789abcdef"[number % base]);
    number /= base;
  }
  return digits;
}

}  // namespace

Error refusal_error(const Refusal& refusal) {
  SAMARA_ASSERT(refusal);
  std::string text = "image refused by rule ";
  text += rule_name(refusal.rule);
  text += " at byte " + in_base(refusal.offset, 10, 1) + ": ";
  text += refusal.what;
  if (refusal.numbers) {
    if (refusal.rule == Rule::S02 || refusal.rule == Rule::S03) {
      text += ": key " + in_base(refusal.found, 16, 16);
    } else {
      text += ": " + in_base(refusal.found, 10, 1) + ", allowed " + in_base(refusal.allowed, 10, 1);
    }
  }
  text += "; ";
  text += rule_hint(refusal.rule);
  return Error(code_of(refusal_class(refusal.rule)), k_domain_offset, refusal.offset, text);
}

}  // namespace samara::image
