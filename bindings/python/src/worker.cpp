// A worker: offers, the threads that take requests, and what ends those that take too long.

#include "worker.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

namespace samara::python {

namespace {

// A chain of requests that wait for one another has a thread for each.
constexpr unsigned k_threads_max = 4096;
// Threads that are kept for the next time.
constexpr unsigned k_spare_max = 16;
// How often requests in hand are looked at, and when the one who looks goes to sleep.
constexpr std::chrono::milliseconds k_watch_pause(20);
constexpr int k_watch_pauses_idle = 25;
// A function that went on after it was interrupted is interrupted again.
constexpr int k_pauses_between_interrupts = 10;
// A function that the library runs may wait for others, which cannot be seen from outside: after so
// long another thread takes requests in its place.
constexpr std::chrono::milliseconds k_may_wait_after(50);

}  // namespace

// --- Turns

bool Turns::enter() {
  std::unique_lock lock(mutex_);
  while (active_ > slots_ && !stop_) {
    active_--;
    if (spare_ >= k_spare_max) {
      started_--;
      return false;
    }
    spare_++;
    changed_.wait(lock, [this] { return called_ > 0 || stop_; });
    spare_--;
    if (called_ > 0)
      called_--;  // whoever called has counted this thread as active
    else
      active_++;
  }
  if (stop_) started_--;
  return !stop_;
}

bool Turns::begin_wait() {
  const std::lock_guard lock(mutex_);
  if (started_ == 0) return false;  // not a worker that has been started
  active_--;
  if (active_ >= slots_ || stop_) return false;
  if (spare_ > called_) {
    active_++;
    called_++;
    changed_.notify_one();
    return false;
  }
  if (started_ >= slots_ + k_threads_max) return false;
  active_++;
  started_++;
  many_ = many_ || started_ > slots_ + k_spare_max;
  return true;
}

void Turns::end_wait() {
  const std::lock_guard lock(mutex_);
  if (started_ > 0) active_++;
}

unsigned Turns::begin() {
  const std::lock_guard lock(mutex_);
  active_ = slots_;
  started_ = slots_;
  return slots_;
}

void Turns::stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  changed_.notify_all();
}

bool Turns::were_many() {
  const std::lock_guard lock(mutex_);
  return std::exchange(many_, false);
}

unsigned Turns::threads() {
  const std::lock_guard lock(mutex_);
  return started_;
}

// --- requests in hand

void Worker::add(RequestObject* request) {
  const std::lock_guard lock(hand_mutex_);
  request->state->number = ++number_;
  hand_.push_back(request);
  if (watch_sleeps_) hand_filled_.notify_one();
}

void Worker::remove(RequestObject* request) {
  const std::lock_guard lock(hand_mutex_);
  auto found = std::find(hand_.begin(), hand_.end(), request);
  if (found == hand_.end()) return;
  *found = hand_.back();
  hand_.pop_back();
}

void Worker::watch() {
  int idle = 0;
  for (uint64_t pause = 0;; pause++) {
    std::vector<std::pair<uint64_t, Stop>> overdue;
    unsigned threads = 0;
    {
      std::unique_lock lock(hand_mutex_);
      auto empty = [this] { return hand_.empty() && library_runs_.empty(); };
      idle = empty() ? idle + 1 : 0;
      if (idle > k_watch_pauses_idle) {
        if (turns_.were_many())
          malloc_trim(0);  // what many threads had does not come back by itself
        watch_sleeps_ = true;
        hand_filled_.wait(lock, [&] { return !empty(); });
        watch_sleeps_ = false;
        idle = 0;
      }
      const auto now = std::chrono::steady_clock::now();
      for (LibraryRun* run : library_runs_) {
        if (run->waits || now - run->begun < k_may_wait_after) continue;
        run->waits = true;
        if (turns_.begin_wait()) threads++;
      }
      for (RequestObject* request : hand_) {
        RequestState& state = *request->state;
        const std::lock_guard inner(state.mutex);
        if (state.raw == nullptr) continue;
        if (samara_request_ms_left(state.raw) < 0) {
          overdue.emplace_back(state.number, Stop::deadline);
        } else if (samara_request_cancelled(state.raw) != 0) {
          overdue.emplace_back(state.number, Stop::cancelled);
        }
      }
    }
    if (threads > 0) {
      const PyGILState_STATE held = PyGILState_Ensure();
      for (; threads > 0; threads--) start_thread();
      PyGILState_Release(held);
    }
    if (!overdue.empty()) end_overdue(overdue, pause % k_pauses_between_interrupts == 0);
    std::this_thread::sleep_for(k_watch_pause);
  }
}

