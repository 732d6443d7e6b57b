#pragma once
// The bytes of the zygote program. Threads: constants.

#include "core/bytes.hpp"

namespace samara::port {

/// An executable file; empty on processors that it has not been written for.
ByteView zygote_program();

}  // namespace samara::port
