#pragma once
// Values: East values as objects. Whatever form a value comes in, it is stored in the one canonical
// form, so its id depends on the value alone.
// Threads: any. Specified by: docs/decisions/0003-identity.md.

#include <memory>

#include "engine/function_values.hpp"
#include "runtime/big_stack.hpp"
#include "store/repository.hpp"
#include "value/beast2.hpp"

namespace samara::engine {

struct StoredValue {
  Hash id;
  const Type* type = nullptr;
  uint64_t size_bytes = 0;
};

/// A value out of a repository. Functions in it can be encoded and compared, not called.
struct LoadedValue {
  TypedValue value;
  std::unique_ptr<FunctionValues> functions;  // keeps what function values need
};

class Values {
 public:
  Values(store::Repository& repository, TypeTable& types, runtime::BigStack& stack)
      : repository_(repository), types_(types), stack_(stack) {}

  /// Stores a value that is in memory. `functions`: the hooks which its function values need; data
  /// has none. Errors: those of encode_beast2 and of the store.
  Result<StoredValue> put(const Type* type, Slot value, store::Durability durability,
                          FunctionHooks* functions = nullptr);
  /// Stores a value from beast2 bytes of either dialect, canonical or not.
  /// Errors: corrupt, exhausted, and those of the store.
  Result<StoredValue> put_encoded(ByteView bytes, store::Durability durability);

  /// The canonical encoding of a value that is in memory.
  Result<Bytes> canonical(const Type* type, Slot value, FunctionHooks* functions = nullptr);
  struct Canonical {
    Bytes bytes;
    const Type* type = nullptr;
  };
  /// The canonical encoding of a value in other bytes. Errors: corrupt, exhausted.
  Result<Canonical> canonical(ByteView bytes);

  /// The value of an object. Errors: not_found, corrupt (no East value), exhausted.
  Result<LoadedValue> load(const Hash& id, Heap& heap);
  /// The type of an object, from its header. Errors: not_found, corrupt.
  Result<const Type*> type_of(const Hash& id);

 private:
  Result<Canonical> canonical_here(ByteView bytes);

  store::Repository& repository_;
  TypeTable& types_;
  runtime::BigStack& stack_;
};

}  // namespace samara::engine
