#pragma once
// Executions: what is known of each call, as small named records; several attempts of a call are
// several records. The store does not know what is in them. Threads: any.
// Specified by: docs/formats/repository.md, "Execution records".

#include <memory>
#include <string>
#include <vector>

#include "core/hash.hpp"
#include "port/files.hpp"
#include "store/objects.hpp"

namespace samara::store {

struct CallKey {
  Hash function;
  Hash call;
  bool operator==(const CallKey&) const = default;
};

/// Right to run a call on this machine: held until destroyed, or until the process dies.
class CallLock {
 public:
  virtual ~CallLock() = default;
};

/// An object with its hash.
struct NamedBytes {
  Hash id;
  ByteView bytes;
};

class Executions {
 public:
  virtual ~Executions() = default;

  /// Stores objects and then the new record `name` that speaks of them, as cached, all in one step
  /// where the repository can. Requires: there is no record of that name.
  /// Errors: as put.
  virtual Result<void> put_whole(const CallKey& key, std::string_view name, ByteView bytes,
                                 std::span<const Hash> names,
                                 std::span<const NamedBytes> objects) = 0;

  /// Writes or replaces the record `name` of a call. `names` are the objects which the record
  /// speaks of and which garbage collection must keep with it.
  /// Errors: conflict (an object of `names` is being collected: store it again), invalid_argument
  /// (`name` is no single component), disk_full, permission, io.
  virtual Result<void> put(const CallKey& key, std::string_view name, ByteView bytes,
                           std::span<const Hash> names, Durability durability) = 0;
  /// Errors: not_found, exhausted (more than k_record_bytes_max).
  virtual Result<Bytes> get(const CallKey& key, std::string_view name) = 0;
  /// Errors: not_found.
  virtual Result<void> remove(const CallKey& key, std::string_view name) = 0;

  /// Names of a call's records, sorted; none for an unknown call.
  virtual Result<std::vector<std::string>> list(const CallKey& key) = 0;
  virtual Result<std::vector<Hash>> list_functions() = 0;
  virtual Result<std::vector<Hash>> list_calls(const Hash& function) = 0;
  /// Calls whose id begins with the hex digits, of any function; at most k_prefix_matches_max + 1.
  virtual Result<std::vector<CallKey>> find_calls(std::string_view hex) = 0;

  /// So that a call runs at most once at a time. Errors: locked (LockWait::no and taken).
  virtual Result<std::unique_ptr<CallLock>> lock(const CallKey& key, port::LockWait wait) = 0;
};

/// Largest record; logs are cut by whoever writes them.
inline constexpr uint64_t k_record_bytes_max = uint64_t{64} << 20;

}  // namespace samara::store
