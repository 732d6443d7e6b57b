#include "apps/samara/script_file.hpp"

#include "apps/samara/code_file.hpp"
#include "apps/samara/value_io.hpp"
#include "apps/samara/worker_programs.hpp"
#include "runtime/host/host_runtimes.hpp"

namespace samara::cli {
namespace {

// By its name a lock file says which tool it is for.
constexpr std::string_view k_locks[] = {"uv.lock", "requirements.txt", "package-lock.json",
                                        "Manifest.toml"};

std::string_view base_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<std::string_view> script_runtime(std::string_view path) {
  auto runtime = runtime_of_file(path);
  return runtime == "cpp" ? std::nullopt : runtime;
}

Result<void> take_environment(Context& context, const Arguments& arguments, Script& script) {
  auto path = arguments.value("environment");
  if (!path) return {};
  script.lock_kind = base_of(*path);
  bool known = false;
  for (std::string_view lock : k_locks) known = known || lock == script.lock_kind;
  if (!known) {
    return context.misuse("'" + std::string(*path) +
                          "' is no lock file that is known: uv.lock, requirements.txt, "
                          "package-lock.json, Manifest.toml");
  }
  SAMARA_TRY(InputBytes file, read_input(context, *path));
  script.environment = as_text(file.bytes());
  return {};
}

}  // namespace

Result<Effect> effect_option(Context& context, const Arguments& arguments) {
  auto word = arguments.value("effect");
  if (!word) return Effect::unknown;
  auto effect = effect_of_word(*word);
  if (effect) return *effect;
  return context.misuse("option '--effect' expects pure, idempotent, effectful or unknown, got '" +
                        std::string(*word) + "'");
}

bool is_script(const Arguments& arguments, std::string_view path) {
  return arguments.value("runtime").has_value() || script_runtime(path).has_value();
}

Result<engine::AddedFunction> add_script_file(Context& context, const Arguments& arguments,
                                              const SourceName& name, engine::AddOptions options) {
  runtime::ScriptOrder order;
  const std::string runtime(
      arguments.value("runtime").value_or(script_runtime(name.path).value_or("")));
  order.kind = runtime;
  auto type = arguments.value("type");
  if (!type) {
    return context.misuse("a function in " + runtime + " needs a type",
                          "for example: --type '(Array<Float>) -> Float'");
  }
  SAMARA_TRY(order.type, parse_function_type(context, *type));
  SAMARA_TRY(order.effect, effect_option(context, arguments));
  SAMARA_TRY(InputBytes file, read_input(context, name.path));
  order.script.source = as_text(file.bytes());
  order.script.entry = name.function.empty() ? std::string(options.name) : name.function;
  if (auto entry = arguments.value("entry")) order.script.entry = *entry;
  SAMARA_CHECK(take_environment(context, arguments, order.script));
  order.path = name.path;
  SAMARA_TRY(auto imported, context.code_runtimes().import(order));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  return engine->add_function(std::move(imported), options);
}

}  // namespace samara::cli
