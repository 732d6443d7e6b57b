// samara call ls|show: what has been called, and how it ended.

#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "call/type_name.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"
#include "value/text.hpp"

namespace samara::cli {
namespace {

std::string state_of(const engine::Attempt& attempt) {
  if (!attempt.record.outcome) return attempt.running ? "running" : "lost";
  return std::string(outcome_name(attempt.record.outcome->kind));
}

std::string duration_of(const ExecutionRecord& record) {
  if (record.running()) return "";
  return duration_text(std::chrono::nanoseconds(static_cast<int64_t>(record.usage.wall_ns)));
}

Result<size_t> limit_of(Context& context, const Arguments& arguments) {
  auto text = arguments.value("limit");
  if (!text) return size_t{50};
  auto count = parse_count(*text);
  if (!count || *count == 0) {
    return context.misuse("option '--limit' expects a number, got '" + std::string(*text) + "'");
  }
  return static_cast<size_t>(*count);
}

Result<Exit> list(Context& context, const Arguments& arguments) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  engine::ListOptions options;
  SAMARA_TRY(options.calls_max, limit_of(context, arguments));
  if (!arguments.positionals().empty()) {
    SAMARA_TRY(options.function, function_named(context, arguments.positional(0)));
  }
  SAMARA_TRY(auto calls, engine->calls(options));
  TextTable table({"call", "function", "outcome", "started (UTC)", "took", "attempts"},
                  {false, false, false, false, true, true});
  for (const engine::CallSummary& call : calls) {
    const ExecutionRecord& record = call.latest.record;
    std::string label = function_label(context, call.key.function);
    if (context.json()) {
      JsonLine line("call");
      line.text("id", call.key.call.hex())
          .text("function", call.key.function.hex())
          .text("name", label)
          .text("outcome", state_of(call.latest))
          .number("started_ms", record.started_ms)
          .number("wall_ns", record.usage.wall_ns)
          .number("attempts", uint64_t{call.attempts});
      context.out().line(std::move(line).done());
    } else {
      table.row({call.key.call.short_hex(), label, state_of(call.latest),
                 time_text(record.started_ms), duration_of(record), std::to_string(call.attempts)});
    }
  }
  if (!context.json() && table.rows() > 0) context.out().write(table.text(context.colour()));
  if (calls.empty()) context.note("no calls yet; samara run FN ARG… makes one");
  return Exit::done;
}

constexpr size_t k_value_text_max = 60;

// An argument or result in one line: type, beginning of the value.
std::string value_line(engine::Engine& engine, const Hash& id) {
  std::string out = id.short_hex();
  Heap heap;
  auto size = engine.repository().objects().size_bytes(id);
  auto type = engine.values().type_of(id);
  if (!size || !type) return out + "  (not in the repository any more)";
  out += "  " + type_name(*type, k_value_text_max);
  // Looking into a large value takes long and tells little.
  if (*size > 64 * 1024) return out + ", " + bytes_text(*size);
  auto loaded = engine.values().load(id, heap);
  if (!loaded) return out;
  auto text = print_text(loaded->value.type, loaded->value.value);
  if (!text) return out;
  if (text->size() > k_value_text_max) {
    size_t cut = k_value_text_max;
    while (cut > 0 && (static_cast<uint8_t>((*text)[cut]) & 0xc0U) == 0x80) cut--;
    text->resize(cut);
    *text += "…";
  }
  return out + " = " + *text;
}

void show_attempt(Context& context, engine::Engine& engine, const engine::Attempt& attempt) {
  const ExecutionRecord& record = attempt.record;
  Output& out = context.out();
  std::string head = "attempt " + std::to_string(record.attempt) + "  " + state_of(attempt) +
                     ", started " + time_text(record.started_ms) + " UTC by process " +
                     std::to_string(record.owner.pid);
  out.line(head);
  out.line("  runtime  " + record.runtime + ", " + record.place);
  if (record.outcome && record.outcome->is_value()) {
    out.line("  result   " + value_line(engine, record.outcome->value));
  } else if (record.outcome) {
    std::string text = outcome_text(*record.outcome);
    for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
      text.insert(at + 1, "           ");
    }
    out.line("  outcome  " + text);
  }
  if (!record.running()) {
    out.line("  used     " + duration_of(record) + ", " + count_text(record.usage.steps) +
             " steps, " + bytes_text(record.usage.peak_memory_bytes));
  }
  for (const std::string& decision : record.decisions) out.line("  why      " + decision);
}

