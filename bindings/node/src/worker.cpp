// A worker: threads that take requests and hand them to the thread of JavaScript.
//
// A request holds a slot from when it is taken until it is answered, but not while it waits for
// calls of its own; nor does an East function that has run for a while, because it may be waiting
// for somebody as well.

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <limits>

#include "calls.hpp"

namespace samara::node {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto k_function_slot_time = std::chrono::milliseconds(100);
constexpr size_t k_idle_takers_max = 2;
// So many requests in a row until the event loop has its turn.
constexpr int k_row_max = 64;
constexpr size_t k_map_bytes_min = 256 * 1024;

}  // namespace

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  struct Entry {
    samara_request* request = nullptr;
    Info* output = nullptr;
  };

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker(std::string path, size_t slots, std::shared_ptr<Loop> loop)
      : slots_(slots),
        loop_(std::move(loop)),
        repository_(std::make_shared<Repository>(std::move(path), std::vector<std::string>{})) {}

  samara_worker* raw = nullptr;

  void start();
  /// Wakes the takers, who end.
  void interrupt();
  /// Waits for the end of the threads; true: there are none any more.
  bool join();

  // --- on the thread of JavaScript
  Entry* entry(double number) {
    const auto index = static_cast<size_t>(number);
    if (!(number >= 0) || index >= table_.size() || table_[index].request == nullptr) {
      return nullptr;
    }
    return &table_[index];
  }
  void answer(double number, LibraryBytes bytes);
  /// Forgets the request, which has been dealt with.
  void done(double number);
  void change_active(int by);

 private:
  struct Answer {
    samara_request* request = nullptr;
    LibraryBytes bytes;
  };
  void take();
  void send_answers();
  void run_function(samara_request* request, std::unique_lock<std::mutex>& lock);
  bool slot_free() const;
  void hand_over(State& state);
  void hand_over_one(State& state, samara_request* request);
  samara_request* take_here();
  bool arguments_of(State& state, samara_request* request, napi_value& out);

  size_t slots_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Repository> repository_;
  std::vector<Entry> table_;
  std::vector<uint32_t> unused_;
  size_t in_table_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable answers_changed_;
  std::vector<samara_request*> taken_;
  std::vector<samara_request*> for_takers_;  // taken by the thread of JavaScript, not for it
  bool in_a_row_ = false;  // that thread takes the next one itself, as soon as there is a slot
  std::vector<Answer> answers_;
  std::vector<Clock::time_point> functions_;  // when those that run began
  int active_ = 0;
  size_t idle_takers_ = 0;
  size_t threads_ = 0;
  bool stopping_ = false;
};

// --- takers

bool Worker::slot_free() const {
  int held = active_;
  const auto now = Clock::now();
  for (auto since : functions_) held -= now - since > k_function_slot_time ? 1 : 0;
  return held < static_cast<int>(slots_);
}

void Worker::start() {
  std::lock_guard lock(mutex_);
  threads_ = 2;
  std::thread([self = shared_from_this()] { self->take(); }).detach();
  std::thread([self = shared_from_this()] { self->send_answers(); }).detach();
}

void Worker::take() {
  std::unique_lock lock(mutex_);
  idle_takers_++;
  while (!stopping_) {
    samara_request* request = nullptr;
    if (!for_takers_.empty()) {
      request = for_takers_.back();
      for_takers_.pop_back();
    } else if (!slot_free()) {
      if (functions_.empty())
        changed_.wait(lock);
      else
        changed_.wait_for(lock, k_function_slot_time / 4);
      continue;
    }
    int32_t code = SAMARA_OK;
    if (request == nullptr) {
      // Reserved before it is there, or else two takers could take the last slot.
      active_++;
      lock.unlock();
      code = samara_worker_next(raw, -1, &request);
      lock.lock();
      if (request == nullptr) active_--;
    }
    if (code != SAMARA_OK) {
      std::string message = samara_worker_error();
      loop_->post([message](State& state) {
        call_given(state, Given::dispatch,
                   {number_value(state, -1), number_value(state, 0), text_value(state, message)});
      });
      break;
    }
    if (request == nullptr) continue;
    if (samara_request_kind(request) == SAMARA_REQUEST_FUNCTION) {
      if (idle_takers_ == 1) {
        threads_++;
        std::thread([self = shared_from_this()] { self->take(); }).detach();
      }
      idle_takers_--;
      run_function(request, lock);
      idle_takers_++;
      if (idle_takers_ > k_idle_takers_max) break;
      continue;
    }
    taken_.push_back(request);
    if (taken_.size() == 1) {
      loop_->post([self = shared_from_this()](State& state) { self->hand_over(state); });
    }
  }
  idle_takers_--;
  threads_--;
  changed_.notify_all();
}

