#pragma once
// Lines of source for addresses of a native image, from the DWARF line tables in its debug data.
// These bytes are hostile, as for symbols.hpp: a wrong line is all they can make. Version 2 to 5,
// both word sizes. Threads: pure functions. Source: DWARF 5, section 6.2.

#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace samara::runtime::native {

struct SourceLine {
  std::string file;  // without its folder
  uint64_t line = 0;
};

/// For each address, which counts from the start of the image: its line, or nothing.
/// Cost: one pass; at most k_line_steps_max steps, behind which nothing more is found.
std::vector<std::optional<SourceLine>> find_lines(ByteView debug,
                                                  std::span<const uint64_t> addresses);

inline constexpr uint64_t k_line_steps_max = 4'000'000;

}  // namespace samara::runtime::native
