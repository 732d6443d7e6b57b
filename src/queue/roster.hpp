#pragma once
// Roster: the workers that live, and what each says that it serves. What a worker says of itself is
// kept small and checked when it is read: anything else counts as saying nothing.
// Threads: any. Specified by: docs/formats/queue.md, "Presence".

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/hash.hpp"
#include "queue/queue_folder.hpp"

namespace samara::queue {

/// A platform function that a worker offers.
struct OfferedFunction {
  std::string name;
  Hash function;
  bool operator==(const OfferedFunction&) const = default;
};

/// What a worker says of itself in its presence file.
struct Advert {
  std::string word;  // for people, one line
  int64_t pid = 0;
  uint32_t slots = 1;
  std::vector<std::string> queues;
  std::vector<OfferedFunction> offers;
  bool operator==(const Advert&) const = default;

  std::string text() const;
  /// Nothing: it is no whole advert.
  static std::optional<Advert> parse(std::string_view text);
};

struct LivingWorker {
  std::string id;
  Advert advert;
};

class Roster {
 public:
  /// `path` is the folder `queue` of a repository.
  static Result<std::unique_ptr<Roster>> open(const QueueParts& parts, std::string_view path);

  /// All that live now. Errors: io.
  Result<std::vector<LivingWorker>> workers();
  /// Whether somebody lives who starts workers anew when they die. Errors: io.
  Result<bool> supervised();
  /// Whether a living worker serves the queue. A yes that is younger than `age` counts, unless
  /// workers have come or gone since.
  Result<bool> served(const std::string& queue, std::chrono::nanoseconds age);
  /// The function that stands for a platform function offered now; nothing: nobody offers it.
  /// `age` as above. Errors: ambiguous (several implementations at once), io.
  Result<std::optional<Hash>> offered(std::string_view name, std::chrono::nanoseconds age);
  /// The runtime of a worker that was seen when the folder was last read: "python"; empty: it was
  /// not seen, or serves nothing that tells.
  std::string runtime_of(std::string_view worker);

 private:
  explicit Roster(std::unique_ptr<QueueFolder> folder) : folder_(std::move(folder)) {}
  struct Seen {
    std::vector<LivingWorker> workers;
    bool whole = true;  // nobody was just about to say what he serves
  };
  Result<Seen> look();
  Result<void> refresh();
  bool fresh(std::chrono::nanoseconds age);

  std::unique_ptr<QueueFolder> folder_;
  std::mutex mutex_;  // guards what follows; also held while the folder is read
  bool seen_ = false;
  port::Instant seen_at_{};
  port::WallTime changed_{};  // the folder of the living, when it was seen
  std::set<std::string, std::less<>> queues_;
  std::map<std::string, std::set<Hash>, std::less<>> offers_;
  std::map<std::string, std::string, std::less<>> runtimes_;  // of workers by id
};

}  // namespace samara::queue
