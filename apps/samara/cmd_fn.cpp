// samara fn add|ls|show|rm: functions of a repository.

#include <algorithm>

#include "apps/samara/code_file.hpp"
#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/native_task.hpp"
#include "apps/samara/near_miss.hpp"
#include "apps/samara/script_file.hpp"
#include "apps/samara/source_file.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/engine.hpp"
#include "image/container.hpp"
#include "lang/read_back.hpp"
#include "runtime/host/host_runtimes.hpp"
#include "runtime/queue/queue_link.hpp"
#include "store/directory_repository.hpp"
#include "trust/words.hpp"

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

void show_added(Context& context, const engine::AddedFunction& added, std::string_view name) {
  if (context.json()) {
    JsonLine line = function_line(added.id, name, added.record);
    if (added.replaced) line.text("replaced", added.replaced->hex());
    context.out().line(std::move(line).done());
    return;
  }
  context.out().line(added.id.hex());
  std::string note = name.empty() ? std::string("added") : "'" + std::string(name) + "'";
  note += " " + signature_text(added.record);
  if (added.replaced) note += ", was " + added.replaced->short_hex();
  context.note(note);
}

bool offered_by_worker(Context& context, const std::string& name) {
  auto workers = context.queue().workers();
  if (!workers) return false;
  for (const queue::LivingWorker& worker : *workers) {
    for (const auto& offer : worker.advert.offers) {
      if (offer.name == name) return true;
    }
  }
  return false;
}

// What the function calls and nothing here is, as far as can be seen before it runs.
void warn_of_missing(Context& context, engine::Engine& engine, const FunctionRecord& record) {
  for (const runtime::Offer& offer : engine.offers(record)) {
    if (offer.offered || offer.name == "*") continue;
    if (engine.repository().refs().get(std::string(engine::k_function_refs) + offer.name)) continue;
    if (offered_by_worker(context, offer.name)) continue;
    context.warn("'" + offer.name +
                 "', which it calls, is offered by nobody here and is no function "
                 "of the repository yet");
  }
}

Error cannot_add(std::string_view path, Error error) {
  return std::move(error).with_context("cannot add '" + std::string(path) + "'");
}

// Every function of the file that is not private, under its own name.
Result<Exit> add_source(Context& context, const Arguments& arguments, const SourceName& name) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(SourceFile file, compile_source_file(context, name.path));
  std::vector<const lang::CompiledFunction*> chosen;
  if (!name.function.empty()) {
    SAMARA_TRY(const lang::CompiledFunction* one, choose_function(context, file, name.function));
    chosen.push_back(one);
  } else {
    for (const lang::CompiledFunction& function : file.compilation.functions) {
      if (!function.is_private) chosen.push_back(&function);
    }
  }
  auto as = arguments.value("name");
  if (chosen.empty()) {
    return Error(Code::not_found, "'" + name.path + "' has no function that is not private");
  }
  if (as && chosen.size() > 1) {
    return context.misuse(
        "--name names one function, but '" + name.path + "' has " + std::to_string(chosen.size()),
        "say which: " + name.path + ":" + chosen[0]->name);
  }
  std::vector<FunctionRecord> records;
  for (const lang::CompiledFunction* function : chosen) {
    engine::AddOptions options;
    options.source = file.path;
    options.doc = function->doc;
    options.name = as.value_or(function->name);
    if (arguments.flag("no-name")) options.name = {};
    auto added = engine->add_function(*function->program, options);
    if (!added) return cannot_add(name.path, std::move(added).error());
    show_added(context, *added, options.name);
    records.push_back(std::move(added->record));
  }
  for (const FunctionRecord& record : records) warn_of_missing(context, *engine, record);
  return Exit::done;
}

