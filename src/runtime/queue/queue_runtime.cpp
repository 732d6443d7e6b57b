#include "runtime/queue/queue_runtime.hpp"

#include <algorithm>

#include "call/type_name.hpp"
#include "queue/stop_note.hpp"
#include "runtime/argument_error.hpp"
#include "runtime/limit_outcome.hpp"
#include "value/beast2.hpp"
#include "value/utf8.hpp"

namespace samara::runtime {

using std::chrono::nanoseconds;

namespace {

constexpr std::string_view k_calls_field = "called";

struct PreparedWork final : Prepared {
  Hash function;
  std::string queue;
  std::string what;  // for people: whom it needs
  std::string path;  // of the source
  Hash environment;
  std::string runtime;  // whose workers make environments
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
};

void pass_log(const Reply& reply, LogSink* log) {
  if (log == nullptr) return;
  for (const LogEntry& entry : reply.log.entries) log->write(entry.stream, entry.text);
}

std::string attempt_words(const Reply& reply) {
  std::string out;
  if (reply.attempt > 1) {
    out = " was attempt " + std::to_string(reply.attempt) + ": others died over it or were ended";
  }
  auto stops = reply.more.find(queue::k_memory_stops);
  if (stops == reply.more.end()) return out;
  const std::string count(as_text(ByteView(stops->second)));
  if (count == "0") return out + "; what ran beside it was stopped to save memory";
  return out + "; stopped to save memory before, so often: " + count;
}

Bytes text_bytes(std::string_view text) {
  ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

// What others say goes into our records: sentences that begin as they should, of Unicode, bounded.
std::vector<std::string> calls_of(const Reply& reply) {
  constexpr size_t k_sentences_max = 101;  // those of 100 calls, and how many more there were
  constexpr size_t k_sentence_bytes_max = 4096;
  std::vector<std::string> out;
  auto at = reply.more.find(k_calls_field);
  if (at == reply.more.end() || !utf8_valid(ByteView(at->second))) return out;
  std::string_view rest = as_text(ByteView(at->second));
  while (!rest.empty() && out.size() < k_sentences_max) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.size() > k_sentence_bytes_max || !line.starts_with("called ")) continue;
    out.emplace_back(line);
  }
  return out;
}

}  // namespace

void put_calls(Reply& reply, std::span<const std::string> sentences) {
  std::string text;
  for (const std::string& each : sentences) text += each + "\n";
  reply.more.insert_or_assign(std::string(k_calls_field), text_bytes(text));
}

Placement QueueRuntime::placement() const {
  if (kind_.empty()) return {"worker", "run by a worker process: its caller wants it so"};
  return {"worker", "run by a worker process: that is where " +
                        (kind_ == k_kind_offer ? std::string("it is offered")
                                               : std::string(kind_) + " runs")};
}

// The effect was declared by whoever added the function; there is nothing to be bound.
std::vector<Offer> QueueRuntime::offers(const FunctionRecord& record) const {
  std::vector<Offer> out;
  out.reserve(record.effects.size());
  for (const ReachedEffect& reached : record.effects) {
    Offer offer;
    offer.name = reached.name;
    offer.offered = true;
    offer.effect = reached.effect;
    out.push_back(std::move(offer));
  }
  return out;
}

Result<std::shared_ptr<const Prepared>> QueueRuntime::prepare(const FunctionSource& source) {
  auto out = std::make_shared<PreparedWork>();
  out->function = source.function;
  out->inputs = source.record->inputs;
  out->output = source.record->output;
  if (kind_.empty()) return std::shared_ptr<const Prepared>(std::move(out));
  if (kind_ == k_kind_offer) {
    SAMARA_TRY(OfferCode offer, decode_offer(source.code, scripts_));
    out->queue = queue_of_offer(source.function);
    out->what = "the platform function '" + offer.name + "' in this version";
  } else {
    SAMARA_TRY(Script script, decode_script(source.code, scripts_));
    out->environment = environment_id(script);
    out->queue = queue_of_script(kind_, out->environment);
    out->runtime = kind_;
    out->what = "functions in " + std::string(kind_);
    if (!source.companion.empty()) {
      auto companion = decode_companion(source.companion, records_);
      if (companion && companion->function == source.function) out->path = companion->source;
    }
  }
  return std::shared_ptr<const Prepared>(std::move(out));
}

