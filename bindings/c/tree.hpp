#pragma once
// What the files of the C interface share about numbers in memory. Internal. Threads: pure.

#include <cstddef>
#include <cstdint>

namespace samara::capi {

/// Copies binary64 numbers, every NaN as the one of East. Neither end need be aligned.
void copy_floats(uint8_t* to, const uint8_t* from, size_t count);

}  // namespace samara::capi