// A line of the shell as a function.
Result<Exit> add_command(Context& context, const Arguments& arguments) {
  if (!arguments.positionals().empty()) {
    return context.misuse("a command has no file: '" + std::string(arguments.positional(0)) + "'",
                          "--command 'sort -n {in} > {out}' is all of it");
  }
  auto type = arguments.value("type");
  if (!type) {
    return context.misuse("a command needs --type",
                          "as in --type '(String) -> String', of String and Blob");
  }
  runtime::command::CommandImport import;
  import.code.line = *arguments.value("command");
  import.code.network = arguments.flag("network");
  SAMARA_TRY(import.type, parse_function_type(context, *type));
  SAMARA_TRY(import.effect, effect_option(context, arguments));
  auto imported = context.code_runtimes().import_command(import);
  if (!imported) return cannot_add(import.code.line, std::move(imported).error());
  engine::AddOptions options;
  options.name = arguments.value("name").value_or("");
  if (arguments.flag("no-name")) options.name = {};
  if (options.name.empty() && !arguments.flag("no-name")) {
    return context.misuse("a command needs --name", "or --no-name, for its id alone");
  }
  SAMARA_TRY(engine::Engine * engine, context.engine());
  auto added = engine->add_function(std::move(*imported), options);
  if (!added) return cannot_add(import.code.line, std::move(added).error());
  show_added(context, *added, options.name);
  return Exit::done;
}

Result<Exit> add(Context& context, const Arguments& arguments) {
  if (arguments.flag("command")) return add_command(context, arguments);
  if (arguments.flag("network")) {
    return context.misuse("--network is for --command: programs say it themselves");
  }
  if (arguments.positionals().empty()) {
    return context.misuse("'samara fn add' expects FILE or --command", "samara fn add -h");
  }
  std::string_view path = arguments.positional(0);
  if (path.starts_with('@')) path.remove_prefix(1);
  if (SourceName name = source_name(context, path); is_source_path(name.path)) {
    if (arguments.value("effect")) {
      return context.misuse("--effect is for scripts and --command: programs say it themselves");
    }
    if (arguments.value("type")) {
      return context.misuse("types stand in East source itself, --type cannot change them",
                            "edit '" + name.path + "'");
    }
    return add_source(context, arguments, name);
  }
  CodeFile file;
  file.name = source_name(context, path);
  file.compile = true;
  const bool typed = !is_script(arguments, file.name.path);
  if (auto type = arguments.value("type"); type && typed) {
    SAMARA_TRY(file.type, parse_function_type(context, *type));
  }
  engine::AddOptions options;
  options.source = file.name.path;
  options.name = file.name.function;
  if (options.name.empty()) options.name = name_of_file(file.name.path);
  options.name = arguments.value("name").value_or(options.name);
  const bool script = is_script(arguments, file.name.path);
  if (!script) {
    for (std::string_view option : {"entry", "effect", "environment"}) {
      if (!arguments.value(option)) continue;
      return context.misuse("--" + std::string(option) +
                            " is for source in Python, JavaScript or Julia: programs say "
                            "it themselves");
    }
  }
  if (arguments.flag("no-name")) options.name = {};
  auto added = script ? add_script_file(context, arguments, file.name, options)
                      : add_code_file(context, file, options);
  if (!added) return cannot_add(path, std::move(added).error());
  show_added(context, *added, options.name);
  SAMARA_TRY(engine::Engine * engine, context.engine());
  warn_of_missing(context, *engine, added->record);
  return Exit::done;
}

bool is_quarantined(engine::Engine& engine, const Hash& id, const FunctionRecord& record) {
  if (record.kind == k_kind_east) return false;
  auto failures = engine.failures(id);
  return failures && failures->quarantined;
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
    const bool quarantined = is_quarantined(*engine, named.id, *record);
    if (context.json()) {
      JsonLine line = function_line(named.id, named.name, *record);
      context.out().line(std::move(line.boolean("quarantined", quarantined)).done());
    } else {
      std::string effect(effect_word(record->effect()));
      if (quarantined) effect += ", quarantined";
      table.row({named.name, named.id.short_hex(), effect,
                 clipped(signature_text(*record), k_signature_columns_max)});
    }
  }
  if (!context.json() && table.rows() > 0) context.out().write(table.text(context.colour()));
  if (table.rows() == 0) context.note("no functions; samara fn add FILE adds one");
  return exit;
}

