#pragma once
// Named runs: `samara run --name forecast` keeps what was called, with what and how it ended, and
// forecast.outputs.table and the like name the parts. Threads: one.
// Specified by: docs/formats/run.md.

#include <optional>
#include <string>
#include <vector>

#include "apps/samara/call_input.hpp"
#include "apps/samara/context.hpp"
#include "call/run_record.hpp"
#include "engine/engine.hpp"

namespace samara::cli {

struct NamedRun {
  Hash object;
  RunRecord record;
};

/// Errors: not_found (no run of this name), corrupt.
Result<NamedRun> load_run(Context& context, std::string_view name);
/// Their names, sorted.
Result<std::vector<std::string>> run_names(Context& context);

/// "forecast.outputs.table" in two: the name of a run that there is, and the rest, maybe empty.
struct RunPath {
  std::string run;
  std::string part;
};
/// Nothing where the text does not begin with a run's name.
std::optional<RunPath> run_path(Context& context, std::string_view text);

/// The object that a part means: function, inputs.N, outputs.result, outputs.FIELD, result or
/// FIELD. A field is stored as an object of its own. Errors: not_found (there is no such part, or
/// the run has failed), guest_failed.
Result<Hash> object_of_run(Context& context, const RunPath& path);

/// What of a call is kept under its name.
struct RunToKeep {
  std::string_view name;
  const CallInput& input;
  const engine::CallResult& result;
  std::vector<std::string> options;  // RunRecord::options
};
/// Lets the name stand for this run, all its parts at once. Errors: those of the store.
Result<void> keep_run(Context& context, const RunToKeep& run);

}  // namespace samara::cli
