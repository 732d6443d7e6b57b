#pragma once
// All checks of a native image in their order, for callers that have the whole file. A device that
// receives it in pieces calls the steps itself. Threads: pure functions.
// Source: docs/formats/native-image.md, section 6.

#include "image/check_image.hpp"
#include "image/fit.hpp"
#include "image/trust.hpp"

namespace samara::image {

struct ValidImage {
  Container container;  // views into the file
  Grant grant;
  Layout layout;
};

/// Requires: `file` does not change until the image is loaded.
/// Cost: SHA-256 of the image, one verification for each signature of a known key; no allocation of
/// ours.
Refusal validate(ByteView file, const Offer& offer, const TrustPolicy& policy, ValidImage& valid);

/// The last step alone: the image of a container whose manifest is already accepted.
Refusal check_image(const Container& container, const Offer& offer, Layout& layout);

}  // namespace samara::image
