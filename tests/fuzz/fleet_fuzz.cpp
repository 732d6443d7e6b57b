// The manager against its nodes and its journal: the input is cut into messages which are heard
// from three nodes that are at work, or into records of a journal. Whatever they say, nothing falls
// over.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "fleet/manager.hpp"

using namespace samara;
using namespace samara::fleet;

namespace {

constexpr std::string_view k_names[] = {"a", "b", "c"};

/// The next piece: a length byte, then so many bytes.
ByteView piece(ByteView& bytes) {
  const size_t length = std::min<size_t>(bytes[0], bytes.size() - 1);
  const ByteView out = bytes.subspan(1, length);
  bytes = bytes.subspan(1 + length);
  return out;
}

void try_journal(ByteView bytes) {
  BalancedPolicy policy;
  Manager manager({}, policy);
  while (!bytes.empty()) {
    if (!manager.replay(piece(bytes))) return;
  }
  static_cast<void>(manager.begin(port::Instant(std::chrono::seconds(1))));
}

void try_messages(ByteView bytes) {
  BalancedPolicy policy;
  Manager manager({}, policy);
  port::Instant now(std::chrono::seconds(1000));
  static_cast<void>(manager.begin(now));
  manager.step(now, event::Durable{.sequence = 1});
  uint64_t boot = 1;
  for (const std::string_view name : k_names) {
    wire::Hello hello;
    hello.node = name;
    hello.boot = boot++;
    hello.slots = 2;
    hello.memory_bytes = 1 << 20;
    hello.inline_bytes_max = 100;
    static_cast<void>(hello.runtimes.push_back("wasm"));
    Bytes out(512);
    auto size = wire::encode(wire::FromNode(hello), out);
    SAMARA_ASSERT(size.has_value());
    static_cast<void>(
        manager.step(now, event::Received{.node = name, .bytes = ByteView(out).first(*size)}));
  }
  for (uint8_t i = 1; i < 9; i++) {
    event::Submit submit;
    submit.spec.id.bytes[15] = i;
    submit.spec.needs.runtime = "wasm";
    submit.spec.module.size = 1;
    submit.spec.effect = i % 2 == 0 ? Effect::pure : Effect::effectful;
    if (i == 4) submit.spec.quorum_k = submit.spec.quorum_n = 2;
    static_cast<void>(manager.step(now, submit));
  }
  uint64_t sequence = 1000;
  while (!bytes.empty()) {
    const std::string_view name = k_names[bytes[0] % 3];
    const ByteView message = piece(bytes);
    now += std::chrono::milliseconds(700);
    static_cast<void>(manager.step(now, event::Received{.node = name, .bytes = message}));
    static_cast<void>(manager.step(now, event::Durable{.sequence = ++sequence}));
  }
  // Silence: everything ends that can.
  for (int i = 0; i < 100; i++) {
    now += std::chrono::seconds(10);
    static_cast<void>(manager.step(now, event::Tick{}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  if (bytes.empty()) return 0;
  if (bytes[0] % 2 == 0) {
    try_messages(bytes.subspan(1));
  } else {
    try_journal(bytes.subspan(1));
  }
  return 0;
}