namespace {

class WorkRun {
 public:
  WorkRun(const PreparedWork& work, const RunRequest& request, TypeTable& types, port::Clock& clock,
          QueueLink& link)
      : work_(work), request_(request), types_(types), clock_(clock), link_(link) {}

  Result<RunResult> go() {
    const port::Instant begin = clock_.now();
    const nanoseconds wall = request_.limits.wall_max;
    if (wall.count() > 0) deadline_ns_ = (begin + wall).time_since_epoch().count();
    SAMARA_TRY(std::optional<Outcome> ended, find_worker());
    if (ended.has_value()) {
      RunResult out;
      out.usage.wall_ns = static_cast<uint64_t>((clock_.now() - begin).count());
      out.outcome = std::move(*ended);
      return out;
    }
    SAMARA_TRY(queue::Exchange * exchange, link_.exchange());
    queue::Question question{queue(), {}, request_.cancel, {}};
    if (request_.identity != nullptr) question.on_long = request_.identity->on_long;
    SAMARA_CHECK(fill(question.request));
    SAMARA_TRY(Reply reply, exchange->ask(std::move(question)));
    return take(std::move(reply), begin);
  }

 private:
  const std::string& queue() const {
    return work_.queue.empty() ? request_.identity->place : work_.queue;
  }

  // An environment is made when it is first needed, by the workers that have none. An outcome: the
  // time of the call was over before; it is made all the same, for the next.
  Result<std::optional<Outcome>> find_worker() {
    std::optional<Outcome> none;
    if (work_.queue.empty()) {
      SAMARA_CHECK(link_.need(queue(), "the queue '" + queue() + "'"));
      return none;
    }
    if (work_.environment == Hash{}) {
      SAMARA_CHECK(link_.need(work_.queue, work_.what));
      return none;
    }
    SAMARA_TRY(queue::Exchange * exchange, link_.exchange());
    SAMARA_TRY(bool served, exchange->roster().served(work_.queue, std::chrono::milliseconds(200)));
    if (served) return none;
    const std::string makers = queue_of_script(work_.runtime, {});
    SAMARA_CHECK(link_.need(makers, work_.what));
    queue::Question question{makers, {}, request_.cancel, {}};
    question.request.function = work_.function;
    question.request.repeatable = true;
    question.request.deadline_ns = deadline_ns_;
    question.request.more.emplace("environment", text_bytes(work_.environment.hex()));
    SAMARA_TRY(Reply reply, exchange->ask(std::move(question)));
    pass_log(reply, request_.log);
    if (reply.outcome.is_value()) return none;
    if (late()) {
      Outcome out = deadline_passed(request_.limits);
      out.message += ": its environment is not installed yet, which goes on";
      return std::optional<Outcome>(std::move(out));
    }
    if (reply.outcome.kind == OutcomeKind::cancelled) {
      return std::optional<Outcome>(std::move(reply.outcome));
    }
    return Error(Code::guest_failed, "the environment of '" + std::string(request_.name) +
                                         "' cannot be made: " + reply.outcome.message);
  }

  bool late() const {
    return deadline_ns_ > 0 && clock_.now().time_since_epoch().count() >= deadline_ns_;
  }

