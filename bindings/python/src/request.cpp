// A request as a Python object, and how one is served.

#include "request.hpp"

#include <structmember.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "worker.hpp"

namespace samara::python {

PyTypeObject* request_type = nullptr;

namespace {

thread_local RequestObject* current = nullptr;

// Results of numbers side by side from this size on are stored in one pass, without a copy; smaller
// ones ride in the answer.
constexpr uint64_t k_packed_bytes_min = 16 * 1024;
// Arguments from this size on are numbers in a mapped file, if they are numbers.
constexpr size_t k_mapped_bytes_min = 16 * 1024;
// Output without a line end is passed on from this size on.
constexpr size_t k_line_bytes_max = 4096;

RequestObject* self_of(PyObject* self) { return reinterpret_cast<RequestObject*>(self); }

void log_lines(RequestState& state, int stream, std::string_view text, bool all) {
  const std::lock_guard lock(state.mutex);
  if (state.raw == nullptr) return;
  std::string& kept = state.lines[stream - 1];
  kept.append(text);
  const size_t last = kept.rfind('\n');
  size_t size = last == std::string::npos ? 0 : last + 1;
  if (all || kept.size() >= k_line_bytes_max) size = kept.size();
  if (size == 0) return;
  samara_request_log(state.raw, stream, {reinterpret_cast<const uint8_t*>(kept.data()), size});
  kept.erase(0, size);
}

// The request for its answer; null if it has one already. Waits for the calls that it still makes,
// which end with it. Requires: the interpreter's lock.
samara_request* release(RequestObject* request) {
  RequestState& state = *request->state;
  log_lines(state, 1, {}, true);
  log_lines(state, 2, {}, true);
  state.worker->remove(request);
  std::unique_lock lock(state.mutex);
  if (!state.calls.empty()) {
    lock.unlock();
    Py_BEGIN_ALLOW_THREADS;
    std::unique_lock inner(state.mutex);
    while (!state.calls.empty()) {
      for (samara_repository* repository : state.calls) samara_cancel(repository);
      state.none_calls.wait_for(inner, std::chrono::milliseconds(5));
    }
    Py_END_ALLOW_THREADS;
    lock.lock();
  }
  return std::exchange(state.raw, nullptr);
}

void say(const char* what, int32_t code) {
  if (code == SAMARA_OK) return;
  PySys_WriteStderr("samara: error: cannot %s a request: %.500s\n", what, samara_worker_error());
}

PyObject* decode_argument(samara_request* raw, size_t index, Target& target) {
  samara_view view{};
  int32_t code = samara_request_argument(raw, index, &view);
  if (code != SAMARA_OK) return raise(code, samara_worker_error());
  TypeObject* type = target.inputs[index];
  const Arrays form = target.forms[index];
  const samara_type* found = nullptr;
  samara_packed numbers{};
  if (view.size < k_mapped_bytes_min || form == Arrays::list ||
      samara_packed_find(values, view, &found, &numbers) != SAMARA_OK || found != type->type) {
    return decode_bytes(view, type, form);
  }
  samara_mapped* mapped = nullptr;
  code = samara_request_argument_map(raw, index, &mapped);
  if (code != SAMARA_OK) return raise(code, samara_worker_error());
  if (mapped == nullptr) return decode_bytes(view, type, form);
  const std::shared_ptr<samara_mapped> owner(mapped, samara_mapped_free);
  return decode_mapped(owner, form);
}

PyObject* decode_arguments(samara_request* raw, Target& target) {
  const size_t count = samara_request_argument_count(raw);
  if (count != target.inputs.size()) {
    PyErr_Format(classes.mismatch, "%s takes %zu arguments, %zu given", samara_request_name(raw),
                 target.inputs.size(), count);
    return nullptr;
  }
  Ref given(PyTuple_New(static_cast<Py_ssize_t>(count)));
  for (size_t i = 0; given && i < count; i++) {
    PyObject* item = decode_argument(raw, i, target);
    if (item == nullptr) return nullptr;
    PyTuple_SetItem(given.get(), static_cast<Py_ssize_t>(i), item);
  }
  return given.release();
}

// Encodes a result, unless the request is failed or answered here already.
void prepare(RequestObject* request, PyObject* result, TypeObject* output, Answer& out) {
  LentBuffer lent;
  samara_packed numbers{};
  if (packed_argument(result, output, lent, numbers) &&
      numbers.rows * numbers.columns * numbers.element_bytes >= k_packed_bytes_min) {
    samara_request* raw = release(request);
    if (raw == nullptr) return;
    int32_t code = SAMARA_OK;
    Py_BEGIN_ALLOW_THREADS;
    code = samara_request_answer_packed(raw, &numbers);
    Py_END_ALLOW_THREADS;
    say("answer", code);
    return;
  }
  lent.release();
  if (output->kind == SAMARA_KIND_NULL) result = Py_None;
  if (!encode_bytes(result, output, out.bytes)) {
    if (PyErr_ExceptionMatches(classes.mismatch)) {
      PyObject* kind = nullptr;
      PyObject* value = nullptr;
      PyObject* trace = nullptr;
      PyErr_Fetch(&kind, &value, &trace);
      PyErr_Format(classes.mismatch, "the result of '%s' does not fit: %S",
                   samara_request_name(request->state->raw), value == nullptr ? Py_None : value);
      Py_XDECREF(kind);
      Py_XDECREF(value);
      Py_XDECREF(trace);
    }
    fail_with_exception(request);
    return;
  }
  out.raw = release(request);
}

// The exception that is set, as an object; it is set no longer.
Ref take_exception() {
  PyObject* kind = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&kind, &value, &trace);
  PyErr_NormalizeException(&kind, &value, &trace);
  if (value != nullptr && trace != nullptr) PyException_SetTraceback(value, trace);
  Py_XDECREF(kind);
  Py_XDECREF(trace);
  return Ref(value);
}

struct Failure {
  int outcome = SAMARA_OUTCOME_ERROR;
  std::string message;
  std::vector<std::string> files;
  std::vector<samara_location> locations;
};

bool read_failure(PyObject* described, Failure& out) {
  const char* message = nullptr;
  Py_ssize_t size = 0;
  PyObject* places = nullptr;
  if (!PyTuple_Check(described) || !PyArg_ParseTuple(described, "is#O!", &out.outcome, &message,
                                                     &size, &PyTuple_Type, &places)) {
    return false;
  }
  out.message.assign(message, static_cast<size_t>(size));
  const Py_ssize_t count = PyTuple_Size(places);
  out.files.reserve(static_cast<size_t>(count));
  for (Py_ssize_t i = 0; i < count; i++) {
    const char* file = nullptr;
    long long line = 0;
    long long column = 0;
    if (!PyArg_ParseTuple(PyTuple_GetItem(places, i), "sLL", &file, &line, &column)) return false;
    out.files.emplace_back(file);
    out.locations.push_back({out.files.back().c_str(), line, column});
  }
  return true;
}

}  // namespace

