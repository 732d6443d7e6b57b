#include "runtime/wasm/worker_link.hpp"

#include <csignal>
#include <cstring>

#include <algorithm>
#include <cmath>

#include "call/unit_text.hpp"
#include "core/assert.hpp"
#include "runtime/argument_error.hpp"
#include "runtime/callee_outcome.hpp"
#include "runtime/limit_outcome.hpp"
#include "runtime/wasm/worker_messages.hpp"
#include "value/utf8.hpp"

namespace samara::runtime::wasm {

namespace {

using namespace std::chrono_literals;

// The engine takes a second for the largest modules that the scan lets through.
constexpr std::chrono::nanoseconds k_patience = 30s;
// The worker ends a run by itself within a millisecond or two; when it does not, it is killed.
constexpr std::chrono::nanoseconds k_grace = 50ms;
// How often a caller's wish to cancel is looked at.
constexpr std::chrono::nanoseconds k_look = 2ms;
// Loaded in one worker: as many as the engine's own cache of modules has.
constexpr size_t k_known_max = 64;
constexpr uint64_t k_key_bytes_max = 256;
constexpr port::Instant k_never = port::Instant::max();

port::Instant after(port::Instant from, std::chrono::nanoseconds span) {
  return span >= k_never - from ? k_never : from + span;
}

Heeded failed(Heeded heeded) { return heeded == Heeded::late ? Heeded::broken : heeded; }

}  // namespace

// --- a run ---------------------------------------------------------------------------------------

class WorkerLink::Running {
 public:
  Running(WorkerLink& link, const Binding& binding, const RunRequest& request, port::Instant begin)
      : link_(link),
        binding_(binding),
        request_(request),
        limits_(request.limits),
        begin_(begin),
        deadline_(limits_.wall_max.count() > 0 ? after(begin, limits_.wall_max) : k_never),
        kill_at_(after(deadline_, k_grace)) {
    // No message of a run is larger than what it may give or pass on.
    const uint64_t passed_on = request.subcalls == nullptr ? 0 : limits_.memory_bytes_max;
    bytes_max_ = std::min<uint64_t>(
        std::max({limits_.output_bytes_max, passed_on, k_small_message_bytes_max}) +
            k_small_message_bytes_max,
        UINT32_MAX);
  }

  Result<RunResult> go() {
    SAMARA_TRY(Bytes order, packed());
    if (order.size() >= UINT32_MAX) return outcome(memory_limit(limits_));
    ChannelState& state = link_.channel_.state();
    state.cancel.store(false, std::memory_order_relaxed);
    state.memory_bytes.store(0, std::memory_order_relaxed);
    const uint32_t begun = state.begun.load(std::memory_order_relaxed);
    Heeded sent = link_.channel_.send(static_cast<uint8_t>(Say::run), order, kill_at_);
    Result<RunResult> result = sent == Heeded::done ? listen() : ended_by(failed(sent));
    // Only the word of a worker whose modules may have got hold of it; believing it runs again what
    // has shown nothing yet.
    if (died_ && !heard_anything_ && state.begun.load(std::memory_order_relaxed) == begun) {
      link_.unheard_ = true;
    }
    return result;
  }

 private:
  Result<Bytes> packed() {
    RunHead head;
    head.number = binding_.number;
    head.limits = limits_;
    if (deadline_ != k_never) {
      head.limits.wall_max =
          std::max<std::chrono::nanoseconds>(1ns, deadline_ - link_.clock_.now());
    }
    head.logs = request_.log != nullptr;
    head.observed = request_.observer != nullptr;
    head.subcalls = request_.subcalls != nullptr;
    head.name = request_.name;
    Pack out;
    pack_run_head(out, head);
    for (uint32_t i = 0; i < binding_.inputs.size(); i++) {
      const Argument& given = request_.arguments[i];
      if (given.value.type == nullptr) {
        out.u8(static_cast<uint8_t>(Given::full));
        out.bytes(given.encoded);
        continue;
      }
      const Type* expected = binding_.inputs[i];
      if (given.value.type != expected) {
        return argument_type_error({request_.name, i, expected}, given.value.type);
      }
      out.u8(static_cast<uint8_t>(Given::headerless));
      const size_t at = out.all().size();
      out.u32(0);
      SAMARA_CHECK(append_beast2_value(out.all(), expected, given.value.value));
      const size_t size = out.all().size() - at - 4;
      for (unsigned b = 0; b < 4; b++) out.all()[at + b] = static_cast<uint8_t>(size >> (8 * b));
    }
    return std::move(out.all());
  }

