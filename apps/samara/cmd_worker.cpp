// samara worker: starts the worker processes of a repository, watches them, and starts them anew.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "apps/samara/budget_guard.hpp"
#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/units.hpp"
#include "apps/samara/worker_programs.hpp"
#include "ports/linux/random.hpp"
#include "queue/queue_folder.hpp"

namespace samara::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

// Between a death and the next start: doubles while it dies at once.
constexpr milliseconds k_pause_min{100};
constexpr milliseconds k_pause_max{10'000};
constexpr seconds k_lived_long{10};
// Until the first word of a program that has to compile itself first.
constexpr seconds k_start_max{60};
constexpr milliseconds k_end_max{6000};

struct Program {
  WorkerOrder order;
  port::ChildOrder start;
  std::optional<port::Child> child;
  Time begun{};
  Time next{};  // when it is to be started, while it is not there
  milliseconds pause = k_pause_min;
  bool ready = false;  // has been, at least once
};

void tell(Context& context, std::string_view event, const Program& program, std::string_view text) {
  if (context.json()) {
    JsonLine line("worker");
    line.text("event", event).text("runtime", program.order.runtime);
    if (program.child.has_value()) line.number("pid", int64_t{program.child->pid()});
    if (!text.empty()) line.text("message", text);
    context.out().line(std::move(line).done());
    static_cast<void>(context.out().flush());
    return;
  }
  if (context.quiet() && event != "failed") return;
  std::string out = program.order.runtime + ": " + std::string(event);
  if (program.child.has_value() && program.child->pid() > 0) {
    out += ", process " + std::to_string(program.child->pid());
  }
  if (!text.empty()) out += ", " + std::string(text);
  context.err().line(out);
  static_cast<void>(context.err().flush());
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) out.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

Result<std::vector<Program>> plan(Context& context, const Arguments& arguments) {
  SAMARA_TRY(std::string repository, context.locate_repository());
  SAMARA_CHECK(context.repository());
  uint32_t slots = port::usable_cores();
  if (auto given = arguments.value("jobs")) {
    auto parsed = parse_count(*given);
    constexpr uint64_t k_slots_max = 10'000;
    if (!parsed || *parsed == 0 || *parsed > k_slots_max) {
      return context.misuse("option '--jobs' takes a number from 1 to 10,000");
    }
    slots = static_cast<uint32_t>(*parsed);
  }
  std::vector<Program> out;
  auto with = [&](std::string_view runtime) -> Program& {
    for (Program& known : out) {
      if (known.order.runtime == runtime) return known;
    }
    Program& added = out.emplace_back();
    added.order = {std::string(runtime), repository, slots, {}};
    return added;
  };
  for (const std::string& runtime : split(arguments.value("runtime").value_or(""))) with(runtime);
  for (std::string_view file : arguments.values("platform")) {
    auto runtime = runtime_of_file(file);
    if (!runtime.has_value()) {
      return context.misuse("'" + std::string(file) +
                            "' is no file of platform functions: they end in .py, .mjs, .js, .cjs, "
                            ".jl or .so");
    }
    if (::access(std::string(file).c_str(), R_OK) != 0) {
      return context.fail(Code::not_found, "cannot read '" + std::string(file) + "'");
    }
    with(*runtime).order.platforms.emplace_back(file);
  }
  if (out.empty()) with("cpp");
  for (Program& program : out) {
    auto start = worker_program(program.order);
    if (!start) return std::move(start).error();
    program.start = std::move(*start);
  }
  return out;
}

// Says to callers that workers which die come back. Held until we end, in whatever way.
class SupervisorPresence {
 public:
  static Result<SupervisorPresence> enter(Context& context) {
    SAMARA_TRY(std::string folder, context.locate_repository());
    for (const char* part : {"/queue", "/peers", "/alive"}) {
      folder += part;
      ::mkdir(folder.c_str(), 0777);
    }
    SupervisorPresence out;
    out.path_ = folder + "/" + std::string(queue::k_supervisor_prefix) +
                to_hex(std::span<const uint8_t>(reinterpret_cast<const uint8_t*>(&out.number_),
                                                sizeof out.number_));
    forget_the_dead(folder);
    out.file_ = ::open(out.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (out.file_ < 0 || ::flock(out.file_, LOCK_EX | LOCK_NB) != 0) {
      return Error(Code::io, "cannot make '" + out.path_ + "'");
    }
    return out;
  }
  SupervisorPresence(SupervisorPresence&& other) noexcept
      : number_(other.number_),
        path_(std::move(other.path_)),
        file_(std::exchange(other.file_, -1)) {}
  SupervisorPresence& operator=(SupervisorPresence&&) = delete;
  ~SupervisorPresence() {
    if (file_ < 0) return;
    ::unlink(path_.c_str());
    ::close(file_);
  }

 private:
  SupervisorPresence() { number_ = port::LinuxRandom().next_u64(); }
  static void forget_the_dead(const std::string& folder) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (!entry.path().filename().string().starts_with(queue::k_supervisor_prefix)) continue;
      const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
      if (file < 0) continue;
      if (::flock(file, LOCK_SH | LOCK_NB) == 0) ::unlink(entry.path().c_str());
      ::close(file);
    }
  }

  uint64_t number_ = 0;
  std::string path_;
  int file_ = -1;
};

