#pragma once
// Records: execution records in a repository, one for each attempt, named by its id.
// Threads: any. Specified by: docs/formats/execution-record.md.

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "call/execution_record.hpp"
#include "port/processes.hpp"
#include "store/repository.hpp"
#include "value/beast2_plan.hpp"

namespace samara::engine {

/// A record as it is read back: one left `running` by a process that is gone has the outcome
/// `lost`.
struct Attempt {
  ExecutionRecord record;
  bool running = false;  // its owner lives
};

/// Whether it ended with a value.
inline bool gave_value(const Attempt& attempt) {
  return attempt.record.outcome.has_value() && attempt.record.outcome->is_value();
}

class Records {
 public:
  Records(store::Repository& repository, const RecordTypes& types, port::Processes& processes)
      : repository_(repository), types_(types), processes_(processes) {}

  /// Writes or replaces the record of an attempt. `store_again` is called when an object that the
  /// record names was about to be collected, and must put those objects which the caller has.
  Result<void> put(const ExecutionRecord& record, store::Durability durability,
                   const std::function<Result<void>()>& store_again);

  /// Stores the first record of an attempt, and objects that it names, in one step.
  Result<void> put_new(const ExecutionRecord& record, std::span<const store::NamedBytes> objects,
                       const std::function<Result<void>()>& store_again);

  /// Attempts at a call, oldest first. Damaged records are left out.
  Result<std::vector<Attempt>> attempts(const store::CallKey& key);
  /// The latest attempt that `wanted` accepts; looks at no more records than it must.
  Result<std::optional<Attempt>> latest(const store::CallKey& key,
                                        const std::function<bool(const Attempt&)>& wanted);
  /// Number of records of a call.
  Result<size_t> count(const store::CallKey& key);

 private:
  Result<Bytes> encode(const ExecutionRecord& record);
  std::optional<Attempt> read(const store::CallKey& key, const std::string& name);

  store::Repository& repository_;
  const RecordTypes& types_;
  port::Processes& processes_;
  std::mutex mutex_;  // guards plan_
  Beast2Plan plan_;
};

}  // namespace samara::engine
