// Workers of the C interface: what they offer, and the requests they take.

#include "bindings/c/worker.hpp"

#include <unistd.h>

#include "core/sha256.hpp"
#include "runtime/queue/queue_runtime.hpp"
#include "value/text_type.hpp"

namespace samara::capi {

namespace {
thread_local std::string t_error;
}  // namespace

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

namespace {

using std::chrono::milliseconds;

constexpr size_t k_targets_max = 4096;
// While something waits for memory.
constexpr milliseconds k_memory_look{20};

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
  worker.admission.read_known(*target);
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
  worker.admission.join();
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
  worker.admission.read_known(*out);
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

// The next request that may run; none: the time has passed, or the worker is closing.
Result<std::unique_ptr<samara_request>> take(samara_worker& worker, port::Instant until) {
  Admission& admission = worker.admission;
  while (!worker.closing.load()) {
    SAMARA_TRY(auto waited, admission.next());
    if (waited != nullptr) return waited;
    const bool late = until != port::k_never && worker.clock.now() >= until;
    if (admission.full()) {
      if (late) break;
      admission.wait(until);
      continue;
    }
    // Who waits for memory lets others pass, and is looked after all the same.
    const bool some = admission.waiting();
    const port::Instant soon = some ? worker.clock.now() + k_memory_look : until;
    SAMARA_TRY(auto claim, worker.queue->next(std::min(until, soon)));
    if (!claim.has_value()) {
      if (some && !late) continue;
      break;
    }
    const Uuid id = claim->request.id;
    auto request = make_request(worker, std::move(*claim));
    if (request) {
      SAMARA_TRY(auto admitted, admission.enter(std::move(*request), until == port::k_long_ago));
      if (admitted != nullptr) return admitted;
      continue;
    }
    // Nothing that is asked ends the worker.
    Reply reply;
    reply.outcome = Outcome::of(OutcomeKind::trap, std::string(request.error().message()));
    SAMARA_CHECK(worker.queue->answer(id, std::move(reply)));
  }
  if (worker.closing.load()) SAMARA_CHECK(admission.give_back());
  return std::unique_ptr<samara_request>();
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
  SAMARA_TRY(auto request, take(worker, until));
  worker.admission.rest();
  taking.unlock();
  if (request == nullptr) return {};
  worker.admission.begin(*request);
  worker.watchdog.add(request.get());
  *out = request.release();
  return {};
}

}  // namespace
}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

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

void samara_worker_close(samara_worker* worker) {
  std::unique_ptr<samara_worker> owned(worker);
  if (worker != nullptr) static_cast<void>(worker->admission.give_back());
}

size_t samara_worker_in_hand(samara_worker* worker) {
  return worker == nullptr ? 0 : worker->watchdog.count();
}

}  // extern "C"
