#include "runtime/host/host_runtimes.hpp"

#include "core/assert.hpp"
#include "runtime/wasm/import.hpp"

namespace samara::runtime {

HostRuntimes::HostRuntimes(TypeTable& types, port::Clock& clock, port::Processes& processes)
    : types_(types), wasm_({types_, clock, processes, {}}), all_{&wasm_} {}

std::optional<std::string_view> HostRuntimes::kind_of(ByteView bytes) {
  auto begins = [&](std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, uint8_t b) {
             return static_cast<uint8_t>(a) == b;
           });
  };
  // Machine code for the engine is sent to its scan, too, which says why it is refused.
  if (begins(std::string_view("\0asm", 4)) || begins(std::string_view("\0aot", 4))) {
    return k_kind_wasm;
  }
  return std::nullopt;
}

Result<ImportedFunction> HostRuntimes::import(ByteView bytes, const CodeOptions& options) const {
  auto kind = kind_of(bytes);
  SAMARA_ASSERT(kind.has_value());
  wasm::ImportOptions import;
  import.export_name = options.export_name;
  import.type = options.type;
  import.source = options.source;
  return wasm::import_module(types_, bytes, import);
}

}  // namespace samara::runtime
