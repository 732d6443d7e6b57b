#include "runtime/wasm/worker_messages.hpp"

#include "core/assert.hpp"
#include "value/utf8.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr uint32_t k_locations_max = 10'000;

Outcome unpack_any_outcome(Unpack& in) {
  Outcome out;
  out.kind = static_cast<OutcomeKind>(in.u8());
  for (uint8_t& byte : out.value.bytes) byte = in.u8();
  out.message = in.text();
  out.which = in.text();
  const uint32_t locations = std::min(in.u32(), k_locations_max);
  for (uint32_t i = 0; i < locations && in.good(); i++) {
    SourceLocation at;
    at.filename = in.text();
    at.line = static_cast<int64_t>(in.u64());
    at.column = static_cast<int64_t>(in.u64());
    out.locations.push_back(std::move(at));
  }
  return out;
}

void pack_outcome(Pack& out, const Outcome& outcome) {
  out.u8(static_cast<uint8_t>(outcome.kind));
  for (uint8_t byte : outcome.value.bytes) out.u8(byte);
  out.text(outcome.message);
  out.text(outcome.which);
  const auto locations =
      static_cast<uint32_t>(std::min<size_t>(outcome.locations.size(), k_locations_max));
  out.u32(locations);
  for (uint32_t i = 0; i < locations; i++) {
    const SourceLocation& at = outcome.locations[i];
    out.text(at.filename);
    out.u64(static_cast<uint64_t>(at.line));
    out.u64(static_cast<uint64_t>(at.column));
  }
}

bool is_code(uint16_t number) {
  switch (static_cast<Code>(number)) {
#define SAMARA_CODE(name, number, sentence, retryable) case Code::name:
#include "core/codes.def"
#undef SAMARA_CODE
    return true;
  }
  return false;
}

void pack_error(Pack& out, const Error& error) {
  out.u32(static_cast<uint32_t>(error.code));
  out.u32(error.domain);
  out.u32(error.detail);
  out.text(error.message());
}

std::optional<Error> unpack_error(Unpack& in) {
  const uint32_t code = in.u32();
  const uint32_t domain = in.u32();
  const uint32_t detail = in.u32();
  std::string_view text = in.text();
  if (!in.whole() || code > UINT16_MAX || !is_code(static_cast<uint16_t>(code)) ||
      domain > UINT16_MAX || !utf8_valid(text)) {
    return std::nullopt;
  }
  return Error(static_cast<Code>(code), static_cast<uint16_t>(domain), detail, text);
}

void pack_type(Pack& out, const Type* type) {
  // Types of functions are closed and of this dialect, or they would not have been bound.
  SAMARA_ASSERT(append_type(out.all(), type, Dialect::b));
}

const Type* unpack_type(ByteView& left, TypeTable& types) {
  auto got = decode_type(left, types, Dialect::b);
  SAMARA_ASSERT(got);
  left = left.subspan(got->bytes_used);
  return got->type;
}

}  // namespace

// --- hello ---------------------------------------------------------------------------------------

Bytes pack_hello(bool enough, std::span<const port::SandboxWall> walls) {
  Pack out;
  out.u8(enough ? 1 : 0);
  out.u32(static_cast<uint32_t>(walls.size()));
  for (const port::SandboxWall& wall : walls) {
    out.u8(wall.stands ? 1 : 0);
    out.text(wall.name);
  }
  return std::move(out.all());
}

std::optional<HelloMessage> unpack_hello(ByteView body) {
  Unpack in(body);
  HelloMessage out;
  out.enough = in.u8() == 1;
  const uint32_t count = in.u32();
  if (count > k_walls_max) return std::nullopt;
  for (uint32_t i = 0; i < count; i++) {
    const bool stands = in.u8() == 1;
    std::string_view name = in.text();
    if (!utf8_valid(name)) return std::nullopt;
    out.walls.push_back({std::string(name), stands});
  }
  if (!in.whole()) return std::nullopt;
  return out;
}

