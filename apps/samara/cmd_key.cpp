// samara key new|ls|trust|revoke|require: keys for native images, and whom a repository trusts.

#include <algorithm>
#include <map>

#include "apps/samara/commands.hpp"
#include "apps/samara/native_task.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "apps/samara/user_keys.hpp"
#include "trust/policy_file.hpp"
#include "trust/words.hpp"

namespace samara::cli {
namespace {

using trust::Words;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

// --- new

Result<Exit> make(Context& context, const Arguments& arguments) {
  SAMARA_TRY(UserKey key, make_user_key(context, arguments.positional(0)));
  const std::string id = trust::id_text(image::key_id(key.key));
  if (context.json()) {
    context.out().line(JsonLine("key")
                           .text("id", id)
                           .text("name", key.name)
                           .text("public_key", to_hex(key.key))
                           .text("file", key.file)
                           .done());
  } else {
    context.out().line(id + "  " + to_hex(key.key));
    context.note("'" + key.file + "' is private; what follows the id may be given to everybody");
  }
  return Exit::done;
}

// --- ls

struct Row {
  std::string name;
  std::optional<image::PublicKey> key;
  const trust::PolicyKey* trusted = nullptr;  // null: not in the policy
  bool mine = false;
  bool revoked = false;
};

std::string_view state_of(const Row& row, uint64_t now) {
  if (row.revoked) return "revoked";
  if (row.trusted == nullptr) return "own";
  return now > row.trusted->rights.not_after ? "expired" : "trusted";
}

std::map<image::KeyId, Row> rows_of(const std::vector<UserKey>& mine, const trust::Policy& policy) {
  std::map<image::KeyId, Row> out;
  for (const UserKey& key : mine) {
    Row& row = out[image::key_id(key.key)];
    row.name = key.name;
    row.key = key.key;
    row.mine = true;
  }
  for (const trust::PolicyKey& key : policy.keys) {
    Row& row = out[key.id()];
    if (row.name.empty()) row.name = key.name;
    row.key = key.rights.key;
    row.trusted = &key;
    row.revoked = key.rights.revoked;
  }
  for (const image::KeyId& id : policy.revoked_keys) out[id].revoked = true;
  return out;
}

std::vector<std::string> target_words(const trust::PolicyKey& key) {
  if (key.rights.targets == UINT32_MAX) return {};
  return trust::words_of(Words::targets, key.rights.targets);
}

std::string limits_text(const trust::PolicyKey& key) {
  std::vector<std::string> out = target_words(key);
  if (key.rights.memory_max != UINT32_MAX) out.push_back(bytes_text(key.rights.memory_max));
  if (key.rights.deadline_ms_max != UINT32_MAX) {
    out.push_back(duration_text(std::chrono::milliseconds(key.rights.deadline_ms_max)));
  }
  return joined(out);
}

std::string end_of(const trust::PolicyKey& key) {
  return key.rights.not_after == image::k_forever ? "" : trust::end_text(key.rights.not_after);
}

std::string key_line(const image::KeyId& id, const Row& row, std::string_view state) {
  JsonLine line("key");
  line.text("id", trust::id_text(id));
  if (!row.name.empty()) line.text("name", row.name);
  line.text("state", state).boolean("mine", row.mine);
  if (row.key) line.text("public_key", to_hex(*row.key));
  if (row.trusted != nullptr) {
    const image::TrustedKey& rights = row.trusted->rights;
    line.raw("roles", json_list(trust::words_of(Words::roles, rights.roles)));
    line.raw("capabilities", json_list(trust::words_of(Words::capabilities, rights.capabilities)));
    if (rights.targets != UINT32_MAX) line.raw("targets", json_list(target_words(*row.trusted)));
    if (rights.memory_max != UINT32_MAX) {
      line.number("memory_bytes_max", uint64_t{rights.memory_max});
    }
    if (rights.deadline_ms_max != UINT32_MAX) {
      line.number("deadline_ms_max", uint64_t{rights.deadline_ms_max});
    }
    if (rights.not_after != image::k_forever) line.text("expires", end_of(*row.trusted));
  }
  return std::move(line).done();
}

std::string policy_line(const trust::Policy& policy) {
  return JsonLine("policy")
      .number("number", policy.number)
      .boolean("require_signatures", policy.require_signatures)
      .number("signatures", uint64_t{policy.signatures})
      .raw("roles", json_list(trust::words_of(Words::roles, policy.roles)))
      .number("quarantine_after", uint64_t{policy.quarantine_after})
      .boolean("quarantine_timeouts", policy.quarantine_timeouts)
      .done();
}

std::string needed_text(const trust::Policy& policy) {
  if (!policy.require_signatures) return "unsigned images run, too";
  std::string out = "images need " + std::to_string(policy.signatures) + " " +
                    (policy.signatures == 1 ? "signature" : "signatures");
  if (policy.roles != 0) out += " of " + joined(trust::words_of(Words::roles, policy.roles));
  return out;
}

Result<Exit> list(Context& context, const Arguments&) {
  SAMARA_TRY(auto mine, user_keys(context));
  trust::Policy policy;
  uint64_t now = 0;
  // Somebody's own keys are there without a repository as well.
  auto file = context.policy();
  if (!file && file.error().code != Code::no_repository) return std::move(file).error();
  if (file) {
    SAMARA_TRY(auto rules, (*file)->rules());
    policy = rules->policy();
    now = (*file)->now();
    if (context.json()) context.out().line(policy_line(policy));
  }
  TextTable table({"id", "name", "state", "roles", "capabilities", "limits", "expires"});
  for (const auto& [id, row] : rows_of(mine, policy)) {
    const std::string_view state = state_of(row, now);
    if (context.json()) {
      context.out().line(key_line(id, row, state));
      continue;
    }
    const std::string shown(row.mine && state != "own" ? std::string(state) + ", own" : state);
    std::vector<std::string> cells = {trust::id_text(id), row.name, shown, "", "", "", ""};
    if (row.trusted != nullptr) {
      cells[3] = joined(trust::words_of(Words::roles, row.trusted->rights.roles));
      cells[4] = joined(trust::words_of(Words::capabilities, row.trusted->rights.capabilities));
      cells[5] = limits_text(*row.trusted);
      cells[6] = end_of(*row.trusted);
    }
    table.row(std::move(cells));
  }
  if (!context.json() && table.rows() > 0) context.out().write(table.text(context.colour()));
  if (file) context.note(needed_text(policy));
  if (table.rows() == 0) context.note("no keys; samara key new NAME makes one");
  return Exit::done;
}

// --- trust

// "a,b" as a mask; "all" is every word there is.
Result<uint64_t> mask_of(Context& context, Words words, std::string_view text) {
  uint64_t out = 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view word = text.substr(at, comma - at);
    at = comma + 1;
    if (word == "all") {
      for (const trust::Word& one : trust::all(words)) out |= one.bit;
      continue;
    }
    if (word == "none") continue;
    auto mask = trust::mask_of(words, word);
    if (!mask) return context.misuse(mask.error().message(), "several are joined by commas");
    out |= *mask;
  }
  return out;
}

struct Wanted {
  std::optional<std::string> name;
  std::optional<uint32_t> roles, targets, memory_max, deadline_ms_max;
  std::optional<uint64_t> capabilities, not_after;
};

Result<Wanted> wanted_of(Context& context, const Arguments& arguments) {
  Wanted out;
  if (auto text = arguments.value("name")) out.name = *text;
  if (auto text = arguments.value("role")) {
    SAMARA_TRY(uint64_t mask, mask_of(context, Words::roles, *text));
    out.roles = static_cast<uint32_t>(mask);
  }
  if (auto text = arguments.value("target")) {
    SAMARA_TRY(uint64_t mask, mask_of(context, Words::targets, *text));
    out.targets = *text == "all" ? UINT32_MAX : static_cast<uint32_t>(mask);
  }
  if (auto text = arguments.value("capability")) {
    SAMARA_TRY(out.capabilities, mask_of(context, Words::capabilities, *text));
  }
  if (auto text = arguments.value("memory")) {
    auto bytes = parse_bytes(*text);
    if (!bytes || *bytes > UINT32_MAX) {
      return context.misuse(
          "option '--memory' takes a size below 4G, got '" + std::string(*text) + "'",
          "as in --memory 512M");
    }
    out.memory_max = static_cast<uint32_t>(*bytes);
  }
  if (auto text = arguments.value("time")) {
    auto time = parse_duration(*text);
    const auto ms = time ? std::chrono::duration_cast<std::chrono::milliseconds>(*time).count() : 0;
    if (ms <= 0 || ms > UINT32_MAX) {
      return context.misuse(
          "option '--time' takes a time up to 49 days, got '" + std::string(*text) + "'",
          "as in --time 30s");
    }
    out.deadline_ms_max = static_cast<uint32_t>(ms);
  }
  if (auto text = arguments.value("expires")) {
    auto end = trust::parse_end(*text);
    if (!end) {
      return context.misuse("option '--expires': " + std::string(end.error().message()) +
                                ", got '" + std::string(*text) + "'",
                            "as in --expires 2027-01-31");
    }
    out.not_after = *end;
  }
  return out;
}

void apply(const Wanted& wanted, trust::PolicyKey& key) {
  image::TrustedKey& rights = key.rights;
  if (wanted.name) key.name = *wanted.name;
  rights.roles = wanted.roles.value_or(rights.roles);
  rights.targets = wanted.targets.value_or(rights.targets);
  rights.capabilities = wanted.capabilities.value_or(rights.capabilities);
  rights.memory_max = wanted.memory_max.value_or(rights.memory_max);
  rights.deadline_ms_max = wanted.deadline_ms_max.value_or(rights.deadline_ms_max);
  rights.not_after = wanted.not_after.value_or(rights.not_after);
}

bool is_revoked(const trust::Policy& policy, const image::KeyId& id) {
  const trust::PolicyKey* key = policy.find(id);
  return (key != nullptr && key->rights.revoked) ||
         std::find(policy.revoked_keys.begin(), policy.revoked_keys.end(), id) !=
             policy.revoked_keys.end();
}

void show_policy_key(Context& context, const trust::PolicyKey& key, std::string_view said) {
  if (context.json()) {
    Row row;
    row.name = key.name;
    row.key = key.rights.key;
    row.trusted = &key;
    row.revoked = key.rights.revoked;
    context.out().line(key_line(key.id(), row, state_of(row, 0)));
  } else {
    context.out().line(trust::id_text(key.id()));
    context.note("'" + key.name + "' " + std::string(said));
  }
}

Result<Exit> trust_key(Context& context, const Arguments& arguments) {
  SAMARA_TRY(trust::PolicyFile * file, context.policy());
  SAMARA_TRY(Wanted wanted, wanted_of(context, arguments));
  SAMARA_TRY(NamedPublicKey named, public_key_named(context, arguments.positional(0)));
  const image::KeyId id = image::key_id(named.key);
  auto changed = file->change([&](trust::Policy& policy) -> Result<void> {
    if (is_revoked(policy, id)) {
      return context.fail(Code::not_trusted, "key '" + trust::id_text(id) + "' is revoked",
                          "whoever is sure can take that out of '" + file->path() + "'");
    }
    trust::PolicyKey* key = policy.find(id);
    if (key == nullptr) {
      if (policy.keys.size() == trust::k_keys_max) {
        return Error(Code::exhausted, "a policy has at most 1000 keys");
      }
      policy.keys.emplace_back();
      key = &policy.keys.back();
      key->name = named.name;
      key->rights.key = named.key;
      key->rights.roles = 1U << static_cast<uint16_t>(image::Role::author);
      key->rights.capabilities = image::k_capability_log | image::k_capability_telemetry;
    }
    apply(wanted, *key);
    return {};
  });
  if (!changed) return std::move(changed).error();
  show_policy_key(context, *changed->find(id), "is trusted");
  return Exit::done;
}

// --- revoke

// A key by its id, by its name in the policy, or as for trust.
Result<image::KeyId> key_to_revoke(Context& context, const trust::Policy& policy,
                                   std::string_view text) {
  if (auto id = trust::parse_id(text)) return id;
  std::optional<image::KeyId> found;
  for (const trust::PolicyKey& key : policy.keys) {
    if (key.name != text) continue;
    if (found) {
      return context.fail(Code::ambiguous, "several keys are named '" + std::string(text) + "'",
                          "samara key ls lists their ids");
    }
    found = key.id();
  }
  if (found) return *found;
  SAMARA_TRY(NamedPublicKey named, public_key_named(context, text));
  return image::key_id(named.key);
}

Result<Exit> revoke_task(Context& context, trust::PolicyFile& file, std::string_view text) {
  Hash task;
  auto hash = text.size() == 64 ? Hash::parse(text) : Result<Hash>(Error(Code::corrupt, ""));
  auto named = native_task_named(context, text);
  if (named) {
    task = named->task;
  } else if (hash && named.error().code == Code::not_found) {
    task = *hash;
  } else {
    return std::move(named).error();
  }
  auto changed = file.change([&](trust::Policy& policy) -> Result<void> {
    auto& tasks = policy.revoked_tasks;
    if (std::find(tasks.begin(), tasks.end(), task) != tasks.end()) return {};
    tasks.push_back(task);
    return {};
  });
  if (!changed) return std::move(changed).error();
  if (context.json()) {
    context.out().line(JsonLine("revoked").text("task", task.hex()).done());
  } else {
    context.out().line(task.hex());
  }
  return Exit::done;
}

Result<Exit> revoke(Context& context, const Arguments& arguments) {
  SAMARA_TRY(trust::PolicyFile * file, context.policy());
  const bool key_given = !arguments.positionals().empty();
  auto task = arguments.value("task");
  if (key_given == task.has_value()) {
    return context.misuse("'samara key revoke' expects a KEY or --task IMAGE",
                          "samara key ls lists the keys");
  }
  if (task) return revoke_task(context, *file, *task);
  image::KeyId id{};
  auto changed = file->change([&](trust::Policy& policy) -> Result<void> {
    SAMARA_TRY(id, key_to_revoke(context, policy, arguments.positional(0)));
    if (trust::PolicyKey* key = policy.find(id)) {
      key->rights.revoked = true;
    } else if (!is_revoked(policy, id)) {
      policy.revoked_keys.push_back(id);
    }
    return {};
  });
  if (!changed) return std::move(changed).error();
  if (context.json()) {
    context.out().line(JsonLine("revoked").text("key", trust::id_text(id)).done());
  } else {
    context.out().line(trust::id_text(id));
  }
  return Exit::done;
}

// --- require

Result<Exit> require(Context& context, const Arguments& arguments) {
  SAMARA_TRY(trust::PolicyFile * file, context.policy());
  const std::string_view text = arguments.positional(0);
  auto count = parse_count(text);
  if (!count || *count > image::k_signatures_max) {
    return context.misuse(
        "expected a number of signatures from 0 to 4, got '" + std::string(text) + "'",
        "0: unsigned images run, too");
  }
  uint64_t roles = 0;
  if (auto words = arguments.value("role")) {
    SAMARA_TRY(roles, mask_of(context, Words::roles, *words));
  }
  auto changed = file->change([&](trust::Policy& policy) -> Result<void> {
    policy.require_signatures = *count > 0;
    policy.signatures = std::max(1U, static_cast<uint32_t>(*count));
    policy.roles = static_cast<uint32_t>(roles);
    return {};
  });
  if (!changed) return std::move(changed).error();
  if (context.json()) context.out().line(policy_line(*changed));
  context.note(needed_text(*changed));
  return Exit::done;
}

constexpr PositionalSpec k_new_positionals[] = {
    {"NAME", "of the key, as in alice"},
};
constexpr PositionalSpec k_trust_positionals[] = {
    {"KEY", "a file (PEM), 64 hex digits, or one of your keys", Completes::key},
};
constexpr OptionSpec k_trust_options[] = {
    {"role", 0, "ROLE,…", "author, reviewer, operator; default: author"},
    {"capability", 0, "CAP,…", "what its images may have; default: log,telemetry"},
    {"target", 0, "TRIPLE,…", "machines that it may sign for; default: all"},
    {"memory", 0, "SIZE", "that its images may need; default: no limit"},
    {"time", 0, "TIME", "that a run may take; default: no limit"},
    {"expires", 0, "DATE", "2027-01-31, its last day; default: never"},
    {"name", 'n', "NAME", "for people; default: that of the file or key"},
};
constexpr PositionalSpec k_revoke_positionals[] = {
    {"KEY", "its id, its name, or as for samara key trust", Completes::key, false},
};
constexpr OptionSpec k_revoke_options[] = {
    {"task", 0, "IMAGE", "a file (.snt), a function or a task id", Completes::function},
};
constexpr PositionalSpec k_require_positionals[] = {
    {"COUNT", "signatures that must count, 1 to 4; 0: none"},
};
constexpr OptionSpec k_require_options[] = {
    {"role", 0, "ROLE,…", "roles that must be among them; default: any"},
};

}  // namespace

