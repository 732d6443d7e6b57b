#include "image/refusal.hpp"

namespace samara::image {

std::string_view rule_name(Rule rule) {
  switch (rule) {
    case Rule::none:
      return "none";
#define SAMARA_IMAGE_RULE(name, refusal_class, hint) \
  case Rule::name:                                   \
    return #name;
#include "image/rules.def"
#undef SAMARA_IMAGE_RULE
  }
  return "unknown";
}

std::string_view rule_hint(Rule rule) {
  switch (rule) {
    case Rule::none:
      return {};
#define SAMARA_IMAGE_RULE(name, refusal_class, hint) \
  case Rule::name:                                   \
    return hint;
#include "image/rules.def"
#undef SAMARA_IMAGE_RULE
  }
  return {};
}

RefusalClass refusal_class(Rule rule) {
  switch (rule) {
    case Rule::none:
      return RefusalClass::none;
#define SAMARA_IMAGE_RULE(name, refusal_class, hint) \
  case Rule::name:                                   \
    return RefusalClass::refusal_class;
#include "image/rules.def"
#undef SAMARA_IMAGE_RULE
  }
  return RefusalClass::none;
}

}  // namespace samara::image
