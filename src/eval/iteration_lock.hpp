#pragma once
// IterationLock: while it is held, builtins that would change the size or the key set of a
// collection fail. Held by builtins that call back while they walk a collection.
//
// Threads: as the collection. Source: docs/formats/types.md, "iteration lock".

#include "eval/vm.hpp"

namespace samara::eval {

inline constexpr uint16_t k_iteration_locks_max = UINT16_MAX;

class IterationLock {
 public:
  explicit IterationLock(Object* object)
      : object_(object->locks < k_iteration_locks_max ? object : nullptr) {
    if (object_ != nullptr) object_->locks++;
  }
  ~IterationLock() {
    if (object_ != nullptr) object_->locks--;
  }
  IterationLock(const IterationLock&) = delete;
  IterationLock& operator=(const IterationLock&) = delete;

  /// False: the collection is already under as many iterations as can be counted.
  bool held() const { return object_ != nullptr; }

 private:
  Object* object_;
};

/// Reports a lock that could not be taken. Returns false.
inline bool fail_locks(Vm& vm) {
  return vm.fail(FailureKind::depth, "too many nested iterations over one collection");
}

}  // namespace samara::eval
