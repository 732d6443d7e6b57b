// Native images: any bytes are refused with a rule and a place, or are an image that loads inside
// its memory. The first byte chooses the target, and what the rest is: a whole container, or the
// ELF image alone, which then need not come with matching offsets around it.

#include <cstdlib>
#include <vector>

#include "image/load.hpp"
#include "image/validate.hpp"
#include "image/writer.hpp"

namespace {

using namespace samara;
using namespace samara::image;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr uint32_t k_span_max = 1U << 20;

void require_sound(const Refusal& refusal, size_t size) {
  require(refusal.what != nullptr && refusal.offset <= size && !rule_hint(refusal.rule).empty());
}

void load(ByteView image, const Layout& layout) {
  const Target& target = *layout.target;
  require(layout.span <= k_span_max && layout.code.present());
  uint64_t end = 0;
  for (const Region& region : regions(layout, target.page)) {
    if (region.size == 0) continue;
    require(region.address >= end && region.address % target.page == 0);
    end = uint64_t{region.address} + region.size;
  }
  require(end == memory_size(layout, target.page));
  // Exactly the span: the address sanitizer sees one byte too many.
  std::vector<uint8_t> memory(layout.span, 0xee);
  require(load_image(image, layout, memory, 0x10000).has_value());
  require(std::equal(image.begin(), image.begin() + layout.code.file_size, memory.begin()));

  if (image.size() > layout.span) return;
  std::vector<uint8_t> slot(layout.span, 0xee);
  std::copy(image.begin(), image.end(), slot.begin());
  require(load_image(ByteView(slot).first(image.size()), layout, slot, 0x10000).has_value());
  require(slot == memory);
}

void try_image(ByteView image, const Target& target) {
  Layout layout;
  uint32_t entry = 0;
  const uint32_t word = target.word_bytes;
  for (uint32_t i = 0; i < 4 && 24 + word <= image.size(); i++) {
    entry |= uint32_t{image[24 + i]} << (8 * i);
  }
  const Refusal refusal = check_image(
      image, {.target = &target, .entry = entry, .span_max = k_span_max, .memory_max = k_span_max},
      layout);
  if (refusal) {
    require_sound(refusal, image.size());
    return;
  }
  load(image, layout);
  // What is accepted can be packed, and its container is accepted too.
  PackInput input;
  input.target = &target;
  input.memory = {.image = 0, .stack = 1, .heap = 0, .input = 1, .output = 1};
  input.deadline_ms = 1;
  input.deadline_ms_max = 1;
  const auto packed = pack(input, image, {});
  require(packed.has_value());
}

void try_container(ByteView file, const Target& target) {
  const Offer offer{.target = &target,
                    .abi = {.major = 1, .minor = 9},
                    .memory_max = {.image = k_span_max,
                                   .stack = k_span_max,
                                   .heap = k_span_max,
                                   .input = k_span_max,
                                   .output = k_span_max},
                    .memory_total_max = 4 * k_span_max,
                    .deadline_ms_max = 100000};
  TrustPolicy policy;
  policy.signatures_needed = 0;
  policy.unsigned_capabilities = k_capabilities_known;
  ValidImage valid;
  const Refusal whole = validate(file, offer, policy, valid);
  if (!whole) {
    load(valid.container.image(), valid.layout);
    return;
  }
  require_sound(whole, file.size());
  // The hash is in the way of what comes behind it: looked at without.
  Container container;
  if (auto refusal = read_container(file, container)) return require_sound(refusal, file.size());
  Layout layout;
  const Refusal refusal = image::check_image(container, offer, layout);
  if (refusal) return require_sound(refusal, file.size());
  load(container.image(), layout);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Target& target = targets()[(data[0] >> 1) % targets().size()];
  const ByteView rest(data + 1, size - 1);
  if ((data[0] & 1) != 0) {
    try_container(rest, target);
  } else {
    try_image(rest, target);
  }
  return 0;
}
