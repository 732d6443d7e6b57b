#include "runtime/wasm/run.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "call/type_name.hpp"
#include "call/unit_text.hpp"
#include "core/assert.hpp"
#include "runtime/argument_value.hpp"
#include "runtime/limit_outcome.hpp"
#include "value/utf8.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr uint64_t k_page_bytes = 65'536;
// What a command finds as its own name: always the same, since its answers are remembered.
constexpr std::string_view k_command_word = "command";

void append_cells(std::vector<uint32_t>& cells, uint64_t bits) {
  cells.push_back(static_cast<uint32_t>(bits));
  cells.push_back(static_cast<uint32_t>(bits >> 32));
}

class Run {
 public:
  Run(const WasmRuntimeParts& parts, Watchdog& watchdog, const PreparedModule& prepared,
      const RunRequest& request, Heap& heap)
      : parts_(parts),
        watchdog_(watchdog),
        prepared_(prepared),
        binding_(*prepared.binding),
        request_(request),
        limits_(request.limits),
        heap_(heap),
        started_(parts.clock.now()),
        cpu_started_(parts.processes.thread_cpu()) {
    state_.form = prepared.binding->signature.form;
    state_.clock = &parts.clock;
    state_.random = parts.random;
    state_.log = request.log;
    state_.output_bytes_max = limits_.output_bytes_max;
    state_.values_bytes_max = limits_.memory_bytes_max;
    if (limits_.wall_max.count() > 0) state_.deadline = started_ + limits_.wall_max;
    state_.types = &parts.types.types;
    state_.observer = request.observer;
    state_.subcalls = request.subcalls;
    state_.memory_bytes = request.memory_bytes;
    state_.callees = prepared.ready->callees;
  }

