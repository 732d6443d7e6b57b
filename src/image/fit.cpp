#include "image/fit.hpp"

#include "core/assert.hpp"

namespace samara::image {
namespace {

Refusal limit(uint32_t offset, const char* what, uint64_t found, uint64_t allowed) {
  return {.rule = Rule::C05,
          .offset = offset,
          .what = what,
          .numbers = true,
          .found = found,
          .allowed = allowed};
}

Refusal check_memory(const Manifest& manifest, const Offer& offer) {
  const Memory& wanted = manifest.memory;
  const Memory& most = offer.memory_max;
  struct Kind {
    uint32_t wanted, most;
    bool may_be_zero;  // a task that never allocates needs no heap
    const char* zero;
    const char* over;
  };
  const Kind kinds[] = {
      {wanted.image, most.image, false, "the image memory is 0", "too much image memory"},
      {wanted.stack, most.stack, false, "the stack is 0", "too much stack"},
      {wanted.heap, most.heap, true, "", "too much heap"},
      {wanted.input, most.input, false, "the largest input is 0", "too large an input"},
      {wanted.output, most.output, false, "the largest output is 0", "too large an output"},
  };
  uint32_t offset = manifest.offsets.memory;
  uint64_t total = 0;
  for (const Kind& kind : kinds) {
    if (kind.wanted == 0 && !kind.may_be_zero) return limit(offset, kind.zero, 0, kind.most);
    if (kind.wanted > kind.most) return limit(offset, kind.over, kind.wanted, kind.most);
    total += kind.wanted;
    offset += 4;
  }
  if (total > offer.memory_total_max) {
    return limit(manifest.offsets.memory, "too much memory in all", total, offer.memory_total_max);
  }
  return k_accepted;
}

}  // namespace

Refusal check_fit(const Manifest& manifest, const Offer& offer) {
  SAMARA_ASSERT(offer.target != nullptr);
  if (manifest.target != offer.target->triple) {
    return {.rule = Rule::C04,
            .offset = manifest.offsets.target,
            .what = "the task is built for another target"};
  }
  if (manifest.abi.major != offer.abi.major) {
    return {.rule = Rule::C04,
            .offset = manifest.offsets.abi,
            .what = "the task needs another major version of the host interface",
            .numbers = true,
            .found = manifest.abi.major,
            .allowed = offer.abi.major};
  }
  if (manifest.abi.minor > offer.abi.minor) {
    return {.rule = Rule::C04,
            .offset = manifest.offsets.abi + 2,
            .what = "the task needs a newer minor version of the host interface",
            .numbers = true,
            .found = manifest.abi.minor,
            .allowed = offer.abi.minor};
  }
  if (auto refusal = check_memory(manifest, offer)) return refusal;
  const uint32_t at = manifest.offsets.time;
  if (manifest.deadline_ms == 0) return limit(at, "the deadline is 0", 0, offer.deadline_ms_max);
  if (manifest.deadline_ms > manifest.deadline_ms_max) {
    return limit(at, "the deadline is above the task's own maximum", manifest.deadline_ms,
                 manifest.deadline_ms_max);
  }
  if (manifest.deadline_ms_max > offer.deadline_ms_max) {
    return limit(at + 4, "too long a deadline", manifest.deadline_ms_max, offer.deadline_ms_max);
  }
  return k_accepted;
}

Refusal check_capabilities(const Manifest& manifest, uint64_t granted) {
  const auto refuse = [&](const char* what, uint64_t allowed) -> Refusal {
    return {.rule = Rule::C06,
            .offset = manifest.offsets.capabilities,
            .what = what,
            .numbers = true,
            .found = manifest.capabilities,
            .allowed = allowed};
  };
  if ((manifest.capabilities & ~k_capabilities_known) != 0) {
    return refuse("a capability bit is unknown", k_capabilities_known);
  }
  if (manifest.pure && (manifest.capabilities & ~k_capabilities_of_pure) != 0) {
    return refuse("a task that calls itself a pure function asks for more than the log",
                  k_capabilities_of_pure);
  }
  if ((manifest.capabilities & ~granted) != 0) {
    return refuse("a capability bit is not granted", granted);
  }
  return k_accepted;
}

}  // namespace samara::image
