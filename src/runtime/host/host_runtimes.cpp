#include "runtime/host/host_runtimes.hpp"

#include "core/assert.hpp"
#include "runtime/native/import.hpp"
#include "runtime/wasm/import.hpp"

namespace samara::runtime {

namespace {

wasm::WasmRuntimeParts wasm_parts(const RecordTypes& types, const HostParts& parts,
                                  const wasm::CodeCompiler& compiler) {
  wasm::WasmRuntimeParts out{types, parts.clock, parts.processes, {}};
  out.random = &parts.random;
  out.compiler = &compiler;
  out.workers = parts.workers;
  return out;
}

}  // namespace

HostRuntimes::HostRuntimes(HostParts parts)
    : types_(parts.types),
      scripts_(parts.types),
      trust_(parts.trust),
      compiler_({.programs = &parts.programs,
                 .program = std::move(parts.code_compiler),
                 .cache = parts.code_cache}),
      wasm_(wasm_parts(types_, parts, compiler_)),
      native_({.types = types_, .sandbox = parts.sandbox, .rules = parts.trust}),
      all_{&wasm_, &native_} {
  if (parts.commands != nullptr) {
    command_.emplace(command::CommandRuntimeParts{types_, parts.clock, *parts.commands});
    all_.push_back(&*command_);
  }
  if (parts.queue == nullptr) return;
  elsewhere_ = std::make_unique<QueueRuntime>("", types_, scripts_, parts.clock, *parts.queue);
  for (std::string_view kind : {k_kind_offer, k_kind_python, k_kind_node, k_kind_julia}) {
    queued_.push_back(
        std::make_unique<QueueRuntime>(kind, types_, scripts_, parts.clock, *parts.queue));
    all_.push_back(queued_.back().get());
  }
}

Result<void> HostRuntimes::compile(const ImportedFunction& imported) {
  if (imported.record.kind != k_kind_wasm || !compiler_.available()) return {};
  FunctionSource source;
  source.function = imported.id;
  source.record = &imported.record;
  source.code = imported.code;
  return wasm_.compile(source);
}

std::optional<std::string_view> HostRuntimes::kind_of(ByteView bytes) {
  auto begins = [&](std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), bytes.begin(),
                      [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
  };
  // Machine code for the engine is sent to its scan, too, which says why it is refused.
  if (begins(std::string_view("\0asm", 4)) || begins(std::string_view("\0aot", 4))) {
    return k_kind_wasm;
  }
  if (begins("SNT1")) return k_kind_native;
  return std::nullopt;
}

Result<ImportedFunction> HostRuntimes::import(ByteView bytes, const CodeOptions& options) const {
  auto kind = kind_of(bytes);
  SAMARA_ASSERT(kind.has_value());
  if (kind == k_kind_native) {
    return native::import_image(types_, bytes,
                                {.type = options.type, .source = options.source, .trust = trust_});
  }
  wasm::ImportOptions import;
  import.export_name = options.export_name;
  import.type = options.type;
  import.source = options.source;
  return wasm::import_module(types_, bytes, import);
}

}  // namespace samara::runtime
