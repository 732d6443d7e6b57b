#pragma once
// What --allow grants: capabilities by name, for files also where. Threads: one.

#include "apps/samara/context.hpp"

namespace samara::cli {

/// "fs:./data,net". Errors: misuse (a capability that no platform function asks for, or a place
/// where there is none).
Result<Grants> parse_grants(Context& context, std::string_view text);

/// `path` made absolute and free of "." and "..", without looking at the disk.
std::string absolute_path(std::string_view path, std::string_view working_directory);

}  // namespace samara::cli
