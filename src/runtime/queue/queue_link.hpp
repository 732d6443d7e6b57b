#pragma once
// QueueLink: the way from this process to the workers of a repository, opened when it is first
// needed. Threads: any; a forked child makes its own.

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "queue/exchange.hpp"

namespace samara::runtime {

/// What a link stands on; everything outlives it.
struct QueueLinkParts {
  TypeTable& types;
  port::Files& files;
  port::Watchers& watchers;
  port::Clock& clock;
  port::Random& random;
  /// Who we are, for people: "process 4121 (samara run)".
  std::string word;
  /// The folder `queue` of the repository; asked when it is first needed.
  std::function<Result<std::string>()> path;
  /// Starts a worker that serves a queue which nobody serves, and returns when it does. Null:
  /// nobody does that here. Errors: unsupported (it is not known how).
  std::function<Result<void>(const std::string& queue)> start_worker;
  /// Whether requests may go through shared memory; files are always a way.
  bool rings = true;
};

class QueueLink {
 public:
  explicit QueueLink(QueueLinkParts parts);
  /// Errors: those of queue::Exchange::open.
  Result<queue::Exchange*> exchange();
  /// So that somebody serves the queue. Errors: not_found (nobody does, with what helps).
  Result<void> need(const std::string& queue, std::string_view what);
  /// The function that living workers offer under a name; nothing: none does.
  Result<std::optional<Hash>> offered(std::string_view name);
  /// The runtime of a worker that answered; empty: it is not known.
  std::string runtime_of(std::string_view worker);
  /// Those who live now.
  Result<std::vector<queue::LivingWorker>> workers();

 private:
  Result<queue::Roster*> roster();
  template <typename Look>
  Result<bool> look_patiently(queue::Roster& roster, const Look& look);

  QueueLinkParts parts_;
  RecordTypes records_;
  MessageTypes messages_;
  queue::QueueParts queue_parts_;
  std::mutex mutex_;  // guards what follows; held while they are opened
  std::unique_ptr<queue::Roster> roster_;
  std::unique_ptr<queue::Exchange> exchange_;
  std::mutex starting_;  // one start at a time
};

}  // namespace samara::runtime
