// samara run: calls a function, or answers from memory.

#include <algorithm>

#include "apps/samara/call_input.hpp"
#include "apps/samara/commands.hpp"
#include "apps/samara/grants.hpp"
#include "apps/samara/live_log.hpp"
#include "apps/samara/live_view.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/present.hpp"
#include "apps/samara/units.hpp"
#include "call/type_name.hpp"
#include "store/directory_repository.hpp"
#include "store/names.hpp"

namespace samara::cli {
namespace {

template <typename T, typename Parse>
Result<void> take_limit(Context& context, const Arguments& arguments, std::string_view name,
                        const Parse& parse, T& out) {
  auto text = arguments.value(name);
  if (!text) return {};
  auto parsed = parse(*text);
  if (!parsed) {
    return context.misuse("option '--" + std::string(name) + "' " +
                          std::string(parsed.error().message()));
  }
  if (!std::in_range<T>(*parsed)) {
    return context.misuse("option '--" + std::string(name) + "' is too large");
  }
  out = static_cast<T>(*parsed);
  return {};
}

Result<Limits> limits_of(Context& context, const Arguments& arguments) {
  Limits limits;
  SAMARA_CHECK(take_limit(context, arguments, "steps", parse_count, limits.steps_max));
  SAMARA_CHECK(take_limit(context, arguments, "depth", parse_count, limits.depth_max));
  SAMARA_CHECK(take_limit(context, arguments, "memory", parse_bytes, limits.memory_bytes_max));
  if (auto text = arguments.value("timeout")) {
    auto parsed = parse_duration(*text);
    if (!parsed) {
      return context.misuse("option '--timeout' " + std::string(parsed.error().message()));
    }
    limits.wall_max = *parsed;
  }
  return limits;
}

std::string usage_text(const Usage& usage) {
  return duration_text(std::chrono::nanoseconds(static_cast<int64_t>(usage.wall_ns))) + ", " +
         count_text(usage.steps) + " steps, " + bytes_text(usage.peak_memory_bytes);
}

Exit exit_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::value:
      return Exit::done;
    case OutcomeKind::timeout:
      return Exit::guest_timed_out;
    case OutcomeKind::cancelled:
      return Exit::interrupted;
    case OutcomeKind::error:
    case OutcomeKind::trap:
    case OutcomeKind::crash:
    case OutcomeKind::memory:
    case OutcomeKind::lost:
    case OutcomeKind::limit:
      return Exit::guest_failed;
  }
  SAMARA_ASSERT(!"unknown outcome");
}

std::string_view failure_verb(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::timeout:
      return "did not end in time";
    case OutcomeKind::cancelled:
      return "was cancelled";
    case OutcomeKind::memory:
    case OutcomeKind::limit:
      return "reached a limit";
    case OutcomeKind::crash:
    case OutcomeKind::trap:
      return "crashed";
    default:
      return "failed";
  }
}

JsonLine result_line(const engine::CallResult& result) {
  JsonLine line("result");
  line.text("call", result.key.call.hex())
      .text("function", result.key.function.hex())
      .text("outcome", outcome_name(result.outcome.kind))
      .boolean("from_memory", result.from_memo)
      .number("wall_ns", result.usage.wall_ns)
      .number("steps", result.usage.steps)
      .number("peak_memory_bytes", result.usage.peak_memory_bytes);
  return line;
}

