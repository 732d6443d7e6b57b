#include "runtime/command/command_runtime.hpp"

#include <algorithm>
#include <csignal>
#include <deque>

#include "core/sha256.hpp"
#include "runtime/argument_value.hpp"
#include "runtime/command/line.hpp"
#include "runtime/limit_outcome.hpp"
#include "value/utf8.hpp"

namespace samara::runtime::command {

namespace {

// Of standard error, in the message of a failure.
constexpr size_t k_last_lines = 10;
constexpr size_t k_last_bytes = 2000;

struct PreparedCommand final : Prepared {
  CommandLine line;
  bool network = false;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
};

bool is_bytes(const Type* type) { return type->is(Kind::string) || type->is(Kind::blob); }

std::vector<ReachedEffect> effects_of(const CommandCode& code, Effect effect) {
  std::vector<ReachedEffect> out{{std::string(k_command_effect), effect}};
  if (code.network) out.push_back({std::string(k_command_network_effect), effect});
  return out;
}

std::string valid_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t good =
        utf8_valid_prefix(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    out += text.substr(0, good);
    if (good == text.size()) break;
    out += '?';
    text.remove_prefix(good + 1);
  }
  return out;
}

// Passes on what is printed, and remembers the end of standard error.
class Printed final : public port::CommandWatcher {
 public:
  explicit Printed(LogSink* log) : log_(log) {}
  void output(std::string_view text) override {
    if (log_ != nullptr) log_->write(LogStream::out, text);
  }
  void messages(std::string_view text) override {
    if (log_ != nullptr) log_->write(LogStream::err, text);
    last_ += text;
    if (last_.size() > 2 * k_last_bytes) last_.erase(0, last_.size() - k_last_bytes);
  }
  /// The last lines, without the line feed at the end.
  std::string last_lines() const {
    std::string_view text = last_;
    while (text.ends_with('\n')) text.remove_suffix(1);
    size_t begin = text.size();
    for (size_t lines = 0; lines < k_last_lines && begin > 0; lines++) {
      const size_t feed = text.rfind('\n', begin - 1);
      begin = feed == std::string_view::npos ? 0 : feed;
    }
    text.remove_prefix(std::max(begin, text.size() - std::min(text.size(), k_last_bytes)));
    while (text.starts_with('\n')) text.remove_prefix(1);
    return valid_text(text);
  }

 private:
  LogSink* log_;
  std::string last_;
};

Outcome failure(const port::CommandReport& report, const Printed& printed) {
  std::string text = "the command ended with status " + std::to_string(report.code);
  // How a shell tells that a program of it was ended by a signal.
  constexpr int k_signal_base = 128;
  if (report.code > k_signal_base && report.code < k_signal_base + NSIG) {
    text += " (signal " + std::to_string(report.code - k_signal_base) + ")";
  }
  const std::string last = printed.last_lines();
  if (!last.empty()) text += ":\n" + last;
  return Outcome::of_error(std::move(text), {});
}

Outcome outcome_of(const port::CommandReport& report, const RunRequest& request,
                   const Printed& printed) {
  switch (report.end) {
    case port::CommandEnd::exited:
      if (report.code != 0) return failure(report, printed);
      return Outcome::of_value(Hash{});
    case port::CommandEnd::signalled:
      return Outcome::of(OutcomeKind::crash,
                         "the command was ended by signal " + std::to_string(report.code));
    case port::CommandEnd::timed_out:
      return deadline_passed(request.limits);
    case port::CommandEnd::cancelled:
      return Outcome::of(OutcomeKind::cancelled, "cancelled");
    case port::CommandEnd::output_too_large:
      return request.limits.memory_bytes_max < request.limits.output_bytes_max
                 ? memory_limit(request.limits)
                 : output_limit(request.limits);
    case port::CommandEnd::memory:
      return memory_limit(request.limits);
    case port::CommandEnd::no_result:
      return Outcome::of_error("the command ended well, but has not written '{out}'", {});
  }
  SAMARA_ASSERT(!"the end of a command");
}

// The bytes as a value of the function's output type, in canonical form.
Result<void> take_result(const Type* type, Bytes bytes, Heap& heap, RunResult& out) {
  if (type->is(Kind::null)) {
    SAMARA_TRY(out.value, encode_beast2(type, Slot{}, {.dialect = Dialect::b}));
    return {};
  }
  if (type->is(Kind::string) && !utf8_valid(ByteView(bytes))) {
    out.outcome = Outcome::of_error("what the command has written is no UTF-8, so no String", {});
    return {};
  }
  BytesObject* object = heap.new_bytes(ByteView(bytes));
  if (object == nullptr) return {};
  SAMARA_TRY(out.value, encode_beast2(type, Slot::of(object), {.dialect = Dialect::b}));
  return {};
}

}  // namespace

