// Workers of the C interface: take requests of a repository, and answer them.

#include "bindings/c/worker.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "core/sha256.hpp"
#include "runtime/queue/queue_runtime.hpp"
#include "value/beast2.hpp"
#include "value/packed_numbers.hpp"
#include "value/text_type.hpp"
#include "value/utf8.hpp"

namespace samara::capi {
namespace {

using std::chrono::milliseconds;

// Larger results are objects, as larger arguments are.
constexpr size_t k_inline_bytes_max = 16 * 1024;
constexpr size_t k_targets_max = 4096;

thread_local std::string t_error;

int32_t finish_worker(const Result<void>& result) {
  if (result) {
    t_error.clear();
    return SAMARA_OK;
  }
  t_error = result.error().message();
  return static_cast<int32_t>(result.error().code);
}

Error nothing(std::string_view what) {
  return Error(Code::invalid_argument, "no " + std::string(what) + " is given");
}

std::string more_text(const Request& request, std::string_view key) {
  auto at = request.more.find(key);
  return at == request.more.end() ? std::string() : std::string(as_text(ByteView(at->second)));
}

std::string text_of_type(const Type* type) {
  std::string out;
  append_type_text(out, type);
  return out;
}

void set_texts(Target& target) {
  target.input_texts.reserve(target.inputs.size());
  for (const Type* input : target.inputs) target.input_texts.push_back(text_of_type(input));
  target.output_text = text_of_type(target.output);
}

Result<void> open_worker(samara_worker& worker, const char* path,
                         const samara_worker_options* options) {
  if (path == nullptr) return nothing("path");
  if (options == nullptr || options->struct_size < sizeof(samara_worker_options)) {
    return Error(Code::invalid_argument, "the options of the worker have no size");
  }
  if (options->runtime != nullptr) worker.runtime = options->runtime;
  if (options->environment != nullptr) {
    SAMARA_TRY(worker.environment, Hash::parse(options->environment));
  }
  worker.word = options->word != nullptr ? options->word : "a worker";
  worker.slots = std::max<uint32_t>(options->slots, 1);
  if (options->kill_after_ms > 0) worker.kill_after = milliseconds(options->kill_after_ms);
  const std::string owner = "process " + std::to_string(::getpid()) + " (" + worker.word + ")";
  SAMARA_TRY(worker.store,
             store::DirectoryRepository::open(worker.files, worker.random, path, owner));
  worker.pins.emplace(worker.store->pins());
  return {};
}

Result<void> offer(samara_worker& worker, const samara_offer* given, samara_hash* out) {
  if (given == nullptr || given->struct_size < sizeof(samara_offer) || given->name == nullptr ||
      given->output == nullptr || given->implementation == nullptr ||
      (given->input_count > 0 && given->inputs == nullptr)) {
    return Error(Code::invalid_argument,
                 "a platform function needs a name, types and an implementation");
  }
  if (worker.store == nullptr) return nothing("open repository");
  if (worker.queue != nullptr) {
    return Error(Code::conflict, "functions must be offered before the worker is started");
  }
  runtime::OfferOrder order;
  order.name = given->name;
  for (const auto& [id, known] : worker.offers) {
    if (known->name == order.name) {
      return Error(Code::exists, "'" + order.name + "' is offered already");
    }
  }
  for (size_t i = 0; i < given->input_count; i++) {
    SAMARA_TRY(const Type* type, parse_type(worker.types, given->inputs[i]));
    order.inputs.push_back(type);
  }
  SAMARA_TRY(order.output, parse_type(worker.types, given->output));
  if (given->effect < SAMARA_PURE || given->effect > SAMARA_UNKNOWN_EFFECT) {
    return Error(Code::invalid_argument, "unknown effect " + std::to_string(given->effect));
  }
  order.effect = static_cast<Effect>(given->effect);
  order.implementation = sha256(as_bytes(order.name + "\n" + given->implementation));
  SAMARA_TRY(auto imported, runtime::import_offer(worker.records, worker.scripts, order));
  // What calls name is there as long as we live.
  SAMARA_CHECK(worker.pins->pin(imported.record.code));
  SAMARA_CHECK(worker.pins->pin(imported.id));
  store::Objects& objects = worker.store->objects();
  SAMARA_CHECK(objects.put(imported.code, store::Durability::cached));
  SAMARA_CHECK(objects.put(imported.object, store::Durability::cached));
  auto target = std::make_shared<Target>();
  target->function = imported.id;
  target->name = order.name;
  target->inputs = std::move(order.inputs);
  target->output = order.output;
  set_texts(*target);
  if (out != nullptr) set_hash(out, imported.id);
  worker.offers.emplace(imported.id, std::move(target));
  return {};
}

Result<void> start(samara_worker& worker) {
  if (worker.store == nullptr) return nothing("open repository");
  if (worker.queue != nullptr) return Error(Code::conflict, "the worker was started already");
  queue::Advert advert;
  advert.word = worker.word;
  advert.pid = ::getpid();
  advert.slots = worker.slots;
  std::string_view runtimes = worker.runtime;
  while (!runtimes.empty()) {
    const size_t comma = std::min(runtimes.find(','), runtimes.size());
    advert.queues.push_back(queue_of_script(runtimes.substr(0, comma), worker.environment));
    runtimes.remove_prefix(std::min(comma + 1, runtimes.size()));
  }
  for (const auto& [id, target] : worker.offers) {
    advert.queues.push_back(queue_of_offer(id));
    advert.offers.push_back({target->name, id});
  }
  if (advert.queues.empty()) {
    return Error(Code::invalid_argument, "the worker offers nothing and has no runtime");
  }
  queue::QueueParts parts{worker.files, worker.watchers, worker.clock, worker.random,
                          worker.messages};
  SAMARA_TRY(
      worker.queue,
      queue::Worker::open(parts, worker.store->location() + "/queue",
                          {.queues = advert.queues, .word = advert.text(), .slots = worker.slots}));
  worker.watchdog.start(worker.kill_after);
  return {};
}

Result<std::shared_ptr<const Target>> read_target(samara_worker& worker, const Hash& function) {
  SAMARA_TRY(store::ObjectBytes object, worker.store->objects().view(function));
  SAMARA_TRY(FunctionRecord record, decode_function(object.bytes(), worker.records));
  auto out = std::make_shared<Target>();
  out->function = function;
  out->inputs = record.inputs;
  out->output = record.output;
  set_texts(*out);
  if (record.kind == k_kind_offer) {
    return Error(Code::not_found, "this worker does not offer what is asked for");
  }
  const bool script =
      record.kind == k_kind_python || record.kind == k_kind_node || record.kind == k_kind_julia;
  if (!script) {
    out->kind = SAMARA_REQUEST_FUNCTION;
    return std::shared_ptr<const Target>(std::move(out));
  }
  SAMARA_TRY(store::ObjectBytes code, worker.store->objects().view(record.code));
  SAMARA_TRY(out->script, decode_script(code.bytes(), worker.scripts));
  out->kind = SAMARA_REQUEST_SCRIPT;
  out->script_kind = record.kind;
  const Hash environment = environment_id(out->script);
  if (environment != Hash{}) out->environment = environment.hex();
  return std::shared_ptr<const Target>(std::move(out));
}

Result<std::shared_ptr<const Target>> target_of(samara_worker& worker, const Hash& function) {
  auto offered = worker.offers.find(function);
  if (offered != worker.offers.end()) return offered->second;
  {
    std::lock_guard guard(worker.targets_mutex);
    auto at = worker.targets.find(function);
    if (at != worker.targets.end()) return at->second;
  }
  SAMARA_TRY(auto target, read_target(worker, function));
  std::lock_guard guard(worker.targets_mutex);
  if (worker.targets.size() >= k_targets_max) worker.targets.clear();
  return worker.targets.emplace(function, std::move(target)).first->second;
}

// Whether this worker is the right one.
Result<void> check_target(const samara_worker& worker, const Target& target, bool environment) {
  if (target.kind != SAMARA_REQUEST_SCRIPT) return {};
  if (target.script_kind != worker.runtime) {
    return Error(Code::unsupported, "this worker runs no functions in " + target.script_kind);
  }
  const std::string own = worker.environment == Hash{} ? std::string() : worker.environment.hex();
  if (!environment && target.environment != own) {
    return Error(Code::unsupported, "this worker has another environment than the function needs");
  }
  return {};
}

Result<std::unique_ptr<samara_request>> make_request(samara_worker& worker, queue::Claim claim) {
  SAMARA_TRY(auto target, target_of(worker, claim.request.function));
  const bool environment = claim.request.more.contains("environment");
  SAMARA_CHECK(check_target(worker, *target, environment));
  auto out = std::make_unique<samara_request>(worker, std::move(claim), target);
  const Request& request = out->claim.request;
  out->kind = environment ? SAMARA_REQUEST_ENVIRONMENT : target->kind;
  out->name = target->name.empty() ? more_text(request, "name") : target->name;
  out->path = more_text(request, "path");
  if (environment) return out;
  if (request.arguments.size() != target->inputs.size()) {
    return Error(Code::invalid_argument,
                 "the request has " + std::to_string(request.arguments.size()) +
                     " arguments, the function takes " + std::to_string(target->inputs.size()));
  }
  out->objects.resize(request.arguments.size());
  return out;
}

Result<void> next(samara_worker& worker, int64_t timeout_ms, samara_request** out) {
  if (worker.queue == nullptr) return Error(Code::conflict, "the worker was not started");
  port::Instant until = port::k_never;
  std::unique_lock taking(worker.taking, std::defer_lock);
  if (timeout_ms < 0) {
    taking.lock();
  } else if (timeout_ms == 0) {
    until = port::k_long_ago;
    if (!taking.try_lock()) return {};
  } else {
    constexpr int64_t k_longest = 1000LL * 60 * 60 * 24;
    const milliseconds wait(std::min(timeout_ms, k_longest));
    until = worker.clock.now() + wait;
    if (!taking.try_lock_for(wait)) return {};
  }
  while (!worker.closing.load()) {
    SAMARA_TRY(auto claim, worker.queue->next(until));
    if (!claim.has_value()) return {};
    const Uuid id = claim->request.id;
    auto request = make_request(worker, std::move(*claim));
    if (request) {
      taking.unlock();
      worker.watchdog.add(request->get());
      *out = request->release();
      return {};
    }
    // Nothing that is asked ends the worker.
    Reply reply;
    reply.outcome = Outcome::of(OutcomeKind::trap, std::string(request.error().message()));
    SAMARA_CHECK(worker.queue->answer(id, std::move(reply)));
  }
  return {};
}

// --- requests
// ---------------------------------------------------------------------------------------

Result<ByteView> argument(samara_request& request, size_t index) {
  const auto& given = request.claim.request.arguments;
  if (index >= given.size()) return nothing("argument of that number");
  if (!given[index].bytes.empty()) return ByteView(given[index].bytes);
  auto& object = request.objects[index];
  if (!object.has_value()) {
    auto found = request.worker.store->objects().view(given[index].object);
    if (!found) {
      return std::move(found).error().with_context("argument " + std::to_string(index + 1));
    }
    object.emplace(std::move(*found));
  }
  return object->bytes();
}

void fill_usage(const samara_request& request, Usage& out) {
  const auto wall = std::chrono::steady_clock::now() - request.begin;
  out.wall_ns =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count());
  // Of the whole process: what it took at most, of which this may be a part.
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0 && used.ru_maxrss > 0) {
    out.peak_memory_bytes = static_cast<uint64_t>(used.ru_maxrss) * 1024;
  }
}

