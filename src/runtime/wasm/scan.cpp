#include "runtime/wasm/scan.hpp"

#include <algorithm>

#include "runtime/wasm/instructions.hpp"
#include "runtime/wasm/reader.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr uint8_t k_magic[4] = {0x00, 0x61, 0x73, 0x6D};      // "\0asm"
constexpr uint8_t k_aot_magic[4] = {0x00, 0x61, 0x6F, 0x74};  // "\0aot"

// Section numbers.
constexpr uint8_t k_custom = 0;
constexpr uint8_t k_type = 1;
constexpr uint8_t k_import = 2;
constexpr uint8_t k_function = 3;
constexpr uint8_t k_table = 4;
constexpr uint8_t k_memory = 5;
constexpr uint8_t k_global = 6;
constexpr uint8_t k_export = 7;
constexpr uint8_t k_start = 8;
constexpr uint8_t k_element = 9;
constexpr uint8_t k_code = 10;
constexpr uint8_t k_data = 11;
constexpr uint8_t k_data_count = 12;
constexpr uint8_t k_tag = 13;

// The order in which sections stand: their numbers, but that of the data count, which came later.
unsigned rank_of(uint8_t section) {
  if (section == k_data_count) return 2U * k_element + 1;
  return 2U * section;
}

class Scan {
 public:
  Scan(ByteView bytes, const ScanLimits& limits) : limits_(limits), in_(bytes), bytes_(bytes) {}

  Result<Module> go() {
    read_head();
    unsigned rank = 0;
    while (in_.ok() && !in_.done()) read_section(rank);
    if (in_.ok()) check_whole();
    if (!in_.ok()) return in_.take_error();
    return std::move(module_);
  }

 private:
  void read_head() {
    auto starts = [&](const uint8_t(&magic)[4]) {
      return bytes_.size() >= 4 && std::equal(magic, magic + 4, bytes_.begin());
    };
    if (starts(k_aot_magic)) {
      return in_.fail(Code::unsupported, 0,
                      "this is native code compiled from a module, which could do anything: give "
                      "the module itself");
    }
    if (!starts(k_magic)) {
      return in_.fail(Code::corrupt, 0,
                      "this is no WebAssembly module: it does not begin with \\0asm");
    }
    in_.skip(4);
    uint32_t version = 0;
    for (unsigned i = 0; i < 4; i++) version |= uint32_t{in_.byte()} << (8 * i);
    if (in_.ok() && version == 0x0001000D) {
      return in_.fail(Code::unsupported, 4, "this is a component: give the core module inside it");
    }
    if (in_.ok() && version != 1) {
      return in_.fail(Code::unsupported, 4,
                      "version " + std::to_string(version) + " of the format, only 1 is read");
    }
  }

  void read_section(unsigned& rank) {
    SectionPlace place;
    place.offset = in_.at();
    uint8_t section = in_.byte();
    uint32_t size = in_.u32();
    place.content = in_.at();
    if (!in_.ok()) return;
    if (size > in_.left()) {
      return in_.fail(Code::corrupt, place.offset,
                      "a section of " + std::to_string(size) + " bytes, " +
                          std::to_string(in_.left()) + " are left");
    }
    place.end = place.content + size;
    if (section != k_custom) {
      if (section == k_tag) return unsupported(place.offset, "exception handling");
      if (section > k_data_count) {
        return in_.fail(Code::corrupt, place.offset,
                        "there is no section " + std::to_string(section));
      }
      if (rank_of(section) <= rank) {
        return in_.fail(Code::corrupt, place.offset,
                        "section " + std::to_string(section) + " stands twice or out of order");
      }
      rank = rank_of(section);
      if (section <= k_export) module_.export_place = place.end;
    } else if (rank <= rank_of(k_global)) {
      module_.export_place = place.end;
    }
    uint32_t whole = in_.end();
    in_.set_end(place.end);
    read_content(section, place);
    if (in_.ok() && !in_.done()) {
      in_.fail(Code::corrupt, in_.at(),
               "section " + std::to_string(section) + " goes on behind its last item");
    }
    in_.set_end(whole);
  }

