// Host functions of the module "samara".

#include <algorithm>
#include <cstring>

#include "runtime/callee_outcome.hpp"
#include "runtime/wasm/callees.hpp"
#include "runtime/wasm/host_function.hpp"
#include "value/utf8.hpp"

namespace samara::runtime::wasm {

namespace {

// What one call copies at most, so that it takes a few milliseconds whatever the memory holds.
constexpr uint32_t k_piece_bytes_max = 16U << 20;
// What one line and one message have at most.
constexpr uint32_t k_text_bytes_max = 64U << 10;
constexpr uint32_t k_key_bytes_max = 64;

void log(HostCall& call) {
  auto text = call.memory(call.i32(1), std::min(call.i32(2), k_text_bytes_max));
  if (!text || call.run().log == nullptr) return;
  std::string line(as_text(*text));
  line += '\n';
  call.run().log->write(call.i32(0) >= 2 ? LogStream::err : LogStream::out, line);
}

void fail(HostCall& call) {
  auto text = call.memory(call.i32(0), std::min(call.i32(1), k_text_bytes_max));
  if (!text) return;
  size_t valid = utf8_valid_prefix(text->data(), text->size());
  call.end(Outcome::of_error(std::string(as_text(text->first(valid))), {}));
}

const Bytes* input_of(HostCall& call) {
  uint32_t index = call.i32(0);
  if (index < call.run().inputs.size()) return &call.run().inputs[index];
  call.trap("samara: there is no input of that number");
  return nullptr;
}

void input_size(HostCall& call) {
  const Bytes* input = input_of(call);
  if (input != nullptr) call.give(input->size());
}

void input(HostCall& call) {
  const Bytes* from = input_of(call);
  if (from == nullptr) return;
  auto to = call.memory(call.i32(2), call.i32(3));
  if (!to) return;
  uint64_t offset = std::min<uint64_t>(call.i64(1), from->size());
  size_t count =
      std::min({to->size(), static_cast<size_t>(from->size() - offset), size_t{k_piece_bytes_max}});
  if (count > 0) std::memcpy(to->data(), from->data() + offset, count);
  call.give(count);
}

void publish_result(HostCall& call) {
  uint32_t length = call.i32(1);
  auto bytes = call.memory(call.i32(0), length);
  if (!bytes) return;
  if (length > call.run().output_bytes_max) {
    return call.end(call.run().output_full());
  }
  if (length > k_piece_bytes_max) {
    return call.trap("samara.publish_result: at most 16 MiB, use the form 'bytes' for more");
  }
  call.run().published.emplace(bytes->begin(), bytes->end());
  if (call.run().observer != nullptr) call.run().observer->partial_result(*bytes);
}

void metric(HostCall& call) {
  if (call.i32(1) > k_key_bytes_max) {
    return call.trap("samara.metric: a key has at most 64 bytes");
  }
  auto key = call.memory(call.i32(0), call.i32(1));
  if (!key) return;
  if (utf8_valid_prefix(key->data(), key->size()) != key->size()) {
    return call.trap("samara.metric: the key is no UTF-8");
  }
  if (call.run().observer != nullptr) call.run().observer->metric(as_text(*key), call.f64(2));
}

void progress(HostCall& call) {
  if (call.run().observer == nullptr) return;
  call.run().observer->progress(std::min(call.i32(0), 1000U));
}

const Callee* callee_of(HostCall& call) {
  auto bytes = call.memory(call.i32(0), std::min(call.i32(1), k_text_bytes_max));
  if (!bytes) return nullptr;
  std::string_view name = as_text(*bytes);
  for (const Callee& callee : call.run().callees) {
    if (callee.name == name) return &callee;
  }
  call.trap("samara.call: the module has no section 'samara.callee." +
            std::string(name.substr(0, utf8_valid_prefix(bytes->data(), bytes->size()))) + "'");
  return nullptr;
}

// What is left until the deadline; zero: there is none.
std::chrono::nanoseconds time_left(const RunState& run) {
  if (!run.deadline.has_value()) return std::chrono::nanoseconds(0);
  return std::max(*run.deadline - run.clock->now(), std::chrono::nanoseconds(1));
}

// Of bytes that the module gave or gets.
void misfit(HostCall& call, const Callee& callee, std::string_view what, const Error& error) {
  if (error.code == Code::exhausted) {
    return call.end(Outcome::of(
        OutcomeKind::memory, "no room for the " + std::string(what) + " of '" + callee.name + "'"));
  }
  call.trap("samara.call: " + std::string(what) + " of '" + callee.name +
            "': " + std::string(error.message()));
}

void call_function(HostCall& call) {
  const Callee* callee = callee_of(call);
  if (callee == nullptr) return;
  auto bytes = call.memory(call.i32(2), call.i32(3));
  if (!bytes) return;
  RunState& run = call.run();
  if (run.subcalls == nullptr) return call.trap("samara.call: functions cannot be called here");
  auto arguments = callee_arguments(*callee, *bytes, run.values_bytes_max);
  if (!arguments) return misfit(call, *callee, "arguments", arguments.error());
  std::vector<ByteView> views(arguments->begin(), arguments->end());
  auto result = run.subcalls->call({callee->name, views, time_left(run)});
  if (!result) return call.give_up(std::move(result).error());
  if (!result->outcome.is_value()) {
    return call.end(callee_outcome(callee->name, std::move(result->outcome)));
  }
  auto value = callee_result(*callee, result->value, *run.types, run.values_bytes_max);
  if (!value) return misfit(call, *callee, "result", value.error());
  run.call_result = std::move(*value);
  call.give(run.call_result.size());
}

void call_result(HostCall& call) {
  const Bytes& from = call.run().call_result;
  auto to = call.memory(call.i32(1), call.i32(2));
  if (!to) return;
  uint64_t offset = std::min<uint64_t>(call.i64(0), from.size());
  size_t count =
      std::min({to->size(), static_cast<size_t>(from.size() - offset), size_t{k_piece_bytes_max}});
  if (count > 0) std::memcpy(to->data(), from.data() + offset, count);
  call.give(count);
}

void random(HostCall& call) {
  if (call.i32(1) > k_text_bytes_max) return call.trap("samara.random: at most 64 KiB at once");
  auto bytes = call.memory(call.i32(0), call.i32(1));
  if (bytes) call.run().random->fill(*bytes);
}

void clock(HostCall& call) {
  auto since = call.run().clock->wall().time_since_epoch();
  auto micros = std::chrono::floor<std::chrono::microseconds>(since).count();
  call.give(static_cast<uint64_t>(int64_t{micros}));
}

constexpr HostFunction k_functions[] = {
    {"samara", "call", "(iiii)I", Effect::pure, "", call_function},
    {"samara", "call_result", "(Iii)i", Effect::pure, "", call_result},
    {"samara", "clock", "()I", Effect::idempotent, "time", clock},
    {"samara", "fail", "(ii)", Effect::pure, "", fail},
    {"samara", "input", "(iIii)i", Effect::pure, "", input},
    {"samara", "input_size", "(i)I", Effect::pure, "", input_size},
    {"samara", "log", "(iii)", Effect::effectful, "", log},
    {"samara", "metric", "(iiF)", Effect::pure, "", metric},
    {"samara", "progress", "(i)", Effect::pure, "", progress},
    {"samara", "publish_result", "(ii)", Effect::pure, "", publish_result},
    {"samara", "random", "(ii)", Effect::idempotent, "random", random},
};

}  // namespace

std::span<const HostFunction> samara_functions() { return k_functions; }

}  // namespace samara::runtime::wasm
