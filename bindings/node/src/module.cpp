// What the addon exports, and the small things that all of it uses.

#include <condition_variable>
#include <cstring>
#include <deque>

#include "common.hpp"

namespace samara::node {

State& state_of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<State*>(data);
}

// --- errors

bool exception_pending(State& state) {
  bool pending = false;
  napi_is_exception_pending(state.env, &pending);
  return pending;
}

napi_value take_exception(State& state) {
  napi_value out = nullptr;
  napi_get_and_clear_last_exception(state.env, &out);
  return out;
}

napi_value throw_code(State& state, int32_t code, std::string_view message) {
  if (exception_pending(state)) return nullptr;
  napi_value error =
      call_given(state, Given::make_error, {number_value(state, code), text_value(state, message)});
  if (error != nullptr) napi_throw(state.env, error);
  return nullptr;
}

bool mismatch(State& state, std::string_view message) {
  throw_code(state, SAMARA_TYPE_MISMATCH, message);
  return false;
}

napi_value values_error(State& state, int32_t code) {
  return throw_code(state, code, samara_values_error(state.values));
}

// --- small conversions

napi_value given(State& state, Given what) {
  napi_value out = nullptr;
  napi_get_reference_value(state.env, state.given[static_cast<size_t>(what)], &out);
  return out;
}

napi_value call_given(State& state, Given what, std::initializer_list<napi_value> arguments) {
  napi_value out = nullptr;
  napi_value nothing = nullptr;
  napi_get_undefined(state.env, &nothing);
  napi_call_function(state.env, nothing, given(state, what), arguments.size(), arguments.begin(),
                     &out);
  return out;
}

napi_value text_value(State& state, std::string_view text) {
  napi_value out = nullptr;
  napi_create_string_utf8(state.env, text.data() == nullptr ? "" : text.data(), text.size(), &out);
  return out;
}

napi_value number_value(State& state, double number) {
  napi_value out = nullptr;
  napi_create_double(state.env, number, &out);
  return out;
}

napi_value null_value(State& state) {
  napi_value out = nullptr;
  napi_get_null(state.env, &out);
  return out;
}

napi_value bool_value(State& state, bool value) {
  napi_value out = nullptr;
  napi_get_boolean(state.env, value, &out);
  return out;
}

bool read_text(State& state, napi_value value, std::string& out) {
  // Most texts are short: one call instead of two.
  char few[256];
  size_t size = 0;
  if (napi_get_value_string_utf8(state.env, value, few, sizeof few, &size) != napi_ok) return false;
  if (size + 4 < sizeof few) {
    out.assign(few, size);
    return true;
  }
  napi_get_value_string_utf8(state.env, value, nullptr, 0, &size);
  out.resize(size);
  return napi_get_value_string_utf8(state.env, value, out.data(), size + 1, &size) == napi_ok;
}

bool is_missing(State& state, napi_value value) {
  napi_valuetype kind = napi_undefined;
  napi_typeof(state.env, value, &kind);
  return kind == napi_undefined || kind == napi_null;
}

napi_value hash_value(State& state, const samara_hash& hash) {
  char text[65];
  samara_hash_text(&hash, text);
  napi_value out = nullptr;
  napi_create_string_latin1(state.env, text, 64, &out);
  return out;
}

bool read_hash(State& state, napi_value value, samara_hash& out) {
  std::string text;
  if (read_text(state, value, text) && samara_hash_parse(text.c_str(), &out) == SAMARA_OK) {
    return true;
  }
  throw_code(state, SAMARA_INVALID_ARGUMENT, "an id has 64 hex digits");
  return false;
}

// --- functions of the addon

std::string Call::text(size_t index) const {
  std::string out;
  if (index < arguments.size()) read_text(state, arguments[index], out);
  return out;
}

const char* Call::text_or_null(size_t index, std::string& storage) const {
  if (missing(index)) return nullptr;
  storage = text(index);
  return storage.c_str();
}

double Call::number(size_t index) const {
  double out = -1;
  if (index < arguments.size()) napi_get_value_double(state.env, arguments[index], &out);
  return out;
}

bool Call::flag(size_t index) const {
  bool out = false;
  if (index < arguments.size()) napi_get_value_bool(state.env, arguments[index], &out);
  return out;
}

bool Call::missing(size_t index) const {
  return index >= arguments.size() || is_missing(state, arguments[index]);
}

std::vector<std::string> Call::texts(size_t index) const {
  std::vector<std::string> out;
  uint32_t count = 0;
  if (index >= arguments.size() ||
      napi_get_array_length(state.env, arguments[index], &count) != napi_ok) {
    return out;
  }
  for (uint32_t i = 0; i < count; i++) {
    napi_value item = nullptr;
    napi_get_element(state.env, arguments[index], i, &item);
    read_text(state, item, out.emplace_back());
  }
  return out;
}

namespace {

napi_value entered(napi_env env, napi_callback_info info) {
  size_t count = 16;
  napi_value arguments[16];
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  Call call{state_of(env), std::vector<napi_value>(arguments, arguments + count)};
  return static_cast<const Entry*>(data)->function(call);
}

/// setup(array in the order of Given)
napi_value setup(Call& call) {
  State& state = call.state;
  uint32_t count = 0;
  napi_get_array_length(state.env, call[0], &count);
  for (uint32_t i = 0; i < count && i < static_cast<uint32_t>(Given::count); i++) {
    napi_value item = nullptr;
    napi_get_element(state.env, call[0], i, &item);
    if (state.given[i] != nullptr) napi_delete_reference(state.env, state.given[i]);
    state.given[i] = nullptr;
    if (!is_missing(state, item)) napi_create_reference(state.env, item, 1, &state.given[i]);
  }
  return nullptr;
}

napi_value version(Call& call) { return text_value(call.state, samara_version()); }

void end_state(void* data) {
  auto* state = static_cast<State*>(data);
  stop_worker(*state);
  stop_pool(*state);
}

void free_state(napi_env /*env*/, void* data, void* /*hint*/) { delete static_cast<State*>(data); }

}  // namespace

