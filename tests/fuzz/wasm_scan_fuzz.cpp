// The scan of WebAssembly modules: any bytes are refused or described, and what is described is
// inside of them; staging what was let through gives what the scan lets through again.

#include <cstdlib>

#include "runtime/wasm/scan.hpp"
#include "runtime/wasm/staging.hpp"

namespace {

using namespace samara;
using namespace samara::runtime::wasm;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteView bytes(data, size);
  auto module = scan(bytes);
  if (!module) {
    require(!module.error().message().empty());
    require(module.error().domain != k_domain_offset || module.error().detail <= size);
    return 0;
  }
  for (const Export& item : module->exports) {
    require(item.name_offset + item.name.size() <= size);
    require(as_text(bytes.subspan(item.name_offset, item.name.size())) == item.name);
  }
  for (const CustomSection& section : module->custom) {
    require(section.data <= section.end && section.end <= size);
  }
  require(module->code_bytes <= size);

  Staged staged = stage(bytes, *module);
  auto again = scan(staged.bytes);
  // Staging renames exports that the engine would call; a name can then be there twice.
  if (!again) {
    require(again.error().message().find("a second export") != std::string_view::npos);
    return 0;
  }
  require(!again->start);
  require(again->exports.size() == module->exports.size() + (module->start ? 1 : 0));
  require(again->code_bytes == module->code_bytes);
  for (const std::string& name : staged.initialisers) {
    const Export* item = again->find_export(name);
    require(item != nullptr && again->type_of(item->index) == FunctionType{});
  }
  return 0;
}
