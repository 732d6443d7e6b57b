#pragma once
// KnownFunction: what an engine knows of a function: its record, what its platform functions stand
// for here, and its code made ready to run. Threads: any. Specified by: docs/formats/call.md.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "call/call_id.hpp"
#include "call/function.hpp"
#include "engine/name_snapshot.hpp"
#include "runtime/runtime.hpp"
#include "store/repository.hpp"

namespace samara::engine {

struct KnownFunction {
  Hash id;
  FunctionRecord record;
  runtime::Runtime* runtime = nullptr;  // the one that runs it
  std::vector<runtime::Offer> offers;
  Bindings bindings;
  /// Names that no runtime here offers, and what they stand for in the repository. Both empty in
  /// nearly all functions.
  std::vector<ReachedEffect> open;
  std::map<std::string, Hash, std::less<>> callees;
  bool flat = false;  // its values nest little: neither types without end, nor functions
  bool pure = false;
  std::string impurity;       // why it is not pure: "it reaches 'console_log' (effectful)"
  std::string missing_grant;  // why it may not run: a capability that is not granted; else empty
};

struct FunctionTableParts {
  store::Repository& repository;
  const RecordTypes& types;
  std::span<runtime::Runtime* const> runtimes;
  const std::vector<std::string>& capabilities;
  const FindOffered& offered;
};

class FunctionTable {
 public:
  explicit FunctionTable(const FunctionTableParts& parts) : parts_(parts) {}

  /// With the names it calls looked up in `names`, and bindings and purity of all that it can reach
  /// by them.
  /// Errors: not_found (no such object), corrupt (no function), unsupported (its kind).
  Result<std::shared_ptr<const KnownFunction>> get(const Hash& id, NameSnapshot& names);
  /// The same with names as they are now.
  Result<std::shared_ptr<const KnownFunction>> get(const Hash& id);
  /// Ready to run. Errors: as Runtime::prepare.
  Result<std::shared_ptr<const runtime::Prepared>> prepare(const KnownFunction& function,
                                                           std::string_view name);
  /// Names and locations of a function; nothing where there are none that fit.
  Result<std::optional<FunctionCompanion>> companion(const Hash& function);
  /// The encoded companion; empty if there is none.
  Result<Bytes> companion_bytes(const Hash& function);
  /// Its companion may have changed.
  void forget_prepared(const Hash& id);

 private:
  struct Entry {
    std::shared_ptr<const KnownFunction> function;
    std::shared_ptr<const runtime::Prepared> prepared;
  };
  Result<std::shared_ptr<const KnownFunction>> read(const Hash& id);
  /// Without callees.
  Result<std::shared_ptr<const KnownFunction>> alone(const Hash& id);
  Result<std::shared_ptr<const KnownFunction>> bound(const KnownFunction& function,
                                                     NameSnapshot& names);

  FunctionTableParts parts_;
  std::mutex mutex_;  // guards entries_; nothing is read or compiled under it
  std::unordered_map<Hash, Entry, HashOfHash> entries_;
};

}  // namespace samara::engine
