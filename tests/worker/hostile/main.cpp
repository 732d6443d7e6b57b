// A worker that misbehaves, in the way that its word says: for the tests of the host's side.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <thread>

#include "ports/linux/clock.hpp"
#include "ports/linux/worker_process.hpp"
#include "ports/linux/worker_walls.hpp"
#include "runtime/wasm/channel.hpp"
#include "runtime/wasm/worker_messages.hpp"

namespace {

using namespace samara;
using namespace samara::runtime;
using namespace samara::runtime::wasm;

constexpr port::Instant k_never = port::Instant::max();

struct Worker {
  port::Line& line;
  Channel channel;
  port::WorkerWalls& walls;

  void say(Say kind, ByteView body) { channel.send(static_cast<uint8_t>(kind), body, k_never); }
  void say_result(const Outcome& outcome, ByteView value) {
    ResultMessage message;
    message.outcome = outcome;
    message.value = value;
    say(Say::result, pack_result(message));
  }
  void wait_for_ever() {
    for (;;) line.wait(k_never);
  }
  // A head of a message whose body never comes, or not as announced.
  void raw(ByteView bytes) {
    std::span<uint8_t> memory = line.memory();
    // The second ring, at the position that has been reached; it does not come round in a test.
    const size_t at = 4096 + (256U << 10) + channel.state().to_host.written.load();
    std::memcpy(memory.data() + at, bytes.data(), bytes.size());
    channel.state().to_host.written.fetch_add(bytes.size());
    line.ring();
  }
};

void misbehave(Worker& worker, std::string_view how) {
  const uint8_t one[] = {2};  // Integer 1, headerless
  if (how == "hang") return worker.wait_for_ever();
  if (how == "exit") _exit(3);
  if (how == "abort") abort();
  if (how == "kind") worker.say(static_cast<Say>(99), one);
  if (how == "answer") worker.say(Say::answer, pack_answer({}));
  if (how == "short") worker.say(Say::result, one);
  if (how == "lost") worker.say_result(Outcome::of(OutcomeKind::lost, "gone"), {});
  if (how == "late") worker.say_result(Outcome::of(OutcomeKind::cancelled, "by nobody"), {});
  if (how == "text") worker.say_result(Outcome::of(OutcomeKind::trap, "\xFF\xFE"), {});
  if (how == "value") {
    const uint8_t bad[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    worker.say_result(Outcome::of_value(Hash{}), bad);
  }
  if (how == "length") {
    const uint8_t head[] = {0xFF, 0xFF, 0xFF, 0xFF, static_cast<uint8_t>(Say::result)};
    worker.raw(head);
  }
  if (how == "trickle") {
    const uint8_t head[] = {0xFF, 0xFF, 0x01, 0x00, static_cast<uint8_t>(Say::result)};
    worker.raw(head);
    for (;;) {
      worker.channel.state().to_host.written.fetch_add(1);
      worker.line.ring();
      usleep(100);
    }
  }
  if (how == "positions") {
    worker.channel.state().to_host.written.store(uint64_t{1} << 60);
    worker.line.ring();
  }
  if (how == "scribble") {
    for (uint8_t byte = 1;; byte++) {
      std::memset(worker.line.memory().data(), byte, worker.line.memory().size());
      worker.line.ring();
    }
  }
  if (how == "stream") {
    Pack log;
    log.u8(0);
    log.text("more");
    for (;;) worker.say(Say::log, log.all());
  }
  if (how == "unasked") worker.say(Say::subcall, pack_subcall({"other", {}, {}}));
  if (how == "socket") {
    worker.walls.build_inner();
    static_cast<void>(::socket(AF_INET, SOCK_STREAM, 0));
    _exit(41);
  }
  if (how == "file") {
    worker.walls.build_inner();
    _exit(::open("/etc/passwd", O_RDONLY) >= 0 ? 41 : 42);
  }
  if (how == "thread") {
    worker.walls.build_inner();
    std::thread([] {}).join();
    _exit(41);
  }
  if (how == "execute") {
    worker.walls.build_inner();
    ::execl("/bin/true", "true", nullptr);
    _exit(41);
  }
  if (how == "talk") {
    Pack metric;
    metric.f64(1.5);
    metric.rest(as_bytes("temperature"));
    worker.say(Say::metric, metric.all());
    Pack progress;
    progress.u32(500);
    worker.say(Say::progress, progress.all());
    worker.say(Say::partial_result, one);
    const Bytes argument{7, 8};
    const ByteView arguments[] = {argument};
    worker.say(Say::subcall, pack_subcall({"other", arguments, std::chrono::hours(1)}));
    Message reply;
    worker.channel.receive(reply, UINT64_MAX, k_never);
    auto result = unpack_subcall_result(reply.body);
    worker.say_result(Outcome::of_value(Hash{}), result->value);
  }
  worker.wait_for_ever();
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view how = argc > 1 ? argv[1] : "";
  port::LinuxClock clock;
  auto line = port::own_line(clock);
  if (!line) return 2;
  port::WorkerWalls walls;
  if (how != "early") walls.build_outer({});
  Worker worker{**line, Channel(**line, clock, Side::worker), walls};
  if (how == "early") _exit(5);
  if (how == "greeting") worker.say(Say::result, {});
  worker.say(Say::hello, pack_hello(how != "open", walls.walls()));
  for (;;) {
    Message message;
    if (worker.channel.receive(message, UINT64_MAX, k_never) != Heeded::done) return 0;
    if (static_cast<Say>(message.kind) == Say::load) {
      if (how == "load") abort();
      worker.say(Say::answer, pack_answer({}));
    }
    if (static_cast<Say>(message.kind) == Say::run) {
      worker.channel.state().begun.fetch_add(1);
      misbehave(worker, how);
    }
  }
}
