// samara ref ls|set|rm: names for objects.

#include "apps/samara/commands.hpp"

#include <algorithm>

#include "apps/samara/names.hpp"
#include "apps/samara/near_miss.hpp"
#include "apps/samara/table.hpp"
#include "engine/names.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

Result<Exit> list(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  SAMARA_TRY(auto names, repository->refs().list(arguments.positional(0)));
  Exit exit = Exit::done;
  size_t width = 0;
  for (const std::string& name : names) width = std::max(width, display_width(name));
  for (const std::string& name : names) {
    if (engine::is_internal_ref(name) && !arguments.flag("all")) continue;
    auto target = repository->refs().get(name);
    if (!target && target.error().code == Code::not_found) continue;  // removed meanwhile
    if (!target) {
      context.report(target.error());
      exit = Exit::partly;
      continue;
    }
    if (context.json()) {
      context.out().line(JsonLine("ref").text("name", name).text("id", target->hex()).done());
    } else {
      context.out().line(target->hex() + "  " + name);
    }
  }
  return exit;
}

Result<store::RefCondition> condition_of(Context& context, const Arguments& arguments) {
  if (arguments.flag("new")) return store::RefCondition::absent();
  if (auto text = arguments.value("if")) {
    SAMARA_TRY(Hash expected, object_named(context, *text));
    return store::RefCondition::equals(expected);
  }
  return store::RefCondition::any();
}

Result<Exit> set(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  SAMARA_TRY(Hash target, object_named(context, arguments.positional(1)));
  SAMARA_TRY(store::RefCondition condition, condition_of(context, arguments));
  std::string_view name = arguments.positional(0);
  SAMARA_CHECK(repository->refs().set(name, target, condition));
  if (context.json()) {
    context.out().line(JsonLine("ref").text("name", name).text("id", target.hex()).done());
  }
  return Exit::done;
}

Result<Exit> remove(Context& context, const Arguments& arguments) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  size_t removed = 0;
  Exit failure = Exit::done;
  for (std::string_view name : arguments.positionals()) {
    auto done = repository->refs().remove(name, store::RefCondition::any());
    if (done) {
      removed++;
      if (context.json()) context.out().line(JsonLine("removed").text("name", name).done());
      continue;
    }
    Error error = std::move(done).error();
    if (error.code == Code::not_found) {
      std::vector<std::string> known;
      if (auto refs = repository->refs().list("")) known = std::move(*refs);
      std::string near = nearest(name, known);
      error = context.fail(std::move(error),
                           near.empty() ? "samara ref ls" : "did you mean '" + near + "'?");
    }
    failure = context.report(error);
  }
  if (failure == Exit::done) return Exit::done;
  return removed == 0 ? failure : Exit::partly;
}

constexpr PositionalSpec k_list_positionals[] = {
    {"PREFIX", "only names that begin so", Completes::ref, false},
};
constexpr OptionSpec k_list_options[] = {
    {"all", 'a', "", "also the refs which Samara keeps for itself"},
};
constexpr PositionalSpec k_set_positionals[] = {
    {"NAME", "words joined by /, as in data/sales", Completes::ref},
    {"OBJECT", "another ref, a hash or the beginning of one", Completes::object},
};
constexpr OptionSpec k_set_options[] = {
    {"new", 0, "", "only if there is no such ref yet"},
    {"if", 0, "OBJECT", "only if the ref stands for OBJECT now", Completes::object},
};
constexpr PositionalSpec k_remove_positionals[] = {
    {"NAME", "a ref; its object stays until gc finds it unused", Completes::ref, true, true},
};

}  // namespace

constinit const Command k_ref_ls = {
    .group = "ref",
    .name = "ls",
    .summary = "list refs and the objects they name",
    .positionals = k_list_positionals,
    .options = k_list_options,
    .detail = "",
    .example = "samara ref ls data/",
    .run = list,
};

constinit const Command k_ref_set = {
    .group = "ref",
    .name = "set",
    .summary = "name an object",
    .positionals = k_set_positionals,
    .options = k_set_options,
    .detail = "",
    .example = "samara ref set data/sales 3f9a02c4",
    .run = set,
};

constinit const Command k_ref_rm = {
    .group = "ref",
    .name = "rm",
    .summary = "remove refs",
    .positionals = k_remove_positionals,
    .options = {},
    .detail = "",
    .example = "samara ref rm data/sales",
    .run = remove,
};

}  // namespace samara::cli
