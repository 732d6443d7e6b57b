#include "runtime/wasm/wasm_runtime.hpp"

#include <algorithm>
#include <bit>

#include "call/unit_text.hpp"
#include "runtime/argument_error.hpp"
#include "runtime/wasm/import.hpp"
#include "runtime/wasm/signature.hpp"
#include "runtime/wasm/staging.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr uint64_t k_page_bytes = 65'536;

struct PreparedModule final : Prepared {
  ModuleCache::Entry ready;
  Signature signature;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
};

void append_cells(std::vector<uint32_t>& cells, uint64_t bits) {
  cells.push_back(static_cast<uint32_t>(bits));
  cells.push_back(static_cast<uint32_t>(bits >> 32));
}

class Run {
 public:
  Run(const WasmRuntimeParts& parts, Watchdog& watchdog, const PreparedModule& prepared,
      const RunRequest& request)
      : parts_(parts),
        watchdog_(watchdog),
        prepared_(prepared),
        request_(request),
        limits_(request.limits),
        started_(parts.clock.now()),
        cpu_started_(parts.processes.thread_cpu()) {}

  Result<RunResult> go(Heap& heap) {
    std::vector<uint32_t> cells;
    for (uint32_t i = 0; i < prepared_.inputs.size(); i++) {
      SAMARA_CHECK(append_argument(cells, i, heap));
    }
    auto argument_cells = static_cast<uint32_t>(cells.size());
    cells.resize(std::max<size_t>(2, cells.size()));

    const Module& module = prepared_.ready->module;
    uint64_t pages = std::min<uint64_t>(limits_.memory_bytes_max / k_page_bytes, 65'536);
    // Zero pages would mean no limit to the engine.
    if (!module.memories.empty() && (module.memories[0].initial > pages || pages == 0)) {
      return finish(memory());
    }
    auto instance = Instance::create(
        prepared_.ready->loaded,
        {.stack_bytes = parts_.stack_bytes, .memory_pages_max = static_cast<uint32_t>(pages)});
    if (!instance) return finish(not_made(instance.error()));
    Outcome outcome = call(**instance, cells, argument_cells);
    memory_peak_ = (*instance)->memory_bytes();  // a memory never shrinks
    if (!outcome.is_value()) return finish(std::move(outcome));
    return finish_value(result(cells));
  }

 private:
  Result<void> append_argument(std::vector<uint32_t>& cells, uint32_t i, Heap& heap) {
    const Argument& given = request_.arguments[i];
    ArgumentPlace place{request_.name, i, prepared_.inputs[i]};
    Slot value = given.value.value;
    TypeTable& types = parts_.types.types;
    if (given.value.type == nullptr) {
      auto decoded = decode_beast2(given.encoded, place.expected, types, heap, {});
      if (!decoded) {
        return argument_decode_error(place, given.encoded, types, std::move(decoded).error());
      }
      value = *decoded;
    } else if (given.value.type != place.expected) {
      return argument_type_error(place, given.value.type);
    }
    switch (prepared_.signature.parameters[i]) {
      case Passing::integer64:
      case Passing::float64:
        append_cells(cells, value.bits);
        return {};
      case Passing::integer32:
        if (!std::in_range<int32_t>(value.integer())) {
          return Error(Code::invalid_argument, argument_name(place) + " is " +
                                                   std::to_string(value.integer()) +
                                                   ", which its i32 cannot hold");
        }
        cells.push_back(static_cast<uint32_t>(value.integer()));
        return {};
      case Passing::float32:
        cells.push_back(std::bit_cast<uint32_t>(static_cast<float>(value.number())));
        return {};
      case Passing::boolean:
        cells.push_back(value.boolean() ? 1 : 0);
        return {};
      case Passing::nothing:
        break;
    }
    SAMARA_ASSERT(!"a parameter that does not pass");
    return {};
  }

  // A value outcome says only that the call has returned.
  Outcome call(Instance& instance, std::vector<uint32_t>& cells, uint32_t argument_cells) {
    Watchdog::Order order;
    if (limits_.wall_max.count() > 0) order.deadline = started_ + limits_.wall_max;
    order.cancel = request_.cancel;
    Watchdog::Watch watch(watchdog_, instance, order);
    uint32_t none[2] = {};
    bool returned = true;
    for (const std::string& name : prepared_.ready->initialisers) {
      returned = returned && instance.call(name, none, 0);
    }
    returned = returned && instance.call(prepared_.signature.name, cells, argument_cells);
    if (returned) return Outcome::of_value(Hash{});
    switch (watch.cause()) {
      case StopCause::deadline:
        return Outcome::of(OutcomeKind::timeout,
                           "deadline of " + duration_text(limits_.wall_max) + " passed");
      case StopCause::cancel:
        return Outcome::of(OutcomeKind::cancelled, "cancelled");
      case StopCause::none:
        break;
    }
    return trapped(instance.trap());
  }

  Outcome trapped(const std::string& trap) const {
    if (trap.find("stack overflow") != std::string::npos) {
      return Outcome::of_limit("depth", "stack of " + bytes_text(parts_.stack_bytes) + " used up");
    }
    return Outcome::of(OutcomeKind::trap, trap);
  }

  Outcome memory() const {
    return Outcome::of(OutcomeKind::memory, "the module's memory begins with " +
                                                bytes_text(initial_bytes()) + ", limit of " +
                                                bytes_text(limits_.memory_bytes_max) + " reached");
  }

  uint64_t initial_bytes() const {
    return k_page_bytes * prepared_.ready->module.memories[0].initial;
  }

  static Outcome not_made(const Error& error) {
    OutcomeKind kind = error.code == Code::exhausted ? OutcomeKind::memory : OutcomeKind::trap;
    return Outcome::of(kind, std::string(error.message()));
  }

  Slot result(const std::vector<uint32_t>& cells) const {
    uint64_t wide = uint64_t{cells[1]} << 32 | cells[0];
    switch (prepared_.signature.result) {
      case Passing::integer64:
        return Slot::of(static_cast<int64_t>(wide));
      case Passing::integer32:
        return Slot::of(int64_t{static_cast<int32_t>(cells[0])});
      case Passing::float64:
        return Slot::of(std::bit_cast<double>(wide));
      case Passing::float32:
        return Slot::of(double{std::bit_cast<float>(cells[0])});
      case Passing::boolean:
        return Slot::of(cells[0] != 0);
      case Passing::nothing:
        break;
    }
    return Slot::null();
  }

  Result<RunResult> finish_value(Slot value) {
    SAMARA_TRY(Bytes bytes, encode_beast2(prepared_.output, value));
    if (bytes.size() > limits_.output_bytes_max) {
      return finish(Outcome::of_limit(
          "output", "output limit of " + bytes_text(limits_.output_bytes_max) + " reached"));
    }
    RunResult out = finish(Outcome::of_value(Hash{}));
    out.value = std::move(bytes);
    return out;
  }

  RunResult finish(Outcome outcome) const {
    RunResult out;
    out.outcome = std::move(outcome);
    auto count = [](std::chrono::nanoseconds span) { return static_cast<uint64_t>(span.count()); };
    out.usage.wall_ns = count(parts_.clock.now() - started_);
    out.usage.cpu_ns = count(parts_.processes.thread_cpu() - cpu_started_);
    out.usage.peak_memory_bytes = memory_peak_;
    return out;
  }

  const WasmRuntimeParts& parts_;
  Watchdog& watchdog_;
  const PreparedModule& prepared_;
  const RunRequest& request_;
  const Limits& limits_;
  port::Instant started_;
  std::chrono::nanoseconds cpu_started_;
  uint64_t memory_peak_ = 0;
};

}  // namespace