// A failure of the function, which is an outcome: told like an error, with its own exit code.
Exit report_failure(Context& context, const CallInput& input, const engine::CallResult& result) {
  if (context.json()) {
    JsonLine line = result_line(result);
    line.text("message", result.outcome.message);
    std::vector<std::string> stack;
    stack.reserve(result.outcome.locations.size());
    for (const SourceLocation& at : result.outcome.locations) {
      stack.push_back(at.filename + ":" + std::to_string(at.line) + ":" +
                      std::to_string(at.column));
    }
    line.raw("locations", json_list(stack));
    context.out().line(std::move(line).done());
    return exit_of(result.outcome);
  }
  std::string text = "'" + input.name + "' " + std::string(failure_verb(result.outcome.kind));
  text += ": " + (result.outcome.kind == OutcomeKind::error ? outcome_text(result.outcome)
                                                            : result.outcome.message);
  context.err().write("samara: error: ");
  for (char c : text) {
    context.err().write({&c, 1});
    if (c == '\n') context.err().write("  ");
  }
  context.err().write("\n");
  context.err().line("  hint: samara call show " + result.key.call.short_hex() +
                     " tells more about this call");
  static_cast<void>(context.err().flush());
  return exit_of(result.outcome);
}

Result<void> present_result(Context& context, engine::Engine& engine, const Presentation& how,
                            const engine::CallResult& result) {
  SAMARA_TRY(auto bytes, engine.result_bytes(result));
  Heap heap;
  SAMARA_TRY(auto value, read_beast2(context, *bytes, heap));
  if (how.path || how.format) SAMARA_CHECK(present(context, value, how));
  if (context.json()) {
    JsonLine line = result_line(result);
    line.text("id", result.outcome.value.hex());
    // What went to a file need not be printed, too.
    if (!how.path && !how.format) add_value(line, value.value);
    context.out().line(std::move(line).done());
  } else if (!how.path && !how.format) {
    SAMARA_CHECK(present(context, value, how));
  }
  return {};
}

void explain(Context& context, const Arguments& arguments, const engine::CallResult& result) {
  if (arguments.flag("why")) {
    context.err().line("call " + result.key.call.short_hex() + ":");
    for (const std::string& decision : result.decisions) context.err().line("  " + decision);
    static_cast<void>(context.err().flush());
    return;
  }
  std::string call = ", call " + result.key.call.short_hex();
  if (result.from_memo) {
    context.note("from memory" + call + "; computing took " + usage_text(result.usage));
  } else {
    context.note("computed in " + usage_text(result.usage) + call);
  }
}

// What the function needs and nobody has granted.
std::string missing_capabilities(engine::Engine& engine, const CallInput& input,
                                 const Grants& grants) {
  std::string out;
  std::vector<std::string> known = grants.capabilities;
  for (const runtime::Offer& offer : engine.offers(input.record)) {
    if (offer.capability.empty()) continue;
    if (std::find(known.begin(), known.end(), offer.capability) != known.end()) continue;
    out += (out.empty() ? "" : ",") + offer.capability;
    known.push_back(offer.capability);
  }
  return out;
}

// Those that a later run of the same name takes, too.
std::vector<std::string> options_to_keep(const Arguments& arguments) {
  std::vector<std::string> out;
  for (std::string_view name : {"timeout", "memory", "steps", "depth"}) {
    if (auto value = arguments.value(name)) {
      out.push_back("--" + std::string(name) + "=" + std::string(*value));
    }
  }
  if (auto allow = arguments.value("allow")) out.push_back("--allow=" + std::string(*allow));
  if (arguments.flag("in-process")) out.emplace_back("--in-process");
  return out;
}