// --- load ----------------------------------------------------------------------------------------

Bytes pack_load(const ReadyModule& module, const Binding& binding) {
  Pack out;
  out.u64(binding.number);
  out.text(binding.signature.name);
  out.u8(static_cast<uint8_t>(binding.signature.form));
  out.u32(static_cast<uint32_t>(binding.signature.parameters.size()));
  for (Passing passing : binding.signature.parameters) out.u8(static_cast<uint8_t>(passing));
  out.u8(static_cast<uint8_t>(binding.signature.result));
  out.u32(static_cast<uint32_t>(module.initialisers.size()));
  for (const std::string& name : module.initialisers) out.text(name);
  out.u8(module.module.memories.empty() ? 0 : 1);
  out.u32(module.module.memories.empty() ? 0 : module.module.memories[0].initial);
  out.u32(static_cast<uint32_t>(binding.inputs.size()));
  out.u32(static_cast<uint32_t>(module.callees.size()));
  for (const Callee& callee : module.callees) {
    out.text(callee.name);
    out.u32(static_cast<uint32_t>(callee.inputs.size()));
  }
  out.bytes(module.code->staged());
  for (const Type* type : binding.inputs) pack_type(out, type);
  pack_type(out, binding.output);
  for (const Callee& callee : module.callees) {
    for (const Type* type : callee.inputs) pack_type(out, type);
    pack_type(out, callee.output);
  }
  return std::move(out.all());
}

LoadMessage unpack_load(ByteView body, TypeTable& types) {
  Unpack in(body);
  LoadMessage out;
  out.binding.number = in.u64();
  out.binding.signature.name = in.text();
  out.binding.signature.form = static_cast<Form>(in.u8());
  const uint32_t parameters = in.u32();
  for (uint32_t i = 0; i < parameters && in.good(); i++) {
    out.binding.signature.parameters.push_back(static_cast<Passing>(in.u8()));
  }
  out.binding.signature.result = static_cast<Passing>(in.u8());
  const uint32_t initialisers = in.u32();
  for (uint32_t i = 0; i < initialisers && in.good(); i++) out.initialisers.emplace_back(in.text());
  const bool memory = in.u8() == 1;
  const uint32_t pages = in.u32();
  if (memory) out.memory_pages = pages;
  const uint32_t inputs = in.u32();
  const uint32_t callees = in.u32();
  for (uint32_t i = 0; i < callees && in.good(); i++) {
    Callee& callee = out.callees.emplace_back();
    callee.name = in.text();
    callee.inputs.resize(in.u32());
  }
  ByteView staged = in.bytes();
  out.staged.assign(staged.begin(), staged.end());
  SAMARA_ASSERT(in.good());
  ByteView left = in.rest();
  for (uint32_t i = 0; i < inputs; i++) out.binding.inputs.push_back(unpack_type(left, types));
  out.binding.output = unpack_type(left, types);
  for (Callee& callee : out.callees) {
    for (const Type*& type : callee.inputs) type = unpack_type(left, types);
    callee.output = unpack_type(left, types);
  }
  return out;
}

// --- answers -------------------------------------------------------------------------------------

Bytes pack_answer(const Result<void>& answer) {
  Pack out;
  out.u8(answer ? 1 : 0);
  if (!answer) pack_error(out, answer.error());
  return std::move(out.all());
}

std::optional<Result<void>> unpack_answer(ByteView body) {
  Unpack in(body);
  if (in.u8() == 1) {
    if (!in.whole()) return std::nullopt;
    return Result<void>();
  }
  std::optional<Error> error = unpack_error(in);
  if (!error) return std::nullopt;
  return Result<void>(std::move(*error));
}

// --- run -----------------------------------------------------------------------------------------

void pack_run_head(Pack& out, const RunHead& head) {
  out.u64(head.number);
  out.u64(head.limits.memory_bytes_max);
  out.u64(static_cast<uint64_t>(head.limits.wall_max.count()));
  out.u64(head.limits.output_bytes_max);
  out.u8(head.logs ? 1 : 0);
  out.u8(head.observed ? 1 : 0);
  out.u8(head.subcalls ? 1 : 0);
  out.text(head.name);
}

