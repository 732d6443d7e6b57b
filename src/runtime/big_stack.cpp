#include "runtime/big_stack.hpp"

#include <pthread.h>
#include <semaphore.h>

#include <mutex>
#include <vector>

namespace samara::runtime {

namespace {

// A chain of calls inside of calls may have taken a thousand.
constexpr size_t k_idle_max = 16;

// std::thread cannot be given a stack size, hence pthreads. Two semaphores hand the work over and
// back; each orders what was written before its post against what is read after its wait.
class Worker {
 public:
  static std::unique_ptr<Worker> start() {
    std::unique_ptr<Worker> worker(new Worker);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return nullptr;
    worker->started_ =
        pthread_attr_setstacksize(&attributes, k_big_stack_bytes) == 0 &&
        pthread_create(&worker->thread_, &attributes, &Worker::enter, worker.get()) == 0;
    pthread_attr_destroy(&attributes);
    return worker->started_ ? std::move(worker) : nullptr;
  }
  ~Worker() {
    if (started_) {
      work_ = nullptr;
      sem_post(&begin_);
      pthread_join(thread_, nullptr);
    }
    sem_destroy(&begin_);
    sem_destroy(&end_);
  }

  void run(const std::function<void()>& work) {
    work_ = &work;
    sem_post(&begin_);
    wait(end_);
  }

  static bool here() { return t_inside; }

 private:
  Worker() {
    sem_init(&begin_, 0, 0);
    sem_init(&end_, 0, 0);
  }
  static void wait(sem_t& semaphore) {
    // A signal may interrupt the wait.
    while (sem_wait(&semaphore) != 0) {
    }
  }
  static void* enter(void* self) {
    t_inside = true;
    static_cast<Worker*>(self)->loop();
    return nullptr;
  }
  void loop() {
    while (true) {
      wait(begin_);
      if (work_ == nullptr) return;
      (*work_)();
      sem_post(&end_);
    }
  }

  static thread_local bool t_inside;
  pthread_t thread_{};
  bool started_ = false;
  sem_t begin_;
  sem_t end_;
  const std::function<void()>* work_ = nullptr;  // null at begin_: the thread ends
};

thread_local bool Worker::t_inside = false;

}  // namespace

struct BigStack::State {
  std::mutex mutex;  // guards idle
  std::vector<std::unique_ptr<Worker>> idle;

  std::unique_ptr<Worker> take() {
    std::lock_guard lock(mutex);
    if (idle.empty()) return nullptr;
    std::unique_ptr<Worker> worker = std::move(idle.back());
    idle.pop_back();
    return worker;
  }
  void give_back(std::unique_ptr<Worker> worker) {
    std::lock_guard lock(mutex);
    if (idle.size() < k_idle_max) idle.push_back(std::move(worker));
  }
};

BigStack::BigStack() : state_(std::make_unique<State>()) {}
BigStack::~BigStack() = default;

Result<void> BigStack::run(const std::function<void()>& work) {
  if (Worker::here()) {
    work();
    return {};
  }
  return run_apart(work);
}

Result<void> BigStack::run_apart(const std::function<void()>& work) {
  std::unique_ptr<Worker> worker = state_->take();
  if (worker == nullptr) worker = Worker::start();
  if (worker == nullptr) {
    return Error(Code::exhausted, "cannot start a thread with a stack of 64 MiB");
  }
  worker->run(work);
  state_->give_back(std::move(worker));
  return {};
}

}  // namespace samara::runtime
