#pragma once
// A small file in memory that the processes of one user share until the machine stops. Threads:
// any.

#include "port/files.hpp"

namespace samara::port {

/// Opens /dev/shm/samara-<user>/<name> for reading and writing, made when missing.
/// Errors: permission (it is not ours alone), and those of opening.
Result<OpenFile> open_private_file(Files& files, std::string_view name);

}  // namespace samara::port
