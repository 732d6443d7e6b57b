#pragma once
// KnownFunction: what an engine knows of a function: its record, what its platform functions stand
// for here, and its code made ready to run. Threads: any. Specified by: docs/formats/call.md.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "call/call_id.hpp"
#include "call/function.hpp"
#include "runtime/runtime.hpp"
#include "store/repository.hpp"

namespace samara::engine {

struct KnownFunction {
  Hash id;
  FunctionRecord record;
  runtime::Runtime* runtime = nullptr;  // the one that runs it
  std::vector<runtime::Offer> offers;
  Bindings bindings;
  bool pure = false;
  std::string impurity;       // why it is not pure: "it reaches 'console_log' (effectful)"
  std::string missing_grant;  // why it may not run: a capability that is not granted; else empty
};

struct FunctionTableParts {
  store::Repository& repository;
  const RecordTypes& types;
  std::span<runtime::Runtime* const> runtimes;
  const std::vector<std::string>& capabilities;
};

class FunctionTable {
 public:
  explicit FunctionTable(const FunctionTableParts& parts) : parts_(parts) {}

  /// Errors: not_found (no such object), corrupt (no function), unsupported (its kind).
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

  FunctionTableParts parts_;
  std::mutex mutex_;  // guards entries_; nothing is read or compiled under it
  std::unordered_map<Hash, Entry, HashOfHash> entries_;
};

}  // namespace samara::engine
