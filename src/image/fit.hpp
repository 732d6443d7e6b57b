#pragma once
// Whether a node can and will run a task, by its manifest alone: target, host interface, memory,
// time, capabilities. Threads: pure functions. Source: docs/formats/native-image.md, section 6.

#include "image/manifest.hpp"

namespace samara::image {

/// What a node has to give to one native task.
struct Offer {
  const Target* target = nullptr;
  AbiVersion abi{.major = 1, .minor = 0};
  Memory memory_max{};            // of each kind
  uint32_t memory_total_max = 0;  // of all kinds together
  uint32_t deadline_ms_max = 0;
};

/// Rules C04 and C05.
Refusal check_fit(const Manifest& manifest, const Offer& offer);

/// Rule C06: every capability is known, granted, and compatible with what the task says of itself.
Refusal check_capabilities(const Manifest& manifest, uint64_t granted);

}  // namespace samara::image
