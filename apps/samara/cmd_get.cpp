// samara get: the parts of a named run.

#include <algorithm>

#include "apps/samara/commands.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/present.hpp"
#include "apps/samara/units.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

std::string origin_text(const Origin& from) {
  if (from.kind == OriginKind::file) return "@" + from.text;
  return from.text.empty() ? std::string(k_origin_words[static_cast<size_t>(from.kind)])
                           : from.text;
}

void show_overview(Context& context, const NamedRun& run) {
  const RunRecord& record = run.record;
  if (context.json()) {
    JsonLine line("run");
    line.text("name", record.name)
        .text("function", record.function.object.hex())
        .text("function_from", origin_text(record.function.from))
        .text("call", record.call.hex())
        .text("outcome", outcome_name(record.outcome.kind))
        .number("started_ms", record.started_ms)
        .number("named_ms", record.named_ms);
    std::vector<std::string> inputs;
    std::vector<std::string> from;
    for (const RunPart& input : record.inputs) {
      inputs.push_back(input.object.hex());
      from.push_back(origin_text(input.from));
    }
    line.raw("inputs", json_list(inputs)).raw("inputs_from", json_list(from));
    if (record.outcome.is_value()) line.text("result", record.outcome.value.hex());
    if (!record.outcome.is_value()) line.text("message", record.outcome.message);
    line.boolean("log", record.log.has_value());
    context.out().line(std::move(line).done());
    return;
  }
  auto row = [&](std::string name, const std::string& value) {
    name.resize(std::max<size_t>(name.size() + 1, 12), ' ');
    context.out().line(name + value);
  };
  row("function", record.function.object.short_hex() + "  " + origin_text(record.function.from));
  for (size_t i = 0; i < record.inputs.size(); i++) {
    const RunPart& input = record.inputs[i];
    row("inputs." + std::to_string(i + 1),
        input.object.short_hex() + "  " + origin_text(input.from));
  }
  if (record.outcome.is_value()) {
    row("outputs", record.outcome.value.short_hex());
  } else {
    row("error", std::string(outcome_name(record.outcome.kind)) + ": " + record.outcome.message);
  }
  if (record.log) row("log", record.log->short_hex());
  row("call", record.call.short_hex() + "  started " + time_text(record.started_ms) + " UTC");
}

Result<Exit> show_error(Context& context, const NamedRun& run) {
  const Outcome& outcome = run.record.outcome;
  if (outcome.is_value()) {
    return context.fail(Code::not_found, "run '" + run.record.name + "' did not fail",
                        "samara get " + run.record.name + ".outputs");
  }
  if (context.json()) {
    std::vector<std::string> stack;
    stack.reserve(outcome.locations.size());
    for (const SourceLocation& at : outcome.locations) {
      stack.push_back(at.filename + ":" + std::to_string(at.line) + ":" +
                      std::to_string(at.column));
    }
    context.out().line(JsonLine("outcome")
                           .text("outcome", outcome_name(outcome.kind))
                           .text("message", outcome.message)
                           .raw("locations", json_list(stack))
                           .done());
  } else {
    context.out().line(outcome_text(outcome));
  }
  return Exit::done;
}

Result<Exit> show_log(Context& context, const NamedRun& run) {
  if (!run.record.log) {
    context.note("it printed nothing");
    return Exit::done;
  }
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(Bytes bytes, engine->repository().objects().get(*run.record.log));
  SAMARA_TRY(auto entries, decode_log(bytes, engine->record_types()));
  for (const LogEntry& entry : entries) {
    if (context.json()) {
      context.out().line(JsonLine("log")
                             .text("stream", stream_word(entry.stream))
                             .text("text", entry.text)
                             .done());
    } else {
      context.out().write(entry.text);
    }
  }
  return Exit::done;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Presentation how, presentation_of(context, arguments));
  const std::string_view text = arguments.positional(0);
  auto path = run_path(context, text);
  Hash id;
  if (!path) {
    if (text.find('.') != std::string_view::npos) {
      auto known = object_named(context, text);
      // What looks like a part of a run is missed as one.
      if (!known) return load_run(context, text.substr(0, text.find('.'))).error();
      id = *known;
    } else {
      SAMARA_TRY(id, object_named(context, text));
    }
  } else if (path->part.empty() || path->part == "error" || path->part == "log") {
    SAMARA_TRY(NamedRun run, load_run(context, path->run));
    if (path->part == "error") return show_error(context, run);
    if (path->part == "log") return show_log(context, run);
    show_overview(context, run);
    return Exit::done;
  } else {
    SAMARA_TRY(id, object_of_run(context, *path));
    if (path->part == "function") {
      context.out().line(context.json() ? JsonLine("function").text("id", id.hex()).done()
                                        : id.hex());
      return Exit::done;
    }
  }
  SAMARA_TRY(engine::Engine * engine, context.engine());
  Heap heap;
  SAMARA_TRY(auto value, engine->values().load(id, heap));
  if (context.json() && !how.path && !how.format) {
    JsonLine line("value");
    line.text("id", id.hex());
    add_value(line, value.value);
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  SAMARA_CHECK(present(context, value, how));
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"NAME", "a named run, or a part of it, as forecast.outputs.table", Completes::run},
};
constexpr OptionSpec k_options[] = {
    k_output_option,
    k_to_option,
    k_table_option,
};

}  // namespace

constinit const Command k_get = {
    .group = "",
    .name = "get",
    .summary = "print a part of a named run: an output, an input, its error, its log",
    .positionals = k_positionals,
    .options = k_options,
    .detail =
        "Parts: function, inputs.1, outputs.result, outputs.FIELD where the result is a\n"
        "struct, error, log. The name alone tells what there is.",
    .example = "samara get forecast.outputs.table -o table.csv",
    .run = run,
};

}  // namespace samara::cli
