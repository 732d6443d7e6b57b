#pragma once
// The headers that native tasks include, as text. Threads: constants.

#include <span>
#include <string_view>

namespace samara::runtime::native {

struct GuestHeader {
  std::string_view name;  // in include/samara/guest
  std::string_view text;
};

std::span<const GuestHeader> guest_headers();

}  // namespace samara::runtime::native
