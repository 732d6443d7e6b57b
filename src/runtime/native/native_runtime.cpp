#include "runtime/native/native_runtime.hpp"

#include <algorithm>

#include "call/unit_text.hpp"
#include "image/ed25519_host.hpp"
#include "image/load.hpp"
#include "image/writer.hpp"
#include "runtime/argument_value.hpp"
#include "runtime/limit_outcome.hpp"
#include "runtime/native/admission.hpp"
#include "runtime/native/effects.hpp"
#include "runtime/native/import.hpp"
#include "runtime/native/outcome.hpp"

namespace samara::runtime::native {

namespace {

struct PreparedImage final : Prepared {
  std::shared_ptr<const port::SandboxProgram> program;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  image::Memory memory;
  uint64_t base = 0;
  uint32_t deadline_ms = 0;
  uint32_t deadline_ms_max = 0;
  std::optional<Admission> admission;  // none: without a policy that may change
  Bytes debug;
};

port::SandboxRights sandbox_rights(image::Rights rights) {
  switch (rights) {
    case image::Rights::read:
      return port::SandboxRights::read;
    case image::Rights::read_write:
      return port::SandboxRights::read_write;
    case image::Rights::read_execute:
      return port::SandboxRights::read_execute;
  }
  SAMARA_ASSERT(!"rights of a region");
}

// What a sandbox sees of a run goes to whoever observes it.
class Watcher final : public port::SandboxWatcher {
 public:
  explicit Watcher(RunObserver* observer) : observer_(observer) {}
  void metric(std::string_view key, double value) override { observer_->metric(key, value); }
  void progress(uint32_t permille) override { observer_->progress(permille); }

 private:
  RunObserver* observer_;
};

class Run {
 public:
  Run(const NativeRuntimeParts& parts, const PreparedImage& prepared, const RunRequest& request)
      : parts_(parts), prepared_(prepared), request_(request), limits_(request.limits) {
    take_deadline();
  }

  Result<RunResult> go(Heap& heap) {
    const image::Memory& memory = prepared_.memory;
    const uint64_t needed = uint64_t{memory.image} + memory.stack + memory.heap;
    if (needed > limits_.memory_bytes_max) {
      return ended(
          Outcome::of(OutcomeKind::memory, "the task needs " + bytes_text(needed) + ", limit of " +
                                               bytes_text(limits_.memory_bytes_max) + " reached"));
    }
    Bytes input;
    for (size_t i = 0; i < prepared_.inputs.size(); i++) {
      const ArgumentPlace place{request_.name, i, prepared_.inputs[i]};
      SAMARA_TRY(Slot value,
                 argument_value(place, request_.arguments[i], parts_.types.types, heap));
      if (heap.exhausted()) return ended(memory_limit(limits_));
      SAMARA_CHECK(append_beast2_value(input, place.expected, value));
    }
    if (input.size() > memory.input) {
      return Error(Code::invalid_argument, "the arguments of '" + std::string(request_.name) +
                                               "' are " + bytes_text(input.size()) +
                                               ", it takes at most " + bytes_text(memory.input));
    }
    port::SandboxOrder order;
    order.input = input;
    order.output_bytes_max = output_bytes_max();
    order.wall_max = limits_.wall_max;
    order.cancel = request_.cancel;
    order.reuse = parts_.reuse;
    Watcher watcher(request_.observer);
    if (request_.observer != nullptr) order.watcher = &watcher;
    SAMARA_TRY(port::SandboxReport report, parts_.sandbox.run(*prepared_.program, order));
    if (request_.log != nullptr) write_log(report, *request_.log);
    return finish(report, heap);
  }

 private:
  // Nobody names a deadline by leaving the one that every run has.
  void take_deadline() {
    const Limits unnamed;
    if (limits_.wall_max.count() == 0 || limits_.wall_max == unnamed.wall_max) {
      limits_.wall_max = std::chrono::milliseconds(prepared_.deadline_ms);
    }
    limits_.wall_max = std::min<std::chrono::nanoseconds>(
        limits_.wall_max, std::chrono::milliseconds(prepared_.deadline_ms_max));
  }

  uint64_t output_bytes_max() const {
    return std::min<uint64_t>(prepared_.memory.output, limits_.output_bytes_max);
  }

  RunResult ended(Outcome outcome) const {
    RunResult out;
    out.outcome = std::move(outcome);
    return out;
  }

  Result<RunResult> finish(const port::SandboxReport& report, Heap& heap) const {
    RunResult out;
    out.usage.wall_ns = static_cast<uint64_t>(report.wall.count());
    out.usage.cpu_ns = static_cast<uint64_t>(report.cpu.count());
    out.usage.peak_memory_bytes = report.peak_memory_bytes;
    out.outcome = outcome_of({.report = report,
                              .limits = limits_,
                              .image_base = prepared_.base,
                              .stack_bytes = prepared_.memory.stack,
                              .heap_bytes = prepared_.memory.heap,
                              .output_bytes_max = output_bytes_max(),
                              .debug = prepared_.debug});
    if (report.reused) out.decisions.push_back("in a process that had run it before");
    if (!out.outcome.is_value()) return out;
    auto value = decode_beast2_value(report.output, prepared_.output, heap, {});
    if (!value) {
      const OutcomeKind kind =
          value.error().code == Code::exhausted ? OutcomeKind::memory : OutcomeKind::trap;
      out.outcome = Outcome::of(kind, "the result is no " + type_text_of_output() + ": " +
                                          std::string(value.error().message()));
      return out;
    }
    SAMARA_TRY(out.value, encode_beast2(prepared_.output, *value));
    if (out.value.size() > limits_.output_bytes_max) {
      out.value.clear();
      out.outcome = output_limit(limits_);
    }
    return out;
  }

