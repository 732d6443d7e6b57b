#pragma once
// A request that a worker of this process has in hand, as a Python object, and what may be done
// with it from several threads: run it, print from it, wait for calls that it makes, stop it.
//
// Order of locks: the interpreter's, then Worker's list of requests in hand, then a request's own.

#include <condition_variable>
#include <mutex>

#include "common.hpp"

namespace samara::python {

class Worker;

/// What a request calls: a function with its types.
struct Target {
  PyObject* function = nullptr;
  std::vector<TypeObject*> inputs;
  std::vector<Arrays> forms;  // of numbers side by side in each input
  TypeObject* output = nullptr;
  bool is_async = false;
};

/// Why a request is to end before its function does.
enum class Stop : int { none = 0, deadline = 1, cancelled = 2 };

struct RequestState {
  Worker* worker = nullptr;
  Target* target = nullptr;  // of an asynchronous function
  uint64_t number = 0;       // in the order of arrival

  // With the interpreter's lock:
  unsigned long thread = 0;  // whose bytecode is to be interrupted; 0: none
  Stop stop = Stop::none;
  PyObject* task = nullptr;   // of asyncio
  PyObject* group = nullptr;  // of the calls that it makes

  std::mutex mutex;  // guards what follows
  std::condition_variable none_calls;
  samara_request* raw = nullptr;          // null once it is answered
  std::vector<samara_repository*> calls;  // that it waits for now
  std::string lines[2];                   // output that has no line end yet
};

struct RequestObject {
  PyObject_HEAD RequestState* state;
};
extern PyTypeObject* request_type;

RequestObject* new_request(Worker* worker, samara_request* raw);
/// The request that this thread serves. Borrowed; null: none.
RequestObject* current_request();

/// For the time that the request's Python runs in this thread: what it prints is its own, and it
/// can be interrupted. Made and ended with the interpreter's lock.
class Running {
 public:
  explicit Running(RequestObject* request);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

 private:
  RequestObject* request_;
};

/// For the time of a call that a request makes: it does not hold its slot, and it is not answered
/// meanwhile. Made and ended with the interpreter's lock.
class NestedCall {
 public:
  NestedCall(RequestObject* request, samara_repository* repository);
  NestedCall(const NestedCall&) = delete;
  NestedCall& operator=(const NestedCall&) = delete;
  ~NestedCall();
  /// False, with an exception: the request is over.
  explicit operator bool() const { return good_; }
  const samara_request* parent() const { return parent_; }

 private:
  RequestObject* request_;
  samara_repository* repository_;
  const samara_request* parent_ = nullptr;
  bool good_ = true;
};

/// What is to be sent when the interpreter's lock has been given up.
struct Answer {
  samara_request* raw = nullptr;  // null: nothing
  LibraryBytes bytes;
};
/// Calls the function of a request whose thread this is, and answers it, or says how: so that the
/// lock is not taken for nothing between two requests. Requires: the interpreter's lock.
void serve(RequestObject* request, Target& target, Answer& answer);
void answer_null(RequestObject* request, Answer& answer);
/// Requires: no lock is held.
void send(Answer& answer);
/// Answers with the exception that is set.
void fail_with_exception(RequestObject* request);

bool add_request_type(PyObject* module);

}  // namespace samara::python