RunHead unpack_run_head(Unpack& in) {
  RunHead out;
  out.number = in.u64();
  out.limits.memory_bytes_max = in.u64();
  out.limits.wall_max = std::chrono::nanoseconds(static_cast<int64_t>(in.u64()));
  out.limits.output_bytes_max = in.u64();
  out.logs = in.u8() == 1;
  out.observed = in.u8() == 1;
  out.subcalls = in.u8() == 1;
  out.name = in.text();
  return out;
}

Bytes pack_subcall(const Subcall& call) {
  Pack out;
  out.u64(static_cast<uint64_t>(call.wall_max.count()));
  out.text(call.name);
  out.u32(static_cast<uint32_t>(call.arguments.size()));
  for (ByteView argument : call.arguments) out.bytes(argument);
  return std::move(out.all());
}

std::optional<SubcallMessage> unpack_subcall(ByteView body) {
  Unpack in(body);
  SubcallMessage out;
  const uint64_t wall = in.u64();
  out.name = in.text();
  const uint32_t count = in.u32();
  if (count > k_subcall_arguments_max || wall > INT64_MAX || !utf8_valid(out.name)) {
    return std::nullopt;
  }
  out.wall_max = std::chrono::nanoseconds(static_cast<int64_t>(wall));
  for (uint32_t i = 0; i < count; i++) out.arguments.push_back(in.bytes());
  if (!in.whole()) return std::nullopt;
  return out;
}

Bytes pack_subcall_result(const Result<SubcallResult>& result) {
  Pack out;
  out.u8(result ? 1 : 0);
  if (result) {
    pack_outcome(out, result->outcome);
    out.rest(result->value);
  } else {
    pack_error(out, result.error());
  }
  return std::move(out.all());
}

Result<SubcallResult> unpack_subcall_result(ByteView body) {
  Unpack in(body);
  if (in.u8() != 1) {
    std::optional<Error> error = unpack_error(in);
    SAMARA_ASSERT(error.has_value());
    return std::move(*error);
  }
  SubcallResult out;
  out.outcome = unpack_any_outcome(in);
  ByteView value = in.rest();
  out.value.assign(value.begin(), value.end());
  return out;
}

// --- result --------------------------------------------------------------------------------------

Bytes pack_result(const ResultMessage& result) {
  Pack out;
  pack_outcome(out, result.outcome);
  out.u64(static_cast<uint64_t>(result.cpu.count()));
  out.u64(result.peak_memory_bytes);
  out.rest(result.value);
  return std::move(out.all());
}

bool worker_may_say(const Outcome& outcome) {
  if (!utf8_valid(outcome.message) || !outcome.locations.empty()) return false;
  if (outcome.value != Hash{}) return false;
  switch (outcome.kind) {
    case OutcomeKind::value:
    case OutcomeKind::error:
    case OutcomeKind::trap:
    case OutcomeKind::timeout:
    case OutcomeKind::memory:
    case OutcomeKind::cancelled:
      return outcome.which.empty();
    case OutcomeKind::limit:
      return outcome.which == "depth" || outcome.which == "output";
    case OutcomeKind::crash:
    case OutcomeKind::lost:
      break;
  }
  return false;
}

std::optional<ResultMessage> unpack_result(ByteView body) {
  Unpack in(body);
  ResultMessage out;
  out.outcome = unpack_any_outcome(in);
  const uint64_t cpu = in.u64();
  out.peak_memory_bytes = in.u64();
  out.value = in.rest();
  if (!in.good() || cpu > INT64_MAX) return std::nullopt;
  if (!out.outcome.is_value() && !out.value.empty()) return std::nullopt;
  out.cpu = std::chrono::nanoseconds(static_cast<int64_t>(cpu));
  return out;
}

}  // namespace samara::runtime::wasm