JsonLine attempt_line(const engine::Attempt& attempt) {
  const ExecutionRecord& record = attempt.record;
  JsonLine line("attempt");
  line.text("id", record.id.text())
      .number("attempt", record.attempt)
      .text("outcome", state_of(attempt))
      .number("started_ms", record.started_ms);
  if (record.finished_ms) line.number("finished_ms", *record.finished_ms);
  line.text("runtime", record.runtime)
      .text("place", record.place)
      .number("pid", record.owner.pid)
      .number("wall_ns", record.usage.wall_ns)
      .number("cpu_ns", record.usage.cpu_ns)
      .number("steps", record.usage.steps)
      .number("peak_memory_bytes", record.usage.peak_memory_bytes);
  if (record.outcome && record.outcome->is_value())
    line.text("result", record.outcome->value.hex());
  if (record.outcome && !record.outcome->is_value()) line.text("message", record.outcome->message);
  line.raw("decisions", json_list(record.decisions));
  return line;
}

Result<Exit> show(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::CallKey key, call_named(context, arguments.positional(0)));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(auto attempts, engine->attempts(key));
  const CallSpec* spec = attempts.empty() ? nullptr : &attempts.back().record.spec;
  if (context.json()) {
    JsonLine line("call");
    line.text("id", key.call.hex()).text("function", key.function.hex());
    line.text("name", function_label(context, key.function));
    if (spec != nullptr) {
      std::vector<std::string> ids;
      ids.reserve(spec->arguments.size());
      for (const Hash& argument : spec->arguments) ids.push_back(argument.hex());
      line.raw("arguments", json_list(ids));
      std::vector<std::string> bindings;
      for (const auto& [name, hash] : spec->bindings) bindings.push_back(name + "=" + hash.hex());
      line.raw("bindings", json_list(bindings)).number("semantics", spec->semantics);
    }
    context.out().line(std::move(line).done());
    for (const auto& attempt : attempts) context.out().line(attempt_line(attempt).done());
    return Exit::done;
  }
  Output& out = context.out();
  out.line("call       " + key.call.hex());
  out.line("function   " + key.function.short_hex() + "  " + function_label(context, key.function));
  if (spec != nullptr) {
    for (const Hash& argument : spec->arguments)
      out.line("argument   " + value_line(*engine, argument));
    for (const auto& [name, hash] : spec->bindings) {
      out.line("binding    " + hash.short_hex() + "  " + name);
    }
  }
  for (const auto& attempt : attempts) show_attempt(context, *engine, attempt);
  return Exit::done;
}

constexpr PositionalSpec k_list_positionals[] = {
    {"FN", "only calls of this function", Completes::function, false},
};
constexpr OptionSpec k_list_options[] = {
    {"limit", 0, "N", "at most so many, newest first; default: 50"},
};
constexpr PositionalSpec k_show_positionals[] = {
    {"CALL", "id of a call, or its beginning", Completes::call},
};

}  // namespace

constinit const Command k_call_ls = {
    .group = "call",
    .name = "ls",
    .summary = "list calls, the newest first",
    .positionals = k_list_positionals,
    .options = k_list_options,
    .detail = "",
    .example = "samara call ls revenue",
    .run = list,
};

constinit const Command k_call_show = {
    .group = "call",
    .name = "show",
    .summary = "tell all about a call: arguments, attempts, outcome, usage",
    .positionals = k_show_positionals,
    .options = {},
    .detail = "",
    .example = "samara call show 7c1e02",
    .run = show,
};

}  // namespace samara::cli
