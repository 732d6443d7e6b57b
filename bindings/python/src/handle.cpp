// A repository of the library as a Python object: one call at a time, without the interpreter's
// lock while the library works.

#include <csignal>
#include <cstring>

#include "request.hpp"

namespace samara::python {
namespace {

struct PlatformFunction {
  std::vector<TypeObject*> inputs;
  TypeObject* output = nullptr;
  PyObject* function = nullptr;
  std::vector<Arrays> forms;  // of numbers side by side in each input
};

struct HandleObject {
  PyObject_HEAD samara_repository* repository;
  Arrays arrays;
  bool busy;
  std::vector<std::unique_ptr<PlatformFunction>>* platform;
};
PyTypeObject* handle_type = nullptr;

HandleObject* self_of(PyObject* self) { return reinterpret_cast<HandleObject*>(self); }

// The handle for one call of the library.
class Use {
 public:
  explicit Use(PyObject* self) : handle_(self_of(self)) {
    if (handle_->repository == nullptr || handle_->busy) {
      PyErr_SetString(classes.error, handle_->busy ? "the handle is in use by another thread"
                                                   : "the repository is closed");
      return;
    }
    handle_->busy = true;
    good_ = true;
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    if (good_) handle_->busy = false;
  }
  explicit operator bool() const { return good_; }

  /// Runs `work` without the interpreter's lock.
  template <typename F>
  int32_t run(F&& work) {
    int32_t code = SAMARA_OK;
    Py_BEGIN_ALLOW_THREADS;
    code = work(handle_->repository);
    Py_END_ALLOW_THREADS;
    return code;
  }
  PyObject* raise_error(int32_t code) { return raise(code, samara_error(handle_->repository)); }