  Result<RunResult> listen() {
    for (;;) {
      port::Instant until = kill_at_;
      if (request_.cancel != nullptr || until != k_never) {
        const port::Instant now = link_.clock_.now();
        if (request_.cancel != nullptr) look_for_cancel(now);
        if (now >= kill_at_) return killed();
        until = kill_at_;
        if (request_.cancel != nullptr && !cancelled_) until = std::min(until, after(now, k_look));
      }
      if (request_.memory_bytes != nullptr) tell_memory();
      Message message;
      Heeded heeded = link_.channel_.receive(message, bytes_max_, until);
      if (heeded == Heeded::late) continue;
      if (heeded != Heeded::done) return ended_by(heeded);
      heard_anything_ = true;
      switch (static_cast<Say>(message.kind)) {
        case Say::result:
          return result(message.body);
        case Say::answer:
          return refused(message.body);
        default:
          if (!heed(message)) return ended_by(Heeded::broken);
      }
    }
  }

  void look_for_cancel(port::Instant now) {
    // The flag stands alone.
    if (cancelled_ || !request_.cancel->load(std::memory_order_relaxed)) return;
    cancelled_ = true;
    link_.channel_.state().cancel.store(true, std::memory_order_relaxed);
    kill_at_ = std::min(kill_at_, after(now, k_grace));
  }

  // As it was at the last look; whoever wants to know has a cancel flag that is looked at, too.
  void tell_memory() {
    const uint64_t said = link_.channel_.state().memory_bytes.load(std::memory_order_relaxed);
    request_.memory_bytes->store(std::min(said, limits_.memory_bytes_max),
                                 std::memory_order_relaxed);
  }

  // --- what comes while it runs ------------------------------------------------------------------

  // False: it cannot be.
  bool heed(const Message& message) {
    Unpack in(message.body);
    switch (static_cast<Say>(message.kind)) {
      case Say::log:
        return log(in);
      case Say::partial_result:
        if (request_.observer == nullptr || in.left() > limits_.output_bytes_max) return false;
        request_.observer->partial_result(message.body);
        return true;
      case Say::metric:
        return metric(in);
      case Say::progress:
        return progress(in);
      case Say::subcall:
        return subcall(message.body);
      default:
        return false;
    }
  }

  bool log(Unpack& in) {
    const uint8_t stream = in.u8();
    if (request_.log == nullptr || !in.good() || stream > 1 || in.left() > k_log_piece_bytes_max) {
      return false;
    }
    request_.log->write(stream == 0 ? LogStream::out : LogStream::err, as_text(in.rest()));
    return true;
  }

  bool metric(Unpack& in) {
    const double value = in.f64();
    if (request_.observer == nullptr || !in.good() || in.left() > k_key_bytes_max) return false;
    std::string_view key = as_text(in.rest());
    if (!utf8_valid(key)) return false;
    request_.observer->metric(key, value);
    return true;
  }

  bool progress(Unpack& in) {
    const uint32_t permille = in.u32();
    if (request_.observer == nullptr || !in.whole() || permille > 1000) return false;
    request_.observer->progress(permille);
    return true;
  }

  bool subcall(ByteView body) {
    std::optional<SubcallMessage> message = unpack_subcall(body);
    if (request_.subcalls == nullptr || !message) return false;
    Subcall call{message->name, message->arguments, message->wall_max};
    if (deadline_ != k_never) {
      // Not longer than the caller has, whatever it says; zero would be for ever.
      const std::chrono::nanoseconds left =
          std::max<std::chrono::nanoseconds>(1ns, deadline_ - link_.clock_.now());
      call.wall_max = call.wall_max.count() > 0 ? std::min(call.wall_max, left) : left;
    }
    auto called = request_.subcalls->call(call);
    if (!called) {
      callee_error_ = called.error().clone();
    } else if (!called->outcome.is_value()) {
      callee_ended_ = callee_outcome(call.name, called->outcome);
    }
    Bytes reply = pack_subcall_result(called);
    // What ends here is seen by the next receive.
    static_cast<void>(
        link_.channel_.send(static_cast<uint8_t>(Say::subcall_result), reply, kill_at_));
    return true;
  }

