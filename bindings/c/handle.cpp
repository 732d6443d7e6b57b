#include "bindings/c/handle.hpp"

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <tuple>

#include "platform/standard.hpp"
#include "ports/linux/private_file.hpp"
#include "store/verified.hpp"
#include "value/text_type.hpp"

#ifndef SAMARA_VERSION
#error "the build must define SAMARA_VERSION"
#endif

namespace samara::capi {

// The codes of the interface are those of core/codes.def.
static_assert(SAMARA_CORRUPT == static_cast<int>(Code::corrupt));
static_assert(SAMARA_NOT_FOUND == static_cast<int>(Code::not_found));
static_assert(SAMARA_PERMISSION == static_cast<int>(Code::permission));
static_assert(SAMARA_CHECK_FAILED == static_cast<int>(Code::check_failed));
static_assert(SAMARA_OUTCOME_ERROR == static_cast<int>(OutcomeKind::error));
static_assert(SAMARA_OUTCOME_LIMIT == static_cast<int>(OutcomeKind::limit));

port::LinuxFiles& shared_files() {
  static port::LinuxFiles* files = [] {
    port::LinuxFiles* made = std::make_unique<port::LinuxFiles>().release();
    // Without it each process hashes what it reads.
    auto marks = port::open_private_file(*made, "verified");
    if (marks) store::VerifiedFiles::of_process().share(*made, std::move(*marks));
    return made;
  }();
  return *files;
}

SharedQueue::SharedQueue(std::string path)
    : link({types, shared_files(), watchers, clock, random,
            "process " + std::to_string(::getpid()) + " (libsamara)",
            [path = std::move(path)]() -> Result<std::string> { return path; }, nullptr,
            port::rings_wanted()}) {}

std::shared_ptr<SharedQueue> shared_queue(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::pair<pid_t, std::string>, std::weak_ptr<SharedQueue>> known;
  std::lock_guard guard(mutex);
  std::weak_ptr<SharedQueue>& entry = known[{::getpid(), path}];
  auto out = entry.lock();
  if (out == nullptr) {
    out = std::make_shared<SharedQueue>(path);
    entry = out;
  }
  return out;
}

int32_t finish(samara_repository* repository, const Result<void>& result) {
  if (result) {
    repository->error.clear();
    return SAMARA_OK;
  }
  repository->error = result.error().message();
  return static_cast<int32_t>(result.error().code);
}

Result<void> give(ByteView bytes, samara_bytes* out) {
  if (out == nullptr) return Error(Code::invalid_argument, "no place is given for the result");
  auto* data = static_cast<uint8_t*>(std::malloc(bytes.size() + 1));
  if (data == nullptr) return Error(Code::exhausted, "no memory for the result");
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  data[bytes.size()] = 0;
  out->data = data;
  out->size = bytes.size();
  return {};
}

Result<const Type*> parse_type(TypeTable& types, std::string_view text) {
  TypeParseResult parsed = type_from_text(types, text);
  if (parsed) return parsed.type;
  return Error(Code::invalid_argument, "cannot read the type '" + std::string(text.substr(0, 200)) +
                                           "': " + parsed.error->message);
}

namespace {

struct OwnedStore {
  port::LinuxRandom random;
  std::unique_ptr<store::DirectoryRepository> repository;
};

// What one handle stores the others know, and calls from many threads go to one journal. An open
// repository keeps some fifteen files open, and a chain of calls has a handle for each call
// that waits: they share one, as long as the path leads to the same folder. Not across a fork.
Result<std::shared_ptr<store::DirectoryRepository>> shared_store(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::tuple<pid_t, std::string, uint64_t, uint64_t>, std::weak_ptr<OwnedStore>>
      known;
  const auto found = shared_files().info_at(port::k_no_directory, path);
  const auto key =
      std::make_tuple(::getpid(), path, found ? found->device : 0, found ? found->inode : 0);
  {
    std::lock_guard guard(mutex);
    auto at = known.find(key);
    auto there = at == known.end() ? nullptr : at->second.lock();
    if (there != nullptr)
      return std::shared_ptr<store::DirectoryRepository>(there, there->repository.get());
  }
  // Not under the mutex: a child that is forked meanwhile would find it taken for ever.
  auto made = std::make_shared<OwnedStore>();
  const std::string owner = "process " + std::to_string(::getpid()) + " (libsamara)";
  SAMARA_TRY(made->repository,
             store::DirectoryRepository::open(shared_files(), made->random, path, owner));
  std::lock_guard guard(mutex);
  std::erase_if(known, [](const auto& each) { return each.second.expired(); });
  if (auto other = known[key].lock()) made = other;
  known[key] = made;
  return std::shared_ptr<store::DirectoryRepository>(made, made->repository.get());
}

std::string working_directory() {
  char* path = ::getcwd(nullptr, 0);
  std::string out = path == nullptr ? "/" : path;
  std::free(path);
  return out;
}

Result<void> open(samara_repository& handle, const char* path, bool make) {
  if (path == nullptr) return Error(Code::invalid_argument, "no path is given");
  SAMARA_CHECK(platform::add_standard_platform(handle.types, handle.platform,
                                               {.clock = handle.clock,
                                                .random = handle.random,
                                                .files = handle.files,
                                                .http = nullptr,
                                                .working_directory = working_directory()}));
  if (make) SAMARA_CHECK(store::DirectoryRepository::init(handle.files, path));
  SAMARA_TRY(handle.store, shared_store(path));
  return {};
}

int32_t open_handle(const char* path, bool make, samara_repository** out) {
  if (out == nullptr) return SAMARA_INVALID_ARGUMENT;
  auto handle = std::make_unique<samara_repository>();
  int32_t code = finish(handle.get(), open(*handle, path, make));
  *out = handle.release();
  return code;
}

}  // namespace

}  // namespace samara::capi

