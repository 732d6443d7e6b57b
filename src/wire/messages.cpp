#include "wire/messages.hpp"

namespace samara::wire {

std::string_view kind_name(Kind kind) {
  switch (kind) {
#define SAMARA_FROM_NODE(Type, name, number) \
  case Kind::name:                           \
    return #name;
#define SAMARA_TO_NODE(Type, name, number) \
  case Kind::name:                         \
    return #name;
#include "wire/messages.def"
  }
  return "unknown";
}

std::string_view refusal_name(Refusal refusal) {
  switch (refusal) {
#define SAMARA_REFUSAL(name, number, whose, sentence) \
  case Refusal::name:                                 \
    return #name;
#include "wire/refusals.def"
#undef SAMARA_REFUSAL
  }
  return "unknown";
}

std::string_view refusal_sentence(Refusal refusal) {
  switch (refusal) {
#define SAMARA_REFUSAL(name, number, whose, sentence) \
  case Refusal::name:                                 \
    return sentence;
#include "wire/refusals.def"
#undef SAMARA_REFUSAL
  }
  return "unknown";
}

RefusalClass refusal_class(Refusal refusal) {
  switch (refusal) {
#define SAMARA_REFUSAL(name, number, whose, sentence) \
  case Refusal::name:                                 \
    return RefusalClass::whose;
#include "wire/refusals.def"
#undef SAMARA_REFUSAL
  }
  return RefusalClass::stale;
}

Kind kind_of(const FromNode& message) {
  return std::visit([](const auto& one) { return std::remove_cvref_t<decltype(one)>::k_kind; },
                    message);
}

Kind kind_of(const ToNode& message) {
  return std::visit([](const auto& one) { return std::remove_cvref_t<decltype(one)>::k_kind; },
                    message);
}

}  // namespace samara::wire