void Worker::end_overdue(const std::vector<std::pair<uint64_t, Stop>>& overdue, bool again) {
  const PyGILState_STATE held = PyGILState_Ensure();
  std::vector<std::pair<Ref, Stop>> found;
  {
    const std::lock_guard lock(hand_mutex_);
    for (RequestObject* request : hand_) {
      for (const auto& [number, stop] : overdue) {
        if (request->state->number != number) continue;
        found.emplace_back(Ref::borrowed(reinterpret_cast<PyObject*>(request)), stop);
      }
    }
  }
  for (auto& [object, stop] : found) {
    RequestState& state = *reinterpret_cast<RequestObject*>(object.get())->state;
    const bool first = state.stop == Stop::none;
    if (!first && !again) continue;
    if (first) state.stop = stop;
    if (state.thread != 0) {
      // No bytecode runs between the look and this, so it is still the request's thread.
      PyThreadState_SetAsyncExc(state.thread, stopped_);
    } else if (state.task != nullptr) {
      Ref done(PyObject_CallMethod(hooks_, "stop_task", "O", state.task));
      if (!done) PyErr_WriteUnraisable(hooks_);
    }
  }
  found.clear();
  PyGILState_Release(held);
}

void Worker::start_watch() {
  // It lives as long as the process, which ends by _exit.
  std::thread([this] { watch(); }).detach();
}

// --- serving

bool Worker::offer(PyObject* args) {
  const char* name = nullptr;
  PyObject* inputs = nullptr;
  PyObject* forms = nullptr;
  PyObject* output = nullptr;
  int effect = 0;
  const char* implementation = nullptr;
  PyObject* function = nullptr;
  int is_async = 0;
  if (!PyArg_ParseTuple(args, "sO!O!OisOp", &name, &PyTuple_Type, &inputs, &PyTuple_Type, &forms,
                        &output, &effect, &implementation, &function, &is_async)) {
    return false;
  }
  auto target = std::make_unique<Target>();
  std::vector<const char*> texts;
  for (Py_ssize_t i = 0; i < PyTuple_Size(inputs); i++) {
    TypeObject* type = type_argument(PyTuple_GetItem(inputs, i));
    if (type == nullptr) return false;
    target->inputs.push_back(type);
    texts.push_back(PyUnicode_AsUTF8AndSize(type->text, nullptr));
    target->forms.push_back(static_cast<Arrays>(PyLong_AsLong(PyTuple_GetItem(forms, i))));
  }
  target->output = type_argument(output);
  if (target->output == nullptr || PyErr_Occurred()) return false;
  samara_offer given{};
  given.struct_size = sizeof given;
  given.name = name;
  given.inputs = texts.data();
  given.input_count = texts.size();
  given.output = PyUnicode_AsUTF8AndSize(target->output->text, nullptr);
  given.effect = effect;
  given.implementation = implementation;
  const int32_t code = samara_worker_offer(raw_, &given, nullptr);
  if (code != SAMARA_OK) return raise(code, samara_worker_error()) != nullptr;
  target->function = Py_NewRef(function);
  target->is_async = is_async != 0;
  offers_[name] = std::move(target);
  return true;
}

Target* Worker::load_script(RequestObject* request, const samara_hash& id) {
  const std::string key(reinterpret_cast<const char*>(id.bytes), sizeof id.bytes);
  if (auto known = scripts_.find(key); known != scripts_.end()) return known->second.get();
  Ref loaded;
  {
    const Running running(request);
    loaded = Ref(PyObject_CallMethod(hooks_, "load", "O", reinterpret_cast<PyObject*>(request)));
  }
  if (!loaded) return nullptr;
  if (auto known = scripts_.find(key); known != scripts_.end()) return known->second.get();
  PyObject* function = nullptr;
  int is_async = 0;
  int form = 0;
  if (!PyArg_ParseTuple(loaded.get(), "Opi", &function, &is_async, &form)) return nullptr;
  auto target = std::make_unique<Target>();
  samara_request* raw = request->state->raw;
  for (size_t i = 0; i <= samara_request_argument_count(raw); i++) {
    const bool output = i == samara_request_argument_count(raw);
    Ref text(
        PyUnicode_FromString(output ? samara_request_output(raw) : samara_request_input(raw, i)));
    TypeObject* type = text ? type_argument(text.get()) : nullptr;
    if (type == nullptr) return nullptr;
    if (output) {
      target->output = type;
    } else {
      target->inputs.push_back(type);
      target->forms.push_back(static_cast<Arrays>(form));
    }
  }
  target->function = Py_NewRef(function);
  target->is_async = is_async != 0;
  return (scripts_[key] = std::move(target)).get();
}

