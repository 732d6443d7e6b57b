#include "runtime/queue/queue_link.hpp"

namespace samara::runtime {

namespace {
// What was seen so short ago counts: between calls that follow each other nothing is looked up.
constexpr std::chrono::milliseconds k_roster_age{200};
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
    SAMARA_TRY(exchange_,
               queue::Exchange::open(queue_parts_, path, {.word = std::string(parts_.word)}));
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

Result<void> QueueLink::need(const std::string& queue, std::string_view what) {
  SAMARA_TRY(queue::Roster * roster, this->roster());
  SAMARA_TRY(bool served, roster->served(queue, k_roster_age));
  if (served) return {};
  if (parts_.start_worker != nullptr) {
    std::lock_guard guard(starting_);
    SAMARA_TRY(served, roster->served(queue, k_roster_age));
    if (served) return {};
    auto started = parts_.start_worker(queue);
    if (started || started.error().code != Code::unsupported) return started;
  }
  return Error(Code::not_found,
               "no worker serves " + std::string(what) + " now; start one with: samara worker");
}

Result<std::optional<Hash>> QueueLink::offered(std::string_view name) {
  SAMARA_TRY(queue::Roster * roster, this->roster());
  return roster->offered(name, k_roster_age);
}

Result<std::vector<queue::LivingWorker>> QueueLink::workers() {
  SAMARA_TRY(queue::Roster * roster, this->roster());
  return roster->workers();
}

}  // namespace samara::runtime
