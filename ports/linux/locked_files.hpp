#pragma once
// Files that this process holds locks on. A lock belongs to the open file, which a child shares
// that is forked without exec: it would hold the lock after we are gone, and nobody would see our
// death. Such a child lets go of them at once; the numbers stay taken there, by an empty file, so
// that what is destroyed in the child closes nothing else. Threads: any.

namespace samara::port {

/// Before the file is locked.
void note_locked_file(int file);
/// Closes a file, noted or not.
void close_file(int file);

}  // namespace samara::port
