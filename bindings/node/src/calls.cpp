#include "calls.hpp"

#include <algorithm>
#include <cstring>

namespace samara::node {
namespace {

/// A call of a platform function that crosses over to the thread of JavaScript.
struct Crossing {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  bool good = false;
  LibraryBytes result;
  std::string message;
  Info* output = nullptr;
  void finish(bool fine) {
    std::lock_guard lock(mutex);
    good = fine;
    done = true;
    changed.notify_one();
  }
};

void give_text(samara_bytes* out, std::string_view text) {
  out->data = samara_alloc(text.size() + 1);
  out->size = out->data == nullptr ? 0 : text.size();
  if (out->data != nullptr) std::memcpy(out->data, text.data(), text.size());
}

void free_crossing(napi_env /*env*/, void* data, void* /*hint*/) {
  delete static_cast<std::shared_ptr<Crossing>*>(data);
}

thread_local bool sync_wait = false;  // this thread of JavaScript waits in `run`

// On the thread of JavaScript: hands the arguments over; the answer comes by crossingDone.
void cross(State& state, const PlatformFunction& function, const samara_view* arguments,
           size_t count, const std::shared_ptr<Crossing>& crossing, bool sync) {
  napi_handle_scope scope = nullptr;
  napi_open_handle_scope(state.env, &scope);
  napi_value list = nullptr;
  napi_create_array_with_length(state.env, count, &list);
  bool good = true;
  for (size_t i = 0; good && i < count; i++) {
    napi_value item = decode_bytes(state, arguments[i], function.inputs[i]);
    good = item != nullptr &&
           napi_set_element(state.env, list, static_cast<uint32_t>(i), item) == napi_ok;
  }
  if (good) {
    napi_value target = nullptr;
    napi_value external = nullptr;
    napi_get_reference_value(state.env, function.function, &target);
    auto* kept = std::make_unique<std::shared_ptr<Crossing>>(crossing).release();
    napi_create_external(state.env, kept, free_crossing, nullptr, &external);
    call_given(state, Given::invoke, {target, list, bool_value(state, sync), external});
  }
  if (exception_pending(state)) {
    take_exception(state);
    good = false;
  }
  if (!good && !crossing->done) {
    crossing->message = "the arguments cannot be converted";
    crossing->finish(false);
  }
  napi_close_handle_scope(state.env, scope);
}

int32_t platform_call(void* user, const samara_view* arguments, size_t count, samara_bytes* result,
                      samara_bytes* error) {
  auto& function = *static_cast<PlatformFunction*>(user);
  auto crossing = std::make_shared<Crossing>();
  crossing->output = function.output;
  if (std::this_thread::get_id() == function.home) {
    cross(*function.state, function, arguments, count, crossing, true);
    if (!crossing->done) {
      crossing->message = "an async function can only be waited for by 'call'";
      crossing->finish(false);
    }
  } else {
    function.loop->post_urgent([&function, arguments, count, crossing](State& state) {
      cross(state, function, arguments, count, crossing, sync_wait);
    });
    std::unique_lock lock(crossing->mutex);
    crossing->changed.wait(lock, [&] { return crossing->done; });
  }
  if (crossing->good) {
    *result = std::exchange(crossing->result.raw, samara_bytes{});
    return 0;
  }
  give_text(error, crossing->message);
  return 1;
}

std::shared_ptr<Crossing>* crossing_of(Call& call) {
  void* data = nullptr;
  napi_get_value_external(call.state.env, call[0], &data);
  return static_cast<std::shared_ptr<Crossing>*>(data);
}

/// crossingDone(crossing, value): throws where the value does not fit
napi_value crossing_done(Call& call) {
  Crossing& crossing = **crossing_of(call);
  napi_value value = crossing.output->kind == SAMARA_KIND_NULL ? null_value(call.state) : call[1];
  if (!encode_bytes(call.state, value, crossing.output, crossing.result)) return nullptr;
  crossing.finish(true);
  return nullptr;
}

napi_value crossing_failed(Call& call) {
  Crossing& crossing = **crossing_of(call);
  crossing.message = call.text(1);
  crossing.finish(false);
  return nullptr;
}

}  // namespace

// --- handles

int32_t Repository::open(bool make, samara_repository** out, std::string& message) {
  samara_repository* handle = nullptr;
  int32_t code = make ? samara_init(path_.c_str(), &handle) : samara_open(path_.c_str(), &handle);
  for (size_t i = 0; code == SAMARA_OK && i < capabilities_.size(); i++) {
    code = samara_grant(handle, capabilities_[i].c_str());
  }
  for (size_t i = 0; code == SAMARA_OK && i < platform.size(); i++) {
    PlatformFunction& of = *platform[i];
    std::vector<const char*> texts;
    texts.reserve(of.input_texts.size());
    for (const std::string& text : of.input_texts) texts.push_back(text.c_str());
    samara_platform_function made{};
    made.struct_size = sizeof made;
    made.name = of.name.c_str();
    made.inputs = texts.data();
    made.input_count = texts.size();
    made.output = of.output->text.c_str();
    made.effect = of.effect;
    made.version = of.version.c_str();
    made.call = platform_call;
    made.user = &of;
    code = samara_register(handle, &made);
  }
  if (code != SAMARA_OK) {
    message = samara_error(handle);
    samara_close(handle);
    handle = nullptr;
  }
  *out = handle;
  return code;
}

int32_t Repository::take(samara_repository** out, std::string& message) {
  {
    std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      *out = free_.back();
      free_.pop_back();
      return SAMARA_OK;
    }
  }
  return open(false, out, message);
}