RequestObject* current_request() { return current; }

RequestObject* new_request(Worker* worker, samara_request* raw) {
  PyObject* self = PyType_GenericAlloc(request_type, 0);
  if (self == nullptr) return nullptr;
  auto state = std::make_unique<RequestState>();
  state->worker = worker;
  state->raw = raw;
  self_of(self)->state = state.release();
  return self_of(self);
}

void fail_with_exception(RequestObject* request) {
  RequestState& state = *request->state;
  Failure failure;
  {
    const Ref exception = take_exception();
    Ref described(PyObject_CallMethod(state.worker->hooks(), "describe", "Oi",
                                      exception ? exception.get() : Py_None,
                                      static_cast<int>(state.stop)));
    if (!described || !read_failure(described.get(), failure)) {
      PyErr_Clear();  // not even that works: the name of its class says something
      failure = Failure{};
      Ref name(exception ? PyType_GetName(Py_TYPE(exception.get())) : nullptr);
      const char* text = name ? PyUnicode_AsUTF8AndSize(name.get(), nullptr) : nullptr;
      PyErr_Clear();
      failure.message = text == nullptr ? "an exception that cannot be told" : text;
    }
  }
  samara_request* raw = release(request);
  if (raw == nullptr) return;
  int32_t code = SAMARA_OK;
  Py_BEGIN_ALLOW_THREADS;
  code = samara_request_fail(raw, failure.outcome, failure.message.c_str(),
                             failure.locations.data(), failure.locations.size());
  Py_END_ALLOW_THREADS;
  say("fail", code);
}

void send(Answer& answer) {
  if (answer.raw == nullptr) return;
  const int32_t code = samara_request_answer(answer.raw, answer.bytes.view());
  if (code == SAMARA_OK) return;
  const PyGILState_STATE held = PyGILState_Ensure();
  say("answer", code);
  PyGILState_Release(held);
}

