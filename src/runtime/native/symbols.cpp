#include "runtime/native/symbols.hpp"

#include <algorithm>

#include "runtime/native/debug_sections.hpp"
#include "runtime/native/demangle.hpp"

namespace samara::runtime::native {

namespace {

using image::load_le;

constexpr uint32_t k_section_symbols = 2;
constexpr uint32_t k_symbol_function = 2;
constexpr uint64_t k_symbols_max = 1'000'000;
constexpr size_t k_raw_name_max = 1000;
constexpr size_t k_name_max = 100;

class SymbolReader {
 public:
  explicit SymbolReader(ByteView debug) : sections_(debug) {}

  bool open() { return sections_.open(); }

  std::optional<Symbol> symbol_at(uint64_t address) const {
    for (uint64_t i = 0; i < sections_.count(); i++) {
      const DebugSection symbols = sections_.at(i);
      if (symbols.type != k_section_symbols || symbols.link >= sections_.count()) continue;
      const ByteView names = sections_.content(sections_.at(symbols.link));
      // A file has one; that many sections say so must not cost anything.
      return search(sections_.content(symbols), names, address);
    }
    return std::nullopt;
  }

 private:
  std::optional<Symbol> search(ByteView symbols, ByteView names, uint64_t address) const {
    const image::elf::Form& form = sections_.form();
    const bool wide = form.wide();
    const uint64_t entry = wide ? 24 : 16;
    const uint64_t count = std::min<uint64_t>(symbols.size() / entry, k_symbols_max);
    for (uint64_t i = 0; i < count; i++) {
      const uint64_t at = i * entry;
      if ((symbols[at + (wide ? 4 : 12)] & 15) != k_symbol_function) continue;
      // Bit 0 is the instruction set on ARM, and never set elsewhere where it matters.
      const uint64_t value =
          form.load_word(symbols, at + (wide ? 8 : 4)) & ~(wide ? uint64_t{0} : uint64_t{1});
      const uint64_t size = form.load_word(symbols, at + (wide ? 16 : 8));
      if (address < value || address - value >= size) continue;
      std::string name = text(names, load_le<uint32_t>(symbols, at));
      if (!name.empty()) return Symbol{std::move(name), address - value};
    }
    return std::nullopt;
  }

  static std::string text(ByteView names, uint64_t at) {
    std::string out;
    for (; at < names.size() && names[at] != 0 && out.size() < k_raw_name_max; at++) {
      const uint8_t byte = names[at];
      out.push_back(byte > 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?');
    }
    out = demangled(out);
    if (out.size() > k_name_max) out.resize(k_name_max);
    return out;
  }

  DebugSections sections_;
};

std::string hexadecimal(uint64_t number) {
  constexpr char k_digits[] = "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), k_digits[number & 15]);
    number >>= 4;
  } while (number != 0);
  return "0x" + out;
}

}  // namespace

std::optional<Symbol> find_symbol(ByteView debug, uint64_t address) {
  SymbolReader reader(debug);
  if (!reader.open()) return std::nullopt;
  return reader.symbol_at(address);
}

std::string symbol_text(ByteView debug, uint64_t address, uint64_t before) {
  if (auto symbol = find_symbol(debug, address - before)) {
    return symbol->name + "+" + hexadecimal(symbol->offset + before);
  }
  return "image+" + hexadecimal(address);
}

}  // namespace samara::runtime::native
