#pragma once
// FindOffered: what workers offer to functions that name what no runtime here has.

#include <functional>
#include <optional>
#include <string_view>

#include "core/hash.hpp"
#include "core/result.hpp"

namespace samara::engine {

/// The function that stands for a platform function of living workers; nothing: none offers it.
/// Null: nobody is asked.
using FindOffered = std::function<Result<std::optional<Hash>>(std::string_view name)>;

}  // namespace samara::engine