Result<ImportedFunction> import_command(const RecordTypes& types, const CommandImport& import) {
  if (import.type == nullptr || !import.type->is_function()) {
    return Error(Code::invalid_argument, "a command needs a type of functions");
  }
  ImportedFunction out;
  FunctionRecord& record = out.record;
  record.kind = k_kind_command;
  for (uint32_t i = 0; i < import.type->input_count(); i++) {
    const Type* input = import.type->child(i);
    if (!is_bytes(input)) {
      return Error(Code::invalid_argument,
                   "a command takes String and Blob: its arguments are files");
    }
    record.inputs.push_back(input);
  }
  record.output = import.type->output();
  if (!is_bytes(record.output) && !record.output->is(Kind::null)) {
    return Error(Code::invalid_argument, "a command gives String, Blob or Null: what it writes");
  }
  SAMARA_CHECK(parse_line(import.code.line, record.inputs.size()));
  record.effects = effects_of(import.code, import.effect);
  SAMARA_TRY(out.code, encode_command(import.code, types.types));
  record.code = sha256(out.code);
  SAMARA_TRY(out.object, encode_function(record, types));
  out.id = sha256(out.object);
  FunctionCompanion companion;
  companion.function = out.id;
  SAMARA_TRY(out.companion, encode_companion(companion, types));
  return out;
}

std::vector<runtime::Offer> CommandRuntime::offers(const FunctionRecord& record) const {
  std::vector<runtime::Offer> out;
  for (const ReachedEffect& reached : record.effects) {
    runtime::Offer offer;
    offer.name = reached.name;
    const bool network = reached.name == k_command_network_effect;
    offer.offered = network || reached.name == k_command_effect;
    if (offer.offered) {
      // Whoever added the function says what its programs do; nobody here can know.
      offer.effect = reached.effect;
      offer.implementation = sha256(as_bytes("samara command box 1: " + reached.name));
    }
    if (network) offer.capability = "net";
    out.push_back(std::move(offer));
  }
  return out;
}

Result<std::shared_ptr<const Prepared>> CommandRuntime::prepare(const FunctionSource& source) {
  SAMARA_TRY(CommandCode code, decode_command(source.code, parts_.types.types));
  const FunctionRecord& record = *source.record;
  auto bytes_alone = [](const Type* type) { return is_bytes(type); };
  const bool typed = std::all_of(record.inputs.begin(), record.inputs.end(), bytes_alone) &&
                     (is_bytes(record.output) || record.output->is(Kind::null));
  if (!typed) return Error(Code::check_failed, "a command takes and gives String and Blob alone");
  // The effects of the record are what the caller is asked to allow: they must be the code's.
  if (record.effects != effects_of(code, record.effect())) {
    return Error(Code::check_failed, "the effects of the function are not those of its command");
  }
  auto prepared = std::make_shared<PreparedCommand>();
  SAMARA_TRY(prepared->line, parse_line(code.line, record.inputs.size()));
  prepared->network = code.network;
  prepared->inputs = record.inputs;
  prepared->output = record.output;
  return std::shared_ptr<const Prepared>(std::move(prepared));
}

Result<RunResult> CommandRuntime::run(const Prepared& prepared, const RunRequest& request) {
  const auto& ready = static_cast<const PreparedCommand&>(prepared);
  if (request.arguments.size() != ready.inputs.size()) {
    return argument_count_error(request.name, ready.inputs.size(), request.arguments.size());
  }
  Heap own_heap{HeapOptions{}};
  Heap& heap = request.heap == nullptr ? own_heap : *request.heap;
  RunResult out;
  port::CommandOrder order;
  for (size_t i = 0; i < ready.inputs.size(); i++) {
    const ArgumentPlace place{request.name, i, ready.inputs[i]};
    SAMARA_TRY(Slot value, argument_value(place, request.arguments[i], parts_.types.types, heap));
    if (heap.exhausted()) {
      out.outcome = memory_limit(request.limits);
      return out;
    }
    const ByteView bytes = bytes_of(value);
    if (ready.line.in_file[i]) {
      order.files.push_back({input_file(i), bytes});
    } else {
      order.input = bytes;
    }
  }
  order.line = ready.line.shell;
  if (ready.line.out_file) order.result_file = k_output_file;
  order.network = ready.network;
  order.memory_bytes_max = request.limits.memory_bytes_max;
  // A result is memory of ours.
  order.output_bytes_max =
      std::min(request.limits.output_bytes_max, request.limits.memory_bytes_max);
  order.wall_max = request.limits.wall_max;
  order.cancel = request.cancel;
  Printed printed(request.log);
  order.watcher = &printed;
  const port::Instant begin = parts_.clock.now();
  SAMARA_TRY(port::CommandReport report, parts_.box.run(order));
  out.usage.wall_ns = static_cast<uint64_t>((parts_.clock.now() - begin).count());
  out.usage.cpu_ns = static_cast<uint64_t>(report.cpu.count());
  out.usage.peak_memory_bytes = report.peak_memory_bytes;
  out.outcome = outcome_of(report, request, printed);
  if (out.outcome.is_value()) {
    SAMARA_CHECK(take_result(ready.output, std::move(report.result), heap, out));
    if (heap.exhausted()) out.outcome = memory_limit(request.limits);
  }
  return out;
}

}  // namespace samara::runtime::command
