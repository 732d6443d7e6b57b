#pragma once
// What is behind a samara_repository. Internal to the C interface.
// Threads: one at a time, except `cancel`.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/history.hpp"
#include "engine/sealed_cache.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/command_box.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/sandbox.hpp"
#include "ports/linux/watcher.hpp"
#include "ports/linux/worker_process.hpp"
#include "runtime/host/host_runtimes.hpp"
#include "samara/samara.h"
#include "store/directory_repository.hpp"
#include "trust/policy_file.hpp"

namespace samara::capi {

/// What all handles of this process on one repository have in common: the way to its workers, since
/// each would take one of the user's few file watchers, and what was read of its past calls, which
/// a request deep in a chain of calls, with a handle of its own, would read again.
struct SharedQueue {
  explicit SharedQueue(std::string path);
  port::LinuxRandom random;
  port::LinuxClock clock;
  port::LinuxWatchers watchers;
  TypeTable types;
  runtime::QueueLink link;
  engine::PastCalls past;
};
/// Also after a fork, where the child gets its own.
std::shared_ptr<SharedQueue> shared_queue(const std::string& path);

/// Of the process, never gone: mappings of objects outlive their repository. Has no state.
port::LinuxFiles& shared_files();

}  // namespace samara::capi

// The mapping is undone through the process's files, which are never gone.
struct samara_mapped {
  explicit samara_mapped(samara::store::ObjectBytes given) : object(std::move(given)) {}
  samara::store::ObjectBytes object;
};

struct samara_repository {
  samara_repository() = default;
  samara_repository(const samara_repository&) = delete;
  samara_repository& operator=(const samara_repository&) = delete;

  std::string error;
  samara::Outcome last;             // of the last call
  std::atomic<bool> cancel{false};  // set by any thread, looked at by the run; orders nothing else

  samara::port::LinuxFiles& files = samara::capi::shared_files();
  samara::port::LinuxRandom random;
  samara::port::LinuxClock clock;
  samara::port::LinuxProcesses processes;
  samara::TypeTable types;
  samara::eval::PlatformRegistry platform;
  std::vector<std::string> capabilities;
  std::shared_ptr<samara::store::DirectoryRepository> store;  // with other handles
  samara::port::LinuxPrograms programs;
  samara::port::LinuxSandbox sandbox;
  samara::port::LinuxCommandBox commands;
  samara::port::LinuxWorkers workers{
      samara::port::program_beside(samara::runtime::k_wasm_worker), {}, clock};
  std::optional<samara::engine::SealedCache> code_cache;
  std::optional<samara::trust::PolicyFile> policy;
  std::shared_ptr<samara::capi::SharedQueue> queue;
  std::optional<samara::runtime::HostRuntimes> runtimes_made;

  /// Requires: it is open.
  samara::runtime::HostRuntimes& runtimes();

  /// Made on first use: from then on the platform is fixed.
  samara::engine::Engine& engine();
  bool has_engine() const { return engine_ != nullptr; }

 private:
  std::unique_ptr<samara::engine::Engine> engine_;
};

namespace samara::capi {

/// Ends a call: keeps the message of an error, or forgets the last one.
int32_t finish(samara_repository* repository, const Result<void>& result);
/// Runs the body of a call on a handle that is open.
template <typename F>
int32_t guarded(samara_repository* repository, F&& body) {
  if (repository == nullptr) return SAMARA_INVALID_ARGUMENT;
  if (repository->store == nullptr) {
    return finish(repository, Error(Code::invalid_argument, "the repository is not open"));
  }
  Result<void> result = body();
  return finish(repository, result);
}

/// Bytes for the caller to free, with a zero behind them. Errors: exhausted.
Result<void> give(ByteView bytes, samara_bytes* out);
inline ByteView bytes_of_view(samara_view view) { return {view.data, view.size}; }
inline Hash hash_of(const samara_hash* hash) {
  Hash out;
  std::memcpy(out.bytes.data(), hash->bytes, out.bytes.size());
  return out;
}
inline void set_hash(samara_hash* out, const Hash& hash) {
  std::memcpy(out->bytes, hash.bytes.data(), hash.bytes.size());
}
/// Stores numbers side by side in one pass. Errors: unsupported (a type of other values),
/// invalid_argument (their shape), and those of the store.
Result<Hash> store_packed(store::Objects& objects, const Type* type, const samara_packed& numbers,
                          store::Durability durability);
/// Errors: invalid_argument.
Result<const Type*> parse_type(TypeTable& types, std::string_view text);

}  // namespace samara::capi
