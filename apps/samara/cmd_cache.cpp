// samara cache ls|clear: what can be made again, and forgetting it.

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_cache_folder = "/cache";
constexpr std::string_view k_environments_folder = "/cache/env";

bool is_hash(const std::string& name) { return Hash::parse(name).has_value(); }

struct Entry {
  fs::path path;
  uint64_t bytes = 0;
};

uint64_t bytes_below(const fs::path& path) {
  std::error_code problem;
  uint64_t out = 0;
  for (fs::recursive_directory_iterator at(path, problem), end; !problem && at != end;
       at.increment(problem)) {
    std::error_code gone;
    if (at->is_regular_file(gone)) out += at->file_size(gone);
  }
  return out;
}

std::vector<Entry> compiled(const std::string& repository) {
  std::vector<Entry> out;
  std::error_code problem;
  for (fs::directory_iterator at(repository + std::string(k_cache_folder), problem), end;
       !problem && at != end; at.increment(problem)) {
    std::error_code gone;
    if (!at->is_regular_file(gone) || !is_hash(at->path().filename().string())) continue;
    out.push_back({at->path(), at->file_size(gone)});
  }
  return out;
}

std::vector<Entry> environments(const std::string& repository) {
  std::vector<Entry> out;
  std::error_code problem;
  for (fs::directory_iterator at(repository + std::string(k_environments_folder), problem), end;
       !problem && at != end; at.increment(problem)) {
    std::error_code gone;
    if (!at->is_directory(gone) || !is_hash(at->path().filename().string())) continue;
    out.push_back({at->path(), bytes_below(at->path())});
  }
  return out;
}

std::string file_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A worker of an environment has its id among its words, or runs a program in it.
bool in_use(const fs::path& environment) {
  const std::string id = environment.filename().string();
  std::error_code problem;
  const fs::path whole = fs::weakly_canonical(environment, problem);
  for (fs::directory_iterator at("/proc", problem), end; !problem && at != end;
       at.increment(problem)) {
    const std::string name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (name == std::to_string(::getpid())) continue;
    if (file_text(at->path() / "cmdline").find(id) != std::string::npos) return true;
    std::error_code none;
    for (const char* link : {"exe", "cwd"}) {
      const fs::path target = fs::read_symlink(at->path() / link, none);
      const std::string text = target.string() + "/";
      if (!none && text.starts_with(whole.string() + "/")) return true;
    }
  }
  return false;
}

struct Cleared {
  uint64_t removed = 0;
  uint64_t kept = 0;  // something needs them now
};

Cleared clear_compiled(const std::string& repository) {
  Cleared out;
  // Whoever uses one has read it; whoever looks for it next makes it again.
  for (const Entry& entry : compiled(repository)) {
    std::error_code problem;
    if (fs::remove(entry.path, problem)) out.removed++;
  }
  return out;
}

Cleared clear_environments(const std::string& repository) {
  Cleared out;
  for (const Entry& entry : environments(repository)) {
    std::error_code problem;
    // Nobody finds it under its name any more; who has found it before is seen after that.
    fs::path aside = entry.path;
    aside += ".cleared-" + std::to_string(::getpid());
    if (in_use(entry.path)) {
      out.kept++;
      continue;
    }
    fs::rename(entry.path, aside, problem);
    if (problem) continue;
    if (in_use(entry.path)) {
      fs::rename(aside, entry.path, problem);
      out.kept++;
      continue;
    }
    fs::remove_all(aside, problem);
    out.removed++;
  }
  return out;
}

// Under the lock of each call: one that runs keeps its records.
Result<Cleared> clear_memo(store::DirectoryRepository& repository, const Hash& function) {
  Cleared out;
  store::Executions& executions = repository.executions();
  SAMARA_TRY(auto calls, executions.list_calls(function));
  for (const Hash& call : calls) {
    const store::CallKey key{function, call};
    auto lock = executions.lock(key, port::LockWait::no);
    if (!lock && lock.error().code == Code::locked) {
      out.kept++;
      continue;
    }
    if (!lock) return std::move(lock).error();
    SAMARA_TRY(auto names, executions.list(key));
    for (const std::string& name : names) {
      auto removed = executions.remove(key, name);
      if (!removed && removed.error().code != Code::not_found) return std::move(removed).error();
    }
    if (!names.empty()) out.removed++;
  }
  return out;
}

