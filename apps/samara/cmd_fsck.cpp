// samara fsck: proves that a repository is whole, or explains what is wrong.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/units.hpp"
#include "call/execution_record.hpp"
#include "engine/references.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

void print(Context& context, const store::Finding& finding) {
  bool damage = store::finding_is_damage(finding.kind);
  if (context.json()) {
    JsonLine line("finding");
    line.text("kind", store::finding_name(finding.kind))
        .boolean("damage", damage)
        .text("path", finding.path)
        .text("explanation", finding.explanation)
        .text("remedy", finding.remedy)
        .boolean("repaired", finding.repaired);
    return context.out().line(std::move(line).done());
  }
  std::string text(store::finding_name(finding.kind));
  text += " '" + finding.path + "': " + finding.explanation;
  if (finding.repaired) text += " (repaired)";
  context.out().line(text);
  if (!finding.repaired && !finding.remedy.empty()) context.out().line("  hint: " + finding.remedy);
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  const RecordTypes types(context.types());
  Progress progress(context);
  store::FsckOptions options;
  options.repair = arguments.flag("repair");
  options.references = [&types](const Hash&, ByteView bytes) -> Result<std::vector<Hash>> {
    return engine::object_references(types, bytes);
  };
  options.check_record = [&types](const store::CallKey&, std::string_view,
                                  ByteView bytes) -> Result<void> {
    SAMARA_CHECK(decode_execution(bytes, types));
    return {};
  };
  options.progress = [&progress](unsigned done) {
    if (progress.due()) progress.show("fsck: " + std::to_string(done * 100 / 256) + " %");
  };
  SAMARA_TRY(store::FsckReport report, repository->check(options));
  for (const store::Finding& finding : report.findings) print(context, finding);
  bool clean = report.clean();
  if (context.json()) {
    JsonLine line("fsck");
    line.boolean("clean", clean)
        .number("objects", report.objects)
        .number("bytes", report.bytes)
        .number("refs", report.refs)
        .number("records", report.records)
        .number("findings", uint64_t{report.findings.size()});
    context.out().line(std::move(line).done());
  } else {
    context.out().line(std::string(clean ? "whole: " : "damaged: ") + count_text(report.objects) +
                       " objects (" + bytes_text(report.bytes) + "), " + count_text(report.refs) +
                       " refs, " + count_text(report.records) + " records checked");
  }
  return clean ? Exit::done : Exit::failed;
}

constexpr OptionSpec k_options[] = {
    {"repair", 0, "", "move what is damaged to quarantine/, nothing is deleted"},
};

}  // namespace

constinit const Command k_fsck = {
    .group = "",
    .name = "fsck",
    .summary = "check every byte of the repository",
    .positionals = {},
    .options = k_options,
    .detail = "Ends with 0 if no damage is left, else with 1. Others may work meanwhile.",
    .example = "samara fsck --repair",
    .run = run,
};

}  // namespace samara::cli
