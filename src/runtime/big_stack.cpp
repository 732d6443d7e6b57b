#include "runtime/big_stack.hpp"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace samara::runtime {

namespace {

// std::thread cannot be given a stack size, hence pthreads.
class Worker {
 public:
  static std::unique_ptr<Worker> start() {
    std::unique_ptr<Worker> worker(new Worker);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return nullptr;
    bool made = pthread_attr_setstacksize(&attributes, k_big_stack_bytes) == 0 &&
                pthread_create(&worker->thread_, &attributes, &Worker::enter, worker.get()) == 0;
    pthread_attr_destroy(&attributes);
    if (!made) return nullptr;
    worker->started_ = true;
    return worker;
  }
  ~Worker() {
    if (!started_) return;
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    pthread_join(thread_, nullptr);
  }

  void run(const std::function<void()>& work) {
    std::unique_lock lock(mutex_);
    work_ = &work;
    changed_.notify_all();
    changed_.wait(lock, [this] { return work_ == nullptr; });
  }

  static bool here() { return t_inside; }

 private:
  Worker() = default;
  static void* enter(void* self) {
    t_inside = true;
    static_cast<Worker*>(self)->loop();
    return nullptr;
  }
  void loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return work_ != nullptr || stop_; });
      if (work_ == nullptr) return;
      const std::function<void()>* work = work_;
      // The caller waits until work_ is empty, so nothing here changes while the lock is open.
      lock.unlock();
      (*work)();
      lock.lock();
      work_ = nullptr;
      changed_.notify_all();
    }
  }

  static thread_local bool t_inside;
  pthread_t thread_{};
  bool started_ = false;
  std::mutex mutex_;  // guards those below
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;
  bool stop_ = false;
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
    idle.push_back(std::move(worker));
  }
};

BigStack::BigStack() : state_(std::make_unique<State>()) {}
BigStack::~BigStack() = default;

Result<void> BigStack::run(const std::function<void()>& work) {
  if (Worker::here()) {
    work();
    return {};
  }
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
