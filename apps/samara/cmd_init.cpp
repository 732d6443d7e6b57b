// samara init: makes a repository.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

Result<Exit> run(Context& context, const Arguments& arguments) {
  std::string path;
  if (auto repository = arguments.value("repo")) {
    if (!arguments.positionals().empty()) {
      return context.misuse("both --repo and DIR are given", "--repo names the repository itself");
    }
    path = *repository;
  } else {
    std::string folder(arguments.positionals().empty() ? "." : arguments.positional(0));
    path = folder == "." ? ".samara" : folder + "/.samara";
  }
  auto made = store::DirectoryRepository::init(context.files(), path);
  if (!made) {
    Error error = std::move(made).error();
    std::string_view hint;
    if (error.code == Code::exists) hint = "samara stats tells what is in a repository";
    return context.fail(std::move(error), hint);
  }
  if (context.json()) {
    context.out().line(JsonLine("repository").text("path", path).done());
  }
  context.note("repository '" + path + "' is ready");
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"DIR", "where .samara is made; default: here", Completes::folder, false},
};

}  // namespace

constinit const Command k_init = {
    .group = "",
    .name = "init",
    .summary = "make a repository",
    .positionals = k_positionals,
    .options = {},
    .detail = "With --repo PATH the repository is made at PATH itself.",
    .example = "samara init",
    .run = run,
};

}  // namespace samara::cli
