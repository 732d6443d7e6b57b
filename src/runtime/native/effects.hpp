#pragma once
// What a native image can do besides computing, as effects of its function and offers of the
// runtime: decided by the capabilities and the determinism in its manifest.
// Threads: pure functions. Specified by: docs/formats/native-image.md, section 8.

#include <vector>

#include "call/function.hpp"
#include "image/manifest.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::native {

/// Sorted by name. None: the function is pure.
std::vector<ReachedEffect> effects_of(const image::Manifest& manifest);

/// What this runtime has for an effect of that name; not offered where it has nothing.
Offer offer_of(const ReachedEffect& reached);

/// Bits of image::Capability that a run may use.
uint64_t capabilities_offered();

/// The bits of words with commas between: "log,random". Errors: invalid_argument (no such word).
Result<uint64_t> capabilities_named(std::string_view words);

/// "log", "random" and so on, of each bit.
std::string capability_names(uint64_t capabilities);

}  // namespace samara::runtime::native
