#include <algorithm>

#include "core/sha256.hpp"
#include "runtime/queue/queue_runtime.hpp"

namespace samara::runtime {

namespace {

// What stands for the code itself among the effects of a function.
constexpr std::string_view k_itself = "itself";

constexpr std::string_view k_kinds[] = {k_kind_python, k_kind_node, k_kind_julia};

Result<ImportedFunction> finish(const RecordTypes& records, FunctionRecord record, Bytes code,
                                Effect effect, std::string_view path) {
  for (const Type* input : record.inputs) {
    if (!input->is_data()) {
      return Error(Code::invalid_argument,
                   "functions cannot be passed to a function that runs in another process");
    }
  }
  if (!record.output->is_data()) {
    return Error(Code::invalid_argument,
                 "a function that runs in another process cannot give functions");
  }
  if (effect != Effect::pure) record.effects.push_back({std::string(k_itself), effect});
  ImportedFunction out;
  out.code = std::move(code);
  record.code = sha256(out.code);
  SAMARA_TRY(out.object, encode_function(record, records));
  out.id = sha256(out.object);
  out.record = std::move(record);
  FunctionCompanion companion;
  companion.function = out.id;
  companion.source = path;
  SAMARA_TRY(out.companion, encode_companion(companion, records));
  return out;
}

}  // namespace

Result<ImportedFunction> import_script(const RecordTypes& records, const ScriptTypes& scripts,
                                       const ScriptOrder& order) {
  if (std::find(std::begin(k_kinds), std::end(k_kinds), order.kind) == std::end(k_kinds)) {
    return Error(Code::invalid_argument, "no scripts are written for the runtime '" +
                                             std::string(order.kind) +
                                             "'; there are python, node and julia");
  }
  if (order.type == nullptr || !order.type->is_function()) {
    return Error(Code::invalid_argument, "the type of a script must be one of functions");
  }
  if (order.script.entry.empty()) {
    return Error(Code::invalid_argument, "the entry of the script, its function, is not named");
  }
  FunctionRecord record;
  record.kind = order.kind;
  for (uint32_t i = 0; i < order.type->input_count(); i++) {
    record.inputs.push_back(order.type->child(i));
  }
  record.output = order.type->output();
  SAMARA_TRY(Bytes code, encode_script(order.script, scripts));
  return finish(records, std::move(record), std::move(code), order.effect, order.path);
}

Result<ImportedFunction> import_offer(const RecordTypes& records, const ScriptTypes& scripts,
                                      const OfferOrder& order) {
  if (order.name.empty() || order.output == nullptr) {
    return Error(Code::invalid_argument, "a platform function needs a name and types");
  }
  FunctionRecord record;
  record.kind = k_kind_offer;
  record.inputs = order.inputs;
  record.output = order.output;
  SAMARA_TRY(Bytes code, encode_offer({order.name, order.implementation}, scripts));
  return finish(records, std::move(record), std::move(code), order.effect, {});
}

}  // namespace samara::runtime
