#include "apps/samara/commands.hpp"

namespace samara::cli {
namespace {

constexpr const Command* k_commands[] = {
    &k_init,       &k_put,       &k_show,       &k_type,        &k_convert,  &k_fn_add,
    &k_fn_ls,      &k_fn_show,   &k_fn_rm,      &k_fn_release,  &k_run,      &k_worker,
    &k_get,        &k_status,    &k_watch,      &k_build,       &k_sign,     &k_key_new,
    &k_key_ls,     &k_key_trust, &k_key_revoke, &k_key_require, &k_check,    &k_fmt,
    &k_repl,       &k_lsp,       &k_why,        &k_log,         &k_call_ls,  &k_call_show,
    &k_call_graph, &k_ref_ls,    &k_ref_set,    &k_ref_rm,      &k_cache_ls, &k_cache_clear,
    &k_gc,         &k_fsck,      &k_stats,      &k_doctor,      &k_version,  &k_completion,
    &k_complete,
};

constexpr OptionSpec k_common[] = {
    {"repo", 0, "DIR", "the repository", Completes::folder},
    {"json", 0, "", "one JSON object a line, with a \"type\""},
    {"quiet", 'q', "", "results and errors only"},
    {"help", 'h', "", "this text"},
};

struct Group {
  std::string_view name;
  std::string_view summary;
};
constexpr Group k_groups[] = {
    {"fn", "add, list and look at functions"},
    {"call", "list and look at calls"},
    {"cache", "what can be made again, and forgetting it"},
    {"key", "keys that sign native images, and whom to trust"},
    {"ref", "names for objects"},
};

}  // namespace

std::span<const Command* const> all_commands() { return k_commands; }
std::span<const OptionSpec> common_options() { return k_common; }

std::string_view group_summary(std::string_view group) {
  for (const Group& known : k_groups) {
    if (known.name == group) return known.summary;
  }
  return {};
}

}  // namespace samara::cli