  Result<void> fill(Request& out) {
    out.function = work_.function;
    out.deadline_ns = deadline_ns_;
    out.limits = request_.limits;
    out.more.emplace("name", text_bytes(request_.name));
    if (!work_.path.empty()) out.more.emplace("path", text_bytes(work_.path));
    if (request_.identity != nullptr) {
      const RunIdentity& identity = *request_.identity;
      out.call = identity.call;
      out.repeatable = identity.repeatable;
      out.ancestors.assign(identity.ancestors.begin(), identity.ancestors.end());
      out.more.emplace("live_log", text_bytes(identity.attempt));
    }
    out.arguments.reserve(request_.arguments.size());
    for (size_t i = 0; i < request_.arguments.size(); i++) {
      SAMARA_TRY(RequestArgument argument, message_argument(i));
      out.arguments.push_back(std::move(argument));
    }
    return {};
  }

  Result<RequestArgument> message_argument(size_t index) {
    const Argument& given = request_.arguments[index];
    RequestArgument out;
    const bool large = given.encoded.size() > k_inline_bytes_max || given.encoded.empty();
    if (large && given.object != nullptr) {
      out.object = *given.object;
      return out;
    }
    if (!given.encoded.empty()) {
      out.bytes.assign(given.encoded.begin(), given.encoded.end());
      return out;
    }
    const ArgumentPlace place{request_.name, index, work_.inputs[index]};
    if (given.value.type == nullptr) return argument_type_error(place, nullptr);
    SAMARA_TRY(out.bytes,
               encode_beast2(given.value.type, given.value.value, {.dialect = Dialect::b}));
    return out;
  }

  // What is stored is what it claims to be, whoever made it.
  bool fits(ByteView bytes) {
    Heap heap;
    Beast2Options canonical;
    canonical.dialect = Dialect::b;
    canonical.other_dialect = false;
    canonical.canonical_only = true;
    return decode_beast2(bytes, work_.output, types_, heap, canonical).has_value();
  }

  Result<RunResult> take(Reply reply, port::Instant begin) {
    RunResult out;
    pass_log(reply, request_.log);
    out.usage = reply.usage;
    out.usage.wall_ns = static_cast<uint64_t>((clock_.now() - begin).count());
    if (!reply.worker.empty()) {
      std::string runtime = link_.runtime_of(reply.worker);
      out.decisions.push_back("worker " + reply.worker +
                              (runtime.empty() ? std::string() : " of " + runtime) +
                              attempt_words(reply));
    }
    for (std::string& sentence : calls_of(reply)) out.decisions.push_back(std::move(sentence));
    // A worker that gave up because of the deadline may be the first to say so.
    if (reply.outcome.kind == OutcomeKind::timeout ||
        (late() && reply.outcome.kind == OutcomeKind::cancelled)) {
      out.outcome = deadline_passed(request_.limits);
      return out;
    }
    out.outcome = std::move(reply.outcome);
    if (!out.outcome.is_value()) return out;
    out.value = std::move(reply.bytes);
    out.stored = out.value.empty();
    if (out.value.size() > request_.limits.output_bytes_max) {
      out.value.clear();
      out.outcome = output_limit(request_.limits);
    } else if (!out.stored && !fits(out.value)) {
      out.value.clear();
      out.outcome = Outcome::of(OutcomeKind::trap, "the worker's answer is no canonical value of " +
                                                       type_name(work_.output));
    }
    return out;
  }

  const PreparedWork& work_;
  const RunRequest& request_;
  TypeTable& types_;
  port::Clock& clock_;
  QueueLink& link_;
  int64_t deadline_ns_ = 0;
};

}  // namespace

Result<RunResult> QueueRuntime::run(const Prepared& prepared, const RunRequest& request) {
  const auto& work = static_cast<const PreparedWork&>(prepared);
  if (request.arguments.size() != work.inputs.size()) {
    return argument_count_error(request.name, work.inputs.size(), request.arguments.size());
  }
  if (work.queue.empty() && (request.identity == nullptr || request.identity->place.empty())) {
    return Error(Code::invalid_argument,
                 "no queue is named for '" + std::string(request.name) + "'");
  }
  HookedWait waits(request.identity == nullptr ? nullptr : request.identity->waits);
  return WorkRun(work, request, records_.types, clock_, link_).go();
}

}  // namespace samara::runtime
