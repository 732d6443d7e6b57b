#include "store/directory_pins.hpp"

#include "store/names.hpp"
#include "store/naming.hpp"

namespace samara::store {

Result<void> DirectoryPins::pin(const Hash& hash) {
  auto result = [&]() -> Result<void> {
    SAMARA_TRY(NamingGuard naming, NamingGuard::take(folder_));
    const Hash names[] = {hash};
    SAMARA_CHECK(naming.announce(names));
    return folder_.session().add_pin(hash);
  }();
  if (!result)
    return std::move(result).error().with_context("cannot pin object " + in_quotes(hash));
  return result;
}

Result<void> DirectoryPins::hold(const Hash& hash) {
  auto result = [&]() -> Result<void> {
    SAMARA_TRY(NamingGuard naming, NamingGuard::take(folder_));
    const Hash names[] = {hash};
    auto named = naming.name(names);
    if (!named && named.error().code == Code::conflict) {
      return Error(Code::not_found, "it is being removed by gc");
    }
    SAMARA_CHECK(std::move(named));
    SAMARA_TRY(bool present, objects_.contains(hash));
    if (!present) return Error(Code::not_found, "there is no such object");
    return folder_.session().add_pin(hash);
  }();
  if (!result)
    return std::move(result).error().with_context("cannot pin object " + in_quotes(hash));
  return result;
}

Result<void> DirectoryPins::unpin(const Hash& hash) {
  auto result = [&]() -> Result<void> {
    SAMARA_TRY(NamingGuard naming, NamingGuard::take(folder_));
    return folder_.session().remove_pin(hash);
  }();
  if (!result) {
    return std::move(result).error().with_context("cannot unpin object " + in_quotes(hash));
  }
  return result;
}

}  // namespace samara::store