Result<void> send(std::unique_ptr<samara_request> request, Reply reply) {
  fill_usage(*request, reply.usage);
  {
    std::lock_guard guard(request->log_mutex);
    reply.log.bytes_dropped = request->log.bytes_dropped();
    reply.log.entries = request->log.take();
  }
  samara_worker& worker = request->worker;
  worker.watchdog.remove(request.get());
  const Uuid id = request->claim.request.id;
  auto sent = worker.queue->answer(id, std::move(reply));
  // It cannot be said; as if we had died over it, so that the caller does not wait for ever.
  if (!sent && sent.error().code != Code::not_found) {
    Reply lost;
    lost.outcome = Outcome::of(OutcomeKind::lost, "the worker cannot send its answer: " +
                                                      std::string(sent.error().message()));
    return worker.queue->answer(id, std::move(lost));
  }
  return {};
}

Outcome wrong_value(const samara_request& request, std::string_view why) {
  return Outcome::of(OutcomeKind::trap, "'" + request.name + "' gave no value of its output type " +
                                            request.target->output_text + ": " + std::string(why));
}

// The canonical bytes of a value, or why they are none of the output type.
Result<Bytes> canonical(samara_request& request, ByteView value) {
  TypeTable& types = request.worker.types;
  const bool environment = request.kind == SAMARA_REQUEST_ENVIRONMENT;  // whose answer is null
  const Type* type = environment ? types.null() : request.target->output;
  HeapOptions limits;
  const uint64_t most = request.claim.request.limits.memory_bytes_max;
  if (most <= SIZE_MAX) limits.limit_bytes = static_cast<size_t>(most);
  Beast2Options strict;
  strict.dialect = Dialect::b;
  strict.other_dialect = false;
  strict.canonical_only = true;
  {
    Heap heap(limits);
    if (decode_beast2(value, type, types, heap, strict)) return Bytes(value.begin(), value.end());
  }
  Heap heap(limits);
  Beast2Options any;
  any.sort_keys = true;
  SAMARA_TRY(Slot slot, decode_beast2(value, type, types, heap, any));
  return encode_beast2(type, slot, {.dialect = Dialect::b});
}

