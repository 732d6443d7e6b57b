// samara status: what runs, who serves which queue, and what failed lately.

#include <algorithm>
#include <map>

#include "apps/samara/commands.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/queue_status.hpp"
#include "apps/samara/running_calls.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "engine/engine.hpp"
#include "ports/linux/budget.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

// Failures are looked for among so many calls that changed last.
constexpr size_t k_recent_calls = 200;
constexpr size_t k_failures_shown = 5;
constexpr size_t k_runs_shown = 20;
constexpr size_t k_message_columns_max = 50;
constexpr std::chrono::hours k_recent{24};

class Status {
 public:
  Status(Context& context, engine::Engine& engine, store::DirectoryRepository& repository)
      : context_(context), engine_(engine), repository_(repository) {
    now_ms_ = std::chrono::floor<std::chrono::milliseconds>(context.clock().wall())
                  .time_since_epoch()
                  .count();
    if (auto functions = engine.functions()) {
      for (const engine::NamedFunction& named : *functions) names_.emplace(named.id, named.name);
    }
  }

  Result<void> show() {
    SAMARA_CHECK(show_running());
    SAMARA_TRY(QueueStatus queues,
               queue_status(context_.files(), repository_.location() + "/queue"));
    show_queues(queues);
    show_workers(queues);
    show_budget();
    SAMARA_CHECK(show_runs());
    show_failures();
    if (!context_.json() && !shown_) context_.out().line("nothing runs, nothing waits");
    return {};
  }

 private:
  std::string label(const Hash& function) const {
    auto at = names_.find(function);
    return at == names_.end() ? function.short_hex() : at->second;
  }

  std::string ago(int64_t ms) const {
    return duration_text(std::chrono::milliseconds(std::max<int64_t>(now_ms_ - ms, 0)));
  }

  void section(std::string_view title, const TextTable& table) {
    if (context_.json() || table.rows() == 0) return;
    if (shown_) context_.out().line("");
    shown_ = true;
    context_.out().line(title);
    context_.out().write(table.text(context_.colour()));
  }

  std::string run_name(const store::CallKey& key) const {
    const std::string text = key.function.hex() + " " + key.call.hex();
    for (const store::LiveName& held : live_) {
      if (held.text == text) return held.name;
    }
    return {};
  }

  Result<void> show_running() {
    if (auto live = repository_.live_logs()->names()) live_ = std::move(*live);
    TextTable table({"call", "function", "run", "since", "pid", "where"},
                    {false, false, false, true, true, false});
    for (const store::CallKey& running : running_calls(repository_.location())) {
      auto attempts = engine_.attempts(running);
      // One that has the lock and has not begun is about to.
      if (!attempts || attempts->empty() || !attempts->back().running) continue;
      const ExecutionRecord& record = attempts->back().record;
      const std::string name = run_name(running);
      if (context_.json()) {
        JsonLine line("running");
        line.text("call", running.call.hex())
            .text("function", running.function.hex())
            .text("name", label(running.function));
        if (!name.empty()) line.text("run", name);
        line.text("attempt", record.id.text())
            .number("pid", record.owner.pid)
            .number("started_ms", record.started_ms)
            .text("runtime", record.runtime)
            .text("place", record.place);
        context_.out().line(std::move(line).done());
      } else {
        table.row({running.call.short_hex(), label(running.function), name, ago(record.started_ms),
                   std::to_string(record.owner.pid), record.runtime + ", " + record.place});
      }
    }
    section("running", table);
    return {};
  }

  void show_queues(const QueueStatus& status) {
    TextTable table({"queue", "waiting", "oldest"}, {false, true, true});
    for (const QueueLength& queue : status.queues) {
      if (context_.json()) {
        JsonLine line("queue");
        line.text("name", queue.name).number("waiting", uint64_t{queue.waiting});
        if (queue.oldest_ms) line.number("oldest_ms", *queue.oldest_ms);
        context_.out().line(std::move(line).done());
      } else if (queue.waiting > 0) {
        table.row({queue.name, count_text(queue.waiting),
                   queue.oldest_ms ? ago(*queue.oldest_ms) : std::string()});
      }
    }
    section("waiting", table);
  }

  void show_workers(const QueueStatus& status) {
    TextTable table({"worker", "in hand", "what it is"}, {false, true, false});
    for (const QueueWorker& worker : status.workers) {
      if (context_.json()) {
        JsonLine line("worker");
        line.text("id", worker.id).boolean("alive", worker.alive).text("word", worker.word);
        line.number("in_hand", uint64_t{worker.in_hand});
        if (!worker.facts.empty()) {
          std::string list = "[";
          for (const std::string& fact : worker.facts) list += (list.size() > 1 ? "," : "") + fact;
          line.raw("facts", list + "]");
        }
        context_.out().line(std::move(line).done());
      } else {
        table.row({worker.id.substr(0, 8), count_text(worker.in_hand),
                   worker.alive ? worker.word : worker.word + ", dead"});
      }
    }
    section("workers", table);
  }