void Worker::run_function(samara_request* request, std::unique_lock<std::mutex>& lock) {
  const auto began = Clock::now();
  functions_.push_back(began);
  changed_.notify_all();  // who waits without a limit may now wait with one
  lock.unlock();
  samara_repository* handle = nullptr;
  std::string message;
  if (repository_->take(&handle, message) == SAMARA_OK) {
    samara_request_run(request, handle);
    repository_->give(handle);
  } else {
    samara_request_fail(request, SAMARA_OUTCOME_TRAP, message.c_str(), nullptr, 0);
  }
  lock.lock();
  functions_.erase(std::find(functions_.begin(), functions_.end(), began));
  active_--;
  changed_.notify_all();
}

void Worker::interrupt() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    answers_changed_.notify_all();
  }
  samara_worker_interrupt(raw);
}

bool Worker::join() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(500), [&] { return threads_ == 0; });
}

// Answering writes a file or into a ring: where there is more to do than this one request, it is
// done beside the thread of JavaScript.
void Worker::send_answers() {
  std::unique_lock lock(mutex_);
  for (;;) {
    answers_changed_.wait(lock, [&] { return stopping_ || !answers_.empty(); });
    if (answers_.empty()) break;
    std::vector<Answer> now;
    now.swap(answers_);
    lock.unlock();
    for (Answer& each : now) samara_request_answer(each.request, each.bytes.view());
    now.clear();
    lock.lock();
  }
  threads_--;
  changed_.notify_all();
}

// --- on the thread of JavaScript

void Worker::change_active(int by) {
  std::lock_guard lock(mutex_);
  active_ += by;
  if (by < 0 && !in_a_row_) changed_.notify_one();
}

void Worker::done(double number) {
  const auto index = static_cast<size_t>(number);
  table_[index] = Entry{};
  unused_.push_back(static_cast<uint32_t>(index));
  in_table_--;
  change_active(-1);
}

void Worker::answer(double number, LibraryBytes bytes) {
  samara_request* request = entry(number)->request;
  const bool alone = in_table_ <= 1;
  done(number);
  if (alone) {
    samara_request_answer(request, bytes.view());
    return;
  }
  std::lock_guard lock(mutex_);
  answers_.push_back({request, std::move(bytes)});
  if (answers_.size() == 1) answers_changed_.notify_one();
}

bool Worker::arguments_of(State& state, samara_request* request, napi_value& out) {
  const size_t count = samara_request_argument_count(request);
  napi_create_array_with_length(state.env, count, &out);
  for (size_t i = 0; i < count; i++) {
    Info* type = parse_info(state, samara_request_input(request, i));
    samara_view bytes{};
    if (type == nullptr) return false;
    int32_t code = samara_request_argument(request, i, &bytes);
    if (code != SAMARA_OK) {
      throw_code(state, code, samara_worker_error());
      return false;
    }
    samara_mapped* mapped = nullptr;
    napi_value item = nullptr;
    if (bytes.size >= k_map_bytes_min &&
        samara_request_argument_map(request, i, &mapped) == SAMARA_OK && mapped != nullptr) {
      item = decode_mapped(state, {mapped, samara_mapped_free}, type);
    } else {
      item = decode_bytes(state, bytes, type);
    }
    if (item == nullptr) return false;
    napi_set_element(state.env, out, static_cast<uint32_t>(i), item);
  }
  return true;
}