  // --- how it ends -------------------------------------------------------------------------------

  Result<RunResult> result(ByteView body) {
    std::optional<ResultMessage> message = unpack_result(body);
    if (!message) return ended_by(Heeded::broken);
    link_.runs_++;
    cpu_ = message->cpu;
    peak_memory_bytes_ = std::min(message->peak_memory_bytes, limits_.memory_bytes_max);
    // We know better than the worker how what it called has ended, and that this ends it, too.
    if (callee_ended_) return outcome(std::move(*callee_ended_));
    if (!worker_may_say(message->outcome)) return ended_by(Heeded::broken);
    switch (message->outcome.kind) {
      case OutcomeKind::value:
        return value(message->value);
      case OutcomeKind::timeout:
        if (deadline_ == k_never) return ended_by(Heeded::broken);
        return outcome(deadline_passed(limits_));
      case OutcomeKind::cancelled:
        if (!cancelled_) return ended_by(Heeded::broken);
        break;
      default:
        break;
    }
    return outcome(std::move(message->outcome));
  }

  // The value is written anew, whatever the bytes are.
  Result<RunResult> value(ByteView bytes) {
    const auto limit = static_cast<size_t>(std::min<uint64_t>(limits_.memory_bytes_max, SIZE_MAX));
    Heap heap({.limit_bytes = limit});
    auto value = decode_beast2_value(bytes, binding_.output, heap);
    if (heap.exhausted()) return outcome(memory_limit(limits_));
    if (!value) return ended_by(Heeded::broken);
    SAMARA_TRY(Bytes encoded, encode_beast2(binding_.output, *value));
    if (encoded.size() > limits_.output_bytes_max) return outcome(output_limit(limits_));
    RunResult out = outcome(Outcome::of_value(Hash{}));
    out.value = std::move(encoded);
    return out;
  }

  // It could not be started: arguments that do not fit.
  Result<RunResult> refused(ByteView body) {
    std::optional<Result<void>> answer = unpack_answer(body);
    if (!answer || *answer) return ended_by(Heeded::broken);
    link_.runs_++;
    if (callee_error_) return std::move(*callee_error_);
    return std::move(*answer).error();
  }

  RunResult killed() {
    link_.sound_ = false;
    link_.worker_->kill();
    return outcome(cancelled_ ? Outcome::of(OutcomeKind::cancelled, "cancelled")
                              : deadline_passed(limits_));
  }

  RunResult ended_by(Heeded why) {
    died_ = why == Heeded::gone;
    return outcome(Outcome::of(OutcomeKind::crash, link_.end_text(why == Heeded::broken)));
  }

  RunResult outcome(Outcome outcome) const {
    RunResult out;
    out.outcome = std::move(outcome);
    const std::chrono::nanoseconds wall = link_.clock_.now() - begin_;
    out.usage.wall_ns = static_cast<uint64_t>(wall.count());
    out.usage.cpu_ns = static_cast<uint64_t>(std::min(cpu_, wall).count());
    out.usage.peak_memory_bytes = peak_memory_bytes_;
    return out;
  }

