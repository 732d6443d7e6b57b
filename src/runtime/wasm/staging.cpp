#include "runtime/wasm/staging.hpp"

#include "runtime/wasm/reader.hpp"
#include "runtime/wasm/writer.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr uint8_t k_export_section = 7;

std::string unused_name(const Module& module, std::string name) {
  while (module.find_export(name) != nullptr) name += '_';
  return name;
}

// The exports, and one more.
Bytes exports_with(ByteView bytes, const Module& module, std::string_view name, uint32_t function) {
  Bytes content;
  const SectionPlace& place = module.export_section;
  append_u32(content, static_cast<uint32_t>(module.exports.size() + 1));
  if (place.end > 0) {
    Reader reader(bytes.subspan(place.content, place.end - place.content));
    reader.u32();
    append_bytes(content, bytes.subspan(place.content + reader.at(), reader.left()));
  }
  append_name(content, name);
  content.push_back(static_cast<uint8_t>(ExternalKind::function));
  append_u32(content, function);
  Bytes section;
  append_section(section, k_export_section, content);
  return section;
}

bool is_procedure(const Module& module, const Export* item) {
  return item != nullptr && item->kind == ExternalKind::function &&
         module.type_of(item->index) == FunctionType{};
}

}  // namespace

Staged stage(ByteView bytes, const Module& module, bool is_command) {
  Staged staged;
  Bytes copy(bytes.begin(), bytes.end());
  // The engine calls exports of these names on its own. Under another name it does not; a name that
  // is then there twice makes it refuse the module.
  std::string constructors;
  for (std::string_view name : {"__wasm_call_ctors", "__post_instantiate"}) {
    const Export* item = module.find_export(name);
    if (item == nullptr) continue;
    copy[item->name_offset] = '~';
    if (name == "__wasm_call_ctors" && is_procedure(module, item)) {
      constructors = "~" + item->name.substr(1);
    }
  }
  if (module.start) {
    std::string name = unused_name(module, "samara:start");
    const SectionPlace& start = module.start_section;
    bool exports = module.export_section.end > 0;
    uint32_t before = exports ? module.export_section.offset : module.export_place;
    uint32_t after = exports ? module.export_section.end : module.export_place;
    ByteView whole(copy);
    append_bytes(staged.bytes, whole.first(before));
    append_bytes(staged.bytes, exports_with(copy, module, name, *module.start));
    append_bytes(staged.bytes, whole.subspan(after, start.offset - after));
    append_bytes(staged.bytes, whole.subspan(start.end));
    staged.initialisers.push_back(std::move(name));
  } else {
    staged.bytes = std::move(copy);
  }
  if (is_command) return staged;
  // What a library without a main function has its constructors called by.
  if (is_procedure(module, module.find_export("_initialize"))) {
    staged.initialisers.push_back("_initialize");
  } else if (!constructors.empty()) {
    staged.initialisers.push_back(std::move(constructors));
  }
  return staged;
}

}  // namespace samara::runtime::wasm