  Result<RunResult> go() {
    // Nothing collects while a module runs, so values need no roots.
    std::vector<Slot> values;
    values.reserve(binding_.inputs.size());
    for (uint32_t i = 0; i < binding_.inputs.size(); i++) {
      SAMARA_TRY(Slot value, argument(i));
      if (heap_.exhausted()) return finish(memory_limit(limits_));
      values.push_back(value);
    }
    SAMARA_CHECK(pass(values));

    const Module& module = prepared_.ready->module;
    uint64_t pages = std::min<uint64_t>(limits_.memory_bytes_max / k_page_bytes, 65'536);
    // Zero pages would mean no limit to the engine.
    if (!module.memories.empty() && (module.memories[0].initial > pages || pages == 0)) {
      return finish(begins_too_large());
    }
    state_.memory_pages_max = pages;
    form_ = prepared_.ready->code->current();
    auto instance =
        Instance::create(form_.loaded, {.stack_bytes = parts_.stack_bytes,
                                        .memory_pages_max = static_cast<uint32_t>(pages),
                                        .heap_bytes = parts_.heap_bytes});
    if (!instance) return finish(not_made(instance.error()));
    (*instance)->attach(state_);
    state_.tell_memory((*instance)->memory_bytes());
    Outcome outcome = call(**instance);
    if (state_.error.has_value()) return std::move(*state_.error);
    memory_peak_ = (*instance)->memory_bytes();  // a memory never shrinks
    if (!outcome.is_value()) return finish(std::move(outcome));
    return finish_value(**instance);
  }

 private:
  // --- arguments ---------------------------------------------------------------------------------

  Result<Slot> argument(uint32_t i) {
    return argument_value({request_.name, i, binding_.inputs[i]}, request_.arguments[i],
                          parts_.types.types, heap_);
  }

  Result<void> pass(std::span<const Slot> values) {
    switch (binding_.signature.form) {
      case Form::scalars:
        for (uint32_t i = 0; i < values.size(); i++) SAMARA_CHECK(pass_scalar(i, values[i]));
        break;
      case Form::bytes:
        for (uint32_t i = 0; i < values.size(); i++) {
          SAMARA_CHECK(append_beast2_value(encoded_, binding_.inputs[i], values[i]));
        }
        break;
      case Form::task:
        for (uint32_t i = 0; i < values.size(); i++) {
          SAMARA_TRY(Bytes bytes, encode_beast2_value(binding_.inputs[i], values[i]));
          state_.inputs.push_back(std::move(bytes));
        }
        break;
      case Form::command:
        pass_to_command(values);
        break;
    }
    argument_cells_ = static_cast<uint32_t>(cells_.size());
    cells_.resize(std::max<size_t>(2, cells_.size()));
    return {};
  }

  Result<void> pass_scalar(uint32_t i, Slot value) {
    switch (binding_.signature.parameters[i]) {
      case Passing::integer64:
      case Passing::float64:
        append_cells(cells_, value.bits);
        return {};
      case Passing::integer32:
        if (!std::in_range<int32_t>(value.integer())) {
          ArgumentPlace place{request_.name, i, binding_.inputs[i]};
          return Error(Code::invalid_argument, argument_name(place) + " is " +
                                                   std::to_string(value.integer()) +
                                                   ", which its i32 cannot hold");
        }
        cells_.push_back(static_cast<uint32_t>(value.integer()));
        return {};
      case Passing::float32:
        cells_.push_back(std::bit_cast<uint32_t>(static_cast<float>(value.number())));
        return {};
      case Passing::boolean:
        cells_.push_back(value.boolean() ? 1 : 0);
        return {};
      case Passing::nothing:
        break;
    }
    SAMARA_ASSERT(!"a parameter that does not pass");
    return {};
  }

  void pass_to_command(std::span<const Slot> values) {
    state_.words.emplace_back(k_command_word);
    for (size_t i = 0; i < values.size(); i++) {
      if (binding_.inputs[i]->kind() != Kind::array) {
        state_.input = bytes_of(values[i]);
        continue;
      }
      const auto* words = as<ArrayObject>(values[i]);
      for (size_t k = 0; k < words->size; k++) state_.words.emplace_back(text_of(words->data[k]));
    }
  }

  // --- the call ----------------------------------------------------------------------------------

  // A value outcome says only that the module has come to its end.
  Outcome call(Instance& instance) {
    Watchdog::Order order;
    if (limits_.wall_max.count() > 0) order.deadline = started_ + limits_.wall_max;
    order.cancel = request_.cancel;
    Watchdog::Watch watch(watchdog_, instance, order);
    if (call_all(instance)) return Outcome::of_value(Hash{});
    if (state_.ended) return ended();
    switch (watch.cause()) {
      case StopCause::deadline:
        return deadline_passed(limits_);
      case StopCause::cancel:
        return Outcome::of(OutcomeKind::cancelled, "cancelled");
      case StopCause::none:
        break;
    }
    return trapped(instance.trap());
  }

  // False: it has trapped, or `ended` says more.
  bool call_all(Instance& instance) {
    uint32_t none[2] = {};
    for (const std::string& name : prepared_.ready->initialisers) {
      if (!instance.call(name, none, 0)) return false;
    }
    if (binding_.signature.form == Form::bytes && !place_arguments(instance)) return false;
    return instance.call(binding_.signature.name, cells_, argument_cells_);
  }

  bool place_arguments(Instance& instance) {
    auto size = static_cast<uint32_t>(encoded_.size());
    uint32_t at = 0;
    if (encoded_.size() > UINT32_MAX) {
      state_.ended = no_room();
      return false;
    }
    if (size > 0) {
      uint32_t cells[2] = {size, 0};
      if (!instance.call(std::string(k_allocator_name), cells, 1)) return false;
      at = cells[0];
      std::span<uint8_t> memory = instance.memory();
      if (at == 0) {
        state_.ended = no_room();
        return false;
      }
      if (at > memory.size() || size > memory.size() - at) {
        state_.ended = Outcome::of(OutcomeKind::trap,
                                   "samara_alloc gave room that is not inside of the memory");
        return false;
      }
      std::memcpy(memory.data() + at, encoded_.data(), size);
      encoded_ = {};  // the module has it now
    }
    cells_ = {at, size};
    argument_cells_ = 2;
    return true;
  }

  // --- how it ends -------------------------------------------------------------------------------

  // Who fails after he was refused memory fails for want of it, whatever he says.
  Outcome ended() {
    if (state_.ended->kind == OutcomeKind::error && state_.growth_refused) {
      return memory_limit(limits_);
    }
    return std::move(*state_.ended);
  }

  Outcome trapped(const std::string& trap) const {
    if (trap.find("stack overflow") != std::string::npos) {
      return Outcome::of_limit("depth", "stack of " + bytes_text(parts_.stack_bytes) + " used up");
    }
    std::string message = trap;
    if (state_.growth_refused) {
      message += "; before that it was refused memory above the limit of " +
                 bytes_text(limits_.memory_bytes_max);
    }
    return Outcome::of(OutcomeKind::trap, std::move(message));
  }

  Outcome no_room() const {
    return Outcome::of(
        OutcomeKind::memory,
        "the module has no room for the arguments, which take " + bytes_text(encoded_.size()));
  }

  Outcome begins_too_large() const {
    uint64_t initial = k_page_bytes * prepared_.ready->module.memories[0].initial;
    return Outcome::of(OutcomeKind::memory, "the module's memory begins with " +
                                                bytes_text(initial) + ", limit of " +
                                                bytes_text(limits_.memory_bytes_max) + " reached");
  }

  static Outcome not_made(const Error& error) {
    OutcomeKind kind = error.code == Code::exhausted ? OutcomeKind::memory : OutcomeKind::trap;
    return Outcome::of(kind, std::string(error.message()));
  }

  // --- the result --------------------------------------------------------------------------------

  Result<RunResult> finish_value(Instance& instance) {
    switch (binding_.signature.form) {
      case Form::scalars:
        return finish_with(scalar_result());
      case Form::bytes:
        return finish_bytes(instance.memory());
      case Form::task:
        if (state_.published) return finish_encoded(*state_.published);
        if (binding_.output->kind() == Kind::null) return finish_with(Slot::null());
        return finish(Outcome::of(OutcomeKind::trap, "the task has published no result"));
      case Form::command:
        return finish_command();
    }
    SAMARA_ASSERT(!"a form");
    return finish(memory_limit(limits_));
  }

  Slot scalar_result() const {
    uint64_t wide = wide_result();
    switch (binding_.signature.result) {
      case Passing::integer64:
        return Slot::of(static_cast<int64_t>(wide));
      case Passing::integer32:
        return Slot::of(int64_t{static_cast<int32_t>(cells_[0])});
      case Passing::float64:
        return Slot::of(std::bit_cast<double>(wide));
      case Passing::float32:
        return Slot::of(double{std::bit_cast<float>(cells_[0])});
      case Passing::boolean:
        return Slot::of(cells_[0] != 0);
      case Passing::nothing:
        break;
    }
    return Slot::null();
  }
  uint64_t wide_result() const { return uint64_t{cells_[1]} << 32 | cells_[0]; }

  Result<RunResult> finish_bytes(std::span<const uint8_t> memory) {
    auto at = static_cast<uint32_t>(wide_result() >> 32);
    auto size = static_cast<uint32_t>(wide_result());
    if (at > memory.size() || size > memory.size() - at) {
      return finish(Outcome::of(OutcomeKind::trap, "the result, " + std::to_string(size) +
                                                       " bytes at " + std::to_string(at) +
                                                       ", is not inside of the memory"));
    }
    return finish_encoded(memory.subspan(at, size));
  }

  // The bytes come from the module: nothing is believed, and the result is written anew.
  Result<RunResult> finish_encoded(ByteView bytes) {
    if (bytes.size() > limits_.output_bytes_max) return finish(state_.output_full());
    auto value = decode_beast2_value(bytes, binding_.output, heap_, {});
    if (heap_.exhausted()) return finish(memory_limit(limits_));
    if (value) return finish_with(*value);
    return finish(Outcome::of(OutcomeKind::trap, "the result is no " + type_name(binding_.output) +
                                                     ": " + std::string(value.error().message())));
  }

  Result<RunResult> finish_command() {
    const Bytes& output = state_.output;
    if (binding_.output->kind() == Kind::null) return finish_with(Slot::null());
    if (binding_.output->kind() == Kind::string) {
      size_t valid = utf8_valid_prefix(output.data(), output.size());
      if (valid < output.size()) {
        return finish(Outcome::of(OutcomeKind::trap, "standard output is no UTF-8 at byte " +
                                                         std::to_string(valid) +
                                                         ": let the function give Blob"));
      }
    }
    BytesObject* object = heap_.new_bytes(ByteView(output));
    if (object == nullptr) return finish(memory_limit(limits_));
    return finish_with(Slot::of(object));
  }

  Result<RunResult> finish_with(Slot value) {
    SAMARA_TRY(Bytes bytes, encode_beast2(binding_.output, value));
    if (bytes.size() > limits_.output_bytes_max) return finish(state_.output_full());
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
    if (!form_.note.empty()) out.decisions.push_back(form_.note);
    return out;
  }

  const WasmRuntimeParts& parts_;
  Watchdog& watchdog_;
  const PreparedModule& prepared_;
  const Binding& binding_;
  const RunRequest& request_;
  const Limits& limits_;
  Heap& heap_;
  port::Instant started_;
  std::chrono::nanoseconds cpu_started_;
  uint64_t memory_peak_ = 0;
  CodeForm form_{};
  RunState state_;
  std::vector<uint32_t> cells_;  // of the export: arguments, then results
  uint32_t argument_cells_ = 0;
  Bytes encoded_;  // form bytes: the arguments
};

}  // namespace

Result<RunResult> run_module(const WasmRuntimeParts& parts, Watchdog& watchdog,
                             const PreparedModule& prepared, const RunRequest& request) {
  auto limit = static_cast<size_t>(std::min<uint64_t>(request.limits.memory_bytes_max, SIZE_MAX));
  if (request.heap == nullptr) {
    Heap heap({.limit_bytes = limit});
    return Run(parts, watchdog, prepared, request, heap).go();
  }
  size_t outer_limit = request.heap->limit();
  request.heap->set_limit(limit);
  auto result = Run(parts, watchdog, prepared, request, *request.heap).go();
  request.heap->set_limit(outer_limit);
  return result;
}

}  // namespace samara::runtime::wasm