void Repository::give(samara_repository* handle) {
  constexpr size_t k_free_max = 64;  // after a burst the rest is closed
  {
    std::lock_guard lock(mutex_);
    if (!closed_ && free_.size() < k_free_max) {
      free_.push_back(handle);
      return;
    }
  }
  samara_close(handle);
}

void Repository::close() {
  std::vector<samara_repository*> old;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    old.swap(free_);
  }
  for (samara_repository* each : old) samara_close(each);
  samara_close(std::exchange(main, nullptr));
}

// --- tasks

void Task::run(samara_repository* handle) {
  code = samara_call(handle, &function, arguments.data(), arguments.size(), &options, &result);
  if (code != SAMARA_OK) {
    error = samara_error(handle);
    return;
  }
  if (result.outcome != SAMARA_OUTCOME_VALUE) {
    has_places = samara_last_outcome(handle, &said.raw, &places.raw) == SAMARA_OK;
    return;
  }
  if (result.value.data != nullptr) return;
  samara_mapped* made = nullptr;
  code = samara_map(handle, &result.value_id, &made);
  if (code != SAMARA_OK) error = samara_error(handle);
  mapped.reset(made, samara_mapped_free);
}

void Pool::submit(std::unique_ptr<Task> task) {
  std::lock_guard lock(mutex_);
  ready_.push_back(std::move(task));
  if (idle_ >= ready_.size()) {
    changed_.notify_one();
    return;
  }
  threads_++;
  std::thread([self = shared_from_this()] { self->work(); }).detach();
}

void Pool::work() {
  constexpr auto k_idle_max = std::chrono::seconds(5);
  std::unique_lock lock(mutex_);
  for (;;) {
    if (ready_.empty()) {
      idle_++;
      const bool more =
          changed_.wait_for(lock, k_idle_max, [&] { return stopping_ || !ready_.empty(); });
      idle_--;
      if (!more || ready_.empty()) break;
    }
    std::unique_ptr<Task> task = std::move(ready_.front());
    ready_.pop_front();
    std::shared_ptr<Token> token = task->token;
    running_.push_back(token);
    if (stopping_) token->cancel();
    lock.unlock();
    samara_repository* handle = nullptr;
    task->code = task->repository->take(&handle, task->error);
    if (task->code == SAMARA_OK) {
      bool cancelled = false;
      {
        std::lock_guard held(token->mutex);
        cancelled = token->cancelled;
        if (!cancelled) token->running = handle;
      }
      if (cancelled) {
        task->code = SAMARA_CANCELLED;
        task->error = "cancelled before it began";
      } else {
        task->run(handle);
        std::lock_guard held(token->mutex);
        token->running = nullptr;
      }
      task->repository->give(handle);
    }
    auto finished = task->finished;
    finished(std::move(task));
    lock.lock();
    running_.erase(std::find(running_.begin(), running_.end(), token));
  }
  threads_--;
  ended_.notify_all();
}