  std::string type_text_of_output() const {
    return std::string(kind_name(prepared_.output->kind())) + " of the declared type";
  }

  const NativeRuntimeParts& parts_;
  const PreparedImage& prepared_;
  const RunRequest& request_;
  Limits limits_;
};

}  // namespace

image::Offer offer_of_this_machine() {
  image::Offer out;
#if defined(__x86_64__)
  out.target = image::find_target("x86_64-linux-samara");
#elif defined(__aarch64__)
  out.target = image::find_target("aarch64-linux-samara");
#endif
  constexpr uint32_t k_mebibyte = 1U << 20;
  out.memory_max = {.image = 64 * k_mebibyte,
                    .stack = 64 * k_mebibyte,
                    .heap = 1024 * k_mebibyte,
                    .input = 256 * k_mebibyte,
                    .output = 256 * k_mebibyte};
  out.memory_total_max = 1536 * k_mebibyte;
  out.deadline_ms_max = UINT32_MAX;
  return out;
}

image::TrustPolicy trust_everything() {
  image::TrustPolicy out;
  out.signatures_needed = 0;
  out.unsigned_capabilities = image::k_capabilities_known;
  out.verify = image::verify_ed25519;
  return out;
}

std::string_view NativeRuntime::kind() const { return k_kind_native; }

std::vector<runtime::Offer> NativeRuntime::offers(const FunctionRecord& record) const {
  std::vector<runtime::Offer> out;
  for (const ReachedEffect& reached : record.effects) out.push_back(offer_of(reached));
  return out;
}

Result<std::shared_ptr<const Prepared>> NativeRuntime::prepare(const FunctionSource& source) {
  if (parts_.offer.target == nullptr) {
    return Error(Code::unsupported, "native images do not run on this processor");
  }
  // Signatures are kept beside the code; an image of old may have them inside.
  Bytes with_signatures;
  ByteView file = source.code;
  if (!source.signatures.empty()) {
    SAMARA_TRY(with_signatures, image::with_signatures(source.code, source.signatures));
    file = with_signatures;
  }
  auto prepared = std::make_shared<PreparedImage>();
  image::TrustPolicy trust = parts_.trust;
  if (parts_.rules != nullptr) {
    image::Container container;
    if (auto refusal = image::read_container(file, container)) {
      return image::refusal_error(refusal);
    }
    auto admission = admit(container, *parts_.rules);
    if (!admission) {
      return std::move(admission).error().with_context("'" + std::string(source.name) + "'");
    }
    prepared->admission = std::move(*admission);
    trust = trust_everything();
  }
  image::ValidImage valid;
  if (auto refusal = image::validate(file, parts_.offer, trust, valid)) {
    return image::refusal_error(refusal);
  }
  const image::Grant& grant = prepared->admission ? prepared->admission->grant : valid.grant;
  const image::Manifest& manifest = valid.container.manifest;
  // The effects of the record are what the caller is asked to allow: they must be the image's.
  if (source.record->effects != effects_of(manifest)) {
    return Error(Code::check_failed, "the effects of the function are not those of its image");
  }
  const uint64_t missing = manifest.capabilities & ~capabilities_offered();
  if (missing != 0) {
    return Error(Code::not_found,
                 "the task needs " + capability_names(missing) + ", which is not offered");
  }
  const image::Layout& layout = valid.layout;
  const uint32_t page = parts_.offer.target->page;
  Bytes memory(image::memory_size(layout, page));
  prepared->base = parts_.sandbox.place(memory.size());
  SAMARA_CHECK(image::load_image(valid.container.image(), layout, memory, prepared->base));
  port::SandboxImage image;
  image.base = prepared->base;
  image.memory = memory;
  for (const image::Region& region : image::regions(layout, page)) {
    if (region.size == 0) continue;
    image.regions.push_back({region.address, region.size, sandbox_rights(region.rights)});
  }
  image.entry = layout.entry;
  image.init_array = layout.init_array;
  image.init_count = layout.init_count;
  image.stack_bytes = manifest.memory.stack;
  image.heap_bytes = manifest.memory.heap;
  image.input_bytes_max = manifest.memory.input;
  image.output_bytes_max = manifest.memory.output;
  image.capabilities = manifest.capabilities;
  image.resettable = (valid.container.flags & image::k_flag_resettable) != 0;
  SAMARA_TRY(prepared->program, parts_.sandbox.load(image));
  prepared->inputs = source.record->inputs;
  prepared->output = source.record->output;
  prepared->memory = manifest.memory;
  prepared->deadline_ms = std::min(manifest.deadline_ms, grant.deadline_ms_max);
  prepared->deadline_ms_max = std::min(manifest.deadline_ms_max, grant.deadline_ms_max);
  // Names for crashes: a companion that cannot be read is one without names.
  if (auto companion = decode_companion(source.companion, parts_.types)) {
    prepared->debug = std::move(companion->debug);
  }
  return std::shared_ptr<const Prepared>(std::move(prepared));
}

bool NativeRuntime::current(const Prepared& prepared) {
  const auto& ready = static_cast<const PreparedImage&>(prepared);
  return !ready.admission || ready.admission->holds(*parts_.rules);
}

Result<RunResult> NativeRuntime::run(const Prepared& prepared, const RunRequest& request) {
  const auto& ready = static_cast<const PreparedImage&>(prepared);
  if (request.arguments.size() != ready.inputs.size()) {
    return argument_count_error(request.name, ready.inputs.size(), request.arguments.size());
  }
  Run run(parts_, ready, request);
  if (request.heap != nullptr) return run.go(*request.heap);
  Heap heap{HeapOptions{}};
  return run.go(heap);
}

}  // namespace samara::runtime::native
