#pragma once
// Runtime: code that can run one kind of function. East, WASM and native functions are run through
// this interface alone.
//
// A run ends with an Outcome whatever the function does; an Error means that it could not be
// started: damaged code, arguments that do not fit.
//
// Threads: any; calls of one runtime may overlap. A prepared function may be run many times, by
// several threads at once. Specified by: docs/architecture.md, "Runtimes".

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "call/call_id.hpp"
#include "call/function.hpp"
#include "call/limits.hpp"
#include "call/log.hpp"
#include "call/outcome.hpp"
#include "runtime/wait_hook.hpp"
#include "value/beast2.hpp"

namespace samara::runtime {

/// A platform function that a function can reach, as a runtime offers it.
struct Offer {
  std::string name;
  bool offered = false;
  Effect effect = Effect::unknown;  // unknown where it is not offered
  std::string capability;           // what the caller must grant; empty: nothing
  Hash implementation;              // the binding; zero where it is not offered
};

/// A function made ready by a runtime. Only the runtime that made it knows what is inside.
class Prepared {
 public:
  virtual ~Prepared() = default;
};

/// A function as it comes out of a repository.
struct FunctionSource {
  Hash function;
  const FunctionRecord* record = nullptr;
  ByteView code;          // the code object
  ByteView companion;     // its debug companion; may be empty
  ByteView signatures;    // native images: those kept beside the code; may be empty
  std::string_view name;  // how to call it in messages; may be empty
};

/// One argument: bytes of a full beast2 value of any dialect, or a value in RunRequest::heap.
struct Argument {
  ByteView encoded;
  TypedValue value;              // used when its type is not null
  const Hash* object = nullptr;  // where the engine has stored it; null: it has not
};

/// Larger arguments are not sent to other processes but stored, and named.
inline constexpr size_t k_inline_bytes_max = size_t{16} * 1024;

/// What a run is, for runtimes that run it elsewhere.
struct RunIdentity {
  Hash call;
  /// Call ids of those who wait for it, outermost first.
  std::vector<Hash> ancestors;
  std::string attempt;      // the name of its record
  bool repeatable = false;  // pure or idempotent: it may run again when a worker died over it
  /// Called once, by the thread of the run, when it takes longer than some milliseconds. Null:
  /// nobody wants to know.
  std::function<void()> on_long;
  std::string place;  // the queue that the caller wants it to go to; empty: its own
  /// Told when it waits for others. Null: nobody wants to know.
  WaitHook* waits = nullptr;
};

/// What a run lets others see while it goes on: the word of the function, which nobody has checked.
/// Threads: one call at a time, on the thread of the run or on one that watches it.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// The result so far, as headerless beast2 of the output type.
  virtual void partial_result(ByteView bytes) = 0;
  /// A measurement; the last one of a key counts.
  virtual void metric(std::string_view key, double value) = 0;
  /// 0 to 1000.
  virtual void progress(uint32_t permille) = 0;
};

/// A call of another function, by the one that runs.
struct Subcall {
  std::string_view name;                 // as bindings have it
  std::span<const ByteView> arguments;   // full beast2 values
  std::chrono::nanoseconds wall_max{0};  // what is left of the caller's time; zero: no limit
};

struct SubcallResult {
  Outcome outcome;
  Bytes value;  // in canonical form, of a value outcome
};

/// Calls other functions for a run. Threads: that of the run.
class Subcalls {
 public:
  virtual ~Subcalls() = default;
  /// Errors: not_found (the caller has no binding of that name), type_mismatch, invalid_argument
  /// (arguments), cancelled, and those of the store. What the callee does is an outcome.
  virtual Result<SubcallResult> call(const Subcall& call) = 0;
};

/// A function that code calls by name and that its runtime does not have: one of the repository.
struct Callee {
  std::string name;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  bool optional = false;  // it may be missing until it is called
};

struct RunRequest {
  std::span<const Argument> arguments;
  /// Owner of arguments given as values. The run happens in it, and may change them. Requires:
  /// values of different arguments share no Ref, Array, Set or Dict. Null: the runtime makes a
  /// heap.
  Heap* heap = nullptr;
  Limits limits;
  LogSink* log = nullptr;                     // console output; null: dropped
  const std::atomic<bool>* cancel = nullptr;  // set by another thread to end the run
  std::string_view name;                      // of the function, for messages
  RunObserver* observer = nullptr;            // null: nobody looks
  Subcalls* subcalls = nullptr;               // null: functions that call others do not run
  /// Where the runtime says now and then how much memory the code itself has, for those who look
  /// while it runs. Null: nobody does. It stands alone.
  std::atomic<uint64_t>* memory_bytes = nullptr;
  const RunIdentity* identity = nullptr;  // null: a run that is no call
};

struct RunResult {
  Outcome outcome;      // a value outcome has no hash yet: whoever stores `value` sets it
  Bytes value;          // the result in canonical form, if there is one
  bool stored = false;  // the result is the object `outcome.value` of the repository already
  Usage usage;
  /// What was decided on the way, for people: "interpreted: its machine code is not ready".
  std::vector<std::string> decisions;
};

/// Where a function will run, and why there.
struct Placement {
  std::string place = "in process";  // as execution records have it
  std::string reason;                // "run in this process: it is East code"
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  /// The kind of function it runs: FunctionRecord::kind.
  virtual std::string_view kind() const = 0;
  virtual Placement placement() const = 0;
  /// What it offers of each platform function that the function can reach, in the same order.
  virtual std::vector<Offer> offers(const FunctionRecord& record) const = 0;
  /// Errors: corrupt, check_failed, exhausted.
  virtual Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) = 0;
  /// What the prepared function calls through RunRequest::subcalls.
  /// Requires: `prepared` comes from this runtime.
  virtual std::span<const Callee> callees(const Prepared& prepared) const {
    static_cast<void>(prepared);
    return {};
  }
  /// Whether arguments are decoded for it. Otherwise it takes large ones as the objects they are.
  virtual bool wants_values() const { return true; }
  /// Whether what was prepared before may be run as it is; otherwise prepare decides anew. Policies
  /// change while programs run. Requires: `prepared` comes from this runtime.
  virtual bool current(const Prepared& prepared) {
    static_cast<void>(prepared);
    return true;
  }
  /// Requires: `prepared` comes from this runtime.
  /// Errors: type_mismatch ("argument 2 of 'mean' is String, expected Array<Float>"), corrupt
  /// (bytes of an argument), invalid_argument (number of arguments).
  virtual Result<RunResult> run(const Prepared& prepared, const RunRequest& request) = 0;
};

}  // namespace samara::runtime
