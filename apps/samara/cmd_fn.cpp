// samara fn add|ls|show|rm: functions of a repository.

#include <algorithm>

#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/near_miss.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

// "dir/revenue.json" is named "revenue".
std::string_view name_of_file(std::string_view path) {
  if (path == "-") return {};
  size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.substr(0, path.find('.'));
}

// Of a list; fn show tells all.
constexpr size_t k_signature_columns_max = 70;

std::string effects_text(const FunctionRecord& record) {
  std::string out(effect_word(record.effect()));
  if (record.effects.empty()) return out;
  out += ":";
  for (const ReachedEffect& reached : record.effects) out += " " + reached.name;
  return out;
}

JsonLine function_line(const Hash& id, std::string_view name, const FunctionRecord& record) {
  std::vector<std::string> reaches;
  reaches.reserve(record.effects.size());
  for (const ReachedEffect& reached : record.effects) reaches.push_back(reached.name);
  JsonLine line("function");
  line.text("id", id.hex());
  if (!name.empty()) line.text("name", name);
  line.text("kind", record.kind)
      .text("signature", signature_text(record))
      .text("effect", effect_word(record.effect()))
      .raw("reaches", json_list(reaches))
      .text("code", record.code.hex());
  return line;
}

Result<Exit> add(Context& context, const Arguments& arguments) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  std::string_view path = arguments.positional(0);
  if (path.starts_with('@')) path.remove_prefix(1);
  SAMARA_TRY(InputBytes input, read_input(context, path));
  engine::AddOptions options;
  options.source = path;
  options.name = arguments.value("name").value_or(name_of_file(path));
  if (arguments.flag("no-name")) options.name = {};
  auto added = engine->add_function(input.bytes(), options);
  if (!added) {
    return std::move(added).error().with_context("cannot add '" + std::string(path) + "'");
  }
  if (context.json()) {
    JsonLine line = function_line(added->id, options.name, added->record);
    if (added->replaced) line.text("replaced", added->replaced->hex());
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  context.out().line(added->id.hex());
  std::string note =
      options.name.empty() ? std::string("added") : "'" + std::string(options.name) + "'";
  note += " " + signature_text(added->record);
  if (added->replaced) note += ", was " + added->replaced->short_hex();
  context.note(note);
  return Exit::done;
}

Result<Exit> list(Context& context, const Arguments&) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(auto functions, engine->functions());
  TextTable table({"name", "id", "effect", "signature"});
  Exit exit = Exit::done;
  for (const engine::NamedFunction& named : functions) {
    auto record = engine->function(named.id);
    if (!record) {
      context.report(std::move(record).error().with_context("function '" + named.name + "'"));
      exit = Exit::partly;
      continue;
    }
    if (context.json()) {
      context.out().line(function_line(named.id, named.name, *record).done());
    } else {
      table.row({named.name, named.id.short_hex(), std::string(effect_word(record->effect())),
                 clipped(signature_text(*record), k_signature_columns_max)});
    }
  }
  if (!context.json() && table.rows() > 0) context.out().write(table.text(context.colour()));
  if (table.rows() == 0) context.note("no functions; samara fn add FILE adds one");
  return exit;
}

void show_offers(Context& context, const std::vector<runtime::Offer>& offers) {
  for (const runtime::Offer& offer : offers) {
    std::string line = "  " + offer.name + ": ";
    if (!offer.offered) {
      line += "not offered by this program";
    } else {
      line += effect_word(offer.effect);
      if (!offer.capability.empty()) line += ", needs --allow " + offer.capability;
      line += ", implementation " + offer.implementation.short_hex();
    }
    context.out().line(line);
  }
}

Result<Exit> show(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Hash id, function_named(context, arguments.positional(0)));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(FunctionRecord record, engine->function(id));
  std::vector<std::string> names;
  SAMARA_TRY(auto functions, engine->functions());
  for (const auto& named : functions) {
    if (named.id == id) names.push_back(named.name);
  }
  std::string source;
  if (auto companion = engine->companion(id); companion && *companion)
    source = (*companion)->source;
  if (context.json()) {
    JsonLine line = function_line(id, {}, record);
    line.raw("names", json_list(names));
    if (!source.empty()) line.text("source", source);
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  auto row = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    std::string line(key);
    line.append(11 - key.size(), ' ');
    context.out().line(line + std::string(value));
  };
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  row("function", id.hex());
  row("name", joined);
  row("signature", signature_text(record));
  row("kind", record.kind);
  row("code", record.code.hex());
  row("source", source);
  row("effect", effects_text(record));
  show_offers(context, engine->offers(record));
  return Exit::done;
}

Result<Exit> remove(Context& context, const Arguments& arguments) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  size_t removed = 0;
  Exit failure = Exit::done;
  for (std::string_view name : arguments.positionals()) {
    auto done = engine->remove_function(name);
    if (done) {
      removed++;
      if (context.json()) context.out().line(JsonLine("removed").text("name", name).done());
      continue;
    }
    Error error = std::move(done).error();
    if (error.code == Code::not_found) {
      std::vector<std::string> known;
      if (auto functions = engine->functions()) {
        for (const auto& named : *functions) known.push_back(named.name);
      }
      std::string near = nearest(name, known);
      error = context.fail(Code::not_found, "there is no function '" + std::string(name) + "'",
                           near.empty() ? "samara fn ls" : "did you mean '" + near + "'?");
    }
    failure = context.report(error);
  }
  if (failure == Exit::done) return Exit::done;
  return removed == 0 ? failure : Exit::partly;
}

constexpr PositionalSpec k_add_positionals[] = {
    {"FILE", "East IR, beast2 or JSON, either dialect; - is standard input", Completes::file},
};
constexpr OptionSpec k_add_options[] = {
    {"name", 'n', "NAME", "default: the file's name up to its first dot"},
    {"no-name", 0, "", "add it without a name"},
};
constexpr PositionalSpec k_show_positionals[] = {
    {"FN", "name, hash, or beginning of a hash", Completes::function},
};
constexpr PositionalSpec k_remove_positionals[] = {
    {"NAME", "of a function; what it computed stays remembered", Completes::function, true, true},
};

}  // namespace

constinit const Command k_fn_add = {
    .group = "fn",
    .name = "add",
    .summary = "check a program, store it as a function and print its id",
    .positionals = k_add_positionals,
    .options = k_add_options,
    .detail =
        "The id depends on what the function means alone: locations, comments, names of\n"
        "variables and the format of the file make no difference.",
    .example = "samara fn add revenue.json",
    .run = add,
};

constinit const Command k_fn_ls = {
    .group = "fn",
    .name = "ls",
    .summary = "list the functions that have names",
    .positionals = {},
    .options = {},
    .detail = "",
    .example = "samara fn ls",
    .run = list,
};

constinit const Command k_fn_show = {
    .group = "fn",
    .name = "show",
    .summary = "tell signature, effects and origin of a function",
    .positionals = k_show_positionals,
    .options = {},
    .detail = "",
    .example = "samara fn show revenue",
    .run = show,
};

constinit const Command k_fn_rm = {
    .group = "fn",
    .name = "rm",
    .summary = "remove names of functions",
    .positionals = k_remove_positionals,
    .options = {},
    .detail = "",
    .example = "samara fn rm revenue",
    .run = remove,
};

}  // namespace samara::cli