void Worker::hand_over_one(State& state, samara_request* request) {
  if (unused_.empty()) {
    unused_.push_back(static_cast<uint32_t>(table_.size()));
    table_.emplace_back();
  }
  const uint32_t index = unused_.back();
  unused_.pop_back();
  in_table_++;
  table_[index].request = request;
  const int32_t kind = samara_request_kind(request);
  napi_value arguments = null_value(state);
  const bool environment = kind == SAMARA_REQUEST_ENVIRONMENT;  // whose answer is null
  table_[index].output = parse_info(state, environment ? ".Null" : samara_request_output(request));
  bool good = table_[index].output != nullptr;
  if (good && !environment) good = arguments_of(state, request, arguments);
  if (good) {
    call_given(state, Given::dispatch,
               {number_value(state, index), number_value(state, kind),
                text_value(state, samara_request_name(request)), arguments});
    good = !exception_pending(state);
  }
  if (good) return;
  std::string message = "the arguments cannot be converted";
  if (exception_pending(state)) {
    napi_value error = take_exception(state);
    napi_value words = nullptr;
    napi_coerce_to_string(state.env, error, &words);
    if (words != nullptr) read_text(state, words, message);
  }
  if (table_[index].request != request) return;  // it was dealt with
  samara_request_fail(request, SAMARA_OUTCOME_TRAP, message.c_str(), nullptr, 0);
  done(index);
}

// A request that is there already; null: none, or no slot. From a taker it would come by way of two
// switches of threads.
samara_request* Worker::take_here() {
  std::unique_lock lock(mutex_);
  if (stopping_ || !taken_.empty() || !slot_free()) return nullptr;
  active_++;
  lock.unlock();
  samara_request* request = nullptr;
  // What is wrong a taker will find, too.
  static_cast<void>(samara_worker_next(raw, 0, &request));
  lock.lock();
  if (request == nullptr) active_--;
  if (request == nullptr || samara_request_kind(request) != SAMARA_REQUEST_FUNCTION) return request;
  for_takers_.push_back(request);
  changed_.notify_all();
  return nullptr;
}

void Worker::hand_over(State& state) {
  std::vector<samara_request*> now;
  {
    std::lock_guard lock(mutex_);
    now.swap(taken_);
    in_a_row_ = true;
  }
  for (int i = 0; i < k_row_max && !now.empty(); i++) {
    for (samara_request* request : now) {
      napi_handle_scope scope = nullptr;
      napi_open_handle_scope(state.env, &scope);
      hand_over_one(state, request);
      napi_close_handle_scope(state.env, scope);
    }
    now.clear();
    samara_request* more = take_here();
    if (more != nullptr) now.push_back(more);
  }
  std::lock_guard lock(mutex_);
  taken_.insert(taken_.end(), now.begin(), now.end());
  if (!taken_.empty()) {
    loop_->post([self = shared_from_this()](State& again) { self->hand_over(again); });
  }
  in_a_row_ = false;
  changed_.notify_all();
}

samara_request* request_of(State& state, double number) {
  if (state.worker == nullptr) return nullptr;
  Worker::Entry* entry = state.worker->entry(number);
  return entry == nullptr ? nullptr : entry->request;
}

void stop_worker(State& state) {
  if (state.worker == nullptr) return;
  state.worker->interrupt();
  state.worker->join();
}

