#pragma once
// enter_empty_root: leaves the process without any file. Threads: the only one of its process, or a
// child on its parent's memory.

namespace samara::port {

/// The root becomes an empty folder that nobody can write to. Allocates nothing and takes no lock.
/// Requires: a mount namespace of its own, and the right to mount. False: a part of it was refused;
/// then the process has whatever root it has got to.
bool enter_empty_root();

}  // namespace samara::port
