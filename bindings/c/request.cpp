// Requests in hand of the C interface: their arguments, their output, and how they are answered.

#include "bindings/c/worker.hpp"
#include "runtime/queue/queue_runtime.hpp"
#include "value/beast2.hpp"
#include "value/packed_numbers.hpp"
#include "value/utf8.hpp"

namespace samara::capi {
namespace {

// Larger results are objects, as larger arguments are.
using runtime::k_inline_bytes_max;

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

void fill_usage(samara_request& request, const Outcome& outcome, Usage& out) {
  const auto wall = std::chrono::steady_clock::now() - request.begin;
  out.wall_ns =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count());
  const uint64_t taken = request.worker.admission.measure(request);
  if (out.peak_memory_bytes == 0) out.peak_memory_bytes = taken;
  if (outcome.is_value()) request.worker.admission.learn(request, out.peak_memory_bytes);
}

// Says in the reply what the request has called, for the record of its call.
void tell_calls(samara_request& request, Reply& reply) {
  std::lock_guard guard(request.calls_mutex);
  const std::vector<std::string> lines = request.notes.lines();
  if (!lines.empty()) runtime::put_calls(reply, lines);
}

Result<void> send(std::unique_ptr<samara_request> request, Reply reply) {
  fill_usage(*request, reply.outcome, reply.usage);
  tell_calls(*request, reply);
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
  options.waits = &request.loan;
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
  std::erase_if(ran.decisions, [](const std::string& line) { return !engine::says_called(line); });
  if (!ran.decisions.empty()) runtime::put_calls(out, ran.decisions);
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
