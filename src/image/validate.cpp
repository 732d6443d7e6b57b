#include "image/validate.hpp"

namespace samara::image {

Refusal check_image(const Container& container, const Offer& offer, Layout& layout) {
  return check_image(container.image(),
                     {.target = offer.target,
                      .entry = container.manifest.entry,
                      .span_max = offer.memory_max.image,
                      .memory_max = container.manifest.memory.image,
                      .offset = container.image_part.offset},
                     layout);
}

Refusal validate(ByteView file, const Offer& offer, const TrustPolicy& policy, ValidImage& valid) {
  valid = {};
  Container& container = valid.container;
  if (auto refusal = read_container(file, container)) return refusal;
  if (auto refusal = check_fit(container.manifest, offer)) return refusal;
  if (auto refusal = check_trust(container, policy, valid.grant)) return refusal;
  if (auto refusal = check_capabilities(container.manifest, valid.grant.capabilities)) {
    return refusal;
  }
  if (auto refusal = check_image_hash(container)) return refusal;
  return check_image(container, offer, valid.layout);
}

}  // namespace samara::image
