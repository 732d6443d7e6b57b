#pragma once
// Values: East values as objects. Whatever form a value comes in, it is stored in the one canonical
// form, so its id depends on the value alone.
// Threads: any. Specified by: docs/decisions/0003-identity.md.

#include <memory>
#include <string>

#include "call/record_types.hpp"
#include "eval/platform.hpp"
#include "runtime/big_stack.hpp"
#include "store/repository.hpp"
#include "value/beast2.hpp"

namespace samara::engine {

struct StoredValue {
  Hash id;
  const Type* type = nullptr;
  uint64_t size_bytes = 0;
};

class Values {
 public:
  Values(store::Repository& repository, TypeTable& types, const eval::PlatformRegistry& platform,
         runtime::BigStack& stack)
      : repository_(repository), types_(types), platform_(platform), stack_(stack) {}

  /// Stores a value that is in memory. Errors: those of encode_beast2 and of the store.
  Result<StoredValue> put(const Type* type, Slot value, store::Durability durability);
  /// Stores a value from beast2 bytes of either dialect, canonical or not.
  /// Errors: corrupt, exhausted, and those of the store.
  Result<StoredValue> put_encoded(ByteView bytes, store::Durability durability);

  /// The canonical encoding. Errors: those of encode_beast2.
  Result<Bytes> canonical(const Type* type, Slot value);
  /// As above, from other bytes of the value.
  Result<Bytes> canonical(ByteView bytes);

  /// The value of an object, in `heap`; functions inside work as long as `heap` lives and are only
  /// for printing and encoding. Errors: not_found, corrupt (no East value), exhausted.
  Result<TypedValue> load(const Hash& id, Heap& heap);
  /// The type of an object, from its header alone. Errors: not_found, corrupt.
  Result<const Type*> type_of(const Hash& id);

 private:
  store::Repository& repository_;
  TypeTable& types_;
  const eval::PlatformRegistry& platform_;
  runtime::BigStack& stack_;
};

}  // namespace samara::engine