void answer_null(RequestObject* request, Answer& answer) {
  const samara_type* type = nullptr;
  const int32_t code = samara_type_parse(values, ".Null", &type);
  TypeObject* null = code == SAMARA_OK ? type_object(type) : nullptr;
  if (null != nullptr) prepare(request, Py_None, null, answer);
}

void serve(RequestObject* request, Target& target, Answer& answer) {
  RequestState& state = *request->state;
  Ref given(decode_arguments(state.raw, target));
  if (!given) return fail_with_exception(request);
  if (target.is_async) {
    state.target = &target;
    state.worker->add(request);
    Ref done(PyObject_CallMethod(state.worker->hooks(), "run_async", "OOO", target.function,
                                 given.get(), reinterpret_cast<PyObject*>(request)));
    if (!done) fail_with_exception(request);
    return;
  }
  Ref result;
  {
    const Running running(request);
    result = Ref(PyObject_CallObject(target.function, given.get()));
  }
  if (!result) return fail_with_exception(request);
  prepare(request, result.get(), target.output, answer);
}

Running::Running(RequestObject* request) : request_(request) {
  request->state->thread = PyThread_get_thread_ident();
  request->state->worker->add(request);
  current = request;
}

Running::~Running() {
  RequestState& state = *request_->state;
  current = nullptr;
  if (state.stop != Stop::none) PyThreadState_SetAsyncExc(state.thread, nullptr);
  state.thread = 0;  // from here on nobody interrupts
  state.worker->remove(request_);
}

NestedCall::NestedCall(RequestObject* request, samara_repository* repository)
    : request_(request), repository_(repository) {
  if (request_ == nullptr) return;
  RequestState& state = *request_->state;
  bool first = false;
  {
    const std::lock_guard lock(state.mutex);
    if (state.raw == nullptr) {
      good_ = false;
    } else {
      parent_ = state.raw;
      state.calls.push_back(repository_);
      first = state.calls.size() == 1;
    }
  }
  if (!good_) {
    request_ = nullptr;
    PyErr_SetString(classes.error, "the request that this belongs to is over");
    return;
  }
  Py_INCREF(reinterpret_cast<PyObject*>(request_));
  if (first && state.worker->turns().begin_wait()) state.worker->start_thread();
}

NestedCall::~NestedCall() {
  if (request_ == nullptr) return;
  RequestState& state = *request_->state;
  {
    const std::lock_guard lock(state.mutex);
    state.calls.erase(std::find(state.calls.begin(), state.calls.end(), repository_));
    if (state.calls.empty()) {
      state.none_calls.notify_all();
      state.worker->turns().end_wait();
    }
  }
  Py_DECREF(reinterpret_cast<PyObject*>(request_));
}

namespace {

// --- the Python object

void request_dealloc(PyObject* self) {
  PyTypeObject* cls = Py_TYPE(self);
  Py_XDECREF(self_of(self)->state->task);
  Py_XDECREF(self_of(self)->state->group);
  delete self_of(self)->state;
  auto free_self = reinterpret_cast<freefunc>(PyType_GetSlot(cls, Py_tp_free));
  free_self(self);
  Py_DECREF(cls);
}

// Runs `work` with the request of the library; None where it has been answered.
template <typename F>
PyObject* with_raw(PyObject* self, F&& work) {
  RequestState& state = *self_of(self)->state;
  const std::lock_guard lock(state.mutex);
  if (state.raw == nullptr) Py_RETURN_NONE;
  return work(state.raw);
}

PyObject* request_name(PyObject* self, void*) {
  return with_raw(self, [](samara_request* raw) {
    const char* name = samara_request_name(raw);
    return PyUnicode_DecodeUTF8(name, static_cast<Py_ssize_t>(std::strlen(name)), "replace");
  });
}
PyObject* request_function(PyObject* self, void*) {
  return with_raw(self, [](samara_request* raw) {
    const samara_hash id = samara_request_function(raw);
    char text[65];
    samara_hash_text(&id, text);
    return PyUnicode_FromStringAndSize(text, 64);
  });
}
PyObject* request_ms_left(PyObject* self, void*) {
  return with_raw(
      self, [](samara_request* raw) { return PyLong_FromLongLong(samara_request_ms_left(raw)); });
}
PyObject* request_cancelled(PyObject* self, void*) {
  return with_raw(
      self, [](samara_request* raw) { return PyBool_FromLong(samara_request_cancelled(raw)); });
}
// Attributes for the package; `which` is a member of the state.
template <PyObject* RequestState::* which>
PyObject* request_kept(PyObject* self, void*) {
  PyObject* kept = self_of(self)->state->*which;
  return Py_NewRef(kept == nullptr ? Py_None : kept);
}
template <PyObject* RequestState::* which>
int request_keep(PyObject* self, PyObject* given, void*) {
  PyObject*& kept = self_of(self)->state->*which;
  PyObject* old = std::exchange(kept, given == Py_None ? nullptr : Py_XNewRef(given));
  Py_XDECREF(old);
  return 0;
}

PyObject* view_or_none(samara_view view) {
  if (view.data == nullptr) Py_RETURN_NONE;
  return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(view.data),
                                   static_cast<Py_ssize_t>(view.size));
}