Target* Worker::find_target(RequestObject* request, int32_t kind) {
  samara_request* raw = request->state->raw;
  if (kind == SAMARA_REQUEST_OFFER) {
    auto found = offers_.find(samara_request_name(raw));
    if (found != offers_.end()) return found->second.get();
    PyErr_Format(classes.error, "this worker does not offer '%s'", samara_request_name(raw));
    return nullptr;
  }
  if (kind == SAMARA_REQUEST_SCRIPT) return load_script(request, samara_request_function(raw));
  PyErr_Format(classes.error, "this worker does not know requests of kind %d",
               static_cast<int>(kind));
  return nullptr;
}

// An environment takes long to make, and whoever waits for it holds no slot.
void Worker::make_environment(RequestObject* request, Answer& answer) {
  const bool replace = turns_.begin_wait();
  if (replace) start_thread();
  add(request);
  Ref done(PyObject_CallMethod(hooks_, "environment", "O", reinterpret_cast<PyObject*>(request)));
  turns_.end_wait();
  if (!done) return fail_with_exception(request);
  answer_null(request, answer);
}

void Worker::serve_raw(samara_request* raw, int32_t kind, Answer& answer) {
  RequestObject* request = new_request(this, raw);
  if (request == nullptr) {
    PyErr_Clear();
    samara_request_fail(raw, SAMARA_OUTCOME_MEMORY, "no memory for the request", nullptr, 0);
    return;
  }
  const Ref owner(reinterpret_cast<PyObject*>(request));
  if (kind == SAMARA_REQUEST_ENVIRONMENT) return make_environment(request, answer);
  Target* target = find_target(request, kind);
  if (target == nullptr) return fail_with_exception(request);
  serve(request, *target, answer);
}

// East and WebAssembly need no interpreter.
void Worker::run_function(samara_request* raw, samara_repository*& own) {
  if (own == nullptr) {
    const int32_t code = samara_open(path_.c_str(), &own);
    if (code != SAMARA_OK) {
      samara_request_fail(raw, SAMARA_OUTCOME_ERROR, samara_error(own), nullptr, 0);
      samara_close(own);
      own = nullptr;
      return;
    }
  }
  LibraryRun run{std::chrono::steady_clock::now()};
  {
    const std::lock_guard lock(hand_mutex_);
    library_runs_.push_back(&run);
    if (watch_sleeps_) hand_filled_.notify_one();
  }
  samara_request_run(raw, own);
  {
    const std::lock_guard lock(hand_mutex_);
    library_runs_.erase(std::find(library_runs_.begin(), library_runs_.end(), &run));
  }
  if (run.waits) turns_.end_wait();
}

int32_t Worker::take() {
  samara_repository* own = nullptr;
  int32_t code = SAMARA_OK;
  PyThreadState* saved = PyEval_SaveThread();
  while (code == SAMARA_OK && turns_.enter()) {
    samara_request* raw = nullptr;
    code = samara_worker_next(raw_, -1, &raw);
    if (raw == nullptr) continue;
    const int32_t kind = samara_request_kind(raw);
    if (kind == SAMARA_REQUEST_FUNCTION) {
      run_function(raw, own);
      continue;
    }
    Answer answer;
    PyEval_RestoreThread(saved);
    serve_raw(raw, kind, answer);
    saved = PyEval_SaveThread();
    send(answer);
  }
  samara_close(own);
  PyEval_RestoreThread(saved);
  return code;
}

void Worker::start_thread() {
  Ref done(PyObject_CallMethod(hooks_, "spawn", nullptr));
  if (!done) PyErr_WriteUnraisable(hooks_);
}

// --- the Python object

