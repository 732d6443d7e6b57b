#pragma once
// TaskTable: functions that run at once, each with a number by which it is listed, waited for and
// stopped. For a node that is told by others what to run. With a WasmRuntime that has workers, each
// task is in a process of its own while it runs.
//
// Threads: any; each task has one of its own. Specified by: docs/architecture.md, "WebAssembly in
// short".

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "port/clock.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::wasm {

/// What a task of a small node has for operands and frames, and for allocations from outside; for
/// WasmRuntimeParts and WorkerParts.
inline constexpr uint32_t k_task_stack_bytes = 16U << 10;
inline constexpr uint32_t k_task_heap_bytes = 16U << 10;

enum class TaskState : uint8_t {
  running,
  stopping,  // asked to end
  ended,     // its result waits for somebody
};
std::string_view task_state_name(TaskState state);

struct TaskInfo {
  uint64_t id = 0;
  std::string function;
  TaskState state = TaskState::running;
  port::Instant since;        // of that state
  uint64_t memory_bytes = 0;  // of the module, as it was when it last called us
};

struct TaskOrder {
  std::shared_ptr<const Prepared> prepared;
  std::vector<Bytes> arguments;  // full beast2 values
  Limits limits;
  std::string function;  // its name
  // Used on the task's thread, up to the end of wait() or stop(); may be null.
  LogSink* log = nullptr;
  RunObserver* observer = nullptr;
  Subcalls* subcalls = nullptr;
};

class TaskTable {
 public:
  /// All outlive it.
  TaskTable(Runtime& runtime, port::Clock& clock, size_t tasks_max = 16);
  /// Stops all. Requires: nobody waits.
  ~TaskTable();
  TaskTable(const TaskTable&) = delete;
  TaskTable& operator=(const TaskTable&) = delete;

  /// The task's number, which is never used again.
  /// Requires: `prepared` comes from the runtime. Errors: exhausted (as many tasks as may be; those
  /// that have ended count until somebody takes their result; no thread).
  Result<uint64_t> start(TaskOrder order);
  /// Ascending by number.
  std::vector<TaskInfo> list() const;
  /// Ends the task, whatever it does; afterwards nothing of it is left. Gives what came of it,
  /// which is the outcome cancelled where it had not ended. Errors: not_found, and those of
  /// Runtime::run.
  Result<RunResult> stop(uint64_t id);
  /// Until it has ended; afterwards nothing of it is left.
  /// Errors: not_found (also: somebody else waits for it), and those of Runtime::run.
  Result<RunResult> wait(uint64_t id);

 private:
  struct Task;

  static void* enter(void* task);
  void run(Task& task);
  Result<RunResult> take(uint64_t id, bool stop);

  Runtime& runtime_;
  port::Clock& clock_;
  const size_t tasks_max_;
  mutable std::mutex mutex_;  // guards those below
  std::map<uint64_t, std::unique_ptr<Task>> tasks_;
  uint64_t next_ = 1;
};

}  // namespace samara::runtime::wasm