  // Of all workers of this user on this machine, whatever repository they serve.
  void show_budget() {
    auto budget = port::Budget::look(port::Budget::usual_path());
    if (!budget) return;
    const port::BudgetUse use = (*budget)->use();
    if (use.supervisors == 0) return;
    if (context_.json()) {
      context_.out().line(JsonLine("budget")
                              .number("cores", uint64_t{use.cores})
                              .number("cores_taken", uint64_t{use.cores_taken})
                              .number("memory_bytes", use.memory_bytes)
                              .number("memory_claimed_bytes", use.memory_claimed)
                              .number("waiting", uint64_t{use.waiting})
                              .number("parked", uint64_t{use.parked})
                              .number("workers", uint64_t{use.workers})
                              .number("supervisors", uint64_t{use.supervisors})
                              .done());
      return;
    }
    TextTable table({"budget", "taken", "of"}, {false, true, true});
    table.row({"cores", count_text(use.cores_taken), count_text(use.cores)});
    table.row({"memory", bytes_text(use.memory_claimed), bytes_text(use.memory_bytes)});
    table.row({"requests that wait for them", count_text(use.waiting), ""});
    section("budget of this machine", table);
  }

  Result<void> show_runs() {
    SAMARA_TRY(auto names, run_names(context_));
    TextTable table({"run", "outcome", "ended", "function"}, {false, false, true, false});
    std::vector<NamedRun> runs;
    for (const std::string& name : names) {
      auto run = load_run(context_, name);
      if (run) runs.push_back(std::move(*run));
    }
    std::sort(runs.begin(), runs.end(), [](const NamedRun& a, const NamedRun& b) {
      return a.record.named_ms > b.record.named_ms;
    });
    if (runs.size() > k_runs_shown) runs.resize(k_runs_shown);
    for (const NamedRun& run : runs) {
      const RunRecord& record = run.record;
      if (context_.json()) {
        context_.out().line(JsonLine("run")
                                .text("name", record.name)
                                .text("outcome", outcome_name(record.outcome.kind))
                                .number("named_ms", record.named_ms)
                                .text("function", record.function.object.hex())
                                .text("call", record.call.hex())
                                .done());
      } else {
        table.row({record.name, std::string(outcome_name(record.outcome.kind)),
                   ago(record.named_ms) + " ago", label(record.function.object)});
      }
    }
    section("named runs", table);
    return {};
  }

  void show_failures() {
    TextTable table({"call", "function", "outcome", "when", "message"},
                    {false, false, false, true, false});
    const int64_t since = now_ms_ - std::chrono::milliseconds(k_recent).count();
    size_t shown = 0;
    for (const RecentCall& recent : recent_calls(repository_.location(), k_recent_calls)) {
      if (shown == k_failures_shown || recent.changed_ms < since) break;
      auto attempts = engine_.attempts(recent.key);
      if (!attempts || attempts->empty()) continue;
      const ExecutionRecord& record = attempts->back().record;
      if (!record.outcome || record.outcome->is_value() || attempts->back().running) continue;
      shown++;
      if (context_.json()) {
        context_.out().line(JsonLine("failure")
                                .text("call", recent.key.call.hex())
                                .text("function", recent.key.function.hex())
                                .text("name", label(recent.key.function))
                                .text("outcome", outcome_name(record.outcome->kind))
                                .text("message", record.outcome->message)
                                .number("started_ms", record.started_ms)
                                .done());
        continue;
      }
      const std::string& message = record.outcome->message;
      table.row({recent.key.call.short_hex(), label(recent.key.function),
                 std::string(outcome_name(record.outcome->kind)), ago(record.started_ms) + " ago",
                 clipped(message.substr(0, message.find('\n')), k_message_columns_max)});
    }
    section("failed in the last 24 hours", table);
  }

  Context& context_;
  engine::Engine& engine_;
  store::DirectoryRepository& repository_;
  int64_t now_ms_ = 0;
  std::map<Hash, std::string> names_;
  std::vector<store::LiveName> live_;
  bool shown_ = false;
};

Result<Exit> run(Context& context, const Arguments&) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_CHECK(Status(context, *engine, *repository).show());
  return Exit::done;
}

}  // namespace

constinit const Command k_status = {
    .group = "",
    .name = "status",
    .summary = "tell what runs and waits now, who works, and what failed lately",
    .positionals = {},
    .options = {},
    .detail =
        "Of processes of other users it tells nothing. samara stats tells how much is in\n"
        "the repository.",
    .example = "samara status",
    .run = run,
};

}  // namespace samara::cli