  void read_content(uint8_t section, const SectionPlace& place) {
    switch (section) {
      case k_custom:
        return read_custom(place);
      case k_type:
        return read_types();
      case k_import:
        return read_imports();
      case k_function:
        return read_functions();
      case k_table:
        return read_tables();
      case k_memory:
        return read_memories();
      case k_global:
        return read_globals();
      case k_export:
        module_.export_section = place;
        return read_exports();
      case k_start:
        return read_start(place);
      case k_element:
        return read_elements();
      case k_code:
        return read_code();
      case k_data:
        return read_data();
      default:
        data_count_ = in_.u32();
    }
  }

  void unsupported(uint32_t at, std::string_view what) {
    in_.fail(Code::unsupported, at,
             "this needs " + std::string(what) +
                 ", which the engine does not have: compile the module without it");
  }

  void exhausted(uint32_t at, uint64_t number, std::string_view what, uint64_t most,
                 std::string_view advice) {
    in_.fail(Code::exhausted, at,
             std::to_string(number) + " " + std::string(what) + ", at most " +
                 std::to_string(most) + " are taken: " + std::string(advice));
  }

  // --- types --------------------------------------------------------------------------------

  ValueType value_type() {
    uint32_t at = in_.at();
    uint8_t byte = in_.byte();
    switch (byte) {
      case 0x7F:
      case 0x7E:
      case 0x7D:
      case 0x7C:
      case 0x70:
      case 0x6F:
        return static_cast<ValueType>(byte);
      default:
        break;
    }
    if (const char* what = foreign_type(byte)) {
      unsupported(at, what);
    } else {
      in_.fail(Code::corrupt, at, "there is no such type of a value");
    }
    return ValueType::i32;
  }

  ValueType reference_type() {
    uint32_t at = in_.at();
    ValueType type = value_type();
    if (in_.ok() && type != ValueType::funcref && type != ValueType::externref) {
      in_.fail(Code::corrupt, at, "a type of references must stand here");
    }
    return type;
  }

  // `most` is what the format allows.
  SizeRange size_range(uint64_t most, std::string_view of) {
    uint32_t at = in_.at();
    uint8_t flags = in_.byte();
    if (flags > 1 && in_.ok()) {
      if (flags <= 3) {
        unsupported(at, "memory shared by threads");
      } else if (flags <= 7) {
        unsupported(at, "64-bit memory");
      } else {
        in_.fail(Code::corrupt, at, "there is no such kind of limits");
      }
    }
    SizeRange size;
    size.initial = in_.u32();
    if ((flags & 1) != 0) size.maximum = in_.u32();
    if (!in_.ok()) return size;
    if (size.initial > most || size.maximum.value_or(0) > most) {
      in_.fail(Code::corrupt, at, std::string(of) + " larger than the format allows");
    } else if (size.maximum && *size.maximum < size.initial) {
      in_.fail(Code::corrupt, at,
               std::string(of) + " with a maximum of " + std::to_string(*size.maximum) +
                   " begins with " + std::to_string(size.initial));
    }
    return size;
  }

  TableType table_type() {
    uint32_t at = in_.at();
    TableType table;
    table.element = reference_type();
    table.size = size_range(UINT32_MAX, "a table");
    table_entries_ += table.size.initial;
    if (in_.ok() && table_entries_ > limits_.table_entries_max) {
      exhausted(at, table_entries_, "entries in tables", limits_.table_entries_max,
                "let tables begin smaller");
    }
    return table;
  }

