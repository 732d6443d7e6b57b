#include "runtime/east/run.hpp"

#include "call/unit_text.hpp"
#include "eval/vm.hpp"
#include "runtime/argument_value.hpp"
#include "runtime/east/platform_host.hpp"
#include "runtime/limit_outcome.hpp"

namespace samara::runtime::east {

namespace {

// Collects an encoding up to a limit.
class BoundedSink final : public ByteSink {
 public:
  explicit BoundedSink(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  Result<void> write(ByteView chunk) override {
    if (chunk.size() > bytes_max_ - bytes_.size()) {
      passed_ = true;
      return Error(Code::exhausted, "output limit reached");
    }
    bytes_.insert(bytes_.end(), chunk.begin(), chunk.end());
    return {};
  }
  bool passed() const { return passed_; }
  Bytes take() { return std::move(bytes_); }

 private:
  uint64_t bytes_max_;
  bool passed_ = false;
  Bytes bytes_;
};

// One run. The heap is the caller's for the time of the run, with our limit on it.
class Run {
 public:
  Run(const EastRuntimeParts& parts, const std::shared_ptr<const Executable>& executable,
      const RunRequest& request, Heap& heap)
      : parts_(parts),
        executable_(executable),
        program_(*executable->program),
        request_(request),
        limits_(request.limits),
        heap_(heap),
        started_(parts.clock.now()),
        cpu_started_(parts.processes.thread_cpu()),
        vm_(heap, parts.types.types, executable->registry, vm_options()) {
    host_.log = request.log;
    host_.subcalls = request.subcalls;
    host_.clock = &parts.clock;
    host_.cancel = request.cancel;
    if (limits_.wall_max.count() > 0) host_.deadline = started_ + limits_.wall_max;
  }

  Result<RunResult> go() {
    std::vector<Slot> arguments;
    arguments.reserve(request_.arguments.size());
    // The values are reached through the vector alone while later ones are decoded, which is fine:
    // nothing collects before the program runs.
    for (uint32_t i = 0; i < request_.arguments.size(); i++) {
      SAMARA_TRY(Slot value, argument(i));
      if (heap_.exhausted()) return finish(memory_limit(limits_));
      arguments.push_back(value);
    }
    Slot result;
    // Functions that outlive the run in the caller's heap keep the executable by the program.
    std::shared_ptr<const eval::CompiledProgram> program(executable_, &program_);
    if (!vm_.run(program, arguments, result)) {
      if (host_.error.has_value()) return std::move(*host_.error);
      return finish(failure());
    }
    return finish_value(result);
  }

 private:
  eval::VmOptions vm_options() {
    eval::VmOptions options;
    options.steps_max = limits_.steps_max;
    options.depth_max = limits_.depth_max;
    options.native_stack_bytes = k_callback_stack_bytes;
    if (limits_.wall_max.count() > 0) {
      options.deadline_passed = [this] { return parts_.clock.now() >= *host_.deadline; };
    }
    options.cancel = request_.cancel;
    options.host = &host_;
    return options;
  }

  Result<Slot> argument(uint32_t i) {
    Beast2Options options;
    options.functions = &vm_.function_hooks();
    return argument_value({request_.name, i, program_.type->child(i)}, request_.arguments[i],
                          parts_.types.types, heap_, options);
  }

  Outcome failure() const {
    using eval::FailureKind;
    eval::EastError error = vm_.error();
    switch (vm_.failure()) {
      case FailureKind::error: {
        std::vector<SourceLocation> locations;
        locations.reserve(error.stack.size());
        for (ir::Location& at : error.stack) {
          locations.push_back({std::move(at.filename), at.line, at.column});
        }
        return Outcome::of_error(std::move(error.message), std::move(locations));
      }
      case FailureKind::steps:
        return Outcome::of_limit(
            "steps", "limit of " + std::to_string(limits_.steps_max) + " steps reached");
      case FailureKind::depth:
        return Outcome::of_limit(
            "depth", "recursion limit of " + std::to_string(limits_.depth_max) + " calls reached");
      case FailureKind::memory:
        return memory_limit(limits_);
      case FailureKind::timeout:
        return deadline_passed(limits_);
      case FailureKind::cancelled:
        return Outcome::of(OutcomeKind::cancelled, "cancelled");
      case FailureKind::aborted:
        if (host_.ended.has_value()) return *host_.ended;
        break;
      case FailureKind::none:
        break;
    }
    return Outcome::of(OutcomeKind::trap, std::move(error.message));
  }

  Result<RunResult> finish_value(Slot value) {
    BoundedSink sink(limits_.output_bytes_max);
    Beast2Options options;
    options.functions = &vm_.function_hooks();
    auto written = write_beast2(sink, program_.type->output(), value, options);
    if (written) {
      auto result = finish(Outcome::of_value(Hash{}));
      result.value = sink.take();
      return result;
    }
    if (sink.passed()) {
      return finish(output_limit(limits_));
    }
    if (heap_.exhausted()) return finish(memory_limit(limits_));
    return finish(Outcome::of(OutcomeKind::trap, "the result cannot be written: " +
                                                     std::string(written.error().message())));
  }

  RunResult finish(Outcome outcome) const {
    RunResult out;
    out.outcome = std::move(outcome);
    auto count = [](std::chrono::nanoseconds span) { return static_cast<uint64_t>(span.count()); };
    out.usage.wall_ns = count(parts_.clock.now() - started_);
    out.usage.cpu_ns = count(parts_.processes.thread_cpu() - cpu_started_);
    out.usage.steps = vm_.steps();
    out.usage.peak_memory_bytes = heap_.peak_bytes();
    return out;
  }

  const EastRuntimeParts& parts_;
  const std::shared_ptr<const Executable>& executable_;
  const eval::CompiledProgram& program_;
  const RunRequest& request_;
  const Limits& limits_;
  Heap& heap_;
  port::Instant started_;
  std::chrono::nanoseconds cpu_started_;
  PlatformHost host_;
  eval::Vm vm_;
};

size_t heap_limit(const Limits& limits) {
  return limits.memory_bytes_max > SIZE_MAX ? SIZE_MAX
                                            : static_cast<size_t>(limits.memory_bytes_max);
}

}  // namespace

Result<RunResult> run_program(const EastRuntimeParts& parts,
                              const std::shared_ptr<const Executable>& executable,
                              const RunRequest& request) {
  size_t expected = executable->program->type->input_count();
  if (request.arguments.size() != expected) {
    return argument_count_error(request.name, expected, request.arguments.size());
  }
  size_t limit = heap_limit(request.limits);
  if (request.heap == nullptr) {
    Heap heap({.limit_bytes = limit});
    return Run(parts, executable, request, heap).go();
  }
  size_t outer_limit = request.heap->limit();
  request.heap->set_limit(limit);
  auto result = Run(parts, executable, request, *request.heap).go();
  request.heap->set_limit(outer_limit);
  return result;
}

}  // namespace samara::runtime::east