class Supervisor {
 public:
  Supervisor(Context& context, std::vector<Program> programs, BudgetGuard& guard)
      : context_(context), programs_(std::move(programs)), guard_(guard) {}

  Result<Exit> run() {
    for (Program& program : programs_) SAMARA_CHECK(begin(program));
    for (Program& program : programs_) SAMARA_CHECK(await_ready(program));
    while (!Context::cancel_flag().load()) {
      SAMARA_CHECK(wait());
    }
    end_all();
    return Exit::done;
  }

 private:
  Result<void> begin(Program& program) {
    auto child = port::Child::start(program.start);
    if (!child) {
      end_all();
      return context_.fail(std::move(child).error(),
                           "is " + program.start.program + " installed? samara doctor tells more");
    }
    program.child.emplace(std::move(*child));
    program.begun = std::chrono::steady_clock::now();
    return {};
  }

  Result<void> await_ready(Program& program) {
    const Time last = std::chrono::steady_clock::now() + k_start_max;
    while (!Context::cancel_flag().load()) {
      if (program.child->await_line("ready", milliseconds(200))) {
        program.ready = true;
        tell(context_, "ready", program, std::to_string(program.order.slots) + " at once");
        return {};
      }
      const bool ended = program.child->wait(milliseconds(0));
      if (!ended && std::chrono::steady_clock::now() < last) continue;
      const std::string how =
          ended ? "ended with " + program.child->how()
                : "said nothing for " + std::to_string(k_start_max.count()) + " s";
      end_all();
      return context_.fail(Code::guest_failed, "the worker for " + program.order.runtime + " " +
                                                   how + " before it was ready");
    }
    return {};
  }

  // Until something ends, has to be started, or we are to end.
  Result<void> wait() {
    std::vector<pollfd> ends;
    Time next = Time::max();
    for (Program& program : programs_) {
      if (program.child.has_value()) {
        ends.push_back({.fd = program.child->end_descriptor(), .events = POLLIN, .revents = 0});
      } else {
        next = std::min(next, program.next);
      }
    }
    timespec limit{};
    timespec* given = nullptr;
    if (next != Time::max()) {
      const auto left = std::max<Time::duration>(next - std::chrono::steady_clock::now(), {});
      const auto whole = std::chrono::floor<seconds>(left);
      limit.tv_sec = whole.count();
      limit.tv_nsec = std::chrono::nanoseconds(left - whole).count();
      given = &limit;
    }
    // A signal ends the wait also when it comes just before it.
    sigset_t ends_us;
    sigset_t before;
    sigemptyset(&ends_us);
    sigaddset(&ends_us, SIGINT);
    sigaddset(&ends_us, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends_us, &before);
    if (!Context::cancel_flag().load()) ::ppoll(ends.data(), ends.size(), given, &before);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    for (Program& program : programs_) SAMARA_CHECK(look_after(program));
    return {};
  }

