#include "apps/samara/named_run.hpp"

#include <charconv>

#include "apps/samara/near_miss.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

// A collector without grace may take what has no name yet.
constexpr int k_rounds_max = 16;

std::string parts_text(const RunRecord& record) {
  std::string out = "it has function, outputs, error, log";
  if (!record.inputs.empty()) {
    out += record.inputs.size() == 1
               ? " and inputs.1"
               : " and inputs.1 to inputs." + std::to_string(record.inputs.size());
  }
  return out;
}

Error no_part(Context& context, const RunPath& path, const RunRecord& record) {
  return context.fail(Code::not_found, "run '" + path.run + "' has no '" + path.part + "'",
                      parts_text(record));
}

Error has_failed(Context& context, const RunRecord& record) {
  return context.fail(Code::not_found,
                      "run '" + record.name + "' has no outputs: it ended with " +
                          std::string(outcome_name(record.outcome.kind)),
                      "samara get " + record.name + ".error tells why");
}

Result<Hash> output_of(Context& context, const RunPath& path, const RunRecord& record,
                       std::string_view field) {
  if (!record.outcome.is_value()) return has_failed(context, record);
  SAMARA_TRY(engine::Engine * engine, context.engine());
  Heap heap;
  SAMARA_TRY(auto loaded, engine->values().load(record.outcome.value, heap));
  const Type* type = loaded.value.type;
  const int32_t at = type->is(Kind::struct_) ? type->index_of(field) : -1;
  if (at < 0) {
    if (field == "result") return record.outcome.value;
    std::vector<std::string> known{"result"};
    for (uint32_t i = 0; type->is(Kind::struct_) && i < type->arity(); i++) {
      known.emplace_back(type->name(i));
    }
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    return context.fail(Code::not_found,
                        "run '" + path.run + "' has no output '" + std::string(field) + "'",
                        "it has " + list);
  }
  const auto index = static_cast<uint32_t>(at);
  SAMARA_TRY(auto stored,
             engine->values().put(type->child(index), field_of(loaded.value.value, index),
                                  store::Durability::cached, loaded.functions.get()));
  return stored.id;
}

Result<Hash> input_of(Context& context, const RunPath& path, const RunRecord& record,
                      std::string_view text) {
  size_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{} && end == text.data() + text.size() && number >= 1 &&
      number <= record.inputs.size()) {
    return record.inputs[number - 1].object;
  }
  for (const RunPart& input : record.inputs) {
    const bool named = input.from.kind == OriginKind::ref || input.from.kind == OriginKind::output;
    if (named && input.from.text == text) return input.object;
  }
  return no_part(context, path, record);
}

}  // namespace

Result<NamedRun> load_run(Context& context, std::string_view name) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  auto object = repository->refs().get(std::string(k_run_refs) + std::string(name));
  if (!object) {
    if (object.error().code != Code::not_found) return std::move(object).error();
    std::vector<std::string> known;
    if (auto names = run_names(context)) known = std::move(*names);
    std::string near = nearest(name, known);
    return context.fail(Code::not_found, "there is no run '" + std::string(name) + "'",
                        near.empty()
                            ? "samara run --name " + std::string(name) + " FN ARG… makes one"
                            : "did you mean '" + near + "'?");
  }
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(Bytes bytes, repository->objects().get(*object));
  auto record = decode_run(bytes, RunTypes(engine->record_types()));
  if (!record) {
    return std::move(record).error().with_context("run '" + std::string(name) + "'");
  }
  return NamedRun{*object, std::move(*record)};
}

Result<std::vector<std::string>> run_names(Context& context) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  SAMARA_TRY(auto refs, repository->refs().list(k_run_refs));
  for (std::string& ref : refs) ref.erase(0, k_run_refs.size());
  return refs;
}

