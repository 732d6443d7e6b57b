#include "engine/name_snapshot.hpp"

#include "engine/names.hpp"

namespace samara::engine {

Result<std::optional<Hash>> NameSnapshot::find(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto at = known_.find(name);
  if (at != known_.end()) return std::optional<Hash>(at->second);
  std::optional<Hash> id;
  // Platform functions have names of their own; those that no ref can have are no functions here.
  auto found = repository_.refs().get(std::string(k_function_refs) + name);
  if (found) {
    id = *found;
  } else if (found.error().code != Code::not_found &&
             found.error().code != Code::invalid_argument) {
    return std::move(found).error();
  }
  if (!id.has_value() && offered_ != nullptr) {
    SAMARA_TRY(id, offered_(name));
  }
  known_.emplace(name, id);
  return id;
}

}  // namespace samara::engine