void show_offers(Context& context, engine::Engine& engine, const FunctionRecord& record) {
  for (const runtime::Offer& offer : engine.offers(record)) {
    std::string line = "//   " + offer.name + ": ";
    if (!offer.offered) {
      auto callee =
          engine.repository().refs().get(std::string(engine::k_function_refs) + offer.name);
      line += callee ? "function " + callee->short_hex() + " of the repository"
                     : "not offered by this program, and no function of the repository";
    } else {
      line += effect_word(offer.effect);
      if (!offer.capability.empty()) line += ", needs --allow " + offer.capability;
      line += ", implementation " + offer.implementation.short_hex();
    }
    context.out().line(line);
  }
}

// What a name of East source may be made of.
std::string source_function_name(const std::vector<std::string>& names) {
  return names.empty() ? std::string("main") : names[0].substr(names[0].rfind('/') + 1);
}

struct ShownFunction {
  Hash id;
  FunctionRecord record;
  std::vector<std::string> names;
  std::string source;  // the file it came from
  std::string doc;
  lang::SourceText text;
  std::optional<Hash> task;            // of a native image
  std::vector<std::string> signed_by;  // ids of keys, with their roles
  std::string command;                 // the line of one
  engine::Failures failures;           // of machine code
};

Result<void> read_task(Context& context, ShownFunction& shown) {
  if (shown.record.kind != k_kind_native) return {};
  SAMARA_TRY(NativeTask task, native_task_named(context, shown.id.hex()));
  image::Container container;
  if (auto refusal = image::read_container(task.file, container)) {
    return image::refusal_error(refusal);
  }
  shown.task = task.task;
  for (uint32_t i = 0; i < container.signature_count; i++) {
    const image::Signature signature = container.signature(i);
    const uint64_t role = uint64_t{1} << static_cast<uint16_t>(signature.role);
    shown.signed_by.push_back(to_hex(signature.key_id) + " (" +
                              trust::words_of(trust::Words::roles, role)[0] + ")");
  }
  return {};
}

void show_failures(Context& context, const engine::Failures& failures) {
  if (failures.list.empty()) return;
  context.out().line(failures.quarantined
                         ? "// quarantined: it failed " + std::to_string(failures.list.size()) +
                               " times in a row"
                         : "// failures in a row: " + std::to_string(failures.list.size()));
  for (const engine::Failure& failure : failures.list) {
    context.out().line("//   attempt " + failure.attempt + " " + time_text(failure.at_ms) + ", " +
                       failure.report);
  }
}

void show_json(Context& context, const ShownFunction& shown) {
  JsonLine line = function_line(shown.id, {}, shown.record);
  bool east = shown.record.kind == k_kind_east;
  line.raw("names", json_list(shown.names));
  if (!shown.source.empty()) line.text("source", shown.source);
  if (!shown.doc.empty()) line.text("doc", shown.doc);
  if (!shown.command.empty()) line.text("command", shown.command);
  if (shown.task) {
    line.text("task", shown.task->hex()).raw("signed_by", json_list(shown.signed_by));
  }
  if (!east) {
    std::vector<std::string> attempts;
    attempts.reserve(shown.failures.list.size());
    for (const engine::Failure& failure : shown.failures.list) attempts.push_back(failure.attempt);
    line.boolean("quarantined", shown.failures.quarantined).raw("failures", json_list(attempts));
  }
  if (east) line.text("east", shown.text.text).boolean("exact", shown.text.exact);
  context.out().line(std::move(line).done());
}

// The signature in the words of source.
std::string source_signature(const FunctionRecord& record) {
  std::string out = "(";
  for (const Type* input : record.inputs) {
    if (out.size() > 1) out += ", ";
    out += lang::type_text(input);
  }
  return out + ") -> " + lang::type_text(record.output);
}

// The facts are comments, so that what is printed can be put into a file and compiled.
void show_facts(Context& context, const ShownFunction& shown, engine::Engine& engine) {
  auto row = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    std::string line = "// " + std::string(key);
    line.append(11 - key.size(), ' ');
    context.out().line(line + std::string(value));
  };
  std::string joined;
  for (const std::string& name : shown.names) joined += (joined.empty() ? "" : ", ") + name;
  row("function", shown.id.hex());
  row("name", joined);
  row("signature", source_signature(shown.record));
  row("kind", shown.record.kind);
  row("code", shown.record.code.hex());
  row("source", shown.source);
  row("command", shown.command);
  if (shown.task) {
    row("task", shown.task->hex());
    if (shown.signed_by.empty()) row("signed by", "nobody");
    for (const std::string& one : shown.signed_by) row("signed by", one);
  }
  row("effect", effects_text(shown.record));
  show_offers(context, engine, shown.record);
  show_failures(context, shown.failures);
}