  Result<void> look_after(Program& program) {
    const Time now = std::chrono::steady_clock::now();
    if (!program.child.has_value()) {
      if (now < program.next) return {};
      SAMARA_CHECK(begin(program));
      tell(context_, "started anew", program, "");
      return {};
    }
    const pid_t pid = program.child->pid();
    if (!program.child->wait(milliseconds(0))) return {};
    // What we ended ourselves says nothing of the program.
    const bool stopped = guard_.has_ended(pid);
    const bool early = !stopped && now - program.begun < k_lived_long;
    if (!early) program.pause = k_pause_min;
    const std::string how = program.child->how();
    program.child.reset();
    tell(context_, "ended", program,
         how + ", starts again in " + std::to_string(program.pause.count()) + " ms");
    program.next = now + program.pause;
    if (early) program.pause = std::min(program.pause * 2, k_pause_max);
    return {};
  }

  void end_all() {
    for (Program& program : programs_) {
      if (program.child.has_value()) program.child->signal(SIGTERM);
    }
    const Time last = std::chrono::steady_clock::now() + k_end_max;
    for (Program& program : programs_) {
      if (!program.child.has_value()) continue;
      const auto left =
          std::chrono::duration_cast<milliseconds>(last - std::chrono::steady_clock::now());
      static_cast<void>(program.child->wait(std::max(left, milliseconds(0))));
      program.child.reset();
    }
  }

  Context& context_;
  std::vector<Program> programs_;
  BudgetGuard& guard_;
};

// What is left to others where nobody says how much the workers may have.
uint64_t usual_memory() {
  constexpr uint64_t k_reserve_part = 8;
  constexpr uint64_t k_reserve_max = uint64_t{2} << 30;
  const uint64_t total = port::machine_memory().total;
  return total == 0 ? UINT64_MAX : total - std::min(total / k_reserve_part, k_reserve_max);
}

// What all programs together may take; they find it by variables of their environment.
Result<std::unique_ptr<port::Budget>> share_budget(Context& context, const Arguments& arguments,
                                                   std::vector<Program>& programs) {
  port::BudgetOrder order;
  order.cores = programs.front().order.slots;
  order.memory_bytes = usual_memory();
  if (auto given = arguments.value("memory")) {
    auto parsed = parse_bytes(*given);
    if (!parsed || *parsed == 0) {
      return context.misuse("option '--memory' takes a size, as 8G or 512M");
    }
    order.memory_bytes = *parsed;
  }
  auto budget = port::Budget::open(port::Budget::usual_path());
  if (!budget) {
    context.err().line("samara: " + std::string(budget.error().message()) +
                       ": other supervisors of this machine are not counted");
    budget = port::Budget::open_private();
  }
  if (!budget) return std::move(budget).error();
  SAMARA_CHECK((*budget)->supervise(order));
  for (Program& program : programs) {
    program.start.variables.emplace_back(port::Budget::k_path_variable, (*budget)->path());
    program.start.variables.emplace_back(port::Budget::k_group_variable, (*budget)->group_text());
  }
  return budget;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(std::vector<Program> programs, plan(context, arguments));
  SAMARA_TRY(std::unique_ptr<port::Budget> budget, share_budget(context, arguments, programs));
  SAMARA_TRY(SupervisorPresence presence, SupervisorPresence::enter(context));
  SAMARA_TRY(std::string repository, context.locate_repository());
  Context::catch_interrupts();
  // It speaks while the main thread may, so in one piece and by another way.
  BudgetGuard guard(*budget, context.files(), repository + "/queue", [](const std::string& text) {
    std::fprintf(stderr, "samara: %s\n", text.c_str());
    std::fflush(stderr);
  });
  return Supervisor(context, std::move(programs), guard).run();
}

constexpr OptionSpec k_options[] = {
    {"runtime", 'r', "LIST", "python, node, julia, cpp, wasm, native"},
    {"platform", 'p', "FILE", "platform functions to offer: .py .mjs .jl .so", Completes::file},
    {"jobs", 'j', "N", "requests at once, of all runtimes together [cores]"},
    {"memory", 0, "SIZE", "what all workers may take together, as 8G [machine's]"},
};

}  // namespace

constinit const Command k_worker = {
    .group = "",
    .name = "worker",
    .summary = "start worker processes, and keep them going",
    .positionals = {},
    .options = k_options,
    .detail =
        "Functions in Python, JavaScript and Julia run in workers, and so do the\n"
        "platform functions that files offer. Ends with Ctrl-C.",
    .example = "samara worker -r python,julia -p models.py -j 4",
    .run = run,
};

}  // namespace samara::cli
