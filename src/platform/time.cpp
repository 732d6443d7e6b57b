// time_*: the wall clock, waiting, and time zones.

#include "eval/vm.hpp"

#include <algorithm>
#include "platform/functions.hpp"
#include "runtime/east/platform_host.hpp"

namespace samara::platform {

namespace {
// Waiting looks at cancellation and deadline this often.
constexpr auto k_wait_slice = std::chrono::milliseconds(20);

bool sleep_ms(eval::Vm& vm, port::Clock& clock, int64_t ms) {
  if (ms <= 0) return true;
  // A wait of more than 100 years is one that a limit has to end.
  ms = std::min(ms, int64_t{100} * 365 * 86'400'000);
  port::Instant until = clock.now() + std::chrono::milliseconds(ms);
  runtime::east::PlatformHost* host = runtime::east::platform_host(vm);
  while (true) {
    port::Instant now = clock.now();
    if (now >= until) return true;
    if (host != nullptr && host->cancel != nullptr &&
        host->cancel->load(std::memory_order_relaxed)) {
      return vm.fail(eval::FailureKind::cancelled, "cancelled");
    }
    if (host != nullptr && host->deadline.has_value() && now >= *host->deadline) {
      return vm.fail(eval::FailureKind::timeout, "deadline passed");
    }
    port::Instant next = std::min(until, now + k_wait_slice);
    if (host != nullptr && host->deadline.has_value()) next = std::min(next, *host->deadline);
    clock.sleep_until(next);
  }
}
}  // namespace

void add_time(Registrar& registrar, const StandardParts& parts) {
  const Type* integer = registrar.types.integer();
  port::Clock* clock = &parts.clock;
  port::Files* files = &parts.files;
  registrar.effect = eval::Effect::idempotent;
  registrar.capability = "time";
  registrar.is_async = false;
  registrar.add("time_now", {}, integer, [clock](eval::Vm&, std::span<const Slot>, Slot& out) {
    auto since = clock->wall().time_since_epoch();
    out = Slot::of(int64_t{std::chrono::floor<std::chrono::milliseconds>(since).count()});
    return true;
  });
  registrar.add("time_get_timezone_offset", {registrar.types.datetime(), registrar.types.string()},
                integer, [files](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
                  auto minutes =
                      timezone_offset_minutes(*files, text_of(args[1]), args[0].integer());
                  if (!minutes)
                    return vm.fail_platform("time_get_timezone_offset", minutes.error().message());
                  out = Slot::of(*minutes);
                  return true;
                });
  registrar.is_async = true;
  registrar.add("time_sleep", {integer}, registrar.types.null(),
                [clock](eval::Vm& vm, std::span<const Slot> args, Slot&) {
                  return sleep_ms(vm, *clock, args[0].integer());
                });
}

}  // namespace samara::platform