Result<Exit> show(Context& context, const Arguments& arguments) {
  ShownFunction shown;
  SAMARA_TRY(shown.id, function_named(context, arguments.positional(0)));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(shown.record, engine->function(shown.id));
  SAMARA_TRY(auto functions, engine->functions());
  for (const auto& named : functions) {
    if (named.id == shown.id) shown.names.push_back(named.name);
  }
  if (auto companion = engine->companion(shown.id); companion && *companion) {
    shown.source = (*companion)->source;
    shown.doc = (*companion)->doc;
  }
  if (shown.record.kind == k_kind_east) {
    SAMARA_TRY(std::unique_ptr<ir::Program> program, engine->program(shown.id));
    shown.text = lang::source_text(*program, source_function_name(shown.names), shown.doc);
  } else if (arguments.flag("plain")) {
    return Error(Code::unsupported, "function '" + shown.id.short_hex() + "' is of kind '" +
                                        shown.record.kind + "' and has no East source");
  }
  if (shown.record.kind == k_kind_command) {
    SAMARA_TRY(Bytes code, engine->repository().objects().get(shown.record.code));
    SAMARA_TRY(CommandCode command, decode_command(code, context.types()));
    shown.command = std::move(command.line);
  }
  if (shown.record.kind != k_kind_east) {
    SAMARA_CHECK(read_task(context, shown));
    SAMARA_TRY(shown.failures, engine->failures(shown.id));
  }
  if (context.json()) {
    show_json(context, shown);
    return Exit::done;
  }
  if (!arguments.flag("plain")) {
    show_facts(context, shown, *engine);
    if (shown.record.kind != k_kind_east) return Exit::done;
    context.out().line("");
  }
  context.out().write(shown.text.text);
  if (!shown.text.exact) {
    context.warn("the text shows what the function does, but compiled it is another function");
  }
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

Result<Exit> release(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Hash id, function_named(context, arguments.positional(0)));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_CHECK(engine->release(id));
  if (context.json()) context.out().line(JsonLine("released").text("function", id.hex()).done());
  context.note("'" + std::string(arguments.positional(0)) + "' may run again");
  return Exit::done;
}

constexpr PositionalSpec k_add_positionals[] = {
    {"FILE", "East source, IR, WebAssembly or a script; - is stdin", Completes::file, false},
};
constexpr OptionSpec k_add_options[] = {
    {"name", 'n', "NAME", "default: as in the source, or the file's name"},
    {"no-name", 0, "", "add it without a name"},
    {"type", 't', "TYPE", "as '(Integer) -> Float'; default: as the code says"},
    {"entry", 'e', "NAME", "the function in a script; default: its name"},
    {"runtime", 0, "NAME", "python, node or julia; default: by the file's name"},
    {"environment", 0, "FILE", "a lock file: what a script needs", Completes::file},
    {"command", 0, "LINE", "for the shell, as 'sort {in} > {out}'; needs --type"},
    {"effect", 0, "WORD", "of a script or command: pure, idempotent, effectful"},
    {"network", 0, "", "the command may use the network, with --allow net"},
};
constexpr PositionalSpec k_show_positionals[] = {
    {"FN", "name, hash, or beginning of a hash", Completes::function},
};
constexpr OptionSpec k_show_options[] = {
    {"plain", 0, "", "the source alone, in the form of samara fmt"},
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
        "Of source, every function that is not private; FILE.east:NAME is one of them, as\n"
        "FILE.wasm:NAME is one export of a module.\n"
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
    .summary = "print the facts of a function, as comments, and its East source",
    .positionals = k_show_positionals,
    .options = k_show_options,
    .detail = "",
    .example = "samara fn show revenue",
    .run = show,
};

constinit const Command k_fn_release = {
    .group = "fn",
    .name = "release",
    .summary = "let a function run again that is quarantined because it kept crashing",
    .positionals = k_show_positionals,
    .options = {},
    .detail = "samara fn show lists the runs that led to it.",
    .example = "samara fn release wild",
    .run = release,
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
