// samara gc: removes what nothing needs.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/units.hpp"
#include "engine/references.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

Result<store::GcOptions> options_of(Context& context, const Arguments& arguments) {
  store::GcOptions options;
  options.dry_run = arguments.flag("dry-run");
  if (auto text = arguments.value("grace")) {
    auto grace = parse_duration(*text);
    if (!grace) return context.misuse("option '--grace' " + std::string(grace.error().message()));
    options.grace = *grace;
  }
  if (auto text = arguments.value("keep-days")) {
    auto days = parse_count(*text);
    if (!days || *days > 36500) {
      return context.misuse("option '--keep-days' expects a number of days, got '" +
                            std::string(*text) + "'");
    }
    options.keep_records = std::chrono::hours(24) * static_cast<int64_t>(*days);
  }
  if (auto text = arguments.value("max-size")) {
    auto bytes = parse_bytes(*text);
    if (!bytes)
      return context.misuse("option '--max-size' " + std::string(bytes.error().message()));
    options.records_bytes_max = *bytes;
  }
  return options;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::GcOptions options, options_of(context, arguments));
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  const RecordTypes types(context.types());
  options.references = [&types](const Hash&, ByteView bytes) -> Result<std::vector<Hash>> {
    return engine::object_references(types, bytes);
  };
  options.record_references = [&types](const store::CallKey&, std::string_view,
                                       ByteView bytes) -> Result<std::vector<Hash>> {
    return engine::record_references(types, bytes);
  };
  SAMARA_TRY(store::GcReport report, repository->collect_garbage(options));
  if (context.json()) {
    JsonLine line("gc");
    line.boolean("dry_run", options.dry_run)
        .number("objects_removed", report.objects_removed)
        .number("bytes_removed", report.bytes_removed)
        .number("objects_kept", report.objects_kept)
        .number("bytes_kept", report.bytes_kept)
        .number("calls_removed", report.calls_removed)
        .number("calls_kept", report.calls_kept)
        .number("temp_files_removed", report.temp_files_removed)
        .number("cache_entries_removed", report.cache_entries_removed)
        .number("sessions_removed", report.sessions_removed);
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  std::string verb = options.dry_run ? "would remove " : "removed ";
  context.out().line(verb + count_text(report.objects_removed) + " objects (" +
                     bytes_text(report.bytes_removed) + ") and the records of " +
                     count_text(report.calls_removed) + " calls");
  context.out().line("kept " + count_text(report.objects_kept) + " objects (" +
                     bytes_text(report.bytes_kept) + ") and the records of " +
                     count_text(report.calls_kept) + " calls");
  return Exit::done;
}

constexpr OptionSpec k_options[] = {
    {"dry-run", 'n', "", "only tell what would be removed"},
    {"keep-days", 0, "N", "forget calls not made for N days; default: keep all"},
    {"max-size", 0, "SIZE", "keep the newest calls that need at most SIZE, as in 10G"},
    {"grace", 0, "DURATION", "what is younger stays; default: 1h"},
};

}  // namespace

constinit const Command k_gc = {
    .group = "",
    .name = "gc",
    .summary = "remove objects that nothing needs",
    .positionals = {},
    .options = k_options,
    .detail =
        "Kept: what refs, remembered calls and living processes need. Others may work\n"
        "on the repository meanwhile. --grace 0s suits a repository nobody else uses.",
    .example = "samara gc --keep-days 30",
    .run = run,
};

}  // namespace samara::cli