  WorkerLink& link_;
  const Binding& binding_;
  const RunRequest& request_;
  const Limits& limits_;
  const port::Instant begin_;
  const port::Instant deadline_;
  port::Instant kill_at_;
  uint64_t bytes_max_ = 0;
  bool cancelled_ = false;
  std::optional<Outcome> callee_ended_;  // what it called has ended without a value
  std::optional<Error> callee_error_;    // or could not be called
  bool heard_anything_ = false;
  bool died_ = false;
  std::chrono::nanoseconds cpu_{0};
  uint64_t peak_memory_bytes_ = 0;
};

// --- the link ------------------------------------------------------------------------------------

Result<std::unique_ptr<WorkerLink>> WorkerLink::start(std::unique_ptr<port::Worker> worker,
                                                      port::Clock& clock) {
  std::unique_ptr<WorkerLink> out(new WorkerLink(std::move(worker), clock));
  Message message;
  Heeded heeded =
      out->channel_.receive(message, k_small_message_bytes_max, after(clock.now(), k_patience));
  std::optional<HelloMessage> hello;
  if (heeded == Heeded::done && static_cast<Say>(message.kind) == Say::hello) {
    hello = unpack_hello(message.body);
  }
  if (!hello) {
    return Error(Code::io,
                 "cannot start a worker process: " + out->end_text(heeded != Heeded::gone));
  }
  if (!hello->enough) {
    return Error(Code::unsupported,
                 "this kernel has no system call filters, so WebAssembly cannot be contained; the "
                 "option --in-process runs a module that is trusted");
  }
  out->walls_ = std::move(hello->walls);
  return out;
}

bool WorkerLink::has(uint64_t binding) const {
  return std::any_of(known_.begin(), known_.end(),
                     [&](const Known& known) { return known.number == binding; });
}

bool WorkerLink::gone() { return worker_->wait(port::Instant::min()) == port::Heard::gone; }

std::string WorkerLink::end_text(bool lied) {
  sound_ = false;
  if (lied) {
    worker_->kill();
    return "the worker process said what it never says, and was killed";
  }
  const port::WorkerEnd end = worker_->end();
  if (!end.signalled) {
    return "the worker process left with code " + std::to_string(end.code);
  }
  const char* name = ::sigabbrev_np(end.code);
  std::string text = "the worker process was ended by ";
  text += name == nullptr ? "signal " + std::to_string(end.code) : "SIG" + std::string(name);
  if (end.code == SIGSYS) text += ": a system call that it may not make";
  if (end.code == SIGKILL) text += ": by hand, or by the system for want of memory";
  return text;
}

Result<Result<void>> WorkerLink::ask(uint8_t kind, ByteView body) {
  const port::Instant until = after(clock_.now(), k_patience);
  Heeded heeded = channel_.send(kind, body, until);
  Message message;
  if (heeded == Heeded::done) {
    heeded = channel_.receive(message, k_small_message_bytes_max, until);
  }
  if (heeded == Heeded::done && static_cast<Say>(message.kind) == Say::answer) {
    if (auto answer = unpack_answer(message.body)) return std::move(*answer);
  }
  return Error(Code::guest_failed,
               "loading the module failed: " + end_text(heeded != Heeded::gone));
}

Result<void> WorkerLink::load(const ReadyModule& module, const Binding& binding) {
  auto at = std::find_if(known_.begin(), known_.end(),
                         [&](const Known& known) { return known.number == binding.number; });
  if (at != known_.end()) {
    known_.splice(known_.begin(), known_, at);
    return give_code(known_.front(), module);
  }
  if (known_.size() == k_known_max) {
    Pack out;
    out.u64(known_.back().number);
    static_cast<void>(
        channel_.send(static_cast<uint8_t>(Say::drop), out.all(), after(clock_.now(), k_patience)));
    known_.pop_back();
  }
  SAMARA_TRY(Result<void> taken, ask(static_cast<uint8_t>(Say::load), pack_load(module, binding)));
  SAMARA_CHECK(std::move(taken));
  known_.push_front({.number = binding.number, .code = nullptr, .note = {}});
  return give_code(known_.front(), module);
}

Result<void> WorkerLink::give_code(Known& known, const ReadyModule& module) {
  CodeForm form = module.code->current();
  known.note = std::move(form.note);
  if (form.code == known.code || form.code == nullptr) return {};
  Pack out;
  out.u64(known.number);
  out.rest(*form.code);
  SAMARA_TRY(Result<void> taken, ask(static_cast<uint8_t>(Say::code), out.all()));
  if (!taken) {
    module.code->refused(form.code, taken.error().message());
    known.note = module.code->current().note;
    return {};
  }
  known.code = std::move(form.code);
  return {};
}

Result<RunResult> WorkerLink::run(const ReadyModule& module, const Binding& binding,
                                  const RunRequest& request, port::Instant begin) {
  SAMARA_CHECK(load(module, binding));
  SAMARA_TRY(RunResult result, Running(*this, binding, request, begin).go());
  const std::string& note = known_.front().note;
  if (!note.empty()) result.decisions.push_back(note);
  return result;
}

}  // namespace samara::runtime::wasm