samara::runtime::HostRuntimes& samara_repository::runtimes() {
  if (!runtimes_made) {
    code_cache.emplace(*store);
    samara::runtime::HostParts host{types, clock, processes, random, programs, sandbox, {}};
    host.code_compiler = samara::port::program_beside(samara::runtime::k_code_compiler);
    host.code_cache = &*code_cache;
    host.workers = &workers;
    host.commands = &commands;
    policy.emplace(files, clock, store->location());
    host.trust = &*policy;
    queue = samara::capi::shared_queue(store->location() + "/queue");
    host.queue = &queue->link;
    runtimes_made.emplace(std::move(host));
  }
  return *runtimes_made;
}

samara::engine::Engine& samara_repository::engine() {
  if (engine_ == nullptr) {
    samara::engine::EngineOptions options;
    options.capabilities = capabilities;
    runtimes();
    // One that cannot be read keeps native images from running, and nothing else.
    if (auto rules = policy->rules()) {
      options.quarantine = {.after = (*rules)->policy().quarantine_after,
                            .timeouts = (*rules)->policy().quarantine_timeouts};
    }
    engine_ = std::make_unique<samara::engine::Engine>(
        samara::engine::EngineParts{
            *store, types, platform, clock, random, processes, runtimes().all(),
            [this](std::string_view name) { return queue->link.offered(name); },
            runtimes().elsewhere(), &queue->past},
        std::move(options));
  }
  return *engine_;
}

using namespace samara;

extern "C" {

uint32_t samara_api_version(void) { return SAMARA_API_VERSION; }
const char* samara_version(void) { return SAMARA_VERSION; }

const char* samara_code_text(int32_t code) {
  if (code == SAMARA_OK) return "done";
  switch (static_cast<Code>(code)) {
#define SAMARA_CODE(name, number, sentence, retryable) \
  case Code::name:                                     \
    return sentence;
#include "core/codes.def"
#undef SAMARA_CODE
  }
  return "an unknown code";
}

void samara_bytes_free(samara_bytes* bytes) {
  if (bytes == nullptr) return;
  std::free(bytes->data);
  *bytes = {};
}

uint8_t* samara_alloc(size_t size) {
  return static_cast<uint8_t*>(std::malloc(size == 0 ? 1 : size));
}

void samara_hash_text(const samara_hash* hash, char text[65]) {
  std::string hex = capi::hash_of(hash).hex();
  std::memcpy(text, hex.c_str(), 65);
}

int32_t samara_hash_parse(const char* text, samara_hash* out) {
  if (text == nullptr || out == nullptr) return SAMARA_INVALID_ARGUMENT;
  auto hash = Hash::parse(text);
  if (!hash) return SAMARA_CORRUPT;
  capi::set_hash(out, *hash);
  return SAMARA_OK;
}

int32_t samara_init(const char* path, samara_repository** out) {
  return capi::open_handle(path, true, out);
}
int32_t samara_open(const char* path, samara_repository** out) {
  return capi::open_handle(path, false, out);
}
void samara_close(samara_repository* repository) {
  std::unique_ptr<samara_repository> owned(repository);
}
const char* samara_error(const samara_repository* repository) {
  return repository == nullptr ? "no repository is given" : repository->error.c_str();
}

}  // extern "C"
