#pragma once
// The headers that native tasks include, as text. Threads: constants.

#include <string_view>

namespace samara::runtime::native {

/// include/samara/guest/task.h and task.hpp.
std::string_view guest_header_c();
std::string_view guest_header_cpp();

}  // namespace samara::runtime::native
