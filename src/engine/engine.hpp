#pragma once
// Engine: functions and calls of one repository. A pure call whose value is known is not run again;
// every other call runs at most once at a time, and each decision says why it was taken.
//
// Order of what becomes visible: arguments, `running` record, result object, finished record.
// Losing the process at any point loses the attempt at most.
//
// Threads: any; calls may overlap. Specified by: docs/architecture.md, "Life of a call".

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "call/execution_record.hpp"
#include "call/function.hpp"
#include "call/limits.hpp"
#include "engine/arguments.hpp"
#include "engine/names.hpp"
#include "engine/offered.hpp"
#include "engine/quarantine.hpp"
#include "engine/records.hpp"
#include "engine/values.hpp"
#include "eval/platform.hpp"
#include "port/clock.hpp"
#include "port/processes.hpp"
#include "port/random.hpp"
#include "runtime/imported_function.hpp"
#include "runtime/runtime.hpp"
#include "store/repository.hpp"

namespace samara::engine {

class PastCalls;

/// What an engine stands on; everything outlives it.
struct EngineParts {
  store::Repository& repository;
  TypeTable& types;
  /// Every platform function of this program, complete. What needs a capability is offered all the
  /// same, and refused by the engine unless the capability is granted.
  const eval::PlatformRegistry& platform;
  port::Clock& clock;
  port::Random& random;
  port::Processes& processes;
  /// What runs functions of other kinds than East. Of each kind one.
  std::span<runtime::Runtime* const> runtimes = {};
  FindOffered offered = nullptr;
  /// Runs functions of any kind in worker processes, for callers who want that. Null: nobody does.
  runtime::Runtime* elsewhere = nullptr;
  /// What is known of past calls, where several engines of a process work on the repository: each
  /// would read it anew. Null: it has its own.
  PastCalls* past = nullptr;
};

struct EngineOptions {
  /// Granted to all calls: "fs", "net", …
  std::vector<std::string> capabilities = {};
  /// Answers kept in memory.
  size_t memo_entries_max = 4096;
  /// Results up to this size are kept in memory with the answer; 4096 of them take 64 MiB at most.
  size_t memo_value_bytes_max = 16 * 1024;
  size_t compiled_max = 256;
  QuarantineRule quarantine = {};
};

// --- functions
// -------------------------------------------------------------------------------------

struct AddOptions {
  /// Where the bytes come from, for people: the file as the user named it.
  std::string_view source = {};
  /// What the author says about it; for programs in memory.
  std::string_view doc = {};
  /// Also sets the ref functions/<name>. Empty: none.
  std::string_view name = {};
  store::Durability durability = store::Durability::synced;
};

struct AddedFunction {
  Hash id;
  FunctionRecord record;
  /// What functions/<name> stood for before, if it was another function.
  std::optional<Hash> replaced;
};

struct NamedFunction {
  std::string name;
  Hash id;
};

// --- calls
// -----------------------------------------------------------------------------------------

struct CallOptions {
  Limits limits = {};
  /// Run even if the answer is known; the new answer is remembered.
  bool no_memo = false;
  /// cached: a power loss may lose the answer, which is noticed, and the call is run again.
  store::Durability durability = store::Durability::cached;
  /// How the user named the function; for messages. Empty: the beginning of its id.
  std::string_view name = {};
  /// Owner of typed arguments; see runtime::RunRequest::heap.
  Heap* heap = nullptr;
  /// Also gets the console output, as it comes.
  LogSink* live_log = nullptr;
  /// Sees what the run shows while it goes on; not what the functions show that it calls.
  runtime::RunObserver* observer = nullptr;
  /// Set by another thread to end the call, also while it waits for somebody who runs the same.
  const std::atomic<bool>* cancel = nullptr;
  /// The queue whose workers shall run it, where it could run here; empty: it runs here. What it
  /// calls runs where it runs best.
  std::string place = {};
  /// Call ids of those who wait for it in other processes, outermost first.
  std::vector<Hash> ancestors = {};
  /// Told when the call, or what it calls, waits for other processes. Null: nobody wants to know.
  runtime::WaitHook* waits = nullptr;
};

struct CallResult {
  store::CallKey key;  // function and call id
  Outcome outcome;
  bool from_memo = false;
  Uuid attempt;  // the record that holds the outcome
  Usage usage;   // of that attempt
  std::vector<std::string> decisions;
  /// The result's bytes if they are at hand; Engine::result_bytes gets them in any case.
  std::shared_ptr<const Bytes> bytes;
};

struct CallSummary {
  store::CallKey key;
  size_t attempts = 0;
  Attempt latest;
};

struct ListOptions {
  std::optional<Hash> function = {};
  size_t calls_max = 1000;
};

class Engine {
 public:
  explicit Engine(const EngineParts& parts, EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  store::Repository& repository();
  TypeTable& types();
  const RecordTypes& record_types() const;
  Values& values();

  // Functions.
  /// Adds an East program: beast2 or JSON, dialect A or B.
  /// Errors: corrupt, check_failed, and those of the store.
  Result<AddedFunction> add_function(ByteView bytes, const AddOptions& options);
  /// The same for a program in memory, whose types belong to types().
  Result<AddedFunction> add_function(const ir::Program& program, const AddOptions& options);
  /// A function of any kind, as its runtime has imported it.
  Result<AddedFunction> add_function(runtime::ImportedFunction imported, const AddOptions& options);
  /// The program of an East function, with names and locations where they are known.
  /// Errors: not_found, corrupt, unsupported (a function of another kind).
  Result<std::unique_ptr<ir::Program>> program(const Hash& function);
  /// Errors: not_found, corrupt (the object is no function).
  Result<FunctionRecord> function(const Hash& id);
  /// Names and locations, if they are known.
  Result<std::optional<FunctionCompanion>> companion(const Hash& function);
  Result<std::vector<NamedFunction>> functions();
  /// Removes functions/<name>, and the companion when no other name is left. Errors: not_found.
  Result<void> remove_function(std::string_view name);
  /// Its failures in a row, and whether it is quarantined. Errors: those of the store.
  Result<Failures> failures(const Hash& function);
  /// Forgets the failures of a function, so that it may run again. Errors: not_found (it has none).
  Result<void> release(const Hash& function);
  /// What this engine offers of the platform functions that a function can reach.
  std::vector<runtime::Offer> offers(const FunctionRecord& record);

  // Calls.
  /// Errors: not_found (function, argument, platform function), type_mismatch and invalid_argument
  /// (arguments; the text says which), permission (a capability that is not granted), cancelled,
  /// and those of the store. Whatever the function itself does is an outcome.
  Result<CallResult> call(const Hash& function, std::span<const CallArgument> arguments,
                          const CallOptions& options = {});
  /// Runs a function for a call that another process has begun and will record: nothing is
  /// recorded here but what it calls. `call`: its id, which must be what it is here.
  /// Errors: as call; conflict (here its platform functions are others).
  Result<runtime::RunResult> run_for_caller(const Hash& function,
                                            std::span<const CallArgument> arguments,
                                            const std::optional<Hash>& call,
                                            const CallOptions& options);
  /// The id which such a call has now. Stores nothing, and leaves typed arguments as they are.
  /// Errors: as call.
  Result<store::CallKey> key_of(const Hash& function, std::span<const CallArgument> arguments,
                                const CallOptions& options = {});
  /// The bytes of a value outcome. Errors: not_found, corrupt.
  Result<std::shared_ptr<const Bytes>> result_bytes(const CallResult& result);

  /// Attempts at a call, oldest first. Damaged records are left out.
  Result<std::vector<Attempt>> attempts(const store::CallKey& key);
  /// Newest first by their latest attempt.
  Result<std::vector<CallSummary>> calls(const ListOptions& options = {});
  /// Console output of an attempt. Errors: not_found.
  Result<std::vector<LogEntry>> log(const ExecutionRecord& record);
  /// Why each attempt ran, and what would happen now: lines for people. Errors: not_found.
  Result<std::vector<std::string>> why(const store::CallKey& key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace samara::engine