void add_functions(napi_env env, napi_value exports, const Entry* entries, size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_value function = nullptr;
    napi_create_function(env, entries[i].name, NAPI_AUTO_LENGTH, entered,
                         const_cast<Entry*>(&entries[i]), &function);
    napi_set_named_property(env, exports, entries[i].name, function);
  }
}

// --- the loop

struct Loop::Inner {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Work> urgent;
  std::vector<Work> work;
  napi_threadsafe_function function = nullptr;
  bool signalled = false;
  bool woken = false;
  int held = 0;

  // Requires: the mutex is held.
  void signal() {
    if (signalled || function == nullptr) return;
    signalled = napi_call_threadsafe_function(function, nullptr, napi_tsfn_nonblocking) == napi_ok;
  }
  void run_urgent(State& state) {
    for (;;) {
      Work now;
      {
        std::lock_guard lock(mutex);
        if (urgent.empty()) return;
        now = std::move(urgent.front());
        urgent.pop_front();
      }
      now(state);
    }
  }
  void run_all(State& state) {
    std::vector<Work> now;
    {
      std::lock_guard lock(mutex);
      signalled = false;
      now.swap(work);
    }
    run_urgent(state);
    for (Work& each : now) {
      napi_handle_scope scope = nullptr;
      napi_open_handle_scope(state.env, &scope);
      each(state);
      napi_close_handle_scope(state.env, scope);
      if (!exception_pending(state)) continue;
      // Nobody is there to catch it: as any exception out of a callback.
      napi_fatal_exception(state.env, take_exception(state));
    }
  }
  static void entered(napi_env env, napi_value /*function*/, void* context, void* /*data*/) {
    if (env == nullptr) return;
    static_cast<Inner*>(context)->run_all(state_of(env));
  }
  static void ended(napi_env /*env*/, void* data, void* /*context*/) {
    auto* inner = static_cast<std::shared_ptr<Inner>*>(data);
    {
      std::lock_guard lock((*inner)->mutex);
      (*inner)->function = nullptr;
      (*inner)->work.clear();
    }
    delete inner;
  }
};

bool start_loop(State& state) {
  state.loop = std::make_shared<Loop>();
  auto inner = std::make_shared<Loop::Inner>();
  state.loop->inner_ = inner;
  napi_value name = text_value(state, "samara");
  auto* kept = std::make_unique<std::shared_ptr<Loop::Inner>>(inner).release();
  const napi_status status = napi_create_threadsafe_function(
      state.env, nullptr, nullptr, name, 0, 1, kept, Loop::Inner::ended, inner.get(),
      Loop::Inner::entered, &inner->function);
  if (status != napi_ok) return false;
  napi_unref_threadsafe_function(state.env, inner->function);
  return true;
}

void Loop::post(Work work) {
  std::lock_guard lock(inner_->mutex);
  if (inner_->function == nullptr) return;
  inner_->work.push_back(std::move(work));
  inner_->signal();
}

void Loop::post_urgent(Work work) {
  std::lock_guard lock(inner_->mutex);
  inner_->urgent.push_back(std::move(work));
  inner_->signal();
  inner_->woken = true;
  inner_->changed.notify_one();
}

void Loop::wake() {
  std::lock_guard lock(inner_->mutex);
  inner_->woken = true;
  inner_->changed.notify_one();
}

void Loop::wait_until(State& state, const std::function<bool()>& done) {
  for (;;) {
    inner_->run_urgent(state);
    if (done()) return;
    std::unique_lock lock(inner_->mutex);
    inner_->changed.wait(lock, [&] { return inner_->woken; });
    inner_->woken = false;
  }
}

void Loop::hold(State& state) {
  if (inner_->held++ == 0) napi_ref_threadsafe_function(state.env, inner_->function);
}

void Loop::release(State& state) {
  if (--inner_->held == 0) napi_unref_threadsafe_function(state.env, inner_->function);
}

namespace {

napi_value init(napi_env env, napi_value exports) {
  auto made = std::make_unique<State>();
  made->env = env;
  State& state = *made.release();
  napi_set_instance_data(env, &state, free_state, nullptr);
  napi_add_env_cleanup_hook(env, end_state, &state);
  napi_value global = nullptr;
  napi_value cls = nullptr;
  napi_get_global(env, &global);
  napi_get_named_property(env, global, "Set", &cls);
  napi_create_reference(env, cls, 1, &state.set_class);
  napi_get_named_property(env, global, "Map", &cls);
  napi_create_reference(env, cls, 1, &state.map_class);
  if (!start_loop(state)) {
    napi_throw_error(env, nullptr, "samara: no threadsafe function can be made");
    return nullptr;
  }
  static constexpr Entry k_entries[] = {{"setup", setup}, {"version", version}};
  add_functions(env, exports, k_entries, std::size(k_entries));
  add_types(env, exports);
  add_values(env, exports);
  add_repository(env, exports);
  add_worker(env, exports);
  return exports;
}

}  // namespace
}  // namespace samara::node

NAPI_MODULE_INIT() { return samara::node::init(env, exports); }
