// samara watch: runs named runs again when what they were made of has changed.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "apps/samara/commands.hpp"
#include "apps/samara/grants.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/source_file.hpp"
#include "apps/samara/units.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/names.hpp"
#include "store/directory_repository.hpp"

extern char** environ;

namespace samara::cli {
namespace {

// An editor writes a file in several steps, and builds write several files.
constexpr auto k_quiet = std::chrono::milliseconds(150);
constexpr auto k_quiet_longest = std::chrono::seconds(2);
// Where the system gives no watches.
constexpr auto k_poll_pause = std::chrono::seconds(1);

/// What can be another tomorrow, as a text that is another then.
using Stamps = std::map<std::string, std::string>;

std::string stamp_of_file(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return "none";
  return std::to_string(info.st_ino) + " " + std::to_string(info.st_size) + " " +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Folders whose changes wake us. Without watches of the system it is a pause.
class Bell {
 public:
  Bell() : descriptor_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}
  ~Bell() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void watch(const std::string& folder) {
    if (!folders_.insert(folder).second) return;
    constexpr uint32_t k_changes =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB;
    if (descriptor_ < 0 || ::inotify_add_watch(descriptor_, folder.c_str(), k_changes) < 0) {
      all_watched_ = false;
      folders_.erase(folder);
    }
  }
  bool all_watched() const { return all_watched_; }

  /// Returns when something has changed and then nothing for a while, or at an interrupt.
  void wait() {
    sigset_t stop;
    sigset_t before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &stop, &before);
    using Time = std::chrono::steady_clock;
    const bool rang = listen(all_watched_ ? std::chrono::nanoseconds(-1) : k_poll_pause, before);
    const Time::time_point latest = Time::now() + k_quiet_longest;
    while (rang && Time::now() < latest && listen(k_quiet, before)) continue;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  // Whether something came in time. Interrupts are let in while it waits, and nowhere else.
  bool listen(std::chrono::nanoseconds longest, const sigset_t& during) {
    if (Context::cancel_flag().load()) return false;
    pollfd bell{descriptor_, POLLIN, 0};
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(longest / std::chrono::seconds(1));
    timeout.tv_nsec = static_cast<long>((longest % std::chrono::seconds(1)).count());
    if (::ppoll(&bell, 1, longest.count() < 0 ? nullptr : &timeout, &during) <= 0) return false;
    alignas(inotify_event) char events[4096];
    while (::read(descriptor_, events, sizeof events) > 0) continue;
    return true;
  }

  int descriptor_;
  bool all_watched_ = true;
  std::set<std::string> folders_;
};

/// Runs this program with other words, in a folder, and waits for it.
Result<int> run_self(const std::string& directory, std::vector<std::string> words, bool silent) {
  std::vector<char*> pointers;
  words.insert(words.begin(), "samara");
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (silent) posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return port::os_error(failed).with_context("cannot start samara");
  int status = 0;
  bool told = false;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    // On a terminal it has heard by itself; twice would end it out of order.
    if (Context::cancel_flag().load() && !told && ::isatty(STDERR_FILENO) == 0) {
      ::kill(child, SIGINT);
      told = true;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string argument_word(const RunPart& part) {
  switch (part.from.kind) {
    case OriginKind::file:
      return "@" + part.from.text;
    case OriginKind::ref:
    case OriginKind::output:
      return part.from.text;
    case OriginKind::object:
    case OriginKind::value:
      return part.object.hex();
  }
  SAMARA_ASSERT(!"an origin");
}

std::string function_word(const RunPart& part) {
  const bool named = part.from.kind == OriginKind::ref || part.from.kind == OriginKind::file;
  return named ? part.from.text : part.object.hex();
}

struct Watched {
  std::string name;
  RunRecord record;
  std::set<std::string> after;  // runs whose outputs it takes
  std::string source;           // the file that its function was added from; may be empty
  Stamps stamps;                // as it was when last looked at
};

class Watch {
 public:
  Watch(Context& context, store::DirectoryRepository& repository)
      : context_(context), repository_(repository) {}

  Result<void> load(std::span<const std::string_view> names) {
    std::vector<std::string> wanted(names.begin(), names.end());
    if (wanted.empty()) {
      SAMARA_TRY(wanted, run_names(context_));
    }
    std::string allow;
    for (const std::string& name : wanted) {
      SAMARA_TRY(NamedRun run, load_run(context_, name));
      for (const std::string& option : run.record.options) {
        constexpr std::string_view k_allow = "--allow=";
        if (option.starts_with(k_allow)) {
          allow += (allow.empty() ? "" : ",") + option.substr(k_allow.size());
        }
      }
      runs_.push_back({name, std::move(run.record), {}, {}, {}});
    }
    if (runs_.empty()) {
      return context_.fail(Code::not_found, "there are no named runs to watch",
                           "samara run --name NAME FN ARG… makes one");
    }
    // Ids of calls are asked for here; what runs gets its own grants alone.
    SAMARA_TRY(Grants grants, parse_grants(context_, allow));
    SAMARA_TRY(engine_, context_.engine(grants));
    for (Watched& run : runs_) find_sources(run);
    return sort();
  }

  /// Runs what has changed; the number of those that did not give a value.
  size_t pass() {
    size_t failed = 0;
    for (Watched& run : runs_) {
      if (Context::cancel_flag().load()) break;
      Stamps now = stamps_of(run);
      if (now == run.stamps) continue;
      if (!run.stamps.empty() && !run.source.empty() && now[run.source] != run.stamps[run.source]) {
        add_source_again(run);
        now = stamps_of(run);
      }
      const bool first = run.stamps.empty();
      run.stamps = std::move(now);
      auto changed = is_changed(run);
      if (!changed) {
        context_.report(std::move(changed).error().with_context("run '" + run.name + "'"));
        failed++;
      } else if (*changed) {
        if (!run_again(run)) failed++;
        run.stamps = stamps_of(run);
      } else if (first && !run.record.outcome.is_value()) {
        failed++;
      }
    }
    return failed;
  }

  void go_on() {
    for (const Watched& run : runs_) {
      for (const auto& [what, stamp] : run.stamps) bell_.watch(folder_to_watch(what));
    }
    if (!bell_.all_watched()) {
      context_.note("not all folders can be watched: looking every second instead");
    }
    // What came before the watches is seen now.
    static_cast<void>(pass());
    while (!Context::cancel_flag().load()) {
      if (!waiting_told_) context_.note("waiting for changes; Ctrl-C ends it");
      waiting_told_ = true;
      bell_.wait();
      if (!Context::cancel_flag().load()) static_cast<void>(pass());
    }
  }

 private:
  static constexpr std::string_view k_ref = "ref ";

  std::string refs_folder() const { return repository_.location() + "/refs/"; }

  std::string folder_to_watch(const std::string& what) const {
    if (!what.starts_with(k_ref)) return folder_of(what);
    return folder_of(refs_folder() + what.substr(k_ref.size()));
  }

  void find_sources(Watched& run) {
    for (const RunPart& input : run.record.inputs) {
      std::optional<RunPath> path;
      if (input.from.kind == OriginKind::output) path = run_path(context_, input.from.text);
      if (path) run.after.insert(path->run);
      // The plain ref of a name stands for the result.
      if (input.from.kind == OriginKind::ref) run.after.insert(input.from.text);
    }
    run.after.erase(run.name);
    if (run.record.function.from.kind != OriginKind::ref) return;
    auto companion = engine_->companion(run.record.function.object);
    if (!companion || !*companion || (*companion)->source.empty()) return;
    const std::string source = absolute_path((*companion)->source, run.record.directory);
    if (is_source_path(source) && file_exists(context_, source)) run.source = source;
  }

  // Those whose outputs others take come first.
  Result<void> sort() {
    std::vector<Watched> sorted;
    std::set<std::string> left;
    for (const Watched& run : runs_) left.insert(run.name);
    while (!runs_.empty()) {
      const auto ready = std::find_if(runs_.begin(), runs_.end(), [&](const Watched& run) {
        return std::none_of(run.after.begin(), run.after.end(),
                            [&](const std::string& name) { return left.contains(name); });
      });
      if (ready == runs_.end()) {
        return Error(Code::invalid_argument,
                     "run '" + runs_[0].name + "' takes its own output, by way of others");
      }
      left.erase(ready->name);
      sorted.push_back(std::move(*ready));
      runs_.erase(ready);
    }
    runs_ = std::move(sorted);
    return {};
  }

  void stamp(Stamps& out, const Origin& from) const {
    switch (from.kind) {
      case OriginKind::file: {
        std::string path = from.text;
        const size_t colon = path.rfind(':');
        if (colon != std::string::npos && !file_exists(context_, path)) path.resize(colon);
        out[path] = stamp_of_file(path);
        return;
      }
      case OriginKind::output:
        if (auto path = run_path(context_, from.text)) {
          stamp_ref(out, std::string(k_run_refs) + path->run);
        }
        return;
      case OriginKind::ref:
        stamp_ref(out, from.text);
        return;
      case OriginKind::object:
      case OriginKind::value:
        return;
    }
  }

  void stamp_ref(Stamps& out, const std::string& name) const {
    auto hash = repository_.refs().get(name);
    out[std::string(k_ref) + name] = hash ? hash->hex() : "none";
  }

  Stamps stamps_of(const Watched& run) const {
    Stamps out;
    const Origin& function = run.record.function.from;
    if (function.kind == OriginKind::ref) {
      stamp_ref(out, std::string(engine::k_function_refs) + function.text);
    }
    stamp(out, function);
    for (const RunPart& input : run.record.inputs) stamp(out, input.from);
    if (!run.source.empty()) out[run.source] = stamp_of_file(run.source);
    // Somebody may run it by hand, with other arguments.
    return out;
  }

  std::vector<std::string> call_words(const Watched& run) const {
    std::vector<std::string> out{function_word(run.record.function)};
    for (const RunPart& input : run.record.inputs) out.push_back(argument_word(input));
    return out;
  }

  // The call's id covers function, arguments and bindings: what has another is another call.
  Result<bool> is_changed(Watched& run) {
    auto fresh = load_run(context_, run.name);
    if (fresh) run.record = std::move(fresh->record);
    const std::vector<std::string> words = call_words(run);
    const std::vector<std::string_view> views(words.begin(), words.end());
    CallInput input;
    SAMARA_CHECK(read_call(context_, views, input));
    engine::CallOptions options;
    options.heap = &input.heap;
    options.name = input.name;
    SAMARA_TRY(store::CallKey key, engine_->key_of(input.function, input.arguments, options));
    return key.call != run.record.call;
  }

  void say(std::string_view text) {
    if (context_.json()) return;
    context_.err().line(text);
    static_cast<void>(context_.err().flush());
  }

  std::string repository_word() const {
    return "--repo=" + absolute_path(repository_.location(), working_directory());
  }

  void add_source_again(const Watched& run) {
    say("add  " + run.source);
    const std::string& name = run.record.function.from.text;
    const std::string function = name.substr(name.rfind('/') + 1);
    std::vector<std::string> words{
        "fn", "add", repository_word(), run.source + ":" + function, "--name=" + name, "-q"};
    // What is wrong with it has been printed; the function that was stays.
    static_cast<void>(run_self(run.record.directory, std::move(words), true));
  }

  bool run_again(Watched& run) {
    say("run  " + run.name);
    std::vector<std::string> words{"run", repository_word(), "--name=" + run.name};
    for (const std::string& option : run.record.options) words.push_back(option);
    if (context_.json() || context_.quiet()) words.emplace_back("-q");
    words.emplace_back("--");
    for (std::string& word : call_words(run)) words.push_back(std::move(word));
    auto ended = run_self(run.record.directory, std::move(words), true);
    if (!ended) {
      context_.report(ended.error());
      return false;
    }
    const bool well = *ended == static_cast<int>(Exit::done);
    if (auto fresh = load_run(context_, run.name)) run.record = std::move(fresh->record);
    if (context_.json()) {
      context_.out().line(JsonLine("ran")
                              .text("name", run.name)
                              .text("outcome", outcome_name(run.record.outcome.kind))
                              .text("call", run.record.call.hex())
                              .number("exit", int64_t{*ended})
                              .done());
      static_cast<void>(context_.out().flush());
    } else {
      say((well ? "done " : "fail ") + run.name);
    }
    return well;
  }

  Context& context_;
  store::DirectoryRepository& repository_;
  engine::Engine* engine_ = nullptr;
  std::vector<Watched> runs_;
  Bell bell_;
  bool waiting_told_ = false;
};

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  Watch watch(context, *repository);
  SAMARA_CHECK(watch.load(arguments.positionals()));
  Context::catch_interrupts();
  const size_t failed = watch.pass();
  if (arguments.flag("once")) {
    if (Context::cancel_flag().load()) return Exit::interrupted;
    return failed > 0 ? Exit::guest_failed : Exit::done;
  }
  watch.go_on();
  return Exit::interrupted;
}

constexpr PositionalSpec k_positionals[] = {
    {"NAME", "a named run; default: all", Completes::run, false, true},
};
constexpr OptionSpec k_options[] = {
    {"once", 0, "", "run what has changed, then end"},
};

}  // namespace

constinit const Command k_watch = {
    .group = "",
    .name = "watch",
    .summary = "run named runs again when their inputs change",
    .positionals = k_positionals,
    .options = k_options,
    .detail =
        "Inputs are the files and refs as they were given, outputs of other runs, the\n"
        "function's name and the East source it was added from. A run that takes the\n"
        "output of another follows it.",
    .example = "samara watch forecast report",
    .run = run,
};

}  // namespace samara::cli