/// script() → (runtime, entry, source, path, environment, lock kind, environment id)
PyObject* request_script(PyObject* self, PyObject*) {
  return with_raw(self, [](samara_request* raw) -> PyObject* {
    samara_script_source found{};
    const int32_t code = samara_request_script(raw, &found);
    if (code != SAMARA_OK) return raise(code, samara_worker_error());
    Ref source(view_or_none(found.source));
    Ref environment(view_or_none(found.environment));
    if (!source || !environment) return nullptr;
    return Py_BuildValue("(zzOzOzz)", found.runtime, found.entry, source.get(), found.path,
                         environment.get(), found.lock_kind, found.environment_id);
  });
}

PyObject* request_log(PyObject* self, PyObject* args) {
  int stream = 0;
  PyObject* text = nullptr;
  if (!PyArg_ParseTuple(args, "iU", &stream, &text)) return nullptr;
  Ref bytes(PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace"));
  if (!bytes) return nullptr;
  if (stream == 1 || stream == 2) {
    log_lines(*self_of(self)->state, stream,
              {PyBytes_AsString(bytes.get()), static_cast<size_t>(PyBytes_Size(bytes.get()))},
              false);
  }
  Py_RETURN_NONE;
}

/// finish(result): of an asynchronous function.
PyObject* request_finish(PyObject* self, PyObject* result) {
  RequestState& state = *self_of(self)->state;
  Answer answer;
  if (state.target == nullptr || state.raw == nullptr) Py_RETURN_NONE;
  prepare(self_of(self), result, state.target->output, answer);
  Py_BEGIN_ALLOW_THREADS;
  send(answer);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

/// fail(exception)
PyObject* request_fail(PyObject* self, PyObject* exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
  fail_with_exception(self_of(self));
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {{"script", request_script, METH_NOARGS, nullptr},
                         {"log", request_log, METH_VARARGS, nullptr},
                         {"finish", request_finish, METH_O, nullptr},
                         {"fail", request_fail, METH_O, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyGetSetDef getters[] = {{"name", request_name, nullptr, nullptr, nullptr},
                         {"function", request_function, nullptr, nullptr, nullptr},
                         {"ms_left", request_ms_left, nullptr, nullptr, nullptr},
                         {"cancelled", request_cancelled, nullptr, nullptr, nullptr},
                         {"task", request_kept<&RequestState::task>,
                          request_keep<&RequestState::task>, nullptr, nullptr},
                         {"group", request_kept<&RequestState::group>,
                          request_keep<&RequestState::group>, nullptr, nullptr},
                         {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(request_dealloc)},
                       {Py_tp_methods, methods},
                       {Py_tp_getset, getters},
                       {0, nullptr}};
PyType_Spec spec = {"samara._samara.Request", sizeof(RequestObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

PyObject* current_of_thread(PyObject*, PyObject*) {
  if (current == nullptr) Py_RETURN_NONE;
  return Py_NewRef(reinterpret_cast<PyObject*>(current));
}
PyMethodDef current_method = {"current_request", current_of_thread, METH_NOARGS, nullptr};

}  // namespace

bool add_request_type(PyObject* module) {
  PyObject* made = PyType_FromSpec(&spec);
  request_type = reinterpret_cast<PyTypeObject*>(made);
  if (made == nullptr || PyModule_AddObjectRef(module, "Request", made) != 0) return false;
  Ref function(PyCFunction_NewEx(&current_method, nullptr, nullptr));
  return function && PyModule_AddObjectRef(module, "current_request", function.get()) == 0;
}

}  // namespace samara::python