namespace {

napi_value throw_worker(State& state, int32_t code) {
  return throw_code(state, code, samara_worker_error());
}

/// workerOpen(path, runtime, environment, word, slots, kill after ms)
napi_value worker_open(Call& call) {
  std::string runtime;
  std::string environment;
  const std::string path = call.text(0);
  const std::string word = call.text(3);
  samara_worker_options options{};
  options.struct_size = sizeof options;
  options.runtime = call.text_or_null(1, runtime);
  options.environment = call.text_or_null(2, environment);
  options.word = word.c_str();
  options.slots = static_cast<uint32_t>(call.number(4));
  options.kill_after_ms = static_cast<uint32_t>(call.number(5));
  auto worker = std::make_shared<Worker>(path, options.slots, call.state.loop);
  const int32_t code = samara_worker_open(path.c_str(), &options, &worker->raw);
  if (code != SAMARA_OK) {
    napi_value out = throw_worker(call.state, code);
    samara_worker_close(worker->raw);
    return out;
  }
  call.state.worker = std::move(worker);
  return nullptr;
}

/// workerOffer(name, inputs, output, effect, implementation) → id
napi_value worker_offer(Call& call) {
  const std::string name = call.text(0);
  const std::vector<std::string> inputs = call.texts(1);
  const std::string output = call.text(2);
  const std::string implementation = call.text(4);
  std::vector<const char*> texts;
  texts.reserve(inputs.size());
  for (const std::string& each : inputs) texts.push_back(each.c_str());
  samara_offer offer{};
  offer.struct_size = sizeof offer;
  offer.name = name.c_str();
  offer.inputs = texts.data();
  offer.input_count = texts.size();
  offer.output = output.c_str();
  offer.effect = static_cast<int32_t>(call.number(3));
  offer.implementation = implementation.c_str();
  samara_hash id;
  const int32_t code = samara_worker_offer(call.state.worker->raw, &offer, &id);
  return code == SAMARA_OK ? hash_value(call.state, id) : throw_worker(call.state, code);
}

napi_value worker_start(Call& call) {
  const int32_t code = samara_worker_start(call.state.worker->raw);
  if (code != SAMARA_OK) return throw_worker(call.state, code);
  call.state.loop->hold(call.state);
  call.state.worker->start();
  return nullptr;
}

napi_value worker_interrupt(Call& call) {
  if (call.state.worker != nullptr) call.state.worker->interrupt();
  return nullptr;
}

napi_value worker_in_hand(Call& call) {
  return number_value(call.state,
                      static_cast<double>(samara_worker_in_hand(call.state.worker->raw)));
}

/// workerClose(): after workerInterrupt, with nothing in hand
napi_value worker_close(Call& call) {
  if (call.state.worker != nullptr && call.state.worker->join()) {
    samara_worker_close(call.state.worker->raw);
    call.state.worker = nullptr;
  }
  return nullptr;
}

// The request that the first argument names; null with an exception.
Worker::Entry* entry_of(Call& call) {
  Worker::Entry* out =
      call.state.worker == nullptr ? nullptr : call.state.worker->entry(call.number(0));
  if (out == nullptr) throw_code(call.state, SAMARA_NOT_FOUND, "the request is over");
  return out;
}

/// requestAnswer(number, value): throws where the value does not fit, and the request goes on
napi_value request_answer(Call& call) {
  Worker::Entry* entry = entry_of(call);
  if (entry == nullptr) return nullptr;
  Worker& worker = *call.state.worker;
  const double number = call.number(0);
  samara_packed numbers{};
  napi_value value = entry->output->kind == SAMARA_KIND_NULL ? null_value(call.state) : call[1];
  if (packed_argument(call.state, value, entry->output, numbers)) {
    samara_request* request = entry->request;
    worker.done(number);
    samara_request_answer_packed(request, &numbers);
    return nullptr;
  }
  LibraryBytes bytes;
  if (!encode_bytes(call.state, value, entry->output, bytes)) return nullptr;
  worker.answer(number, std::move(bytes));
  return nullptr;
}

/// requestFail(number, outcome, message, [[file, line, column], …])
napi_value request_fail(Call& call) {
  Worker::Entry* entry = entry_of(call);
  if (entry == nullptr) return nullptr;
  napi_env env = call.state.env;
  const std::string message = call.text(2);
  uint32_t count = 0;
  if (call.size() > 3) napi_get_array_length(env, call[3], &count);
  std::vector<std::string> files(count);
  std::vector<samara_location> locations(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value item = nullptr;
    std::vector<napi_value> parts(3);
    napi_get_element(env, call[3], i, &item);
    for (uint32_t j = 0; j < 3; j++) napi_get_element(env, item, j, &parts[j]);
    Call inner{call.state, parts};
    files[i] = inner.text(0);
    locations[i] = {files[i].c_str(), static_cast<int64_t>(inner.number(1)),
                    static_cast<int64_t>(inner.number(2))};
  }
  samara_request* request = entry->request;
  call.state.worker->done(call.number(0));
  samara_request_fail(request, static_cast<int32_t>(call.number(1)), message.c_str(),
                      locations.data(), count);
  return nullptr;
}

napi_value request_give_back(Call& call) {
  Worker::Entry* entry = entry_of(call);
  if (entry == nullptr) return nullptr;
  samara_request* request = entry->request;
  call.state.worker->done(call.number(0));
  samara_request_give_back(request);
  return nullptr;
}

napi_value request_log(Call& call) {
  samara_request* request = request_of(call.state, call.number(0));
  if (request == nullptr) return bool_value(call.state, false);
  samara_view bytes{};
  std::string text;
  if (!read_bytes(call.state, call[2], bytes)) {
    text = call.text(2);
    bytes = view_of(text);
  }
  samara_request_log(request, static_cast<int32_t>(call.number(1)), bytes);
  return bool_value(call.state, true);
}

napi_value request_cancelled(Call& call) {
  samara_request* request = request_of(call.state, call.number(0));
  return bool_value(call.state, request == nullptr || samara_request_cancelled(request) != 0);
}

napi_value request_ms_left(Call& call) {
  samara_request* request = request_of(call.state, call.number(0));
  const int64_t left = request == nullptr ? 0 : samara_request_ms_left(request);
  return number_value(call.state, left == INT64_MAX ? std::numeric_limits<double>::infinity()
                                                    : static_cast<double>(left));
}

napi_value request_function(Call& call) {
  Worker::Entry* entry = entry_of(call);
  if (entry == nullptr) return nullptr;
  return hash_value(call.state, samara_request_function(entry->request));
}

/// requestScript(number) → [runtime, entry, source, path, environment, lock kind, environment id]
napi_value request_script(Call& call) {
  Worker::Entry* entry = entry_of(call);
  if (entry == nullptr) return nullptr;
  samara_script_source script{};
  const int32_t code = samara_request_script(entry->request, &script);
  if (code != SAMARA_OK) return throw_worker(call.state, code);
  auto text = [&](const char* words) {
    return words == nullptr ? null_value(call.state) : text_value(call.state, words);
  };
  auto bytes = [&](samara_view view) {
    return text_value(call.state, {reinterpret_cast<const char*>(view.data), view.size});
  };
  napi_value items[] = {text(script.runtime),       text(script.entry),
                        bytes(script.source),       text(script.path),
                        bytes(script.environment),  text(script.lock_kind),
                        text(script.environment_id)};
  napi_value out = nullptr;
  napi_create_array(call.state.env, &out);
  uint32_t index = 0;
  for (napi_value each : items) napi_set_element(call.state.env, out, index++, each);
  return out;
}

/// holdSlots(by): a request begins to wait (-1), or goes on (+1)
napi_value hold_slots(Call& call) {
  if (call.state.worker != nullptr) {
    call.state.worker->change_active(static_cast<int>(call.number(0)));
  }
  return nullptr;
}

/// The process gets SIGTERM when its parent dies.
napi_value die_with_parent(Call& /*call*/) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  return nullptr;
}

}  // namespace

void add_worker(napi_env env, napi_value exports) {
  static constexpr Entry k_entries[] = {{"workerOpen", worker_open},
                                        {"workerOffer", worker_offer},
                                        {"workerStart", worker_start},
                                        {"workerInterrupt", worker_interrupt},
                                        {"workerInHand", worker_in_hand},
                                        {"workerClose", worker_close},
                                        {"requestAnswer", request_answer},
                                        {"requestFail", request_fail},
                                        {"requestGiveBack", request_give_back},
                                        {"requestLog", request_log},
                                        {"requestCancelled", request_cancelled},
                                        {"requestMsLeft", request_ms_left},
                                        {"requestFunction", request_function},
                                        {"requestScript", request_script},
                                        {"holdSlots", hold_slots},
                                        {"dieWithParent", die_with_parent}};
  add_functions(env, exports, k_entries, std::size(k_entries));
}

}  // namespace samara::node
