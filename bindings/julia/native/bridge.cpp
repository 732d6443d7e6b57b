#include "bridge.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <csignal>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>

namespace {

// --- events

struct Events {
  std::mutex mutex;
  std::deque<samara_bridge_event> waiting;
  int (*wake)(void*) = nullptr;
  void* handle = nullptr;
};
// Never destroyed: threads may add events while the process ends.
Events& events() {
  static Events* all = new Events();
  return *all;
}

void add_event(int32_t kind, int32_t code, void* subject, uint64_t token) {
  Events& all = events();
  std::lock_guard lock(all.mutex);
  all.waiting.push_back({kind, code, subject, token});
  // Under the lock, or else the handle could be gone.
  if (all.wake != nullptr) all.wake(all.handle);
}

// --- threads that run one job after the other

constexpr size_t k_threads_max = 20000;  // calls that wait for calls, all at once
constexpr size_t k_threads_idle = 8;     // that stay for the next job

struct Pool {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  size_t idle = 0;
  size_t threads = 0;
};
Pool& pool() {
  static Pool* all = new Pool();
  return *all;
}

bool start_thread(void* (*work)(void*), void* given) {
  // Signals belong to the threads of Julia.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const bool good = pthread_create(&thread, nullptr, work, given) == 0;
  if (good) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return good;
}

void* run_jobs(void*) {
  Pool& all = pool();
  std::unique_lock lock(all.mutex);
  while (true) {
    if (all.jobs.empty()) {
      if (all.idle >= k_threads_idle) break;
      all.idle++;
      all.changed.wait(lock, [&] { return !all.jobs.empty(); });
      all.idle--;
    }
    std::function<void()> job = std::move(all.jobs.front());
    all.jobs.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
  all.threads--;
  return nullptr;
}

int32_t add_job(std::function<void()> job) {
  Pool& all = pool();
  std::lock_guard lock(all.mutex);
  // A job may wait for a later one, so none is left to a thread that is at work.
  if (all.jobs.size() >= all.idle) {
    if (all.threads >= k_threads_max || !start_thread(run_jobs, nullptr)) return SAMARA_EXHAUSTED;
    all.threads++;
  }
  all.jobs.push_back(std::move(job));
  all.changed.notify_one();
  return SAMARA_OK;
}

// --- platform functions that wait for Julia

struct Upcall {
  samara_bridge_upcall shown{};  // first: Julia gives its address back
  std::mutex mutex;
  std::condition_variable answered;
  bool done = false;
  int32_t code = SAMARA_OK;
};

// --- signals

std::atomic<int> stop_write{-1};
uint32_t stop_grace_ms = 0;
int stop_read = -1;

void note_signal(int) {
  const char one = 1;
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(stop_write.load(), &one, 1);
  errno = error;
}

void* wait_for_signal(void*) {
  char one = 0;
  while (::read(stop_read, &one, 1) < 0 && errno == EINTR) {
  }
  add_event(SAMARA_BRIDGE_STOP, SAMARA_OK, nullptr, 0);
  // Julia code that computes for ever must not keep the process: requests in hand are taken up
  // again by others when it is gone.
  ::usleep(stop_grace_ms * 1000);
  ::_exit(0);
}

}  // namespace

struct samara_bridge_feeder {
  samara_worker* worker = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  int64_t permits = 0;
  bool ending = false;
};

namespace {

void* feed(void* given) {
  auto* feeder = static_cast<samara_bridge_feeder*>(given);
  int32_t code = SAMARA_OK;
  while (true) {
    {
      std::unique_lock lock(feeder->mutex);
      feeder->changed.wait(lock, [&] { return feeder->permits > 0 || feeder->ending; });
      if (feeder->ending) break;
      feeder->permits--;
    }
    samara_request* request = nullptr;
    code = samara_worker_next(feeder->worker, -1, &request);
    if (code != SAMARA_OK || request == nullptr) break;
    add_event(SAMARA_BRIDGE_REQUEST, SAMARA_OK, request, 0);
  }
  add_event(SAMARA_BRIDGE_ENDED, code, feeder, 0);
  return nullptr;
}

}  // namespace

extern "C" {

void samara_bridge_start(int (*wake)(void*), void* handle) {
  Events& all = events();
  std::lock_guard lock(all.mutex);
  all.wake = wake;
  all.handle = handle;
}

int32_t samara_bridge_next(samara_bridge_event* out) {
  Events& all = events();
  std::lock_guard lock(all.mutex);
  if (all.waiting.empty()) return 0;
  *out = all.waiting.front();
  all.waiting.pop_front();
  return 1;
}

int32_t samara_bridge_call(uint64_t token, samara_repository* repository,
                           const samara_hash* function, const samara_argument* arguments,
                           size_t count, const samara_call_options* options, samara_result* out) {
  return add_job([=] {
    const int32_t code = samara_call(repository, function, arguments, count, options, out);
    add_event(SAMARA_BRIDGE_DONE, code, nullptr, token);
  });
}

int32_t samara_bridge_run(uint64_t token, samara_request* request, samara_repository* repository) {
  return add_job([=] {
    const int32_t code = samara_request_run(request, repository);
    add_event(SAMARA_BRIDGE_DONE, code, nullptr, token);
  });
}

int32_t samara_bridge_platform(void* user, const samara_view* arguments, size_t count,
                               samara_bytes* result, samara_bytes* error) {
  Upcall upcall;
  upcall.shown = {reinterpret_cast<uintptr_t>(user), arguments, count, result, error};
  add_event(SAMARA_BRIDGE_UPCALL, SAMARA_OK, &upcall, 0);
  std::unique_lock lock(upcall.mutex);
  upcall.answered.wait(lock, [&] { return upcall.done; });
  return upcall.code;
}

void samara_bridge_answer(samara_bridge_upcall* shown, int32_t code) {
  auto* upcall = reinterpret_cast<Upcall*>(shown);
  std::lock_guard lock(upcall->mutex);
  upcall->code = code;
  upcall->done = true;
  // Under the lock: the upcall is gone as soon as its thread sees that it is done.
  upcall->answered.notify_one();
}

samara_bridge_feeder* samara_bridge_feed(samara_worker* worker, int32_t permits) {
  auto* feeder = new samara_bridge_feeder();  // lives as long as the process
  feeder->worker = worker;
  feeder->permits = permits;
  if (!start_thread(feed, feeder)) add_event(SAMARA_BRIDGE_ENDED, SAMARA_EXHAUSTED, feeder, 0);
  return feeder;
}

void samara_bridge_permit(samara_bridge_feeder* feeder, int32_t more) {
  std::lock_guard lock(feeder->mutex);
  feeder->permits += more;
  if (feeder->permits > 0) feeder->changed.notify_one();
}

void samara_bridge_end(samara_bridge_feeder* feeder) {
  {
    std::lock_guard lock(feeder->mutex);
    feeder->ending = true;
    feeder->changed.notify_one();
  }
  samara_worker_interrupt(feeder->worker);
}

void samara_bridge_files(void) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void samara_bridge_signals(uint32_t grace_ms) {
  int ends[2];
  if (::pipe(ends) != 0) return;
  stop_read = ends[0];
  stop_write = ends[1];
  stop_grace_ms = grace_ms;
  if (!start_thread(wait_for_signal, nullptr)) return;
  // Julia has them blocked everywhere and waits for them on a thread of its own, where they end the
  // process at once; the kernel prefers a thread that lets them through, and the first of all.
  struct sigaction action{};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigset_t both;
  sigemptyset(&both);
  for (int number : {SIGTERM, SIGINT}) {
    sigaction(number, &action, nullptr);
    sigaddset(&both, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
}

}  // extern "C"
