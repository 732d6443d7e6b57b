// samara log: what a function printed.

#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/units.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

Result<const engine::Attempt*> choose(Context& context, const Arguments& arguments,
                                      const std::vector<engine::Attempt>& attempts) {
  auto text = arguments.value("attempt");
  if (attempts.empty()) return Error(Code::not_found, "the call has no attempt that can be read");
  if (!text) return &attempts.back();
  auto number = parse_count(*text);
  if (!number) {
    return context.misuse("option '--attempt' expects a number, got '" + std::string(*text) + "'");
  }
  for (const engine::Attempt& attempt : attempts) {
    if (attempt.record.attempt == static_cast<int64_t>(*number)) return &attempt;
  }
  return context.fail(Code::not_found, "the call has no attempt " + std::string(*text),
                      "samara call show " + std::string(arguments.positional(0)));
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::CallKey key, call_named(context, arguments.positional(0)));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(auto attempts, engine->attempts(key));
  SAMARA_TRY(const engine::Attempt* attempt, choose(context, arguments, attempts));
  SAMARA_TRY(auto entries, engine->log(attempt->record));
  for (const LogEntry& entry : entries) {
    if (context.json()) {
      JsonLine line("log");
      line.text("stream", stream_word(entry.stream)).text("text", entry.text);
      context.out().line(std::move(line).done());
    } else {
      (entry.stream == LogStream::out ? context.out() : context.err()).write(entry.text);
    }
  }
  // What the log of a run that failed leads to.
  const std::optional<Outcome>& outcome = attempt->record.outcome;
  const bool failed = outcome && !outcome->is_value();
  if (failed && context.json()) {
    context.out().line(JsonLine("outcome")
                           .text("outcome", outcome_name(outcome->kind))
                           .text("message", outcome->message)
                           .done());
  } else if (failed) {
    context.err().write("ended with " + outcome_text(*outcome) + "\n");
  }
  static_cast<void>(context.err().flush());
  if (attempt->record.log.bytes_dropped > 0) {
    context.warn(bytes_text(attempt->record.log.bytes_dropped) + " of the log were not kept");
  }
  if (entries.empty()) context.note("it printed nothing");
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"CALL", "id of a call, or its beginning", Completes::call},
};
constexpr OptionSpec k_options[] = {
    {"attempt", 0, "N", "of this attempt; default: the latest"},
};

}  // namespace

constinit const Command k_log = {
    .group = "",
    .name = "log",
    .summary = "print what a call has printed",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "What went to standard error goes there again, and how the run failed.",
    .example = "samara log 7c1e02",
    .run = run,
};

}  // namespace samara::cli
