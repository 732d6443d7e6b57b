#include "apps/samara/context.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "apps/samara/units.hpp"
#include "apps/samara/worker_programs.hpp"
#include "call/script.hpp"
#include "engine/engine.hpp"
#include "engine/sealed_cache.hpp"
#include "platform/standard.hpp"
#include "ports/linux/child.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/command_box.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/http_curl.hpp"
#include "ports/linux/private_file.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/sandbox.hpp"
#include "ports/linux/watcher.hpp"
#include "ports/linux/worker_process.hpp"
#include "runtime/host/host_runtimes.hpp"
#include "store/directory_repository.hpp"
#include "store/verified.hpp"
#include "trust/policy_file.hpp"

namespace samara::cli {
namespace {

constexpr std::string_view k_repository_folder = ".samara";

std::atomic<bool> g_cancel{false};
volatile sig_atomic_t g_catching = 0;

// Only calls which are safe in a signal handler.
void on_interrupt(int) {
  if (g_catching == 0 || g_cancel.exchange(true)) _exit(static_cast<int>(Exit::interrupted));
}

bool is_directory(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_file(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// The repository that a name given by the user means: itself, or the one inside.
std::string named_repository(std::string_view name) {
  std::string path(name);
  std::string inside = path + "/" + std::string(k_repository_folder);
  if (!is_file(path + "/samara.json") && is_directory(inside)) return inside;
  return path;
}

}  // namespace

namespace {

// So that a large argument which another command has hashed is not hashed again.
void share_verified_files() {
  static port::LinuxFiles* files = std::make_unique<port::LinuxFiles>().release();
  auto marks = port::open_private_file(*files, "verified");
  if (marks) store::VerifiedFiles::of_process().share(*files, std::move(*marks));
}

}  // namespace

std::string working_directory() {
  char* path = ::getcwd(nullptr, 0);
  if (path == nullptr) return ".";
  std::string out(path);
  std::free(path);
  return out;
}

struct Context::Parts {
  port::LinuxFiles files;
  port::LinuxRandom random;
  port::LinuxClock clock;
  port::LinuxProcesses processes;
  port::LinuxPrograms programs;
  port::LinuxSandbox sandbox;
  port::LinuxCommandBox commands;
  port::CurlHttpClient http;
  std::optional<TypeTable> types;
  std::optional<eval::PlatformRegistry> platform;
  std::unique_ptr<store::DirectoryRepository> repository;
  std::optional<engine::SealedCache> code_cache;
  port::LinuxWorkers workers{port::program_beside(runtime::k_wasm_worker), {}, clock};
  std::optional<trust::PolicyFile> policy;
  port::LinuxWatchers watchers;
  std::vector<port::Child> started;  // workers, for the time of this command
  std::optional<runtime::QueueLink> queue;
  std::optional<runtime::HostRuntimes> runtimes;
  std::unique_ptr<engine::Engine> engine;
};

Context::Context(const CommandLine& line)
    : line_(line),
      out_(STDOUT_FILENO),
      err_(STDERR_FILENO),
      json_(line.arguments.flag("json")),
      quiet_(line.arguments.flag("quiet")),
      parts_(std::make_unique<Parts>()) {
  if (auto named = line.arguments.value("repo")) repository_name_ = *named;
}

Context::~Context() {
  for (port::Child& worker : parts_->started) worker.let_go();
}

bool Context::colour_on(const Output& output) const {
  if (json_ || std::getenv("NO_COLOR") != nullptr || !output.on_terminal()) return false;
  const char* terminal = std::getenv("TERM");
  return terminal != nullptr && std::string_view(terminal) != "dumb";
}

port::Files& Context::files() { return parts_->files; }
port::Random& Context::random() { return parts_->random; }
port::Clock& Context::clock() { return parts_->clock; }

TypeTable& Context::types() {
  if (!parts_->types) parts_->types.emplace();
  return *parts_->types;
}

Result<std::string> Context::locate_repository() {
  if (repository_name_) return named_repository(*repository_name_);
  const char* variable = std::getenv("SAMARA_REPO");
  if (variable != nullptr && *variable != '\0') return named_repository(variable);
  const std::string start = working_directory();
  for (std::string at = start;;) {
    std::string candidate = (at == "/" ? "/" : at + "/") + std::string(k_repository_folder);
    if (is_directory(candidate)) return candidate;
    size_t slash = at.rfind('/');
    if (at == "/" || slash == std::string::npos) break;
    at = slash == 0 ? "/" : at.substr(0, slash);
  }
  return fail(Code::no_repository, "no repository in '" + start + "' or any folder above",
              "samara init makes one here; --repo DIR or SAMARA_REPO names one elsewhere");
}

Result<store::DirectoryRepository*> Context::repository() {
  if (!parts_->repository) {
    share_verified_files();
    SAMARA_TRY(std::string path, locate_repository());
    std::string owner = "process " + std::to_string(::getpid()) + " (samara";
    if (line_.command != nullptr) {
      owner += ' ';
      append_full_name(owner, *line_.command);
    }
    auto opened =
        store::DirectoryRepository::open(parts_->files, parts_->random, path, owner + ")");
    if (!opened) {
      Error error = std::move(opened).error();
      std::string_view hint;
      if (error.code == Code::no_repository) hint = "samara init makes a repository";
      if (error.code == Code::unsupported) hint = "samara version tells what this program reads";
      return fail(std::move(error), hint);
    }
    parts_->repository = std::move(*opened);
  }
  return parts_->repository.get();
}

const eval::PlatformRegistry& Context::platform(const Grants& grants) {
  if (!parts_->platform) {
    parts_->platform.emplace();
    platform::StandardParts standard{.clock = parts_->clock,
                                     .random = parts_->random,
                                     .files = parts_->files,
                                     .http = &parts_->http,
                                     .working_directory = working_directory(),
                                     .file_roots = grants.file_roots};
    // A name that is taken would be a mistake in the tables of the program.
    SAMARA_ASSERT(platform::add_standard_platform(types(), *parts_->platform, standard));
  }
  return *parts_->platform;
}

Result<engine::Engine*> Context::engine(const Grants& grants) {
  if (!parts_->engine) {
    SAMARA_TRY(store::DirectoryRepository * repository, this->repository());
    engine::EngineParts engine_parts{
        *repository,
        types(),
        platform(grants),
        parts_->clock,
        parts_->random,
        parts_->processes,
        code_runtimes().all(),
        [this](std::string_view name) { return queue().offered(name); },
        code_runtimes().elsewhere()};
    engine::EngineOptions options;
    options.capabilities = grants.capabilities;
    // One call for each process: an answer kept in memory would only cost its pin.
    options.memo_entries_max = 0;
    SAMARA_TRY(trust::PolicyFile * policy, this->policy());
    // One that cannot be read keeps native images from running, and nothing else.
    if (auto rules = policy->rules()) {
      options.quarantine = {.after = (*rules)->policy().quarantine_after,
                            .timeouts = (*rules)->policy().quarantine_timeouts};
    }
    parts_->engine = std::make_unique<engine::Engine>(engine_parts, std::move(options));
  }
  return parts_->engine.get();
}

Result<trust::PolicyFile*> Context::policy() {
  if (!parts_->policy) {
    SAMARA_TRY(store::DirectoryRepository * repository, this->repository());
    parts_->policy.emplace(parts_->files, parts_->clock, repository->location());
  }
  return &*parts_->policy;
}

// For one command: a script just runs, and whoever runs many keeps workers with samara worker.
Result<void> Context::start_worker(const std::string& queue) {
  constexpr std::string_view k_languages[] = {k_kind_python, k_kind_node, k_kind_julia};
  if (std::find(std::begin(k_languages), std::end(k_languages), queue) == std::end(k_languages)) {
    return Error(Code::unsupported, "nothing is known to start for it");
  }
  WorkerOrder order;
  order.runtime = queue;
  SAMARA_TRY(order.repository, locate_repository());
  order.slots = std::max(std::thread::hardware_concurrency(), 1U);
  SAMARA_TRY(port::ChildOrder program, worker_program(order));
  SAMARA_TRY(port::Child child, port::Child::start(program));
  constexpr std::chrono::seconds k_start_max{60};
  if (!child.await_line("ready", k_start_max)) {
    return Error(Code::guest_failed, "the worker for " + queue + " did not start");
  }
  parts_->started.push_back(std::move(child));
  return {};
}

runtime::QueueLink& Context::queue() {
  if (!parts_->queue) {
    auto path = [this]() -> Result<std::string> {
      SAMARA_TRY(store::DirectoryRepository * repository, this->repository());
      return repository->location() + "/queue";
    };
    parts_->queue.emplace(runtime::QueueLinkParts{
        types(), parts_->files, parts_->watchers, parts_->clock, parts_->random,
        "process " + std::to_string(::getpid()) + " (samara)", path,
        [this](const std::string& queue) { return start_worker(queue); }, port::rings_wanted()});
  }
  return *parts_->queue;
}

runtime::HostRuntimes& Context::code_runtimes() {
  if (!parts_->runtimes) {
    runtime::HostParts host{types(),
                            parts_->clock,
                            parts_->processes,
                            parts_->random,
                            parts_->programs,
                            parts_->sandbox,
                            {}};
    if (!modules_trusted_) host.workers = &parts_->workers;
    host.commands = &parts_->commands;
    host.code_compiler = port::program_beside(runtime::k_code_compiler);
    if (auto repository = this->repository()) {
      parts_->code_cache.emplace(**repository);
      host.code_cache = &*parts_->code_cache;
    }
    if (auto policy = this->policy()) host.trust = *policy;
    host.queue = &queue();
    parts_->runtimes.emplace(std::move(host));
  }
  return *parts_->runtimes;
}

Error Context::fail(Error error, std::string_view hint) {
  hint_ = hint;
  return error;
}

Error Context::fail(Code code, std::string_view message, std::string_view hint) {
  return fail(Error(code, message), hint);
}

Error Context::misuse(std::string_view message, std::string_view hint) {
  misused_ = true;
  return fail(Error(Code::invalid_argument, message), hint);
}

void Context::note(std::string_view text) {
  if (quiet_ || json_ || !err_.on_terminal()) return;
  err_.line(text);
  static_cast<void>(err_.flush());
}

void Context::warn(std::string_view text) {
  if (quiet_) return;
  err_.write("samara: warning: ");
  err_.line(text);
  static_cast<void>(err_.flush());
}

namespace {

Exit exit_of(Code code) {
  switch (code) {
    case Code::no_repository:
      return Exit::no_repository;
    case Code::locked:
      return Exit::locked;
    case Code::not_trusted:
      return Exit::not_trusted;
    case Code::cancelled:
      return Exit::interrupted;
    case Code::guest_failed:
      return Exit::guest_failed;
    default:
      return Exit::failed;
  }
}

// Every line of a longer text stands below the first one.
std::string indented(std::string_view text, std::string_view by) {
  std::string out;
  for (char c : text) {
    out += c;
    if (c == '\n') out += by;
  }
  return out;
}

}  // namespace

std::string Context::space_left() {
  struct statvfs space{};
  auto path = locate_repository();
  if (!path || ::statvfs(path->c_str(), &space) != 0) return {};
  const uint64_t bytes = uint64_t{space.f_bavail} * space.f_frsize;
  return bytes_text(bytes) + " free and " + count_text(space.f_favail) +
         " more files possible where repository '" + *path +
         "' is; samara gc removes what nothing needs";
}

Exit Context::report(const Error& error) {
  Exit exit = misused_ ? Exit::usage : exit_of(error.code);
  if (error.code == Code::disk_full && hint_.empty()) hint_ = space_left();
  if (error.code == Code::not_trusted && hint_.empty()) {
    hint_ = "samara key ls tells whom the repository trusts";
  }
  if (json_) {
    JsonLine line("error");
    line.text("code", code_name(error.code)).number("exit", int64_t{static_cast<int>(exit)});
    line.text("message", error.message());
    if (!hint_.empty()) line.text("hint", hint_);
    err_.line(std::move(line).done());
  } else {
    err_.write("samara: error: ");
    err_.line(indented(error.message(), "  "));
    if (!hint_.empty()) err_.line("  hint: " + indented(hint_, "        "));
  }
  hint_.clear();
  misused_ = false;
  static_cast<void>(err_.flush());
  return exit;
}

void Context::install_handlers() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // A reader that goes away is seen as an error of the write.
  ::signal(SIGPIPE, SIG_IGN);
  // Decoders recurse as deep as their limits allow, which takes more than the usual 8 MB at worst.
  rlimit limit{};
  constexpr rlim_t k_stack_bytes = rlim_t{64} << 20;
  if (::getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur < k_stack_bytes) {
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > k_stack_bytes
                         ? k_stack_bytes
                         : limit.rlim_max;
    ::setrlimit(RLIMIT_STACK, &limit);
  }
}

void Context::catch_interrupts() { g_catching = 1; }
const std::atomic<bool>& Context::cancel_flag() { return g_cancel; }

Progress::Progress(Context& context)
    : context_(context),
      active_(!context.quiet() && !context.json() && context.err().on_terminal()) {}

Progress::~Progress() {
  if (!shown_) return;
  context_.err().write("\r\033[K");
  static_cast<void>(context_.err().flush());
}

bool Progress::due() {
  if (!active_) return false;
  port::Instant now = context_.clock().now();
  if (now < next_) return false;
  // Nothing for what is over in a moment.
  bool first = next_ == port::Instant{};
  next_ = now + std::chrono::milliseconds(100);
  return !first;
}

void Progress::show(std::string_view text) {
  shown_ = true;
  context_.err().write("\r\033[K");
  context_.err().write(text);
  static_cast<void>(context_.err().flush());
}

}  // namespace samara::cli
