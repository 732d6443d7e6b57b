#pragma once
// "Did you mean": the known word nearest to a mistyped one. Threads: pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace samara::cli {

/// Empty if nothing is near enough to be meant.
std::string nearest(std::string_view word, std::span<const std::string> known);
/// ", did you mean 'status'?" or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace samara::cli