void show(Context& context, std::string_view what, const Cleared& cleared) {
  if (context.json()) {
    context.out().line(JsonLine("cleared")
                           .text("what", what)
                           .number("removed", cleared.removed)
                           .number("kept", cleared.kept)
                           .done());
    return;
  }
  std::string text = std::string(what) + ": removed " + count_text(cleared.removed);
  if (cleared.kept > 0) text += ", kept " + count_text(cleared.kept) + " in use";
  context.out().line(text);
}

Result<Exit> clear(Context& context, const Arguments& arguments) {
  const auto functions = arguments.values("memo");
  const bool chosen = arguments.flag("compiled") || arguments.flag("environments");
  if (!chosen && functions.empty()) {
    return context.misuse("'samara cache clear' expects what to clear",
                          "--compiled, --environments or --memo FN");
  }
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  std::vector<Hash> ids;
  for (std::string_view name : functions) {
    SAMARA_TRY(Hash id, function_named(context, name));
    ids.push_back(id);
  }
  if (arguments.flag("compiled")) show(context, "compiled", clear_compiled(repository->location()));
  if (arguments.flag("environments")) {
    show(context, "environments", clear_environments(repository->location()));
  }
  for (size_t i = 0; i < ids.size(); i++) {
    SAMARA_TRY(Cleared cleared, clear_memo(*repository, ids[i]));
    show(context, "memo of " + std::string(functions[i]), cleared);
  }
  return Exit::done;
}

Result<Exit> list(Context& context, const Arguments&) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  TextTable table({"what", "entries", "size"}, {false, true, true});
  auto row = [&](std::string_view what, uint64_t entries, std::optional<uint64_t> bytes) {
    if (context.json()) {
      JsonLine line("cache");
      line.text("what", what).number("entries", entries);
      if (bytes) line.number("bytes", *bytes);
      context.out().line(std::move(line).done());
    } else {
      table.row({std::string(what), count_text(entries), bytes ? bytes_text(*bytes) : ""});
    }
  };
  auto total = [](const std::vector<Entry>& entries) {
    uint64_t out = 0;
    for (const Entry& entry : entries) out += entry.bytes;
    return out;
  };
  const auto code = compiled(repository->location());
  row("compiled", code.size(), total(code));
  const auto all = environments(repository->location());
  row("environments", all.size(), total(all));
  SAMARA_TRY(auto functions, repository->executions().list_functions());
  for (const Hash& function : functions) {
    SAMARA_TRY(auto calls, repository->executions().list_calls(function));
    uint64_t remembered = 0;
    for (const Hash& call : calls) {
      SAMARA_TRY(auto names, repository->executions().list({function, call}));
      if (!names.empty()) remembered++;
    }
    if (remembered > 0) row("memo of " + function_label(context, function), remembered, {});
  }
  if (!context.json()) context.out().write(table.text(context.colour()));
  return Exit::done;
}

constexpr OptionSpec k_clear_options[] = {
    {"compiled", 0, "", "machine code of modules; it is made again when needed"},
    {"memo", 0, "FN", "what is remembered of calls of a function", Completes::function},
    {"environments", 0, "", "environments of scripts that no worker uses"},
};

}  // namespace

constinit const Command k_cache_ls = {
    .group = "cache",
    .name = "ls",
    .summary = "tell what can be made again, and how much it is",
    .positionals = {},
    .options = {},
    .detail = "",
    .example = "samara cache ls",
    .run = list,
};

constinit const Command k_cache_clear = {
    .group = "cache",
    .name = "clear",
    .summary = "forget what can be made again",
    .positionals = {},
    .options = k_clear_options,
    .detail =
        "What a running call needs stays. Results of forgotten calls go with the next\n"
        "samara gc, unless something else names them.",
    .example = "samara cache clear --memo revenue",
    .run = clear,
};

}  // namespace samara::cli
