// samara why: why a call ran or did not, and what would happen now.

#include "apps/samara/call_input.hpp"
#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

// One word is a call if there is one of that id; otherwise it is a function without arguments.
Result<store::CallKey> key_of(Context& context, const Arguments& arguments, CallInput& input) {
  auto words = arguments.positionals();
  std::optional<Error> not_call;
  if (words.size() == 1) {
    auto key = call_named(context, words[0]);
    if (key || key.error().code == Code::ambiguous) return key;
    bool maybe_function =
        key.error().code == Code::not_found || key.error().code == Code::invalid_argument;
    if (!maybe_function || !function_named(context, words[0])) {
      return context.fail(std::move(key).error(), "samara call ls lists the calls");
    }
  }
  SAMARA_CHECK(read_call(context, words, input));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  engine::CallOptions options;
  options.name = input.name;
  options.heap = &input.heap;
  return engine->key_of(input.function, input.arguments, options);
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  CallInput input;
  SAMARA_TRY(store::CallKey key, key_of(context, arguments, input));
  auto reasons = engine->why(key);
  if (!reasons && reasons.error().code != Code::not_found) return std::move(reasons).error();
  std::vector<std::string> lines;
  if (reasons) lines = std::move(*reasons);
  if (lines.empty()) lines.emplace_back("it has never been run here, so it would run now");
  if (context.json()) {
    JsonLine line("why");
    line.text("call", key.call.hex()).text("function", key.function.hex());
    line.raw("reasons", json_list(lines));
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  for (const std::string& line : lines) context.out().line(line);
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"CALL", "id of a call or its beginning; or FN ARG… as for run", Completes::call},
    {"ARG", "an argument, where the first word is a function", Completes::argument, false, true},
};

}  // namespace

constinit const Command k_why = {
    .group = "",
    .name = "why",
    .summary = "tell why a call ran or was answered from memory",
    .positionals = k_positionals,
    .options = {},
    .detail = "Nothing is run.",
    .example = "samara why revenue @sales.csv",
    .run = run,
};

}  // namespace samara::cli
