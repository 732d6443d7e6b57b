#pragma once
// Loading: puts a checked image into memory and relocates it. Knows no operating system: the caller
// gives the memory, and sets its rights afterwards (regions() of layout.hpp). Threads: pure
// functions. Source: docs/formats/native-image.md, section 7.

#include "core/bytes.hpp"
#include "image/layout.hpp"

namespace samara::image {

/// Copies the segments, clears everything between and behind them, and applies the relocations.
/// Shape: `base` is the address which memory[0] has for the task. `image` may start at
/// memory.data(): a device that received the image in its slot loads it in place. Requires:
/// `layout` is what check_image found for these bytes; memory.size() >= layout.span. The memory
/// behind the span is cleared too. Errors: corrupt (the bytes have changed since they were checked;
/// memory is of no use then).
Result<void> load_image(ByteView image, const Layout& layout, std::span<uint8_t> memory,
                        uint64_t base);

}  // namespace samara::image
