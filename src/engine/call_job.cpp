#include "engine/call_job.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "engine/subcaller.hpp"
#include "store/names.hpp"

namespace samara::engine {

namespace {

// Waiting for somebody who runs the same call: quick calls are noticed at once, long ones cost
// nothing.
constexpr std::chrono::nanoseconds k_wait_first = std::chrono::microseconds(200);
constexpr std::chrono::nanoseconds k_wait_longest = std::chrono::milliseconds(20);

// Only what takes longer is worth the search for a circle.
constexpr std::chrono::nanoseconds k_circle_after = std::chrono::milliseconds(100);
constexpr int k_circle_hops_max = 10'000;
constexpr std::string_view k_waits_for = "waits for call ";

// Of a decision that tell_waiting has written.
std::optional<store::CallKey> waited_for(std::string_view decision) {
  constexpr size_t k_digits = 64;
  if (!decision.starts_with(k_waits_for)) return std::nullopt;
  decision.remove_prefix(k_waits_for.size());
  if (decision.size() != 2 * k_digits + 1) return std::nullopt;
  auto function = Hash::parse(decision.substr(0, k_digits));
  auto call = Hash::parse(decision.substr(k_digits + 1));
  if (!function || !call) return std::nullopt;
  return store::CallKey{*function, *call};
}

// Functions which run in workers anyway are placed by what they are.
runtime::Runtime* runtime_for(const Shared& shared, const CallRequest& request) {
  runtime::Runtime* own = request.function.runtime;
  if (request.options.place.empty() || !own->wants_values()) return own;
  return shared.parts.elsewhere == nullptr ? own : shared.parts.elsewhere;
}

HeapOptions heap_options(const Limits& limits) {
  HeapOptions out;
  if (limits.memory_bytes_max <= SIZE_MAX) {
    out.limit_bytes = static_cast<size_t>(limits.memory_bytes_max);
  }
  return out;
}

}  // namespace

Result<void> check_call(const KnownFunction& function, size_t arguments, std::string_view name) {
  if (!function.missing_grant.empty()) {
    return Error(Code::permission,
                 "'" + std::string(name) + "' may not run: " + function.missing_grant);
  }
  size_t expected = function.record.inputs.size();
  if (arguments != expected) return runtime::argument_count_error(name, expected, arguments);
  return {};
}

CallJob::CallJob(Shared& shared, const CallRequest& request)
    : shared_(shared),
      request_(request),
      runtime_(runtime_for(shared, request)),
      own_heap_(heap_options(request.options.limits)),
      heap_(request.options.heap == nullptr ? own_heap_ : *request.options.heap) {}

void CallJob::set_spec(std::vector<Hash> arguments) {
  spec_.function = request_.function.id;
  spec_.arguments = std::move(arguments);
  spec_.bindings = request_.function.bindings;
  spec_.semantics = k_semantics;
  call_ = shared_.call_id(spec_);
}

Result<void> CallJob::load() {
  SAMARA_CHECK(arguments_.load(shared_.repository(), shared_.parts.types, request_.function.record,
                               request_.name, request_.arguments, heap_, runtime_->wants_values()));
  return {};
}

Result<Hash> CallJob::id() {
  SAMARA_CHECK(load());
  set_spec(arguments_.ids());
  return call_;
}

Result<CallResult> CallJob::run() {
  if (request_.memo) {
    std::optional<CallResult> known = quick_answer();
    if (known.has_value()) return std::move(*known);
  }
  SAMARA_CHECK(load());
  Hash guessed = call_;
  set_spec(arguments_.ids());
  if (call_ != guessed) {
    turn_.reset();
    std::optional<CallResult> known;
    if (request_.memo) known = answer_in_turn();
    if (known.has_value()) return std::move(*known);
  }
  if (std::optional<CallResult> circle = cycle()) return std::move(*circle);
  SAMARA_TRY(auto prepared, prepare());
  late_record_ = may_record_late();
  // Otherwise they are stored with the record.
  if (!late_record_) SAMARA_CHECK(store_arguments(false));
  if (turn_ == nullptr) {
    SAMARA_TRY(turn_, wait_for_turn());
    if (turn_ == nullptr) return circle_outcome("by a call that another process runs");
    // Somebody may have run it since we looked.
    SAMARA_TRY(attempts_, shared_.records.attempts(key()));
    std::optional<CallResult> known;
    if (request_.memo) known = answer_of_attempts();
    if (known.has_value()) return std::move(*known);
  }
  SAMARA_CHECK(
      shared_.quarantine.check(spec_.function, request_.function.record.kind, request_.name));
  Past past;
  SAMARA_CHECK(look_back(std::move(attempts_), past));
  SAMARA_CHECK(begin(past));
  SAMARA_TRY(Finished finished, execute(*prepared));
  remember(finished.record, finished.bytes);
  if (auto said = shared_.quarantine.note(finished.record)) {
    finished.record.decisions.push_back(std::move(*said));
  }
  return result(finished.record, finished.bytes);
}

CallResult CallJob::circle_outcome(const std::string& how) const {
  CallResult out;
  out.key = key();
  out.outcome =
      Outcome::of(OutcomeKind::trap, "the call waits for itself, with the same arguments: " + how);
  return out;
}

// A call that waits for itself would wait for ever.
std::optional<CallResult> CallJob::cycle() const {
  std::string waiting = "'" + request_.name + "'";
  for (const CallChain* at = request_.chain; at != nullptr; at = at->outer) {
    waiting = "'" + std::string(at->name) + "' > " + waiting;
    if (at->call == call_) return circle_outcome(waiting);
  }
  const std::vector<Hash>& outer = request_.options.ancestors;
  if (std::find(outer.begin(), outer.end(), call_) != outer.end()) {
    return circle_outcome("by way of a worker, " + waiting);
  }
  return std::nullopt;
}

// Ready to run where it will run. A worker elsewhere looks after what it calls.
Result<std::shared_ptr<const runtime::Prepared>> CallJob::prepare() {
  if (runtime_ == request_.function.runtime) {
    SAMARA_TRY(auto prepared, shared_.functions.prepare(request_.function, request_.name));
    SAMARA_CHECK(check_callees(*prepared));
    return prepared;
  }
  runtime::FunctionSource source;
  source.function = request_.function.id;
  source.record = &request_.function.record;
  source.name = request_.name;
  return runtime_->prepare(source);
}

Result<void> CallJob::check_callees(const runtime::Prepared& prepared) const {
  for (const runtime::Callee& callee : request_.function.runtime->callees(prepared)) {
    auto at = request_.function.callees.find(callee.name);
    if (at == request_.function.callees.end()) {
      if (callee.optional) continue;
      return Error(Code::not_found, "unknown platform function '" + callee.name +
                                        "': no runtime here offers it, and the repository has no "
                                        "function of that name; add one with: samara fn add FILE, "
                                        "or start a worker that offers it: samara worker");
    }
    SAMARA_TRY(auto known, shared_.functions.get(at->second, request_.names));
    if (known->record.inputs == callee.inputs && known->record.output == callee.output) continue;
    FunctionRecord wanted;
    wanted.inputs = callee.inputs;
    wanted.output = callee.output;
    return Error(Code::type_mismatch, "'" + request_.name + "' calls '" + callee.name + "' as " +
                                          signature_text(wanted) +
                                          ", but the function of that name is " +
                                          signature_text(known->record));
  }
  return {};
}

// Ids of canonical arguments need no decoding; what is found by them is right.
std::optional<CallResult> CallJob::quick_answer() {
  auto ids = quick_ids(request_.arguments);
  if (!ids.has_value()) return std::nullopt;
  set_spec(std::move(*ids));
  return answer_in_turn();
}

// The answer in the records of the repository. Where nobody runs the call, its turn is taken first:
// then nobody begins to run it after the look, and one look is enough.
std::optional<CallResult> CallJob::answer_in_turn() {
  auto turn = shared_.repository().executions().lock(key(), port::LockWait::no);
  auto found = shared_.records.attempts(key());
  if (!found) return std::nullopt;
  attempts_ = std::move(*found);
  std::optional<CallResult> known = answer_of_attempts();
  if (turn && !known.has_value()) turn_ = std::move(*turn);
  return known;
}

std::optional<CallResult> CallJob::answer_of_attempts() {
  auto gave = std::find_if(attempts_.rbegin(), attempts_.rend(), gave_value);
  if (gave == attempts_.rend()) return std::nullopt;
  return answer(ExecutionRecord(gave->record));
}

// The result must be whole: a damaged one is no answer.
std::optional<CallResult> CallJob::answer(ExecutionRecord record) {
  auto object = shared_.repository().objects().view(record.outcome->value);
  if (!object) {
    lost_value_ = record.outcome->value;
    return std::nullopt;
  }
  std::shared_ptr<const Bytes> bytes;
  ByteView view = object->bytes();
  if (view.size() <= shared_.options.memo_value_bytes_max) {
    bytes = std::make_shared<const Bytes>(view.begin(), view.end());
  }
  remember(record, bytes);
  decisions_.push_back(reason_to_answer(record.id, record.outcome->value));
  record.decisions = std::move(decisions_);
  CallResult out = result(record, bytes);
  out.from_memo = true;
  return out;
}

Result<std::unique_ptr<store::CallLock>> CallJob::wait_for_turn() {
  auto lock = shared_.repository().executions().lock(key(), port::LockWait::no);
  if (lock || lock.error().code != Code::locked) return lock;
  decisions_.push_back("waited for another process that ran the same call");
  runtime::HookedWait waits(request_.options.waits);
  auto waited = wait_on();
  if (told_) request_.chain->job->tell_waiting(std::nullopt);
  return waited;
}

Result<std::unique_ptr<store::CallLock>> CallJob::wait_on() {
  port::Clock& clock = shared_.parts.clock;
  const port::Instant begin = clock.now();
  std::chrono::nanoseconds pause = k_wait_first;
  while (true) {
    const std::atomic<bool>* cancel = request_.options.cancel;
    if (cancel != nullptr && cancel->load()) {
      return Error(Code::cancelled,
                   "cancelled while waiting for another process that runs the same call");
    }
    clock.sleep_until(clock.now() + pause);
    pause = std::min(pause * 2, k_wait_longest);
    auto lock = shared_.repository().executions().lock(key(), port::LockWait::no);
    if (lock || lock.error().code != Code::locked) return lock;
    if (request_.chain == nullptr || clock.now() - begin < k_circle_after) continue;
    if (!told_) {
      told_ = true;
      request_.chain->job->tell_waiting(key());
    }
    if (waits_in_a_circle()) return std::unique_ptr<store::CallLock>();
  }
}

void CallJob::tell_waiting(const std::optional<store::CallKey>& callee) {
  if (record_.id == Uuid{}) return;  // another process has the record
  record_late();
  ExecutionRecord record = record_;
  if (callee.has_value()) {
    record.decisions.push_back(std::string(k_waits_for) + callee->function.hex() + "/" +
                               callee->call.hex());
  }
  // Others then find a circle later or never, and wait until somebody's deadline.
  static_cast<void>(shared_.records.put(record, store::Durability::cached,
                                        [this] { return store_arguments(true); }));
}

// Follows what the calls of other processes wait for, back to one that waits for this.
bool CallJob::waits_in_a_circle() {
  store::CallKey at = key();
  for (int hops = 0; hops < k_circle_hops_max; hops++) {
    auto running =
        shared_.records.latest(at, [](const Attempt& attempt) { return attempt.running; });
    if (!running || !running->has_value()) return false;
    const std::vector<std::string>& decisions = (*running)->record.decisions;
    if (decisions.empty()) return false;
    auto next = waited_for(decisions.back());
    if (!next.has_value()) return false;
    at = *next;
    for (const CallChain* own = request_.chain; own != nullptr; own = own->outer) {
      if (own->call == at.call) return true;
    }
  }
  return false;
}

// Under the lock nobody runs this call: what is marked as running was left behind.
Result<void> CallJob::look_back(std::vector<Attempt> attempts, Past& past) {
  past.attempts = attempts.size();
  past.lost_value = lost_value_;
  if (!attempts.empty()) past.latest_ms = attempts.back().record.id.unix_ms();
  for (Attempt& attempt : attempts) {
    ExecutionRecord& record = attempt.record;
    bool stale = attempt.running || (!record.finished_ms.has_value() && record.outcome.has_value());
    if (stale) {
      record.outcome =
          Outcome::of(OutcomeKind::lost,
                      "process " + std::to_string(record.owner.pid) + " that ran it is gone");
      record.finished_ms = shared_.wall_ms();
      attempt.running = false;
      SAMARA_CHECK(
          shared_.records.put(record, store::Durability::cached, [] { return Result<void>(); }));
    }
    if (record.outcome->is_value()) {
      past.latest_failure.reset();
    } else {
      past.latest_failure = attempt;
    }
  }
  return {};
}

Result<void> CallJob::record_running() {
  return shared_.records.put(record_, store::Durability::cached,
                             [this] { return store_arguments(true); });
}

// Of a call that may run again and again, and whose arguments travel with it, nothing is lost if
// the attempt is: a record is only worth its cost once the run takes long.
bool CallJob::may_record_late() const {
  if (runtime_->wants_values() || !request_.function.pure) return false;
  if (request_.options.durability != store::Durability::cached) return false;
  const auto values = arguments_.values();
  return std::all_of(values.begin(), values.end(), [](const runtime::Argument& given) {
    return !given.encoded.empty() && given.encoded.size() <= runtime::k_inline_bytes_max;
  });
}

Result<void> CallJob::begin(const Past& past) {
  uint8_t random[10];
  shared_.parts.random.fill(random);
  record_.started_ms = shared_.wall_ms();
  // Ids are in the order of attempts also where two fall into one millisecond or the clock goes
  // back.
  record_.id = Uuid::make_v7(std::max(record_.started_ms, past.latest_ms + 1), random);
  record_.attempt = static_cast<int64_t>(past.attempts) + 1;
  record_.call = call_;
  record_.spec = spec_;
  record_.owner = {shared_.self.pid, shared_.self.started, shared_.self.boot};
  runtime::Placement placement = runtime_->placement();
  record_.runtime = request_.function.record.kind;
  record_.place = std::move(placement.place);
  record_.decisions = reasons_to_run(request_.function, spec_, request_.options.no_memo, past,
                                     shared_.history.earlier(call_, spec_));
  record_.decisions.insert(record_.decisions.end(), decisions_.begin(), decisions_.end());
  record_.decisions.push_back(std::move(placement.reason));
  shared_.history.add(call_, spec_);
  return late_record_ ? Result<void>() : record_running();
}

Result<void> CallJob::store_arguments(bool all) const {
  return arguments_.store(shared_.repository(), request_.options.durability, all);
}

// Now that it takes long, others may look.
void CallJob::record_late() {
  if (!late_record_) return;
  late_record_ = false;
  // Without a record it runs all the same; what it has in the end is stored then.
  late_record_ = !store_arguments(true) || !record_running();
}

// The finished record, with what it speaks of where that is not stored yet.
Result<void> CallJob::record_finished(const Bytes* value, LogBuffer* log) {
  auto store_again = [&]() -> Result<void> {
    SAMARA_CHECK(store_arguments(true));
    if (value != nullptr) SAMARA_CHECK(store_result(*value));
    return log == nullptr ? Result<void>() : record_log(*log);
  };
  // Failures are few, and people look for them among the files.
  if (late_record_ && record_.outcome->is_value()) {
    std::vector<store::NamedBytes> objects = arguments_.unstored();
    if (value != nullptr) objects.push_back({record_.outcome->value, *value});
    return shared_.records.put_new(record_, objects, store_again);
  }
  if (late_record_) SAMARA_CHECK(store_arguments(false));
  if (value != nullptr) SAMARA_CHECK(store_result(*value));
  return shared_.records.put(record_, request_.options.durability, store_again);
}

Result<runtime::RunResult> CallJob::run_code(const runtime::Prepared& prepared, LogSink& log) {
  const CallOptions& options = request_.options;
  runtime::RunRequest run;
  run.arguments = arguments_.values();
  run.heap = &heap_;
  run.limits = options.limits;
  run.log = &log;
  run.cancel = options.cancel;
  run.name = request_.name;
  run.observer = options.observer;
  runtime::RunIdentity identity = this->identity();
  if (late_record_) identity.on_long = [this] { record_late(); };
  run.identity = &identity;
  Subcaller subcaller(shared_, request_, call_, *this);
  run.subcalls = &subcaller;
  SAMARA_TRY(runtime::RunResult ran, runtime_->run(prepared, run));
  for (std::string& line : subcaller.decisions()) ran.decisions.push_back(std::move(line));
  return ran;
}

Result<runtime::RunResult> CallJob::run_for_caller(const std::optional<Hash>& call) {
  SAMARA_CHECK(load());
  set_spec(arguments_.ids());
  if (call.has_value() && *call != call_) {
    return Error(Code::conflict, "here '" + request_.name +
                                     "' stands for another call: its platform functions, or names "
                                     "that it calls, are not those of the caller");
  }
  SAMARA_TRY(auto prepared, prepare());
  LogBuffer log(request_.options.limits.log_bytes_max, request_.options.live_log);
  return run_code(*prepared, log);
}

Result<CallJob::Finished> CallJob::execute(const runtime::Prepared& prepared) {
  const CallOptions& options = request_.options;
  LiveOutput live(shared_.live_outputs, record_.id, options.limits.log_bytes_max, options.live_log);
  LogBuffer log(options.limits.log_bytes_max, &live);
  auto begun = run_code(prepared, log);
  if (!begun) {
    // It is not running any more, whatever becomes of the process.
    record_.outcome = Outcome::of(OutcomeKind::trap,
                                  "it could not go on: " + std::string(begun.error().message()));
    record_.finished_ms = std::max(shared_.wall_ms(), record_.started_ms);
    static_cast<void>(record_finished(nullptr, nullptr));
    return std::move(begun).error();
  }
  runtime::RunResult ran = std::move(*begun);
  std::shared_ptr<const Bytes> bytes;
  if (ran.outcome.is_value() && ran.stored) {
    SAMARA_CHECK(check_stored(ran.outcome));
  } else if (ran.outcome.is_value()) {
    bytes = std::make_shared<const Bytes>(std::move(ran.value));
    ran.outcome.value = sha256(*bytes);
  }
  record_.outcome = std::move(ran.outcome);
  record_.decisions.insert(record_.decisions.end(), ran.decisions.begin(), ran.decisions.end());
  record_.usage = ran.usage;
  live.flush();
  SAMARA_CHECK(record_log(log));
  record_.finished_ms = std::max(shared_.wall_ms(), record_.started_ms);
  SAMARA_CHECK(record_finished(bytes.get(), &log));
  return Finished{record_, bytes};
}

runtime::RunIdentity CallJob::identity() const {
  runtime::RunIdentity out;
  out.call = call_;
  for (const CallChain* at = request_.chain; at != nullptr; at = at->outer) {
    out.ancestors.push_back(at->call);
  }
  std::reverse(out.ancestors.begin(), out.ancestors.end());
  const std::vector<Hash>& outer = request_.options.ancestors;
  out.ancestors.insert(out.ancestors.begin(), outer.begin(), outer.end());
  out.attempt = record_.id.text();
  out.repeatable =
      request_.function.pure || request_.function.record.effect() == Effect::idempotent;
  out.place = request_.options.place;
  out.waits = request_.options.waits;
  return out;
}

// A result that somebody else has stored is only believed to be there when it is.
Result<void> CallJob::check_stored(Outcome& outcome) {
  SAMARA_TRY(bool there, shared_.repository().objects().contains(outcome.value));
  if (!there) {
    outcome = Outcome::of(OutcomeKind::lost,
                          "the result " + outcome.value.short_hex() + " is not in the repository");
  }
  return {};
}

Result<Hash> CallJob::store_result(ByteView bytes) {
  return shared_.repository().objects().put(bytes, request_.options.durability);
}

Result<void> CallJob::record_log(LogBuffer& log) {
  record_.log.bytes_dropped = log.bytes_dropped();
  if (log.bytes() <= k_inline_log_bytes_max) {
    record_.log.entries = log.entries();
    return {};
  }
  SAMARA_TRY(Bytes bytes, encode_log(log.entries(), shared_.types));
  SAMARA_TRY(Hash hash, shared_.repository().objects().put(bytes, request_.options.durability));
  record_.log.object = hash;
  return {};
}

void CallJob::remember(const ExecutionRecord& record, const std::shared_ptr<const Bytes>& bytes) {
  if (!request_.function.pure || !record.outcome->is_value()) return;
  Answer answer{record.outcome->value, record.id, record.usage, nullptr};
  if (bytes != nullptr && bytes->size() <= shared_.options.memo_value_bytes_max) {
    answer.bytes = bytes;
  }
  shared_.memo.put(call_, std::move(answer));
}

CallResult CallJob::result(const ExecutionRecord& record, std::shared_ptr<const Bytes> bytes) {
  CallResult out;
  out.key = key();
  out.outcome = *record.outcome;
  out.attempt = record.id;
  out.usage = record.usage;
  out.decisions = record.decisions;
  out.bytes = std::move(bytes);
  return out;
}

}  // namespace samara::engine
