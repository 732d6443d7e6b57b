#pragma once
// NameSnapshot: what names of functions stand for during one call and all that it calls. Each is
// looked up once, so that a name set meanwhile changes nothing.
// Threads: any.

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/hash.hpp"
#include "store/repository.hpp"

namespace samara::engine {

class NameSnapshot {
 public:
  explicit NameSnapshot(store::Repository& repository) : repository_(repository) {}

  /// The function `functions/<name>`; nothing: there is none.
  Result<std::optional<Hash>> find(const std::string& name);

 private:
  store::Repository& repository_;
  std::mutex mutex_;  // guards known_; also held while a name is looked up
  std::map<std::string, std::optional<Hash>> known_;
};

}  // namespace samara::engine
