#include "runtime/queue/queue_link.hpp"

namespace samara::runtime {

namespace {
// What was seen so short ago counts: between calls that follow each other nothing is looked up.
constexpr std::chrono::milliseconds k_roster_age{200};
constexpr std::chrono::milliseconds k_restart_max{3000};
constexpr std::chrono::milliseconds k_restart_pause{50};
}  // namespace

QueueLink::QueueLink(QueueLinkParts parts)
    : parts_(std::move(parts)),
      records_(parts_.types),
      messages_(records_),
      queue_parts_{parts_.files, parts_.watchers, parts_.clock, parts_.random, messages_} {}

Result<queue::Exchange*> QueueLink::exchange() {
  std::lock_guard guard(mutex_);
  if (exchange_ == nullptr) {
    SAMARA_TRY(std::string path, parts_.path());
    queue::CallerOptions options;
    options.word = parts_.word;
    if (!parts_.rings) options.ring_after = 0;
    SAMARA_TRY(exchange_, queue::Exchange::open(queue_parts_, path, options));
  }
  return exchange_.get();
}

Result<queue::Roster*> QueueLink::roster() {
  std::lock_guard guard(mutex_);
  if (roster_ == nullptr) {
    SAMARA_TRY(std::string path, parts_.path());
    SAMARA_TRY(roster_, queue::Roster::open(queue_parts_, path));
  }
  return roster_.get();
}

// While somebody starts workers anew, what is missing may come back: a dead one is replaced within
// a second, one that dies again and again takes longer.
template <typename Look>
Result<bool> QueueLink::look_patiently(queue::Roster& roster, const Look& look) {
  SAMARA_TRY(bool found, look());
  if (found) return true;
  SAMARA_TRY(bool supervised, roster.supervised());
  const port::Instant last = parts_.clock.now() + k_restart_max;
  while (supervised && parts_.clock.now() < last) {
    parts_.clock.sleep_until(parts_.clock.now() + k_restart_pause);
    SAMARA_TRY(found, look());
    if (found) return true;
    SAMARA_TRY(supervised, roster.supervised());
  }
  return false;
}

Result<void> QueueLink::need(const std::string& queue, std::string_view what) {
  SAMARA_TRY(queue::Roster * roster, this->roster());
  auto look = [&] { return roster->served(queue, k_roster_age); };
  SAMARA_TRY(bool served, parts_.start_worker != nullptr ? look() : look_patiently(*roster, look));
  if (served) return {};
  if (parts_.start_worker != nullptr) {
    std::lock_guard guard(starting_);
    SAMARA_TRY(served, roster->served(queue, k_roster_age));
    if (served) return {};
    auto started = parts_.start_worker(queue);
    if (started || started.error().code != Code::unsupported) return started;
    SAMARA_TRY(served, look_patiently(*roster, look));
    if (served) return {};
  }
  return Error(Code::not_found,
               "no worker serves " + std::string(what) + " now; start one with: samara worker");
}

Result<std::optional<Hash>> QueueLink::offered(std::string_view name) {
  SAMARA_TRY(queue::Roster * roster, this->roster());
  std::optional<Hash> out;
  SAMARA_CHECK(look_patiently(*roster, [&]() -> Result<bool> {
    SAMARA_TRY(out, roster->offered(name, k_roster_age));
    return out.has_value();
  }));
  return out;
}

std::string QueueLink::runtime_of(std::string_view worker) {
  auto roster = this->roster();
  return roster ? (*roster)->runtime_of(worker) : std::string();
}

Result<std::vector<queue::LivingWorker>> QueueLink::workers() {
  SAMARA_TRY(queue::Roster * roster, this->roster());
  return roster->workers();
}

}  // namespace samara::runtime