void Pool::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  for (int i = 0; i < 40 && threads_ > 0; i++) {  // again, should one only just begin
    for (const auto& token : running_) token->cancel();
    ended_.wait_for(lock, std::chrono::milliseconds(50));
  }
}

void stop_pool(State& state) {
  if (state.pool != nullptr) state.pool->stop();
}

namespace {

// --- what JavaScript calls

std::shared_ptr<Repository>* repository_of(Call& call) {
  void* data = nullptr;
  napi_get_value_external(call.state.env, call[0], &data);
  auto* out = static_cast<std::shared_ptr<Repository>*>(data);
  if (out == nullptr || (*out)->main == nullptr) {
    throw_code(call.state, SAMARA_INVALID_ARGUMENT, "the repository is closed");
    return nullptr;
  }
  return out;
}
samara_repository* handle_of(Call& call) {
  auto* repository = repository_of(call);
  return repository == nullptr ? nullptr : (*repository)->main;
}
napi_value throw_error(Call& call, samara_repository* handle, int32_t code) {
  return throw_code(call.state, code, samara_error(handle));
}

void free_repository(napi_env /*env*/, void* data, void* /*hint*/) {
  delete static_cast<std::shared_ptr<Repository>*>(data);
}

std::shared_ptr<PlatformFunction> platform_function(Call& call, napi_value item) {
  State& state = call.state;
  std::vector<napi_value> parts(6);
  for (uint32_t i = 0; i < 6; i++) napi_get_element(state.env, item, i, &parts[i]);
  Call inner{state, parts};
  auto made = std::make_shared<PlatformFunction>();
  made->state = &state;
  made->loop = state.loop;
  made->home = std::this_thread::get_id();
  made->name = inner.text(0);
  made->input_texts = inner.texts(1);
  for (const std::string& text : made->input_texts) {
    made->inputs.push_back(parse_info(state, text));
    if (made->inputs.back() == nullptr) return nullptr;
  }
  made->output = parse_info(state, inner.text(2));
  if (made->output == nullptr) return nullptr;
  made->effect = static_cast<int32_t>(inner.number(3));
  made->version = inner.text(4);
  napi_create_reference(state.env, parts[5], 1, &made->function);
  return made;
}

/// open(path, make, capabilities, [[name, inputs, output, effect, version, function], …])
napi_value open_repository(Call& call) {
  State& state = call.state;
  auto repository = std::make_shared<Repository>(call.text(0), call.texts(2));
  uint32_t count = 0;
  napi_get_array_length(state.env, call[3], &count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value item = nullptr;
    napi_get_element(state.env, call[3], i, &item);
    auto made = platform_function(call, item);
    if (made == nullptr) return nullptr;
    repository->platform.push_back(std::move(made));
  }
  std::string message;
  const int32_t code = repository->open(call.flag(1), &repository->main, message);
  if (code != SAMARA_OK) return throw_code(state, code, message);
  napi_value out = nullptr;
  auto* kept = std::make_unique<std::shared_ptr<Repository>>(std::move(repository)).release();
  napi_create_external(state.env, kept, free_repository, nullptr, &out);
  return out;
}

napi_value close_repository(Call& call) {
  void* data = nullptr;
  napi_get_value_external(call.state.env, call[0], &data);
  if (data != nullptr) (*static_cast<std::shared_ptr<Repository>*>(data))->close();
  return nullptr;
}

/// put(repository, value, type id) → id
napi_value put(Call& call) {
  samara_repository* handle = handle_of(call);
  Info* type = handle == nullptr ? nullptr : info_argument(call, 2);
  if (type == nullptr) return nullptr;
  samara_hash id;
  samara_packed numbers{};
  int32_t code = SAMARA_OK;
  if (packed_argument(call.state, call[1], type, numbers)) {
    code = samara_put_packed(handle, type->text.c_str(), &numbers, 1, &id);
  } else {
    LibraryBytes bytes;
    if (!encode_bytes(call.state, call[1], type, bytes)) return nullptr;
    code = samara_put(handle, SAMARA_BEAST2, bytes.view(), nullptr, &id);
  }
  return code == SAMARA_OK ? hash_value(call.state, id) : throw_error(call, handle, code);
}

/// putBytes(repository, format, bytes or text, type text) → id
napi_value put_bytes(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  std::string text;
  std::string type;
  samara_view bytes{};
  if (!read_bytes(call.state, call[2], bytes)) {
    text = call.text(2);
    bytes = view_of(text);
  }
  samara_hash id;
  const int32_t code = samara_put(handle, static_cast<int32_t>(call.number(1)), bytes,
                                  call.text_or_null(3, type), &id);
  return code == SAMARA_OK ? hash_value(call.state, id) : throw_error(call, handle, code);
}

/// get(repository, id) → value
napi_value get(Call& call) {
  samara_repository* handle = handle_of(call);
  samara_hash id;
  if (handle == nullptr || !read_hash(call.state, call[1], id)) return nullptr;
  samara_mapped* raw = nullptr;
  const int32_t code = samara_map(handle, &id, &raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  return decode_mapped(call.state, {raw, samara_mapped_free}, nullptr);
}

/// getBytes(repository, id, format) → Uint8Array, or string
napi_value get_bytes(Call& call) {
  samara_repository* handle = handle_of(call);
  samara_hash id;
  if (handle == nullptr || !read_hash(call.state, call[1], id)) return nullptr;
  const auto format = static_cast<int32_t>(call.number(2));
  LibraryBytes bytes;
  const int32_t code = samara_get(handle, &id, format, &bytes.raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  if (format != SAMARA_BEAST2) return text_value(call.state, bytes.text());
  napi_value buffer = nullptr;
  napi_value out = nullptr;
  void* memory = nullptr;
  napi_create_arraybuffer(call.state.env, bytes.raw.size, &memory, &buffer);
  if (bytes.raw.size > 0) std::memcpy(memory, bytes.raw.data, bytes.raw.size);
  napi_create_typedarray(call.state.env, napi_uint8_array, bytes.raw.size, buffer, 0, &out);
  return out;
}

napi_value resolve(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  samara_hash id;
  const int32_t code = samara_resolve(handle, call.text(1).c_str(), &id);
  return code == SAMARA_OK ? hash_value(call.state, id) : throw_error(call, handle, code);
}

/// setRef(repository, name, id or null)
napi_value set_ref(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  samara_hash id;
  if (!call.missing(2) && !read_hash(call.state, call[2], id)) return nullptr;
  const std::string name = call.text(1);
  const int32_t code = call.missing(2) ? samara_ref_remove(handle, name.c_str())
                                       : samara_ref_set(handle, name.c_str(), &id);
  return code == SAMARA_OK ? nullptr : throw_error(call, handle, code);
}

/// typeOf(repository, id) → type id
napi_value type_of(Call& call) {
  samara_repository* handle = handle_of(call);
  samara_hash id;
  if (handle == nullptr || !read_hash(call.state, call[1], id)) return nullptr;
  LibraryBytes text;
  const int32_t code = samara_type_of(handle, &id, &text.raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  Info* type = parse_info(call.state, std::string(text.text()));
  return type == nullptr ? nullptr : number_value(call.state, type->id);
}

/// add(repository, bytes, name) → id
napi_value add(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  samara_view program{};
  std::string name;
  samara_hash id;
  read_bytes(call.state, call[1], program);
  const int32_t code = samara_add_function(handle, program, call.text_or_null(2, name), &id);
  return code == SAMARA_OK ? hash_value(call.state, id) : throw_error(call, handle, code);
}

/// addSource(repository, text, path, function, name) → [{id, kind, name, type}, …]
napi_value add_source(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  const std::string text = call.text(1);
  std::string path;
  std::string function;
  std::string name;
  LibraryBytes list;
  const int32_t code =
      samara_add_source(handle, view_of(text), call.text_or_null(2, path),
                        call.text_or_null(3, function), call.text_or_null(4, name), &list.raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  return decode_bytes(call.state, list.view(), nullptr);
}

/// addScript(repository, runtime, entry, source, type, environment, lock kind, effect, path, name)
napi_value add_script(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  const std::string runtime = call.text(1);
  const std::string entry = call.text(2);
  const std::string source = call.text(3);
  const std::string type = call.text(4);
  const std::string environment = call.text(5);
  std::string lock_kind;
  std::string path;
  std::string name;
  samara_script script{};
  script.struct_size = sizeof script;
  script.runtime = runtime.c_str();
  script.entry = entry.c_str();
  script.source = view_of(source);
  script.type = type.c_str();
  if (!environment.empty()) script.environment = view_of(environment);
  script.lock_kind = call.text_or_null(6, lock_kind);
  script.effect = static_cast<int32_t>(call.number(7));
  script.path = call.text_or_null(8, path);
  samara_hash id;
  const int32_t code = samara_add_script(handle, &script, call.text_or_null(9, name), &id);
  return code == SAMARA_OK ? hash_value(call.state, id) : throw_error(call, handle, code);
}

napi_value functions(Call& call) {
  samara_repository* handle = handle_of(call);
  if (handle == nullptr) return nullptr;
  LibraryBytes list;
  const int32_t code = samara_functions(handle, &list.raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  return decode_bytes(call.state, list.view(), nullptr);
}

/// signature(repository, id) → type id
napi_value signature(Call& call) {
  samara_repository* handle = handle_of(call);
  samara_hash id;
  if (handle == nullptr || !read_hash(call.state, call[1], id)) return nullptr;
  LibraryBytes text;
  const int32_t code = samara_signature(handle, &id, &text.raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  Info* type = parse_info(call.state, std::string(text.text()));
  return type == nullptr ? nullptr : number_value(call.state, type->id);
}

napi_value why(Call& call) {
  samara_repository* handle = handle_of(call);
  samara_hash id;
  if (handle == nullptr || !read_hash(call.state, call[1], id)) return nullptr;
  LibraryBytes text;
  const int32_t code = samara_why(handle, &id, &text.raw);
  if (code != SAMARA_OK) return throw_error(call, handle, code);
  return text_value(call.state, text.text());
}

// --- calls

// Numbers of this size are stored first, in one pass, instead of being encoded and copied.
constexpr uint64_t k_store_first_bytes = 64 * 1024;
// Results of this size are mapped instead of copied.
constexpr uint64_t k_result_bytes_max = 256 * 1024;

bool add_argument(Call& call, napi_value object, Info* type, size_t i, Task& out) {
  samara_packed numbers{};
  if (packed_argument(call.state, object, type, numbers) &&
      numbers.rows * numbers.columns * numbers.element_bytes >= k_store_first_bytes) {
    samara_repository* handle = out.repository->main;
    const int32_t code = samara_put_packed(handle, type->text.c_str(), &numbers, 0, &out.ids[i]);
    if (code != SAMARA_OK) return throw_error(call, handle, code) != nullptr;
    out.arguments[i].id = &out.ids[i];
    return true;
  }
  if (!encode_bytes(call.state, object, type, out.bytes[i])) return false;
  out.arguments[i].value = out.bytes[i].view();
  return true;
}

// (repository, function id, type id, arguments, stored ids or null, name, wall ms, memory, steps,
//  no memo, full)
std::unique_ptr<Task> make_task(Call& call) {
  State& state = call.state;
  auto* repository = repository_of(call);
  auto task = std::make_unique<Task>();
  if (repository == nullptr || !read_hash(state, call[1], task->function)) return nullptr;
  task->repository = *repository;
  Info* type = info_argument(call, 2);
  if (type == nullptr) return nullptr;
  task->name = call.text(5);
  uint32_t count = 0;
  napi_get_array_length(state.env, call[3], &count);
  if (count + 1 != type->count) {
    mismatch(state, "'" + task->name + "' takes " + std::to_string(type->count - 1) +
                        (type->count == 2 ? " argument, " : " arguments, ") +
                        std::to_string(count) + " given");
    return nullptr;
  }
  task->bytes.resize(count);
  task->ids.resize(count);
  task->arguments.resize(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value item = nullptr;
    if (!call.missing(4)) {
      napi_get_element(state.env, call[4], i, &item);
      if (!is_missing(state, item)) {
        if (!read_hash(state, item, task->ids[i])) return nullptr;
        task->arguments[i].id = &task->ids[i];
        continue;
      }
    }
    napi_get_element(state.env, call[3], i, &item);
    if (add_argument(call, item, part_of(state, type, i), i, *task)) continue;
    napi_value error = take_exception(state);
    napi_value words = nullptr;
    napi_value prefixed = nullptr;
    std::string message;
    napi_get_named_property(state.env, error, "message", &words);
    if (read_text(state, words, message)) {
      prefixed = text_value(
          state, "argument " + std::to_string(i + 1) + " of '" + task->name + "': " + message);
      napi_set_named_property(state.env, error, "message", prefixed);
    }
    napi_throw(state.env, error);
    return nullptr;
  }
  task->options.struct_size = sizeof task->options;
  task->options.wall_ms_max = static_cast<uint64_t>(call.number(6));
  task->options.memory_bytes_max = static_cast<uint64_t>(call.number(7));
  task->options.steps_max = static_cast<uint64_t>(call.number(8));
  task->options.no_memo = call.flag(9) ? 1 : 0;
  task->options.name = task->name.c_str();
  task->options.value_bytes_max = k_result_bytes_max;
  task->full = call.flag(10);
  return task;
}

std::string_view text_of(const samara_bytes& bytes) {
  return {bytes.data == nullptr ? "" : reinterpret_cast<const char*>(bytes.data), bytes.size};
}

// The value, or [value, value id, call, from memo, reason, wall ns, steps, peak]; else an
// exception.
napi_value finish(State& state, Task& task) {
  if (task.code != SAMARA_OK) return throw_code(state, task.code, task.error);
  samara_result& result = task.result;
  if (result.outcome != SAMARA_OUTCOME_VALUE) {
    napi_value said = null_value(state);
    napi_value places = null_value(state);
    if (task.has_places && task.places.raw.data != nullptr) {
      said = text_value(state, task.said.text());
      places = decode_bytes(state, task.places.view(), nullptr);
      if (places == nullptr) return nullptr;
    }
    napi_value error =
        call_given(state, Given::outcome,
                   {number_value(state, result.outcome), text_value(state, text_of(result.message)),
                    hash_value(state, result.call), text_value(state, task.name), said, places});
    if (error != nullptr) napi_throw(state.env, error);
    return nullptr;
  }
  // A function may give a subtype of what it promises; what the bytes say is what it gave.
  napi_value value = task.mapped == nullptr
                         ? decode_bytes(state, {result.value.data, result.value.size}, nullptr)
                         : decode_mapped(state, task.mapped, nullptr);
  if (value == nullptr || !task.full) return value;
  napi_value items[] = {value,
                        hash_value(state, result.value_id),
                        hash_value(state, result.call),
                        bool_value(state, result.from_memo != 0),
                        text_value(state, text_of(result.reason)),
                        number_value(state, static_cast<double>(result.wall_ns)),
                        number_value(state, static_cast<double>(result.steps)),
                        number_value(state, static_cast<double>(result.peak_memory_bytes))};
  napi_value out = nullptr;
  napi_create_array(state.env, &out);
  uint32_t index = 0;
  for (napi_value each : items) napi_set_element(state.env, out, index++, each);
  return out;
}

Pool& pool_of(State& state) {
  if (state.pool == nullptr) state.pool = std::make_shared<Pool>();
  return *state.pool;
}

napi_value run(Call& call) {
  auto task = make_task(call);
  if (task == nullptr) return nullptr;
  if (task->repository->platform.empty()) {
    task->run(task->repository->main);
    return finish(call.state, *task);
  }
  // Functions of JavaScript are called by other threads: this one waits for their turns.
  std::mutex mutex;
  std::unique_ptr<Task> ended;
  task->finished = [&, loop = call.state.loop](std::unique_ptr<Task> done) {
    {
      std::lock_guard lock(mutex);
      ended = std::move(done);
    }
    loop->wake();
  };
  const bool before = std::exchange(sync_wait, true);
  pool_of(call.state).submit(std::move(task));
  call.state.loop->wait_until(call.state, [&] {
    std::lock_guard lock(mutex);
    return ended != nullptr;
  });
  sync_wait = before;
  return finish(call.state, *ended);
}

void free_token(napi_env /*env*/, void* data, void* /*hint*/) {
  delete static_cast<std::shared_ptr<Token>*>(data);
}

void settle(State& state, Task& task) {
  napi_deferred deferred = task.deferred;
  napi_value value = finish(state, task);
  if (exception_pending(state) || value == nullptr) {
    napi_reject_deferred(state.env, deferred, take_exception(state));
  } else {
    napi_resolve_deferred(state.env, deferred, value);
  }
  state.loop->release(state);
}

void free_task(napi_env /*env*/, void* data, void* /*hint*/) {
  delete static_cast<std::unique_ptr<Task>*>(data);
}

/// prepare(as run) → a call with its arguments, to be started once
napi_value prepare(Call& call) {
  auto task = make_task(call);
  if (task == nullptr) return nullptr;
  napi_value out = nullptr;
  auto* kept = std::make_unique<std::unique_ptr<Task>>(std::move(task)).release();
  napi_create_external(call.state.env, kept, free_task, nullptr, &out);
  return out;
}

/// start(call, number of the request that makes it) → [promise, token]
napi_value start(Call& call) {
  State& state = call.state;
  void* data = nullptr;
  napi_get_value_external(state.env, call[0], &data);
  if (data == nullptr) return nullptr;
  std::unique_ptr<Task> task = std::move(*static_cast<std::unique_ptr<Task>*>(data));
  if (task == nullptr) return nullptr;
  task->options.parent = request_of(state, call.number(1));
  napi_value promise = nullptr;
  napi_value token = nullptr;
  napi_value out = nullptr;
  napi_create_promise(state.env, &task->deferred, &promise);
  auto* kept = std::make_unique<std::shared_ptr<Token>>(task->token).release();
  napi_create_external(state.env, kept, free_token, nullptr, &token);
  napi_create_array(state.env, &out);
  napi_set_element(state.env, out, 0, promise);
  napi_set_element(state.env, out, 1, token);
  state.loop->hold(state);
  task->finished = [loop = state.loop](std::unique_ptr<Task> done) {
    std::shared_ptr<Task> shared = std::move(done);
    loop->post([shared](State& home) { settle(home, *shared); });
  };
  pool_of(state).submit(std::move(task));
  return out;
}

napi_value cancel(Call& call) {
  void* data = nullptr;
  napi_get_value_external(call.state.env, call[0], &data);
  if (data != nullptr) (*static_cast<std::shared_ptr<Token>*>(data))->cancel();
  return nullptr;
}

}  // namespace

void add_repository(napi_env env, napi_value exports) {
  static constexpr Entry k_entries[] = {{"open", open_repository},
                                        {"close", close_repository},
                                        {"put", put},
                                        {"putBytes", put_bytes},
                                        {"get", get},
                                        {"getBytes", get_bytes},
                                        {"resolve", resolve},
                                        {"setRef", set_ref},
                                        {"typeOf", type_of},
                                        {"add", add},
                                        {"addSource", add_source},
                                        {"addScript", add_script},
                                        {"functions", functions},
                                        {"signature", signature},
                                        {"why", why},
                                        {"run", run},
                                        {"prepare", prepare},
                                        {"start", start},
                                        {"cancel", cancel},
                                        {"crossingDone", crossing_done},
                                        {"crossingFailed", crossing_failed}};
  add_functions(env, exports, k_entries, std::size(k_entries));
}

}  // namespace samara::node
