#pragma once
// Refs: mutable names for objects. A ref names an object that is in the repository when it is set,
// and every change survives a power loss. Threads: any.
// Specified by: docs/formats/repository.md, "Refs".

#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"

namespace samara::store {

/// What a ref must be for a change to happen.
class RefCondition {
 public:
  static RefCondition any() { return RefCondition(Kind::any, Hash{}); }
  static RefCondition absent() { return RefCondition(Kind::absent, Hash{}); }
  static RefCondition equals(const Hash& hash) { return RefCondition(Kind::equals, hash); }

  bool unconditional() const { return kind_ == Kind::any; }
  /// `current` is null where there is no such ref.
  bool met_by(const Hash* current) const;
  /// "to be absent", "to be '3f9a…'", for messages.
  std::string text() const;

 private:
  enum class Kind : uint8_t { any, absent, equals };
  RefCondition(Kind kind, const Hash& hash) : kind_(kind), hash_(hash) {}

  Kind kind_;
  Hash hash_;
};

class Refs {
 public:
  virtual ~Refs() = default;
  /// Errors: not_found, corrupt (its file is damaged), invalid_argument (the name).
  virtual Result<Hash> get(std::string_view name) = 0;
  /// Errors: conflict (condition not met, or the name is a folder of other refs), not_found (no
  /// such object), invalid_argument (the name).
  virtual Result<void> set(std::string_view name, const Hash& target,
                           const RefCondition& condition) = 0;
  /// Errors: not_found, conflict, invalid_argument.
  virtual Result<void> remove(std::string_view name, const RefCondition& condition) = 0;
  /// Names that begin with `prefix`, sorted.
  virtual Result<std::vector<std::string>> list(std::string_view prefix) = 0;
};

}  // namespace samara::store