Result<Reply> reply_with(samara_request& request, ByteView value) {
  Reply out;
  const Limits& limits = request.claim.request.limits;
  if (value.size() > limits.output_bytes_max) {
    out.outcome = Outcome::of_limit(
        "output", "the result has " + std::to_string(value.size()) + " bytes, output limit of " +
                      std::to_string(limits.output_bytes_max) + " bytes reached");
    return out;
  }
  auto packed = value.size() > k_inline_bytes_max ? find_packed(request.worker.types, value)
                                                  : Result<PackedNumbers>(nothing("numbers"));
  if (packed && packed->type == request.target->output) {
    const samara_packed numbers{packed->data, packed->rows, packed->columns, packed->element_bytes};
    SAMARA_TRY(Hash id, store_packed(request.worker.store->objects(), packed->type, numbers,
                                     store::Durability::cached));
    out.outcome = Outcome::of_value(id);
    return out;
  }
  auto bytes = canonical(request, value);
  if (!bytes) {
    out.outcome = wrong_value(request, bytes.error().message());
    return out;
  }
  out.outcome = Outcome::of_value({});
  if (bytes->size() > k_inline_bytes_max) {
    SAMARA_TRY(out.outcome.value,
               request.worker.store->objects().put(*bytes, store::Durability::cached));
    return out;
  }
  out.bytes = std::move(*bytes);
  return out;
}

