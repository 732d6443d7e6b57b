#include "apps/samara/names.hpp"

#include "apps/samara/named_run.hpp"
#include "apps/samara/near_miss.hpp"
#include "engine/engine.hpp"
#include "engine/names.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

// Adds the nearest known name to "not found", and where to look.
Error explain(Context& context, Error error, std::string_view text,
              std::span<const std::string> known, std::string_view list_command) {
  if (error.code == Code::ambiguous) {
    return context.fail(std::move(error), "give more digits");
  }
  if (error.code != Code::not_found) return error;
  std::string near = nearest(text, known);
  if (!near.empty()) return context.fail(std::move(error), "did you mean '" + near + "'?");
  return context.fail(std::move(error), list_command);
}

}  // namespace

Result<Hash> object_named(Context& context, std::string_view text) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  auto hash = engine::resolve_object(*repository, text);
  if (hash) return hash;
  if (hash.error().code == Code::not_found) {
    if (auto path = run_path(context, text)) return object_of_run(context, *path);
  }
  std::vector<std::string> known;
  if (auto refs = repository->refs().list("")) known = std::move(*refs);
  return explain(context, std::move(hash).error(), text, known,
                 "samara ref ls lists the names there are; a file is given as @FILE");
}

Result<Hash> function_named(Context& context, std::string_view text) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  auto hash = engine::resolve_function(*repository, text);
  if (hash) return hash;
  std::vector<std::string> known;
  if (auto refs = repository->refs().list(engine::k_function_refs)) {
    for (const std::string& ref : *refs)
      known.push_back(ref.substr(engine::k_function_refs.size()));
  }
  return explain(context, std::move(hash).error(), text, known,
                 "samara fn ls lists the functions there are; samara fn add FILE adds one");
}

Result<store::CallKey> call_named(Context& context, std::string_view text) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  auto key = engine::resolve_call(*repository, text);
  if (key) return key;
  return explain(context, std::move(key).error(), text, {}, "samara call ls lists the calls");
}

std::string function_label(Context& context, const Hash& function) {
  auto engine = context.engine();
  if (!engine) return function.short_hex();
  if (auto functions = (*engine)->functions()) {
    for (const engine::NamedFunction& named : *functions) {
      if (named.id == function) return named.name;
    }
  }
  return function.short_hex();
}

}  // namespace samara::cli