std::optional<RunPath> run_path(Context& context, std::string_view text) {
  auto repository = context.repository();
  if (!repository) return std::nullopt;
  // Names may have dots themselves: the longest one that there is counts.
  for (size_t end = text.size(); end != std::string_view::npos && end > 0;
       end = text.rfind('.', end - 1)) {
    const std::string name(text.substr(0, end));
    if (!(*repository)->refs().get(std::string(k_run_refs) + name)) continue;
    return RunPath{name, end < text.size() ? std::string(text.substr(end + 1)) : std::string()};
  }
  return std::nullopt;
}

Result<Hash> object_of_run(Context& context, const RunPath& path) {
  SAMARA_TRY(NamedRun run, load_run(context, path.run));
  const std::string_view part = path.part;
  constexpr std::string_view k_outputs = "outputs.";
  constexpr std::string_view k_inputs = "inputs.";
  if (part.empty() || part == "outputs") return output_of(context, path, run.record, "result");
  if (part == "function") return run.record.function.object;
  if (part.starts_with(k_outputs)) {
    return output_of(context, path, run.record, part.substr(k_outputs.size()));
  }
  if (part.starts_with(k_inputs)) {
    return input_of(context, path, run.record, part.substr(k_inputs.size()));
  }
  return no_part(context, path, run.record);
}

namespace {

Result<std::optional<Hash>> keep_log(engine::Engine& engine, const RecordedLog& log) {
  if (log.object) return std::optional<Hash>(*log.object);
  if (log.entries.empty()) return std::optional<Hash>();
  SAMARA_TRY(Bytes bytes, encode_log(log.entries, engine.record_types()));
  SAMARA_TRY(Hash id, engine.repository().objects().put(bytes, store::Durability::synced));
  return std::optional<Hash>(id);
}

int64_t wall_ms(Context& context) {
  return std::chrono::floor<std::chrono::milliseconds>(context.clock().wall())
      .time_since_epoch()
      .count();
}

// What the call was made of is told by the record of the attempt.
Result<RunRecord> record_of(Context& context, engine::Engine& engine, const RunToKeep& run) {
  SAMARA_TRY(auto attempts, engine.attempts(run.result.key));
  const ExecutionRecord* execution = nullptr;
  for (const engine::Attempt& attempt : attempts) {
    if (attempt.record.id == run.result.attempt) execution = &attempt.record;
  }
  if (execution == nullptr) {
    return Error(Code::conflict, "the record of the call was removed meanwhile");
  }
  RunRecord out;
  out.name = run.name;
  out.directory = working_directory();
  out.options = run.options;
  out.function = {run.result.key.function, run.input.function_from};
  for (size_t i = 0; i < execution->spec.arguments.size(); i++) {
    out.inputs.push_back({execution->spec.arguments[i], run.input.arguments_from[i]});
  }
  out.call = run.result.key.call;
  out.attempt = execution->id.text();
  out.started_ms = execution->started_ms;
  out.named_ms = wall_ms(context);
  out.outcome = run.result.outcome;
  SAMARA_TRY(out.log, keep_log(engine, execution->log));
  return out;
}

}  // namespace

Result<void> keep_run(Context& context, const RunToKeep& run) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  // A name that cannot be one is noticed before anything is stored.
  const std::string ref = std::string(k_run_refs) + std::string(run.name);
  for (int round = 1;; round++) {
    auto kept = [&]() -> Result<void> {
      SAMARA_TRY(RunRecord record, record_of(context, *engine, run));
      SAMARA_TRY(Bytes bytes, encode_run(record, RunTypes(engine->record_types())));
      SAMARA_TRY(Hash object, engine->repository().objects().put(bytes, store::Durability::synced));
      return engine->repository().refs().set(ref, object, store::RefCondition::any());
    }();
    if (kept) return kept;
    const Code code = kept.error().code;
    const bool taken = code == Code::not_found || code == Code::conflict;
    if (!taken || round == k_rounds_max) return kept;
  }
}

}  // namespace samara::cli
