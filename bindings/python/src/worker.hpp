#pragma once
// A worker of the repository: threads of Python that take requests and serve them.
//
// Each thread waits in the library without the interpreter's lock, so that a request goes from the
// queue to the thread that serves it and nowhere between. As many take requests as there are slots;
// while one of them waits for a call that its request makes, another takes its place.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "request.hpp"

namespace samara::python {

/// Who may take requests. Threads: any; nothing is called while the lock is held.
class Turns {
 public:
  explicit Turns(unsigned slots) : slots_(slots) {}
  /// Of a thread that has just been started, or comes back from a request: waits while there are
  /// more than slots. False: the thread is to end.
  bool enter();
  /// The first threads; returns how many.
  unsigned begin();
  /// The thread's request waits. True: somebody must start another thread.
  bool begin_wait();
  void end_wait();
  void stop();
  unsigned threads();
  /// Whether there have been many since this was asked last.
  bool were_many();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const unsigned slots_;
  unsigned active_ = 0;   // take requests or serve them, and do not wait
  unsigned spare_ = 0;    // threads that have no turn
  unsigned called_ = 0;   // of those, how many are to go on
  unsigned started_ = 0;  // threads in all
  bool many_ = false;
  bool stop_ = false;
};

class Worker {
 public:
  Worker(samara_worker* worker, std::string path, unsigned slots, PyObject* hooks,
         PyObject* stopped)
      : raw_(worker), path_(std::move(path)), hooks_(hooks), stopped_(stopped), turns_(slots) {}

  samara_worker* raw() { return raw_; }
  PyObject* hooks() { return hooks_; }
  Turns& turns() { return turns_; }

  bool offer(PyObject* args);
  /// Body of a thread. Returns a code: another than SAMARA_OK means that the worker cannot go on.
  int32_t take();
  /// Starts the thread that ends what has gone on for too long.
  void start_watch();
  /// With the interpreter's lock: another thread that takes requests.
  void start_thread();

  /// What is in hand is watched from `add` to `remove`.
  void add(RequestObject* request);
  void remove(RequestObject* request);

 private:
  void serve_raw(samara_request* raw, int32_t kind, Answer& answer);
  void make_environment(RequestObject* request, Answer& answer);
  Target* find_target(RequestObject* request, int32_t kind);
  Target* load_script(RequestObject* request, const samara_hash& id);
  void run_function(samara_request* raw, samara_repository*& own);
  void watch();
  void end_overdue(const std::vector<std::pair<uint64_t, Stop>>& overdue, bool again);

  samara_worker* raw_;
  const std::string path_;
  PyObject* hooks_;    // of the package: load, environment, describe, run_async, …
  PyObject* stopped_;  // the exception that ends a function whose time is over
  Turns turns_;
  std::unordered_map<std::string, std::unique_ptr<Target>> offers_;   // with the interpreter's lock
  std::unordered_map<std::string, std::unique_ptr<Target>> scripts_;  // the same; by id

  std::mutex hand_mutex_;  // guards what follows
  std::condition_variable hand_filled_;
  std::vector<RequestObject*> hand_;  // whose functions run
  struct LibraryRun {
    std::chrono::steady_clock::time_point begun;
    bool waits = false;
  };
  std::vector<LibraryRun*> library_runs_;  // functions that the library runs by itself
  bool watch_sleeps_ = false;
  uint64_t number_ = 0;
};

}  // namespace samara::python
