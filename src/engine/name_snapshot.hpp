#pragma once
// NameSnapshot: what names of functions stand for during one call and all that it calls. Each is
// looked up once, so that a name set meanwhile changes nothing.
// Threads: any.

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/hash.hpp"
#include "engine/offered.hpp"
#include "store/repository.hpp"

namespace samara::engine {

class NameSnapshot {
 public:
  NameSnapshot(store::Repository& repository, const FindOffered& offered)
      : repository_(repository), offered_(offered) {}

  /// The function `functions/<name>`, else what workers offer under the name; nothing: there is
  /// neither. Errors: ambiguous (workers offer different ones).
  Result<std::optional<Hash>> find(const std::string& name);

 private:
  store::Repository& repository_;
  const FindOffered& offered_;
  std::mutex mutex_;  // guards known_; also held while a name is looked up
  std::map<std::string, std::optional<Hash>> known_;
};

}  // namespace samara::engine