constinit const Command k_key_new = {
    .group = "key",
    .name = "new",
    .summary = "make a key to sign native images with, and print its id and public key",
    .positionals = k_new_positionals,
    .options = {},
    .detail =
        "The private key stays in $XDG_CONFIG_HOME/samara/keys (~/.config/samara/keys),\n"
        "in the form that openssl pkey reads; NAME.pub beside it is for others.",
    .example = "samara key new alice",
    .run = make,
};

constinit const Command k_key_ls = {
    .group = "key",
    .name = "ls",
    .summary = "list your own keys and those that the repository trusts",
    .positionals = {},
    .options = {},
    .detail = "",
    .example = "samara key ls",
    .run = list,
};

constinit const Command k_key_trust = {
    .group = "key",
    .name = "trust",
    .summary = "let signatures of a key count in the repository, within limits",
    .positionals = k_trust_positionals,
    .options = k_trust_options,
    .detail =
        "Given again, it changes what is named and leaves the rest. The policy is the\n"
        "file policy.json of the repository.",
    .example = "samara key trust alice.pub --capability log,random --time 1m",
    .run = trust_key,
};

constinit const Command k_key_revoke = {
    .group = "key",
    .name = "revoke",
    .summary = "let a key, or an image whoever signed it, never count again",
    .positionals = k_revoke_positionals,
    .options = k_revoke_options,
    .detail = "Functions which the key alone has signed stop. What they computed stays known.",
    .example = "samara key revoke a1b2c3d4e5f60718",
    .run = revoke,
};

constinit const Command k_key_require = {
    .group = "key",
    .name = "require",
    .summary = "say how many signatures a native image needs to run",
    .positionals = k_require_positionals,
    .options = k_require_options,
    .detail = "Until this is said, unsigned images run as well.",
    .example = "samara key require 2 --role reviewer",
    .run = require,
};

}  // namespace samara::cli