// So that `samara log -f NAME` and `samara status` see it from its beginning. Its name stands for
// it when it has ended.
std::unique_ptr<store::LiveNameHold> hold_name(Context& context, engine::Engine& engine,
                                               std::string_view name, const CallInput& input,
                                               const engine::CallOptions& options) {
  store::LiveLogs* live = engine.repository().live_logs();
  if (live == nullptr) return nullptr;
  auto key = engine.key_of(input.function, input.arguments, options);
  if (!key) return nullptr;  // the call itself will tell
  uint8_t random[8];
  context.random().fill(random);
  auto held = live->hold_name(to_hex(random),
                              {std::string(name), key->function.hex() + " " + key->call.hex()});
  return held ? std::move(*held) : nullptr;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Presentation how, presentation_of(context, arguments));
  engine::CallOptions options;
  SAMARA_TRY(options.limits, limits_of(context, arguments));
  SAMARA_TRY(Grants grants, parse_grants(context, arguments.value("allow").value_or("")));
  if (arguments.flag("in-process")) context.trust_modules();
  SAMARA_TRY(engine::Engine * engine, context.engine(grants));
  CallInput input;
  SAMARA_CHECK(read_call(context, arguments.positionals(), input));

  LiveLog log(context);
  options.no_memo = arguments.flag("no-memo");
  options.name = input.name;
  if (auto place = arguments.value("on")) options.place = *place;
  options.heap = &input.heap;
  options.live_log = context.quiet() ? nullptr : &log;
  LiveView view(context, input.record.output);
  if (arguments.flag("live")) options.observer = &view;
  options.cancel = &Context::cancel_flag();
  Context::catch_interrupts();
  const auto name = arguments.value("name");
  std::unique_ptr<store::LiveNameHold> held;
  if (name) {
    SAMARA_CHECK(store::check_ref_name(std::string(k_run_refs) + std::string(*name)));
    held = hold_name(context, *engine, *name, input, options);
  }
  auto called = engine->call(input.function, input.arguments, options);
  if (!called && called.error().code == Code::permission) {
    std::string missing = missing_capabilities(*engine, input, grants);
    if (!missing.empty()) {
      return context.fail(std::move(called).error(),
                          "if you trust it: samara run --allow " + missing + " …");
    }
  }
  if (!called && called.error().code == Code::not_trusted) {
    auto failures = engine->failures(input.function);
    if (failures && failures->quarantined) {
      return context.fail(std::move(called).error(),
                          "samara fn show " + input.name + " tells more");
    }
  }
  if (!called) return std::move(called).error();
  const engine::CallResult& result = *called;

  if (name) SAMARA_CHECK(keep_run(context, {*name, input, result, options_to_keep(arguments)}));
  if (!result.outcome.is_value()) {
    Exit exit = report_failure(context, input, result);
    if (arguments.flag("why")) explain(context, arguments, result);
    return exit;
  }
  if (name) {
    SAMARA_CHECK(
        engine->repository().refs().set(*name, result.outcome.value, store::RefCondition::any()));
  }
  SAMARA_CHECK(present_result(context, *engine, how, result));
  // The result first, also where both go to one terminal.
  SAMARA_CHECK(context.out().flush());
  explain(context, arguments, result);
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"FN", "name, hash or its beginning, x.east, x.east:NAME, @IR", Completes::function},
    {"ARG", "East text (30, '\"a\"', '[1, 2]'), @FILE, hash or ref", Completes::argument, false,
     true},
};
constexpr OptionSpec k_options[] = {
    k_output_option,
    k_to_option,
    k_table_option,
    {"name", 'n', "NAME", "keep it as the run NAME, and its result as the ref", Completes::run},
    {"no-memo", 0, "", "run even if the answer is known"},
    {"live", 0, "", "show results so far, measurements and progress"},
    {"why", 'w', "", "tell why it ran, or why it did not"},
    {"allow", 0, "CAP,…", "let it use fs, fs:DIR, net, random, time; default: none"},
    {"on", 0, "QUEUE", "let a worker run it: cpp, python, node, julia, wasm"},
    {"in-process", 0, "", "trust a WebAssembly module: no worker process for it"},
    {"timeout", 0, "TIME", "end it after 500ms, 30s, 5m; default: {timeout}"},
    {"memory", 0, "SIZE", "its values may take 512M; default: {memory}"},
    {"steps", 0, "N", "calls and loop passes, 10M; default: no limit"},
    {"depth", 0, "N", "functions on top of each other; default: {depth}"},
};

}  // namespace

constinit const Command k_run = {
    .group = "",
    .name = "run",
    .summary = "call a function and print its result, from memory if it is known",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "",
    .example = "samara run revenue @sales.csv",
    .run = run,
};

}  // namespace samara::cli
