#pragma once
// CallJob: one call from its arguments to its outcome, where the answer is not in this process's
// memory. The order of its durable effects: arguments, `running` record, result object, finished
// record; of a quick pure call all in one step at the end. Threads: one, with a large stack.
// Specified by: docs/formats/call.md.

#include "engine/reasons.hpp"
#include "engine/shared.hpp"

namespace samara::engine {

/// The calls that wait for one another, from the one that runs outward.
class CallJob;
struct CallChain {
  const CallChain* outer = nullptr;
  Hash call;
  std::string_view name;
  CallJob* job = nullptr;  // runs it
};

struct CallRequest {
  const KnownFunction& function;
  std::span<const CallArgument> arguments;
  const CallOptions& options;
  std::string name;   // of the function, for messages
  bool memo = false;  // whether an answer from memory will do
  NameSnapshot& names;
  const CallChain* chain = nullptr;  // who waits for it; null: a user
};

/// Errors: permission (a capability that is not granted), invalid_argument (number of arguments).
Result<void> check_call(const KnownFunction& function, size_t arguments, std::string_view name);

class CallJob {
 public:
  CallJob(Shared& shared, const CallRequest& request);

  Result<CallResult> run();
  /// The run alone, of a call that another process records.
  Result<runtime::RunResult> run_for_caller(const std::optional<Hash>& call);
  /// The call's id alone; nothing is stored.
  Result<Hash> id();
  /// What it calls waits for somebody who runs the same; nothing: not any more. Told to others by
  /// its record.
  void tell_waiting(const std::optional<store::CallKey>& callee);

 private:
  struct Finished {
    ExecutionRecord record;
    std::shared_ptr<const Bytes> bytes;
  };

  std::optional<CallResult> cycle() const;
  CallResult circle_outcome(const std::string& how) const;
  bool waits_in_a_circle();
  Result<std::shared_ptr<const runtime::Prepared>> prepare();
  Result<void> check_callees(const runtime::Prepared& prepared) const;
  std::optional<CallResult> quick_answer();
  Result<void> load();
  void set_spec(std::vector<Hash> arguments);
  store::CallKey key() const { return {spec_.function, call_}; }
  std::optional<CallResult> answer_in_turn();
  std::optional<CallResult> answer_of_attempts();
  std::optional<CallResult> answer(ExecutionRecord record);
  /// Null: it would wait for ever.
  Result<std::unique_ptr<store::CallLock>> wait_for_turn();
  Result<std::unique_ptr<store::CallLock>> wait_on();
  Result<void> look_back(std::vector<Attempt> attempts, Past& past);
  Result<void> store_arguments(bool all) const;
  Result<void> record_running();
  void record_late();
  Result<void> record_finished(const Bytes* value, LogBuffer* log);
  bool may_record_late() const;
  Result<void> begin(const Past& past);
  Result<runtime::RunResult> run_code(const runtime::Prepared& prepared, LogSink& log);
  Result<Finished> execute(const runtime::Prepared& prepared);
  runtime::RunIdentity identity() const;
  Result<void> check_stored(Outcome& outcome);
  Result<Hash> store_result(ByteView bytes);
  Result<void> record_log(LogBuffer& log);
  CallResult result(const ExecutionRecord& record, std::shared_ptr<const Bytes> bytes);
  void remember(const ExecutionRecord& record, const std::shared_ptr<const Bytes>& bytes);

  Shared& shared_;
  const CallRequest& request_;
  runtime::Runtime* runtime_;  // that of the function, or elsewhere
  Heap own_heap_;
  Heap& heap_;
  LoadedArguments arguments_;
  CallSpec spec_;
  Hash call_;
  std::unique_ptr<store::CallLock> turn_;  // the right to run it
  std::vector<Attempt> attempts_;          // all there were when it was last looked
  ExecutionRecord record_;
  std::vector<std::string> decisions_;  // taken on the way
  bool late_record_ = false;            // nothing is stored yet
  bool told_ = false;                   // the caller's record says that it waits
  std::optional<Hash> lost_value_;      // answered once, but the object is gone
};

}  // namespace samara::engine
