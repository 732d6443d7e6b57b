// samara stats: what is in a repository.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/units.hpp"
#include "engine/names.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

struct Counts {
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t refs = 0;
  uint64_t functions = 0;
  uint64_t calls = 0;
  uint64_t attempts = 0;
};

Result<Counts> count(Context& context, store::DirectoryRepository& repository) {
  Counts counts;
  Progress progress(context);
  SAMARA_CHECK(repository.objects().list([&](const Hash& hash) {
    counts.objects++;
    // One that went meanwhile has no size.
    counts.bytes += repository.objects().size_bytes(hash).value_or(0);
    if (progress.due()) progress.show("stats: " + count_text(counts.objects) + " objects");
    return true;
  }));
  SAMARA_TRY(auto refs, repository.refs().list(""));
  for (const std::string& name : refs) {
    if (name.starts_with(engine::k_debug_refs)) continue;
    (name.starts_with(engine::k_function_refs) ? counts.functions : counts.refs)++;
  }
  SAMARA_TRY(auto functions, repository.executions().list_functions());
  for (const Hash& function : functions) {
    SAMARA_TRY(auto calls, repository.executions().list_calls(function));
    counts.calls += calls.size();
    for (const Hash& call : calls) {
      SAMARA_TRY(auto records, repository.executions().list({function, call}));
      counts.attempts += records.size();
    }
  }
  return counts;
}

Result<Exit> run(Context& context, const Arguments&) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  SAMARA_TRY(Counts counts, count(context, *repository));
  if (context.json()) {
    JsonLine line("stats");
    line.text("repository", repository->location())
        .number("generation", uint64_t{repository->format().generation})
        .number("objects", counts.objects)
        .number("bytes", counts.bytes)
        .number("refs", counts.refs)
        .number("functions", counts.functions)
        .number("calls", counts.calls)
        .number("attempts", counts.attempts);
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  auto row = [&](std::string_view name, const std::string& value) {
    std::string line(name);
    line.append(12 - name.size(), ' ');
    context.out().line(line + value);
  };
  row("repository", repository->location());
  row("objects", count_text(counts.objects) + ", " + bytes_text(counts.bytes));
  row("refs", count_text(counts.refs));
  row("functions", count_text(counts.functions));
  row("calls", count_text(counts.calls) + ", " + count_text(counts.attempts) + " attempts");
  return Exit::done;
}

}  // namespace

constinit const Command k_stats = {
    .group = "",
    .name = "stats",
    .summary = "tell how much is in the repository",
    .positionals = {},
    .options = {},
    .detail = "",
    .example = "samara stats",
    .run = run,
};

}  // namespace samara::cli
