#pragma once
// Quarantine: where repair moves what is damaged, so that nothing is lost that a person may still
// want to look at. Threads: one. Specified by: docs/formats/repository.md, "Checking".

#include <string_view>

#include "store/folder.hpp"

namespace samara::store {

/// Moves a file below the repository to quarantine/; '/' in its path becomes '+', and a number is
/// added where that name is taken.
Result<void> quarantine(Folder& folder, std::string_view path);

/// Moves an object whose file is damaged. It is judged again under its lock, for a writer may have
/// replaced it meanwhile. Errors: conflict (it is whole by now).
Result<void> quarantine_object(Folder& folder, const Hash& hash);

}  // namespace samara::store