 private:
  HandleObject* handle_;
  bool good_ = false;
};

PyObject* hash_object(const samara_hash& hash) {
  char text[65];
  samara_hash_text(&hash, text);
  Ref words(PyUnicode_FromStringAndSize(text, 64));
  if (!words) return nullptr;
  return PyObject_CallFunctionObjArgs(classes.id, words.get(), nullptr);
}
bool hash_argument(PyObject* object, samara_hash& out) {
  if (PyBytes_Check(object) && PyBytes_Size(object) == 32) {
    std::memcpy(out.bytes, PyBytes_AsString(object), 32);
    return true;
  }
  const char* text = PyUnicode_Check(object) ? PyUnicode_AsUTF8AndSize(object, nullptr) : nullptr;
  if (text != nullptr && samara_hash_parse(text, &out) == SAMARA_OK) return true;
  PyErr_Clear();
  PyErr_SetString(PyExc_ValueError, "an id has 64 hex digits");
  return false;
}
PyObject* text_object(const LibraryBytes& bytes) {
  return PyUnicode_DecodeUTF8(bytes.text().data(), static_cast<Py_ssize_t>(bytes.text().size()),
                              "replace");
}

// --- making and closing

PyObject* handle_new(PyTypeObject* cls, PyObject* args, PyObject*) {
  const char* path = nullptr;
  int make = 0;
  int arrays = 0;
  if (!PyArg_ParseTuple(args, "spi", &path, &make, &arrays)) return nullptr;
  samara_repository* repository = nullptr;
  int32_t code = SAMARA_OK;
  Py_BEGIN_ALLOW_THREADS;
  code = make != 0 ? samara_init(path, &repository) : samara_open(path, &repository);
  Py_END_ALLOW_THREADS;
  if (code != SAMARA_OK) {
    raise(code, samara_error(repository));
    samara_close(repository);
    return nullptr;
  }
  PyObject* self = PyType_GenericAlloc(cls, 0);
  if (self == nullptr) {
    samara_close(repository);
    return nullptr;
  }
  self_of(self)->repository = repository;
  self_of(self)->arrays = static_cast<Arrays>(arrays);
  self_of(self)->platform = new std::vector<std::unique_ptr<PlatformFunction>>();
  return self;
}

void close_handle(HandleObject* handle) {
  samara_repository* repository = std::exchange(handle->repository, nullptr);
  Py_BEGIN_ALLOW_THREADS;
  samara_close(repository);
  Py_END_ALLOW_THREADS;
}

void handle_dealloc(PyObject* self) {
  PyTypeObject* cls = Py_TYPE(self);
  close_handle(self_of(self));
  for (auto& function : *self_of(self)->platform) Py_DECREF(function->function);
  delete self_of(self)->platform;
  auto free_self = reinterpret_cast<freefunc>(PyType_GetSlot(cls, Py_tp_free));
  free_self(self);
  Py_DECREF(cls);
}

PyObject* handle_close(PyObject* self, PyObject*) {
  if (self_of(self)->busy) {
    PyErr_SetString(classes.error, "the handle is in use by another thread");
    return nullptr;
  }
  close_handle(self_of(self));
  Py_RETURN_NONE;
}

// In a forked child: the parent's threads are not there, so nothing of the handle may be used.
PyObject* handle_abandon(PyObject* self, PyObject*) {
  self_of(self)->repository = nullptr;
  Py_RETURN_NONE;
}

PyObject* handle_cancel(PyObject* self, PyObject*) {
  if (self_of(self)->busy) samara_cancel(self_of(self)->repository);
  Py_RETURN_NONE;
}

// --- objects

std::shared_ptr<samara_mapped> map_object(PyObject* self, const samara_hash& id) {
  samara_mapped* mapped = nullptr;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code =
      use.run([&](samara_repository* repository) { return samara_map(repository, &id, &mapped); });
  if (code != SAMARA_OK) {
    use.raise_error(code);
    return nullptr;
  }
  return {mapped, samara_mapped_free};
}

// --- values

PyObject* handle_put(PyObject* self, PyObject* args) {
  PyObject* object = nullptr;
  PyObject* type_or_text = nullptr;
  if (!PyArg_ParseTuple(args, "OO", &object, &type_or_text)) return nullptr;
  TypeObject* type = type_argument(type_or_text);
  if (type == nullptr) return nullptr;
  samara_hash id;
  LentBuffer lent;
  samara_packed numbers{};
  if (packed_argument(object, type, lent, numbers)) {
    const char* text = PyUnicode_AsUTF8AndSize(type->text, nullptr);
    Use use(self);
    if (!use) return nullptr;
    const int32_t code = use.run([&](samara_repository* repository) {
      return samara_put_packed(repository, text, &numbers, 1, &id);
    });
    return code == SAMARA_OK ? hash_object(id) : use.raise_error(code);
  }
  LibraryBytes bytes;
  if (!encode_bytes(object, type, bytes)) return nullptr;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run([&](samara_repository* repository) {
    return samara_put(repository, SAMARA_BEAST2, bytes.view(), nullptr, &id);
  });
  return code == SAMARA_OK ? hash_object(id) : use.raise_error(code);
}

PyObject* handle_put_bytes(PyObject* self, PyObject* args) {
  int format = 0;
  Py_buffer given{};
  const char* type = nullptr;
  if (!PyArg_ParseTuple(args, "iy*z", &format, &given, &type)) return nullptr;
  samara_hash id;
  PyObject* out = nullptr;
  if (Use use(self); use) {
    const int32_t code = use.run([&](samara_repository* repository) {
      samara_view view{static_cast<const uint8_t*>(given.buf), static_cast<size_t>(given.len)};
      return samara_put(repository, format, view, type, &id);
    });
    out = code == SAMARA_OK ? hash_object(id) : use.raise_error(code);
  }
  PyBuffer_Release(&given);
  return out;
}

PyObject* handle_get(PyObject* self, PyObject* args) {
  PyObject* id = nullptr;
  int arrays = 0;
  if (!PyArg_ParseTuple(args, "Oi", &id, &arrays)) return nullptr;
  samara_hash hash;
  if (!hash_argument(id, hash)) return nullptr;
  auto mapped = map_object(self, hash);
  return mapped == nullptr ? nullptr : decode_mapped(mapped, static_cast<Arrays>(arrays));
}

PyObject* handle_get_bytes(PyObject* self, PyObject* args) {
  PyObject* id = nullptr;
  int format = 0;
  if (!PyArg_ParseTuple(args, "Oi", &id, &format)) return nullptr;
  samara_hash hash;
  if (!hash_argument(id, hash)) return nullptr;
  LibraryBytes bytes;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run([&](samara_repository* repository) {
    return samara_get(repository, &hash, format, &bytes.raw);
  });
  if (code != SAMARA_OK) return use.raise_error(code);
  return PyBytes_FromStringAndSize(bytes.text().data(), static_cast<Py_ssize_t>(bytes.raw.size));
}

// --- names

PyObject* handle_resolve(PyObject* self, PyObject* name) {
  const char* text = PyUnicode_AsUTF8AndSize(name, nullptr);
  if (text == nullptr) return nullptr;
  samara_hash id;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code =
      use.run([&](samara_repository* repository) { return samara_resolve(repository, text, &id); });
  return code == SAMARA_OK ? hash_object(id) : use.raise_error(code);
}

PyObject* handle_set_ref(PyObject* self, PyObject* args) {
  const char* name = nullptr;
  PyObject* id = nullptr;
  if (!PyArg_ParseTuple(args, "sO", &name, &id)) return nullptr;
  samara_hash hash;
  if (id != Py_None && !hash_argument(id, hash)) return nullptr;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run([&](samara_repository* repository) {
    return id == Py_None ? samara_ref_remove(repository, name)
                         : samara_ref_set(repository, name, &hash);
  });
  if (code != SAMARA_OK) return use.raise_error(code);
  Py_RETURN_NONE;
}

PyObject* handle_grant(PyObject* self, PyObject* capability) {
  const char* text = PyUnicode_AsUTF8AndSize(capability, nullptr);
  if (text == nullptr) return nullptr;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code =
      use.run([&](samara_repository* repository) { return samara_grant(repository, text); });
  if (code != SAMARA_OK) return use.raise_error(code);
  Py_RETURN_NONE;
}

PyObject* handle_type_of(PyObject* self, PyObject* id) {
  samara_hash hash;
  if (!hash_argument(id, hash)) return nullptr;
  LibraryBytes text;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run(
      [&](samara_repository* repository) { return samara_type_of(repository, &hash, &text.raw); });
  return code == SAMARA_OK ? text_object(text) : use.raise_error(code);
}

// --- functions

PyObject* handle_add(PyObject* self, PyObject* args) {
  Py_buffer program{};
  const char* name = nullptr;
  if (!PyArg_ParseTuple(args, "y*z", &program, &name)) return nullptr;
  samara_hash id;
  PyObject* out = nullptr;
  if (Use use(self); use) {
    const int32_t code = use.run([&](samara_repository* repository) {
      samara_view view{static_cast<const uint8_t*>(program.buf), static_cast<size_t>(program.len)};
      return samara_add_function(repository, view, name, &id);
    });
    out = code == SAMARA_OK ? hash_object(id) : use.raise_error(code);
  }
  PyBuffer_Release(&program);
  return out;
}

PyObject* handle_add_source(PyObject* self, PyObject* args) {
  const char* text = nullptr;
  Py_ssize_t size = 0;
  const char* path = nullptr;
  const char* function = nullptr;
  const char* name = nullptr;
  if (!PyArg_ParseTuple(args, "s#zzz", &text, &size, &path, &function, &name)) return nullptr;
  LibraryBytes list;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run([&](samara_repository* repository) {
    samara_view view{reinterpret_cast<const uint8_t*>(text), static_cast<size_t>(size)};
    return samara_add_source(repository, view, path, function, name, &list.raw);
  });
  if (code != SAMARA_OK) return use.raise_error(code);
  return decode_bytes(list.view(), nullptr, Arrays::list);
}

/// add_script(runtime, entry, source, type, lock, lock kind, effect, path, name) → id
PyObject* handle_add_script(PyObject* self, PyObject* args) {
  samara_script script{};
  script.struct_size = sizeof script;
  const char* source = nullptr;
  Py_ssize_t source_size = 0;
  const char* lock = nullptr;
  Py_ssize_t lock_size = 0;
  const char* name = nullptr;
  if (!PyArg_ParseTuple(args, "sss#sy#zizz", &script.runtime, &script.entry, &source, &source_size,
                        &script.type, &lock, &lock_size, &script.lock_kind, &script.effect,
                        &script.path, &name)) {
    return nullptr;
  }
  script.source = {reinterpret_cast<const uint8_t*>(source), static_cast<size_t>(source_size)};
  if (script.lock_kind != nullptr) {
    script.environment = {reinterpret_cast<const uint8_t*>(lock), static_cast<size_t>(lock_size)};
  }
  samara_hash id;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run([&](samara_repository* repository) {
    return samara_add_script(repository, &script, name, &id);
  });
  return code == SAMARA_OK ? hash_object(id) : use.raise_error(code);
}

PyObject* handle_functions(PyObject* self, PyObject*) {
  LibraryBytes list;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run(
      [&](samara_repository* repository) { return samara_functions(repository, &list.raw); });
  if (code != SAMARA_OK) return use.raise_error(code);
  return decode_bytes(list.view(), nullptr, Arrays::list);
}

PyObject* handle_signature(PyObject* self, PyObject* id) {
  samara_hash hash;
  if (!hash_argument(id, hash)) return nullptr;
  LibraryBytes text;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run([&](samara_repository* repository) {
    return samara_signature(repository, &hash, &text.raw);
  });
  if (code != SAMARA_OK) return use.raise_error(code);
  Ref words(text_object(text));
  TypeObject* type = words ? type_argument(words.get()) : nullptr;
  return Py_XNewRef(reinterpret_cast<PyObject*>(type));
}

PyObject* handle_why(PyObject* self, PyObject* id) {
  samara_hash hash;
  if (!hash_argument(id, hash)) return nullptr;
  LibraryBytes text;
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = use.run(
      [&](samara_repository* repository) { return samara_why(repository, &hash, &text.raw); });
  return code == SAMARA_OK ? text_object(text) : use.raise_error(code);
}

// --- platform functions

void give_message(samara_bytes* out) {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  Ref words(value == nullptr ? nullptr : PyObject_Str(value));
  Ref name(type == nullptr ? nullptr : PyType_GetName(reinterpret_cast<PyTypeObject*>(type)));
  const char* text = words ? PyUnicode_AsUTF8AndSize(words.get(), nullptr) : nullptr;
  const char* kind = name ? PyUnicode_AsUTF8AndSize(name.get(), nullptr) : nullptr;
  // An East error that passed through Python says what it said; others say what they are.
  const bool plain = classes.error != nullptr && value != nullptr &&
                     PyObject_IsInstance(value, classes.error) == 1;
  std::string message = plain || kind == nullptr ? "" : std::string(kind) + ": ";
  message += text == nullptr ? "" : text;
  PyErr_Clear();
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
  out->data = samara_alloc(message.size());
  out->size = message.size();
  if (out->data != nullptr) std::memcpy(out->data, message.data(), message.size());
}

bool call_python(PlatformFunction& function, const samara_view* arguments, size_t count,
                 samara_bytes* result) {
  Ref given(PyTuple_New(static_cast<Py_ssize_t>(count)));
  if (!given) return false;
  for (size_t i = 0; i < count; i++) {
    PyObject* item = decode_bytes(arguments[i], function.inputs[i], function.forms[i]);
    if (item == nullptr) return false;
    PyTuple_SetItem(given.get(), static_cast<Py_ssize_t>(i), item);
  }
  Ref answer(PyObject_CallObject(function.function, given.get()));
  if (!answer) return false;
  if (function.output->kind == SAMARA_KIND_NULL) answer = Ref::borrowed(Py_None);
  LibraryBytes bytes;
  if (!encode_bytes(answer.get(), function.output, bytes)) return false;
  *result = std::exchange(bytes.raw, samara_bytes{});
  return true;
}

int32_t platform_call(void* user, const samara_view* arguments, size_t count, samara_bytes* result,
                      samara_bytes* error) {
  const PyGILState_STATE state = PyGILState_Ensure();
  const bool good = call_python(*static_cast<PlatformFunction*>(user), arguments, count, result);
  if (!good) give_message(error);
  PyGILState_Release(state);
  return good ? 0 : 1;
}

PyObject* handle_register(PyObject* self, PyObject* args) {
  const char* name = nullptr;
  PyObject* inputs = nullptr;
  PyObject* output = nullptr;
  int effect = 0;
  const char* version = nullptr;
  PyObject* function = nullptr;
  PyObject* forms = nullptr;
  if (!PyArg_ParseTuple(args, "sO!OisOO!", &name, &PyTuple_Type, &inputs, &output, &effect,
                        &version, &function, &PyTuple_Type, &forms)) {
    return nullptr;
  }
  auto made = std::make_unique<PlatformFunction>();
  std::vector<const char*> texts;
  for (Py_ssize_t i = 0; i < PyTuple_Size(inputs); i++) {
    TypeObject* type = type_argument(PyTuple_GetItem(inputs, i));
    if (type == nullptr) return nullptr;
    made->inputs.push_back(type);
    texts.push_back(PyUnicode_AsUTF8AndSize(type->text, nullptr));
    PyObject* form = PyTuple_GetItem(forms, i);
    if (form == nullptr) return nullptr;
    made->forms.push_back(static_cast<Arrays>(PyLong_AsLong(form)));
  }
  made->output = type_argument(output);
  if (made->output == nullptr) return nullptr;
  samara_platform_function given{};
  given.struct_size = sizeof given;
  given.name = name;
  given.inputs = texts.data();
  given.input_count = texts.size();
  given.output = PyUnicode_AsUTF8AndSize(made->output->text, nullptr);
  given.effect = effect;
  given.version = version;
  given.call = platform_call;
  given.user = made.get();
  Use use(self);
  if (!use) return nullptr;
  const int32_t code = samara_register(self_of(self)->repository, &given);
  if (code != SAMARA_OK) return use.raise_error(code);
  made->function = Py_NewRef(function);
  self_of(self)->platform->push_back(std::move(made));
  Py_RETURN_NONE;
}

// --- calls

// Ctrl-C while the library works: the run is cancelled from the signal handler itself, then
// Python's own handler is told. One call at a time can be that of the main thread.
samara_repository* volatile interruptible = nullptr;
struct sigaction python_action;

void on_interrupt(int signal, siginfo_t* info, void* context) {
  samara_repository* repository = interruptible;
  if (repository != nullptr) samara_cancel(repository);  // one atomic store
  if ((python_action.sa_flags & SA_SIGINFO) != 0) {
    python_action.sa_sigaction(signal, info, context);
  } else {
    python_action.sa_handler(signal);
  }
}

class Interruptible {
 public:
  explicit Interruptible(samara_repository* repository) {
    if (PyThread_get_thread_ident() != classes.main_thread || interruptible != nullptr) return;
    struct sigaction ours{};
    ours.sa_sigaction = on_interrupt;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGINT, nullptr, &python_action) != 0) return;
    const bool simple = (python_action.sa_flags & SA_SIGINFO) == 0;
    if (simple && (python_action.sa_handler == SIG_DFL || python_action.sa_handler == SIG_IGN)) {
      return;
    }
    interruptible = repository;
    active_ = sigaction(SIGINT, &ours, nullptr) == 0;
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible() {
    if (!active_) return;
    sigaction(SIGINT, &python_action, nullptr);
    interruptible = nullptr;
  }

