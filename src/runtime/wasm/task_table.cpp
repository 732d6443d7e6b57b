#include "runtime/wasm/task_table.hpp"

#include <pthread.h>

#include <optional>

#include "core/assert.hpp"

namespace samara::runtime::wasm {

namespace {

// Values nest as deep as the decoders allow; only what is used takes memory.
constexpr size_t k_stack_bytes = size_t{64} << 20;

}  // namespace

std::string_view task_state_name(TaskState state) {
  switch (state) {
    case TaskState::running:
      return "running";
    case TaskState::stopping:
      return "stopping";
    case TaskState::ended:
      return "ended";
  }
  SAMARA_ASSERT(!"a state");
  return "";
}

struct TaskTable::Task {
  TaskTable* table = nullptr;
  TaskOrder order;
  pthread_t thread{};
  std::atomic<bool> cancel{false};        // set once; looked at by the run
  std::atomic<uint64_t> memory_bytes{0};  // alone; orders nothing
  // Guarded by the table's mutex.
  TaskState state = TaskState::running;
  port::Instant since{};
  bool awaited = false;
  std::optional<Result<RunResult>> result;
};

TaskTable::TaskTable(Runtime& runtime, port::Clock& clock, size_t tasks_max)
    : runtime_(runtime), clock_(clock), tasks_max_(tasks_max) {}

TaskTable::~TaskTable() {
  for (const TaskInfo& task : list()) static_cast<void>(stop(task.id));
}

Result<uint64_t> TaskTable::start(TaskOrder order) {
  std::lock_guard lock(mutex_);
  if (tasks_.size() >= tasks_max_) {
    return Error(Code::exhausted, "there are " + std::to_string(tasks_.size()) +
                                      " tasks already, as many as may be at once");
  }
  auto task = std::make_unique<Task>();
  task->table = this;
  task->order = std::move(order);
  task->since = clock_.now();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, k_stack_bytes);
  // Its end waits for the mutex, so the task is in the list by then.
  const int failed = pthread_create(&task->thread, &attributes, enter, task.get());
  pthread_attr_destroy(&attributes);
  if (failed != 0) return Error(Code::exhausted, "the system gives no thread for the task");
  const uint64_t id = next_++;
  tasks_.emplace(id, std::move(task));
  return id;
}

void* TaskTable::enter(void* task) {
  auto& entered = *static_cast<Task*>(task);
  entered.table->run(entered);
  return nullptr;
}

void TaskTable::run(Task& task) {
  std::vector<Argument> arguments;
  arguments.reserve(task.order.arguments.size());
  for (const Bytes& argument : task.order.arguments) arguments.push_back({argument, {}});
  RunRequest request;
  request.arguments = arguments;
  request.limits = task.order.limits;
  request.log = task.order.log;
  request.cancel = &task.cancel;
  request.memory_bytes = &task.memory_bytes;
  request.name = task.order.function;
  request.observer = task.order.observer;
  request.subcalls = task.order.subcalls;
  auto result = runtime_.run(*task.order.prepared, request);
  std::lock_guard lock(mutex_);
  task.result.emplace(std::move(result));
  task.state = TaskState::ended;
  task.since = clock_.now();
}

std::vector<TaskInfo> TaskTable::list() const {
  std::lock_guard lock(mutex_);
  std::vector<TaskInfo> out;
  out.reserve(tasks_.size());
  for (const auto& [id, task] : tasks_) {
    out.push_back({.id = id,
                   .function = task->order.function,
                   .state = task->state,
                   .since = task->since,
                   .memory_bytes = task->memory_bytes.load(std::memory_order_relaxed)});
  }
  return out;
}

Result<RunResult> TaskTable::stop(uint64_t id) { return take(id, true); }
Result<RunResult> TaskTable::wait(uint64_t id) { return take(id, false); }

// The task stays listed until its thread is gone. Who comes second may still stop it, but not wait.
Result<RunResult> TaskTable::take(uint64_t id, bool stop) {
  Task* task = nullptr;
  {
    std::lock_guard lock(mutex_);
    auto at = tasks_.find(id);
    if (at == tasks_.end()) {
      return Error(Code::not_found, "there is no task " + std::to_string(id));
    }
    task = at->second.get();
    if (stop && task->state == TaskState::running) {
      task->state = TaskState::stopping;
      task->since = clock_.now();
      task->cancel.store(true, std::memory_order_relaxed);
    }
    if (task->awaited) {
      return Error(Code::not_found, "somebody else takes the result of task " + std::to_string(id));
    }
    task->awaited = true;
  }
  pthread_join(task->thread, nullptr);
  std::lock_guard lock(mutex_);
  Result<RunResult> result = std::move(*task->result);
  tasks_.erase(id);
  return result;
}

}  // namespace samara::runtime::wasm