namespace {

struct WorkerObject {
  PyObject_HEAD Worker* worker;
};

Worker& worker_of(PyObject* self) { return *reinterpret_cast<WorkerObject*>(self)->worker; }

/// Worker(path, runtime, environment or None, word, slots, hooks)
PyObject* worker_new(PyTypeObject* cls, PyObject* args, PyObject*) {
  const char* path = nullptr;
  const char* runtime = nullptr;
  const char* environment = nullptr;
  const char* word = nullptr;
  unsigned slots = 0;
  PyObject* hooks = nullptr;
  if (!PyArg_ParseTuple(args, "sszsIO", &path, &runtime, &environment, &word, &slots, &hooks)) {
    return nullptr;
  }
  if (slots == 0 || slots > k_threads_max) {
    PyErr_Format(PyExc_ValueError, "slots must be 1 to %u", k_threads_max);
    return nullptr;
  }
  samara_worker_options options{};
  options.struct_size = sizeof options;
  options.runtime = runtime;
  options.environment = environment;
  options.word = word;
  options.slots = slots;
  samara_worker* raw = nullptr;
  int32_t code = SAMARA_OK;
  Py_BEGIN_ALLOW_THREADS;
  code = samara_worker_open(path, &options, &raw);
  Py_END_ALLOW_THREADS;
  if (code != SAMARA_OK) {
    raise(code, samara_worker_error());
    samara_worker_close(raw);
    return nullptr;
  }
  PyObject* self = PyType_GenericAlloc(cls, 0);
  Ref stopped(PyObject_GetAttrString(hooks, "Stopped"));
  if (self == nullptr || !stopped) return nullptr;
  // Threads refer to it until the process ends.
  reinterpret_cast<WorkerObject*>(self)->worker =
      std::make_unique<Worker>(raw, path, slots, Py_NewRef(hooks), stopped.release()).release();
  return self;
}

PyObject* worker_offer(PyObject* self, PyObject* args) {
  if (!worker_of(self).offer(args)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* worker_start(PyObject* self, PyObject*) {
  Worker& worker = worker_of(self);
  int32_t code = SAMARA_OK;
  Py_BEGIN_ALLOW_THREADS;
  code = samara_worker_start(worker.raw());
  Py_END_ALLOW_THREADS;
  if (code != SAMARA_OK) return raise(code, samara_worker_error());
  const unsigned threads = worker.turns().begin();
  for (unsigned i = 0; i < threads; i++) worker.start_thread();
  worker.start_watch();
  Py_RETURN_NONE;
}

PyObject* worker_take(PyObject* self, PyObject*) {
  const int32_t code = worker_of(self).take();
  if (code != SAMARA_OK) return raise(code, samara_worker_error());
  Py_RETURN_NONE;
}

PyObject* worker_interrupt(PyObject* self, PyObject*) {
  Worker& worker = worker_of(self);
  worker.turns().stop();
  samara_worker_interrupt(worker.raw());
  Py_RETURN_NONE;
}

PyObject* worker_in_hand(PyObject* self, PyObject*) {
  return PyLong_FromSize_t(samara_worker_in_hand(worker_of(self).raw()));
}

PyObject* worker_threads(PyObject* self, PyObject*) {
  return PyLong_FromUnsignedLong(worker_of(self).turns().threads());
}

PyObject* worker_close(PyObject* self, PyObject*) {
  Py_BEGIN_ALLOW_THREADS;
  samara_worker_close(worker_of(self).raw());
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {{"offer", worker_offer, METH_VARARGS, nullptr},
                         {"start", worker_start, METH_NOARGS, nullptr},
                         {"take", worker_take, METH_NOARGS, nullptr},
                         {"interrupt", worker_interrupt, METH_NOARGS, nullptr},
                         {"in_hand", worker_in_hand, METH_NOARGS, nullptr},
                         {"threads", worker_threads, METH_NOARGS, nullptr},
                         {"close", worker_close, METH_NOARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(worker_new)}, {Py_tp_methods, methods}, {0, nullptr}};
PyType_Spec spec = {"samara._samara.Worker", sizeof(WorkerObject), 0, Py_TPFLAGS_DEFAULT, slots};

/// end_with_parent(): the process gets SIGTERM when the one that started it dies.
PyObject* end_with_parent(PyObject*, PyObject*) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  Py_RETURN_NONE;
}

/// more_files(): as many open files as the system lets the process have.
PyObject* more_files(PyObject*, PyObject*) {
  struct rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  Py_RETURN_NONE;
}

PyMethodDef functions[] = {{"end_with_parent", end_with_parent, METH_NOARGS, nullptr},
                           {"more_files", more_files, METH_NOARGS, nullptr},
                           {nullptr, nullptr, 0, nullptr}};

}  // namespace

bool add_worker_types(PyObject* module) {
  if (!add_request_type(module)) return false;
  PyObject* made = PyType_FromSpec(&spec);
  return made != nullptr && PyModule_AddObjectRef(module, "Worker", made) == 0 &&
         PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace samara::python