// A result that cannot be stored is an error of the machine, and the caller hears of it.
Result<void> send_value(std::unique_ptr<samara_request> request, Result<Reply> reply) {
  if (!reply) {
    Reply lost;
    lost.outcome = Outcome::of(
        OutcomeKind::lost, "the result cannot be stored: " + std::string(reply.error().message()));
    reply = std::move(lost);
  }
  return send(std::move(request), std::move(*reply));
}

Result<void> fail(std::unique_ptr<samara_request> request, int32_t outcome, const char* message,
                  const samara_location* locations, size_t count) {
  Reply reply;
  // What people read and catch is UTF-8 and has an end.
  constexpr size_t k_message_bytes_max = size_t{1} << 20;
  constexpr size_t k_locations_max = 1000;
  std::string text = message == nullptr ? "failed" : message;
  if (text.size() > k_message_bytes_max) text.resize(k_message_bytes_max);
  text.resize(utf8_valid_prefix(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  if (outcome == SAMARA_OUTCOME_ERROR) {
    std::vector<SourceLocation> places;
    if (locations == nullptr) count = 0;
    places.reserve(std::min(count, k_locations_max));
    for (size_t i = 0; i < std::min(count, k_locations_max); i++) {
      std::string file = locations[i].file == nullptr ? "<unknown>" : locations[i].file;
      file.resize(utf8_valid_prefix(reinterpret_cast<const uint8_t*>(file.data()), file.size()));
      places.push_back({std::move(file), locations[i].line, locations[i].column});
    }
    reply.outcome = Outcome::of_error(std::move(text), std::move(places));
  } else {
    const bool known = outcome == SAMARA_OUTCOME_MEMORY || outcome == SAMARA_OUTCOME_TIMEOUT ||
                       outcome == SAMARA_OUTCOME_CANCELLED;
    reply.outcome =
        Outcome::of(known ? static_cast<OutcomeKind>(outcome) : OutcomeKind::trap, std::move(text));
  }
  return send(std::move(request), std::move(reply));
}

// Runs East, WebAssembly and native functions for a caller, who keeps the record of the call.
Result<Reply> run_function(samara_request& request, samara_repository& repository) {
  const Request& asked = request.claim.request;
  std::vector<engine::CallArgument> arguments;
  for (const RequestArgument& given : asked.arguments) {
    arguments.push_back(given.bytes.empty() ? engine::CallArgument::stored(given.object)
                                            : engine::CallArgument::encoded(given.bytes));
  }
  engine::CallOptions options;
  options.limits = asked.limits;
  options.name = request.name;
  options.ancestors = asked.ancestors;
  options.live_log = &request.log;
  options.cancel = request.claim.cancelled.get();
  if (asked.deadline_ns > 0) {
    const int64_t now = request.worker.clock.now().time_since_epoch().count();
    options.limits.wall_max =
        std::chrono::nanoseconds(std::max<int64_t>(asked.deadline_ns - now, 1));
  }
  SAMARA_TRY(runtime::RunResult ran,
             repository.engine().run_for_caller(asked.function, arguments, asked.call, options));
  Reply out;
  out.outcome = std::move(ran.outcome);
  out.usage = ran.usage;
  if (!out.outcome.is_value()) return out;
  if (ran.stored) return out;
  if (ran.value.size() > k_inline_bytes_max) {
    SAMARA_TRY(out.outcome.value,
               request.worker.store->objects().put(ran.value, store::Durability::cached));
  } else {
    out.bytes = std::move(ran.value);
  }
  return out;
}

}  // namespace

// --- looking after requests
// -------------------------------------------------------------------------

Watchdog::~Watchdog() {
  {
    std::lock_guard guard(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::start(std::chrono::milliseconds kill_after) {
  kill_after_ = kill_after;
  thread_ = std::thread([this] { run(); });
}

void Watchdog::add(samara_request* request) {
  bool wake = false;
  {
    std::lock_guard guard(mutex_);
    requests_.insert(request);
    added_++;
    wake = asleep_;
    asleep_ = false;
  }
  if (wake) wake_.notify_one();
}

void Watchdog::remove(samara_request* request) {
  std::lock_guard guard(mutex_);
  requests_.erase(request);
  overdue_since_.erase(request);
}

size_t Watchdog::count() {
  std::lock_guard guard(mutex_);
  return requests_.size();
}

// While requests come it looks ten times a second; after some seconds without any it sleeps until
// the next one, so that neither a busy nor an idle worker is woken for nothing.
void Watchdog::run() {
  constexpr milliseconds k_pause{100};
  constexpr int k_quiet_looks = 20;
  int quiet = 0;
  uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (requests_.empty() && added_ == seen && ++quiet >= k_quiet_looks) {
      asleep_ = true;
      wake_.wait(lock, [this] { return ending_ || !asleep_; });
      quiet = 0;
      continue;
    }
    if (added_ != seen) quiet = 0;
    seen = added_;
    wake_.wait_for(lock, k_pause, [this] { return ending_; });
    if (ending_ || requests_.empty()) continue;
    lock.unlock();
    static_cast<void>(worker_.queue->poll());
    lock.lock();
    look(std::chrono::steady_clock::now());
  }
}

// Requires: the lock is held.
void Watchdog::look(std::chrono::steady_clock::time_point now) {
  const int64_t clock_ns = worker_.clock.now().time_since_epoch().count();
  for (samara_request* request : requests_) {
    {
      std::lock_guard guard(request->log_mutex);
      if (!request->unseen.empty()) request->show_log(now);
    }
    const bool cancelled = request->claim.cancelled->load(std::memory_order_relaxed);
    const int64_t deadline = request->claim.request.deadline_ns;
    const bool late = deadline > 0 && clock_ns >= deadline;
    if (!cancelled && !late) continue;
    {
      std::lock_guard guard(request->calls_mutex);
      for (std::atomic<bool>* call : request->calls) call->store(true);
    }
    auto since = overdue_since_.emplace(request, now).first->second;
    if (now - since < kill_after_) continue;
    // Its thread cannot be ended alone. What else is in hand is put back by those who see us die.
    std::fprintf(
        stderr, "samara: '%s' goes on %lld ms after its %s: this worker is ended\n",
        request->name.c_str(),
        static_cast<long long>(std::chrono::duration_cast<milliseconds>(now - since).count()),
        late ? "deadline" : "cancellation");
    std::fflush(stderr);
    ::kill(::getpid(), SIGKILL);
  }
}

ParentScope::ParentScope(const samara_request& request, std::atomic<bool>& cancel)
    : request_(const_cast<samara_request&>(request)), cancel_(cancel) {
  std::lock_guard guard(request_.calls_mutex);
  request_.calls.insert(&cancel_);
}

ParentScope::~ParentScope() {
  std::lock_guard guard(request_.calls_mutex);
  request_.calls.erase(&cancel_);
}

Result<void> ParentScope::apply(engine::CallOptions& options) {
  const Request& request = request_.claim.request;
  options.ancestors = request.ancestors;
  if (request.call.has_value()) options.ancestors.push_back(*request.call);
  if (request_.claim.cancelled->load()) {
    return Error(Code::cancelled, "the request that calls was cancelled");
  }
  if (request.deadline_ns == 0) return {};
  const int64_t now = request_.worker.clock.now().time_since_epoch().count();
  if (now >= request.deadline_ns) {
    return Error(Code::timeout, "the deadline of the request that calls has passed");
  }
  const std::chrono::nanoseconds left(request.deadline_ns - now);
  auto& wall = options.limits.wall_max;
  wall = wall.count() == 0 ? left : std::min(wall, left);
  return {};
}

}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

void samara_request::show_log(std::chrono::steady_clock::time_point now) {
  if (now - begin < std::chrono::milliseconds(100)) return;
  const std::string attempt = more_text(claim.request, "live_log");
  store::LiveLogs* logs = worker.store->live_logs();
  if (!live.has_value() && logs != nullptr && !attempt.empty()) {
    auto made = logs->writer(attempt);
    if (made) live.emplace(std::move(*made));
  }
  // Nobody loses anything where it fails: the reply has it all.
  for (const LogEntry& entry : unseen) {
    if (!live.has_value()) break;
    const auto stream =
        entry.stream == LogStream::out ? store::LiveStream::out : store::LiveStream::err;
    if (!live->append(stream, entry.text)) break;
  }
  unseen.clear();
  unseen_bytes = 0;
}

extern "C" {

int32_t samara_worker_open(const char* path, const samara_worker_options* options,
                           samara_worker** out) {
  if (out == nullptr) return SAMARA_INVALID_ARGUMENT;
  auto worker = std::make_unique<samara_worker>();
  auto opened = open_worker(*worker, path, options);
  *out = worker.release();
  return finish_worker(opened);
}

const char* samara_worker_error(void) { return t_error.c_str(); }

int32_t samara_worker_offer(samara_worker* worker, const samara_offer* given, samara_hash* out) {
  if (worker == nullptr) return finish_worker(nothing("worker"));
  return finish_worker(offer(*worker, given, out));
}

int32_t samara_worker_start(samara_worker* worker) {
  if (worker == nullptr) return finish_worker(nothing("worker"));
  return finish_worker(start(*worker));
}

int32_t samara_worker_next(samara_worker* worker, int64_t timeout_ms, samara_request** out) {
  if (worker == nullptr || out == nullptr) return finish_worker(nothing("worker"));
  *out = nullptr;
  return finish_worker(next(*worker, timeout_ms, out));
}

int32_t samara_worker_fd(samara_worker* worker) {
  return worker == nullptr || worker->queue == nullptr ? -1 : worker->queue->wait_descriptor();
}

void samara_worker_interrupt(samara_worker* worker) {
  if (worker == nullptr) return;
  worker->closing.store(true);
  if (worker->queue != nullptr) worker->queue->interrupt();
}

void samara_worker_close(samara_worker* worker) { std::unique_ptr<samara_worker> owned(worker); }

size_t samara_worker_in_hand(samara_worker* worker) {
  return worker == nullptr ? 0 : worker->watchdog.count();
}

int32_t samara_request_kind(const samara_request* request) { return request->kind; }
const char* samara_request_name(const samara_request* request) { return request->name.c_str(); }

samara_hash samara_request_function(const samara_request* request) {
  samara_hash out;
  set_hash(&out, request->claim.request.function);
  return out;
}

size_t samara_request_argument_count(const samara_request* request) {
  return request->claim.request.arguments.size();
}

const char* samara_request_input(const samara_request* request, size_t index) {
  const auto& texts = request->target->input_texts;
  return index < texts.size() ? texts[index].c_str() : nullptr;
}

const char* samara_request_output(const samara_request* request) {
  return request->target->output_text.c_str();
}

int32_t samara_request_argument(samara_request* request, size_t index, samara_view* out) {
  auto bytes = argument(*request, index);
  if (!bytes) return finish_worker(std::move(bytes).error());
  *out = {bytes->data(), bytes->size()};
  return finish_worker({});
}

int32_t samara_request_argument_map(samara_request* request, size_t index, samara_mapped** out) {
  auto take = [&]() -> Result<void> {
    *out = nullptr;
    SAMARA_TRY(ByteView bytes, argument(*request, index));
    static_cast<void>(bytes);
    auto& object = request->objects[index];
    if (!object.has_value()) return {};
    *out = std::make_unique<samara_mapped>(std::move(*object)).release();
    object.reset();
    return {};
  };
  return finish_worker(take());
}

int32_t samara_request_script(samara_request* request, samara_script_source* out) {
  const Target& target = *request->target;
  if (target.kind != SAMARA_REQUEST_SCRIPT || out == nullptr) {
    return finish_worker(nothing("script"));
  }
  const Script& script = target.script;
  auto view = [](const std::string& text) {
    return samara_view{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  };
  *out = {};
  out->runtime = target.script_kind.c_str();
  out->entry = script.entry.c_str();
  out->source = view(script.source);
  out->path = request->path.empty() ? nullptr : request->path.c_str();
  if (!target.environment.empty()) {
    out->environment = view(script.environment);
    out->lock_kind = script.lock_kind.c_str();
    out->environment_id = target.environment.c_str();
  }
  return finish_worker({});
}

int64_t samara_request_ms_left(const samara_request* request) {
  const int64_t deadline = request->claim.request.deadline_ns;
  if (deadline == 0) return INT64_MAX;
  const int64_t left = deadline - request->worker.clock.now().time_since_epoch().count();
  constexpr int64_t k_ns_per_ms = 1'000'000;
  return left >= 0 ? left / k_ns_per_ms : -1;
}

int32_t samara_request_cancelled(samara_request* request) {
  return request->claim.cancelled->load(std::memory_order_relaxed) ? 1 : 0;
}

void samara_request_log(samara_request* request, int32_t stream, samara_view text) {
  constexpr size_t k_unseen_max = 4096;
  const LogStream where = stream == 2 ? LogStream::err : LogStream::out;
  const std::string_view words = as_text(bytes_of_view(text));
  std::lock_guard guard(request->log_mutex);
  request->log.write(where, words);
  auto& unseen = request->unseen;
  if (unseen.empty() || unseen.back().stream != where) unseen.push_back({where, {}});
  unseen.back().text += words;
  request->unseen_bytes += words.size();
  if (request->unseen_bytes >= k_unseen_max) request->show_log(std::chrono::steady_clock::now());
}

int32_t samara_request_answer(samara_request* request, samara_view value) {
  std::unique_ptr<samara_request> owned(request);
  auto reply = reply_with(*owned, bytes_of_view(value));
  return finish_worker(send_value(std::move(owned), std::move(reply)));
}

int32_t samara_request_answer_packed(samara_request* request, const samara_packed* numbers) {
  std::unique_ptr<samara_request> owned(request);
  auto store = [&]() -> Result<Reply> {
    if (numbers == nullptr) return nothing("number");
    SAMARA_TRY(Hash id, store_packed(owned->worker.store->objects(), owned->target->output,
                                     *numbers, store::Durability::cached));
    Reply reply;
    reply.outcome = Outcome::of_value(id);
    return reply;
  };
  auto reply = store();
  if (!reply &&
      (reply.error().code == Code::unsupported || reply.error().code == Code::invalid_argument)) {
    Reply wrong;
    wrong.outcome = wrong_value(*owned, reply.error().message());
    reply = std::move(wrong);
  }
  return finish_worker(send_value(std::move(owned), std::move(reply)));
}

int32_t samara_request_fail(samara_request* request, int32_t outcome, const char* message,
                            const samara_location* locations, size_t count) {
  return finish_worker(
      fail(std::unique_ptr<samara_request>(request), outcome, message, locations, count));
}

int32_t samara_request_give_back(samara_request* request) {
  std::unique_ptr<samara_request> owned(request);
  owned->worker.watchdog.remove(request);
  return finish_worker(owned->worker.queue->give_back(owned->claim.request.id));
}

int32_t samara_request_run(samara_request* request, samara_repository* repository) {
  std::unique_ptr<samara_request> owned(request);
  Result<Reply> reply = Error(Code::invalid_argument, "no repository is given");
  if (repository != nullptr && repository->store != nullptr) {
    reply = run_function(*owned, *repository);
  }
  if (!reply) {
    Reply failed;
    failed.outcome = Outcome::of(OutcomeKind::trap, std::string(reply.error().message()));
    reply = std::move(failed);
  }
  return finish_worker(send(std::move(owned), std::move(*reply)));
}

}  // extern "C"