 private:
  bool active_ = false;
};

struct Arguments {
  std::vector<LibraryBytes> bytes;
  std::vector<samara_hash> ids;
  std::vector<samara_argument> list;
};

// Numbers of this size are stored first, in one pass, instead of being encoded and copied.
constexpr uint64_t k_store_first_bytes = 64 * 1024;

bool add_argument(PyObject* self, PyObject* object, TypeObject* type, size_t i, Arguments& out) {
  if (PyObject_IsInstance(object, classes.id) == 1) {
    if (!hash_argument(object, out.ids[i])) return false;
    out.list[i].id = &out.ids[i];
    return true;
  }
  LentBuffer lent;
  samara_packed numbers{};
  if (packed_argument(object, type, lent, numbers) &&
      numbers.rows * numbers.columns * numbers.element_bytes >= k_store_first_bytes) {
    const char* text = PyUnicode_AsUTF8AndSize(type->text, nullptr);
    Use use(self);
    if (!use) return false;
    const int32_t code = use.run([&](samara_repository* repository) {
      return samara_put_packed(repository, text, &numbers, 0, &out.ids[i]);
    });
    if (code != SAMARA_OK) return use.raise_error(code) != nullptr;
    out.list[i].id = &out.ids[i];
    return true;
  }
  if (!encode_bytes(object, type, out.bytes[i])) return false;
  out.list[i].value = out.bytes[i].view();
  return true;
}

struct Answer {
  samara_result raw{};
  Answer() = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { samara_result_free(&raw); }
};

// Results of this size are mapped instead of copied.
constexpr uint64_t k_result_bytes_max = 256 * 1024;

PyObject* result_value(PyObject* self, const samara_result& result, TypeObject* output,
                       Arrays arrays) {
  if (result.outcome != SAMARA_OUTCOME_VALUE) Py_RETURN_NONE;
  if (result.value.data != nullptr) {
    // A function may give a subtype of what it promises; what the bytes say is what it gave.
    static_cast<void>(output);
    return decode_bytes({result.value.data, result.value.size}, nullptr, arrays);
  }
  auto mapped = map_object(self, result.value_id);
  return mapped == nullptr ? nullptr : decode_mapped(mapped, arrays);
}

/// call(function id, function type, arguments, name, wall_ms, memory, steps, no_memo, arrays, full,
/// request that makes it or None, place) → value; `full`: all that is known of the call.
PyObject* handle_call(PyObject* self, PyObject* args) {
  PyObject* id = nullptr;
  PyObject* type_object_given = nullptr;
  PyObject* given = nullptr;
  const char* name = nullptr;
  unsigned long long wall_ms = 0;
  unsigned long long memory = 0;
  unsigned long long steps = 0;
  int no_memo = 0;
  int arrays = 0;
  int full = 0;
  PyObject* request = Py_None;
  const char* place = nullptr;
  if (!PyArg_ParseTuple(args, "OO!O!zKKKpii|Oz", &id, type_type, &type_object_given, &PyTuple_Type,
                        &given, &name, &wall_ms, &memory, &steps, &no_memo, &arrays, &full,
                        &request, &place)) {
    return nullptr;
  }
  if (request != Py_None && Py_TYPE(request) != request_type) {
    PyErr_SetString(PyExc_TypeError, "the parent of a call is a request");
    return nullptr;
  }
  auto* type = reinterpret_cast<TypeObject*>(type_object_given);
  samara_hash function;
  if (!hash_argument(id, function)) return nullptr;
  const auto count = static_cast<size_t>(PyTuple_Size(given));
  if (count + 1 != type->count) {
    PyErr_Format(classes.mismatch, "%s takes %u argument%s, %zu given",
                 name == nullptr ? "it" : name, type->count - 1, type->count == 2 ? "" : "s",
                 count);
    return nullptr;
  }
  Arguments arguments{std::vector<LibraryBytes>(count), std::vector<samara_hash>(count),
                      std::vector<samara_argument>(count)};
  for (size_t i = 0; i < count; i++) {
    PyObject* object = PyTuple_GetItem(given, static_cast<Py_ssize_t>(i));
    TypeObject* input = part_of(type, static_cast<uint32_t>(i));
    if (input == nullptr) return nullptr;
    if (add_argument(self, object, input, i, arguments)) continue;
    if (!PyErr_ExceptionMatches(classes.mismatch)) return nullptr;
    PyObject* kind = nullptr;
    PyObject* value = nullptr;
    PyObject* trace = nullptr;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_Format(classes.mismatch, "argument %zu of '%s': %S", i + 1,
                 name == nullptr ? "function" : name, value == nullptr ? Py_None : value);
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return nullptr;
  }
  samara_call_options options{};
  options.struct_size = sizeof options;
  options.no_memo = no_memo;
  options.wall_ms_max = wall_ms;
  options.memory_bytes_max = memory;
  options.steps_max = steps;
  options.name = name;
  options.place = place;
  options.value_bytes_max = k_result_bytes_max;
  Answer answer;
  samara_result& result = answer.raw;
  {
    Use use(self);
    if (!use) return nullptr;
    int32_t code = SAMARA_OK;
    {
      NestedCall nested(request == Py_None ? nullptr : reinterpret_cast<RequestObject*>(request),
                        self_of(self)->repository);
      if (!nested) return nullptr;
      options.parent = nested.parent();
      Interruptible interruptible_here(self_of(self)->repository);
      code = use.run([&](samara_repository* repository) {
        return samara_call(repository, &function, arguments.list.data(), count, &options, &result);
      });
    }
    if (PyErr_CheckSignals() != 0) return nullptr;
    if (code != SAMARA_OK) return use.raise_error(code);
  }
  Ref value(
      result_value(self, result, part_of(type, type->count - 1), static_cast<Arrays>(arrays)));
  if (!value) return nullptr;
  if (full == 0 && result.outcome == SAMARA_OUTCOME_VALUE) return value.release();
  Ref call(hash_object(result.call));
  Ref value_id(result.outcome == SAMARA_OUTCOME_VALUE ? hash_object(result.value_id)
                                                      : Py_NewRef(Py_None));
  Ref message(PyUnicode_DecodeUTF8(
      result.message.data == nullptr ? "" : reinterpret_cast<const char*>(result.message.data),
      static_cast<Py_ssize_t>(result.message.size), "replace"));
  Ref reason(PyUnicode_DecodeUTF8(
      result.reason.data == nullptr ? "" : reinterpret_cast<const char*>(result.reason.data),
      static_cast<Py_ssize_t>(result.reason.size), "replace"));
  if (!call || !value_id || !message || !reason) return nullptr;
  Ref outcome(Py_BuildValue("(iOOOOOiKKK)", static_cast<int>(result.outcome), value.get(),
                            value_id.get(), call.get(), message.get(), reason.get(),
                            static_cast<int>(result.from_memo),
                            static_cast<unsigned long long>(result.wall_ns),
                            static_cast<unsigned long long>(result.steps),
                            static_cast<unsigned long long>(result.peak_memory_bytes)));
  if (!outcome || full != 0) return outcome.release();
  PyErr_SetObject(PyDict_GetItemString(classes.errors, "outcome"), outcome.get());
  return nullptr;
}

PyMethodDef methods[] = {{"close", handle_close, METH_NOARGS, nullptr},
                         {"abandon", handle_abandon, METH_NOARGS, nullptr},
                         {"cancel", handle_cancel, METH_NOARGS, nullptr},
                         {"put", handle_put, METH_VARARGS, nullptr},
                         {"put_bytes", handle_put_bytes, METH_VARARGS, nullptr},
                         {"get", handle_get, METH_VARARGS, nullptr},
                         {"get_bytes", handle_get_bytes, METH_VARARGS, nullptr},
                         {"resolve", handle_resolve, METH_O, nullptr},
                         {"set_ref", handle_set_ref, METH_VARARGS, nullptr},
                         {"grant", handle_grant, METH_O, nullptr},
                         {"type_of", handle_type_of, METH_O, nullptr},
                         {"add", handle_add, METH_VARARGS, nullptr},
                         {"add_source", handle_add_source, METH_VARARGS, nullptr},
                         {"add_script", handle_add_script, METH_VARARGS, nullptr},
                         {"functions", handle_functions, METH_NOARGS, nullptr},
                         {"signature", handle_signature, METH_O, nullptr},
                         {"why", handle_why, METH_O, nullptr},
                         {"register", handle_register, METH_VARARGS, nullptr},
                         {"call", handle_call, METH_VARARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(handle_new)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(handle_dealloc)},
                       {Py_tp_methods, methods},
                       {0, nullptr}};
PyType_Spec spec = {"samara._samara.Handle", sizeof(HandleObject), 0, Py_TPFLAGS_DEFAULT, slots};

}  // namespace

bool add_handle_type(PyObject* module) {
  PyObject* made = PyType_FromSpec(&spec);
  handle_type = reinterpret_cast<PyTypeObject*>(made);
  return made != nullptr && PyModule_AddObjectRef(module, "Handle", made) == 0;
}

}  // namespace samara::python