  SizeRange memory_type() {
    uint32_t at = in_.at();
    SizeRange memory = size_range(65'536, "a memory");
    if (in_.ok() && memory.initial > limits_.memory_pages_max) {
      exhausted(at, memory.initial, "pages of memory at the start", limits_.memory_pages_max,
                "let the memory begin smaller, or allow more");
    }
    if (in_.ok() && !module_.memories.empty()) unsupported(at, "a second memory");
    return memory;
  }

  GlobalType global_type() {
    GlobalType global;
    global.type = value_type();
    uint32_t at = in_.at();
    uint8_t writable = in_.byte();
    if (writable > 1) in_.fail(Code::corrupt, at, "a global is neither constant nor variable");
    global.writable = writable == 1;
    return global;
  }

  void read_types() {
    uint32_t count = in_.count("types", limits_.types_max);
    module_.types.reserve(count);
    for (uint32_t i = 0; i < count && in_.ok(); i++) {
      uint32_t at = in_.at();
      uint8_t form = in_.byte();
      if (form == 0x5F || form == 0x5E || form == 0x50 || form == 0x4F || form == 0x4E) {
        return unsupported(at, "garbage collection");
      }
      if (form != 0x60 && in_.ok()) {
        return in_.fail(Code::corrupt, at, "there is no such form of a type");
      }
      FunctionType type;
      read_type_list(type.parameters, "parameters", limits_.parameters_max);
      read_type_list(type.results, "results", limits_.results_max);
      module_.types.push_back(std::move(type));
    }
  }

  void read_type_list(std::vector<ValueType>& out, std::string_view what, uint32_t count_max) {
    uint32_t count = in_.count(what, count_max);
    out.reserve(count);
    for (uint32_t i = 0; i < count && in_.ok(); i++) out.push_back(value_type());
  }

  // --- what the module has ------------------------------------------------------------------

  uint32_t type_index() {
    uint32_t at = in_.at();
    uint32_t index = in_.u32();
    if (in_.ok() && index >= module_.types.size()) {
      in_.fail(Code::corrupt, at, "there is no type " + std::to_string(index));
    }
    return index;
  }

  void read_imports() {
    uint32_t count = in_.count("imports", limits_.imports_max);
    module_.imports.reserve(count);
    for (uint32_t i = 0; i < count && in_.ok(); i++) {
      Import item;
      item.offset = in_.at();
      item.module = in_.name(limits_.name_bytes_max);
      item.name = in_.name(limits_.name_bytes_max);
      uint32_t at = in_.at();
      uint8_t kind = in_.byte();
      if (kind == 4) return unsupported(at, "exception handling");
      if (kind > 4) return in_.fail(Code::corrupt, at, "there is no such kind of import");
      item.kind = static_cast<ExternalKind>(kind);
      read_import_type(item);
      module_.imports.push_back(std::move(item));
    }
    module_.functions_imported = static_cast<uint32_t>(module_.functions.size());
  }

  void read_import_type(Import& item) {
    auto next = [](const auto& list) { return static_cast<uint32_t>(list.size()); };
    switch (item.kind) {
      case ExternalKind::function:
        item.index = next(module_.functions);
        module_.functions.push_back(type_index());
        return;
      case ExternalKind::table:
        item.index = next(module_.tables);
        module_.tables.push_back(table_type());
        return;
      case ExternalKind::memory:
        item.index = next(module_.memories);
        module_.memories.push_back(memory_type());
        return;
      case ExternalKind::global:
        item.index = next(module_.globals);
        module_.globals.push_back(global_type());
        return;
    }
  }

  void read_functions() {
    uint32_t count = in_.count("functions", limits_.functions_max);
    module_.functions.reserve(module_.functions.size() + count);
    for (uint32_t i = 0; i < count && in_.ok(); i++) module_.functions.push_back(type_index());
    module_.functions_defined = count;
  }

  void read_tables() {
    uint32_t count = in_.count("tables", limits_.tables_max);
    for (uint32_t i = 0; i < count && in_.ok(); i++) module_.tables.push_back(table_type());
  }

  void read_memories() {
    uint32_t count = in_.count("memories", UINT32_MAX);
    for (uint32_t i = 0; i < count && in_.ok(); i++) module_.memories.push_back(memory_type());
  }

  void read_globals() {
    uint32_t count = in_.count("globals", limits_.globals_max);
    for (uint32_t i = 0; i < count && in_.ok(); i++) {
      GlobalType global = global_type();
      skip_constant();
      module_.globals.push_back(global);
    }
  }

  // What a global or a segment begins with.
  void skip_constant() {
    uint32_t at = in_.at();
    switch (in_.byte()) {
      case 0x41:
        in_.skip_signed(32);
        break;
      case 0x42:
        in_.skip_signed(64);
        break;
      case 0x43:
        in_.skip(4);
        break;
      case 0x44:
        in_.skip(8);
        break;
      case 0x23:  // global.get
      case 0xD2:  // ref.func
        in_.u32();
        break;
      case 0xD0:  // ref.null
        reference_type();
        break;
      case 0xFB:
        return unsupported(at, "garbage collection");
      case 0xFD:
        return unsupported(at, "SIMD");
      default:
        return in_.fail(Code::corrupt, at, "this is no constant");
    }
    at = in_.at();
    uint8_t last = in_.byte();
    if (!in_.ok() || last == 0x0B) return;
    bool arithmetic = last == 0x41 || last == 0x42 || last == 0x23;  // a second operand
    if (arithmetic) return unsupported(at, "computing constants");
    in_.fail(Code::corrupt, at, "a constant does not end");
  }

  void read_exports() {
    uint32_t count = in_.count("exports", limits_.exports_max);
    module_.exports.reserve(count);
    for (uint32_t i = 0; i < count && in_.ok(); i++) {
      Export item;
      item.offset = in_.at();
      std::string_view name = in_.name(limits_.name_bytes_max);
      if (!in_.ok()) return;
      item.name = name;
      item.name_offset = in_.at() - static_cast<uint32_t>(name.size());
      uint32_t at = in_.at();
      uint8_t kind = in_.byte();
      item.index = in_.u32();
      if (!in_.ok()) return;
      if (kind == 4) return unsupported(at, "exception handling");
      if (kind > 4) return in_.fail(Code::corrupt, at, "there is no such kind of export");
      item.kind = static_cast<ExternalKind>(kind);
      if (item.index >= count_of(item.kind)) {
        return in_.fail(Code::corrupt, at,
                        "there is no " + std::string(external_kind_name(item.kind)) + " " +
                            std::to_string(item.index));
      }
      module_.exports.push_back(std::move(item));
    }
    if (in_.ok()) check_export_names();
  }

  size_t count_of(ExternalKind kind) const {
    switch (kind) {
      case ExternalKind::function:
        return module_.functions.size();
      case ExternalKind::table:
        return module_.tables.size();
      case ExternalKind::memory:
        return module_.memories.size();
      case ExternalKind::global:
        return module_.globals.size();
    }
    return 0;
  }

  void check_export_names() {
    std::vector<const Export*> sorted;
    sorted.reserve(module_.exports.size());
    for (const Export& item : module_.exports) sorted.push_back(&item);
    std::sort(sorted.begin(), sorted.end(), [](const Export* a, const Export* b) {
      return a->name != b->name ? a->name < b->name : a->offset < b->offset;
    });
    for (size_t i = 1; i < sorted.size(); i++) {
      if (sorted[i]->name == sorted[i - 1]->name) {
        return in_.fail(Code::corrupt, sorted[i]->offset,
                        "a second export has the name '" + sorted[i]->name + "'");
      }
    }
  }

  uint32_t function_index() {
    uint32_t at = in_.at();
    uint32_t index = in_.u32();
    if (in_.ok() && index >= module_.functions.size()) {
      in_.fail(Code::corrupt, at, "there is no function " + std::to_string(index));
    }
    return index;
  }

  void read_start(const SectionPlace& place) {
    uint32_t index = function_index();
    if (!in_.ok()) return;
    // The engine is not shown this section, so that this is the only check.
    if (module_.type_of(index) != FunctionType{}) {
      return in_.fail(Code::corrupt, place.content,
                      "the start function is " + function_type_text(module_.type_of(index)) +
                          ", it must be () -> ()");
    }
    module_.start = index;
    module_.start_section = place;
  }

  // --- segments and code --------------------------------------------------------------------

  void read_elements() {
    uint32_t count = in_.count("element segments", limits_.segments_max);
    module_.element_segments = count;
    for (uint32_t i = 0; i < count && in_.ok(); i++) read_element_segment();
  }

  void read_element_segment() {
    uint32_t at = in_.at();
    uint32_t flags = in_.u32();
    if (!in_.ok()) return;
    if (flags > 7) return in_.fail(Code::corrupt, at, "there is no such kind of element segment");
    bool active = (flags & 1) == 0;
    bool explicit_table = (flags & 2) != 0;
    bool expressions = (flags & 4) != 0;
    if (active && explicit_table) in_.u32();
    if (active) skip_constant();
    if (!active || explicit_table) {
      if (expressions) {
        reference_type();
      } else {
        at = in_.at();
        if (in_.byte() != 0) in_.fail(Code::corrupt, at, "elements that are no functions");
      }
    }
    uint32_t count = in_.count("elements", limits_.table_entries_max);
    for (uint32_t i = 0; i < count && in_.ok(); i++) {
      if (expressions) {
        skip_constant();
      } else {
        function_index();
      }
    }
  }

  void read_code() {
    uint32_t at = in_.at();
    uint32_t count = in_.count("bodies", limits_.functions_max);
    if (in_.ok() && count != module_.functions_defined) {
      return in_.fail(Code::corrupt, at,
                      std::to_string(count) + " bodies for " +
                          std::to_string(module_.functions_defined) + " functions");
    }
    bodies_ = count;
    for (uint32_t i = 0; i < count && in_.ok(); i++) read_body();
  }

  void read_body() {
    uint32_t at = in_.at();
    uint32_t size = in_.u32();
    if (!in_.ok()) return;
    if (size > in_.left()) {
      return in_.fail(Code::corrupt, at,
                      "a function of " + std::to_string(size) + " bytes, " +
                          std::to_string(in_.left()) + " are left");
    }
    if (size > limits_.body_bytes_max) {
      return exhausted(at, size, "bytes of one function", limits_.body_bytes_max,
                       "split the function");
    }
    module_.code_bytes += size;
    module_.body_bytes_max = std::max(module_.body_bytes_max, size);
    uint32_t section_end = in_.end();
    in_.set_end(in_.at() + size);
    read_locals();
    skip_instructions(in_, limits_.nesting_max);
    in_.set_end(section_end);
  }

  void read_locals() {
    uint32_t at = in_.at();
    uint32_t groups = in_.count("groups of local variables", limits_.locals_max);
    uint64_t locals = 0;
    for (uint32_t i = 0; i < groups && in_.ok(); i++) {
      locals += in_.u32();
      value_type();
    }
    if (in_.ok() && locals > limits_.locals_max) {
      exhausted(at, locals, "local variables in one function", limits_.locals_max,
                "split the function");
    }
  }

  void read_data() {
    uint32_t count = in_.count("data segments", limits_.segments_max);
    module_.data_segments = count;
    for (uint32_t i = 0; i < count && in_.ok(); i++) {
      uint32_t at = in_.at();
      uint32_t flags = in_.u32();
      if (!in_.ok()) return;
      if (flags > 2) return in_.fail(Code::corrupt, at, "there is no such kind of data segment");
      if (flags == 2) in_.u32();  // which memory
      if (flags != 1) skip_constant();
      in_.skip(in_.u32());
    }
  }

  void read_custom(const SectionPlace& place) {
    CustomSection section;
    section.name = in_.name(limits_.name_bytes_max);
    section.data = in_.at();
    section.end = place.end;
    if (module_.custom.size() >= limits_.custom_sections_max) {
      return exhausted(place.offset, module_.custom.size() + 1, "custom sections",
                       limits_.custom_sections_max, "strip the module");
    }
    in_.skip(in_.left());
    module_.custom.push_back(std::move(section));
  }

  void check_whole() {
    if (bodies_ != module_.functions_defined) {
      return in_.fail(Code::corrupt, in_.at(),
                      std::to_string(bodies_) + " bodies for " +
                          std::to_string(module_.functions_defined) + " functions");
    }
    if (data_count_ && *data_count_ != module_.data_segments) {
      in_.fail(Code::corrupt, in_.at(),
               std::to_string(module_.data_segments) + " data segments, " +
                   std::to_string(*data_count_) + " are announced");
    }
  }

  const ScanLimits& limits_;
  Reader in_;
  ByteView bytes_;
  Module module_;
  uint64_t table_entries_ = 0;
  uint32_t bodies_ = 0;
  std::optional<uint32_t> data_count_;
};

}  // namespace

Result<Module> scan(ByteView bytes, const ScanLimits& limits) {
  if (bytes.size() > limits.module_bytes_max) {
    return Error(Code::exhausted, "a module of " + std::to_string(bytes.size()) +
                                      " bytes, at most " + std::to_string(limits.module_bytes_max) +
                                      " are taken: strip or split it");
  }
  return Scan(bytes, limits).go();
}

}  // namespace samara::runtime::wasm
