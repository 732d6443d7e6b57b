// Host functions of the module "samara".

#include <algorithm>
#include <cstring>

#include "runtime/wasm/host_function.hpp"
#include "value/utf8.hpp"

namespace samara::runtime::wasm {

namespace {

// What one call copies at most, so that it takes a few milliseconds whatever the memory holds.
constexpr uint32_t k_piece_bytes_max = 16U << 20;
// What one line and one message have at most.
constexpr uint32_t k_text_bytes_max = 64U << 10;

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
    {"samara", "clock", "()I", Effect::idempotent, "time", clock},
    {"samara", "fail", "(ii)", Effect::pure, "", fail},
    {"samara", "input", "(iIii)i", Effect::pure, "", input},
    {"samara", "input_size", "(i)I", Effect::pure, "", input_size},
    {"samara", "log", "(iii)", Effect::effectful, "", log},
    {"samara", "publish_result", "(ii)", Effect::pure, "", publish_result},
    {"samara", "random", "(ii)", Effect::idempotent, "random", random},
};

}  // namespace

std::span<const HostFunction> samara_functions() { return k_functions; }

}  // namespace samara::runtime::wasm
