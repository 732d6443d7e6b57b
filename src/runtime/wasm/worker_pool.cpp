#include "runtime/wasm/worker_pool.hpp"

#include <algorithm>

#include "runtime/wasm/worker_link.hpp"

namespace samara::runtime::wasm {

WorkerPool::WorkerPool(port::Workers& workers, port::Clock& clock)
    : WorkerPool(workers, clock, Options()) {}
WorkerPool::WorkerPool(port::Workers& workers, port::Clock& clock, const Options& options)
    : workers_(workers), clock_(clock), options_(options) {}
WorkerPool::~WorkerPool() = default;

size_t WorkerPool::idle() const {
  std::lock_guard lock(mutex_);
  return idle_.size();
}

Result<std::unique_ptr<WorkerLink>> WorkerPool::make() {
  {
    std::lock_guard lock(mutex_);
    if (alive_ == options_.workers_max) {
      return Error(Code::exhausted, "there are " + std::to_string(alive_) +
                                        " worker processes already: let fewer run at once");
    }
    alive_++;
  }
  auto worker = workers_.start();
  auto link = worker ? WorkerLink::start(std::move(*worker), clock_)
                     : Result<std::unique_ptr<WorkerLink>>(std::move(worker).error());
  if (!link) forget();
  return link;
}

void WorkerPool::forget() {
  std::lock_guard lock(mutex_);
  alive_--;
}

Result<std::unique_ptr<WorkerLink>> WorkerPool::take(uint64_t binding) {
  for (;;) {
    std::unique_ptr<WorkerLink> link;
    {
      std::lock_guard lock(mutex_);
      auto with = std::find_if(idle_.rbegin(), idle_.rend(),
                               [&](const auto& idle) { return idle->has(binding); });
      if (with == idle_.rend()) with = idle_.rbegin();
      if (with != idle_.rend()) {
        link = std::move(*with);
        idle_.erase(std::prev(with.base()));
      }
    }
    if (link == nullptr) return make();
    // It may have died, or have left after a long silence.
    if (!link->gone()) return link;
    link.reset();
    forget();
  }
}

void WorkerPool::give_back(std::unique_ptr<WorkerLink> link) {
  std::unique_ptr<WorkerLink> surplus;  // ended outside of the lock
  std::lock_guard lock(mutex_);
  if (link->sound() && link->runs() < options_.runs_max) {
    idle_.push_back(std::move(link));
    if (idle_.size() <= options_.idle_max) return;
    surplus = std::move(idle_.front());
    idle_.erase(idle_.begin());
  } else {
    surplus = std::move(link);
  }
  alive_--;
}

Result<void> WorkerPool::load(const ReadyModule& module, const Binding& binding) {
  for (;;) {
    SAMARA_TRY(std::unique_ptr<WorkerLink> link, take(binding.number));
    const bool used = link->runs() > 0;
    Result<void> loaded = link->load(module, binding);
    const bool again = !loaded && !link->sound() && used;
    give_back(std::move(link));
    if (!again) return loaded;
  }
}

Result<RunResult> WorkerPool::run(const ReadyModule& module, const Binding& binding,
                                  const RunRequest& request) {
  const port::Instant begin = clock_.now();
  for (;;) {
    SAMARA_TRY(std::unique_ptr<WorkerLink> link, take(binding.number));
    const bool used = link->runs() > 0;
    auto result = link->run(module, binding, request, begin);
    const bool again = used && (link->unheard() || (!result && !link->sound()));
    give_back(std::move(link));
    if (!again) return result;
  }
}

Result<std::vector<port::SandboxWall>> WorkerPool::walls() {
  SAMARA_TRY(std::unique_ptr<WorkerLink> link, take(0));
  std::vector<port::SandboxWall> out = link->walls();
  give_back(std::move(link));
  return out;
}

}  // namespace samara::runtime::wasm