WasmRuntime::WasmRuntime(const WasmRuntimeParts& parts)
    : parts_(parts), cache_(parts.modules_max), watchdog_(parts.clock) {}

std::string_view WasmRuntime::kind() const { return k_kind_wasm; }

std::vector<Offer> WasmRuntime::offers(const FunctionRecord& record) const {
  std::vector<Offer> out;
  for (const ReachedEffect& reached : record.effects) {
    Offer offer;
    offer.name = reached.name;
    out.push_back(std::move(offer));
  }
  return out;
}

Result<ModuleCache::Entry> WasmRuntime::loaded(const FunctionSource& source) {
  if (ModuleCache::Entry known = cache_.find(source.record->code)) return known;
  auto ready = std::make_shared<ReadyModule>();
  SAMARA_TRY(ready->module, scan(source.code, parts_.scan));
  SAMARA_CHECK(check_imports(ready->module));
  Staged staged = stage(source.code, ready->module);
  ready->initialisers = std::move(staged.initialisers);
  SAMARA_TRY(ready->loaded, LoadedModule::load(std::move(staged.bytes)));
  loaded_count_.fetch_add(1);
  cache_.put(source.record->code, ready);
  return ModuleCache::Entry(std::move(ready));
}

Result<std::shared_ptr<const Prepared>> WasmRuntime::prepare(const FunctionSource& source) {
  SAMARA_CHECK(watchdog_.start());
  auto prepared = std::make_shared<PreparedModule>();
  SAMARA_TRY(prepared->ready, loaded(source));
  SAMARA_TRY(prepared->signature, bind_export(source.code, prepared->ready->module,
                                              source.record->inputs, source.record->output));
  prepared->inputs = source.record->inputs;
  prepared->output = source.record->output;
  return std::shared_ptr<const Prepared>(std::move(prepared));
}

Result<RunResult> WasmRuntime::run(const Prepared& prepared, const RunRequest& request) {
  const auto& ready = static_cast<const PreparedModule&>(prepared);
  if (request.arguments.size() != ready.inputs.size()) {
    return argument_count_error(request.name, ready.inputs.size(), request.arguments.size());
  }
  Run run(parts_, watchdog_, ready, request);
  if (request.heap != nullptr) return run.go(*request.heap);
  Heap heap{HeapOptions{}};
  return run.go(heap);
}

}  // namespace samara::runtime::wasm
