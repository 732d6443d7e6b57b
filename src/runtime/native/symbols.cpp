#include "runtime/native/symbols.hpp"

#include <algorithm>

#include "image/elf.hpp"

namespace samara::runtime::native {

namespace {

using image::load_le;

constexpr uint32_t k_section_symbols = 2;
constexpr uint32_t k_symbol_function = 2;
constexpr uint64_t k_sections_max = 1000;
constexpr uint64_t k_symbols_max = 1'000'000;
constexpr size_t k_name_max = 100;

bool within(uint64_t offset, uint64_t size, ByteView bytes) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

struct Section {
  uint32_t type = 0;
  uint32_t link = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

// Where the fields of sections and symbols lie in the two forms.
class SymbolReader {
 public:
  explicit SymbolReader(ByteView bytes) : bytes_(bytes) {}

  bool open() {
    if (bytes_.size() < 64 || bytes_[0] != 0x7f || bytes_[1] != 'E') return false;
    form_.word = bytes_[4] == image::elf::k_class_64 ? 8 : 4;
    table_ = form_.load_word(bytes_, form_.sections());
    count_ = load_le<uint16_t>(bytes_, form_.sizes() + 8);
    return count_ <= k_sections_max && within(table_, count_ * form_.section_bytes(), bytes_);
  }

  std::optional<Symbol> symbol_at(uint64_t address) const {
    for (uint64_t i = 0; i < count_; i++) {
      const Section symbols = section(i);
      if (symbols.type != k_section_symbols || symbols.link >= count_) continue;
      const Section names = section(symbols.link);
      if (!within(symbols.offset, symbols.size, bytes_)) continue;
      if (!within(names.offset, names.size, bytes_)) continue;
      if (auto found = search(symbols, names, address)) return found;
    }
    return std::nullopt;
  }

 private:
  Section section(uint64_t index) const {
    const uint64_t at = table_ + index * form_.section_bytes();
    const uint64_t word = form_.word;
    Section out;
    out.type = load_le<uint32_t>(bytes_, at + 4);
    out.offset = form_.load_word(bytes_, at + 8 + 2 * word);
    out.size = form_.load_word(bytes_, at + 8 + 3 * word);
    out.link = load_le<uint32_t>(bytes_, at + 8 + 4 * word);
    return out;
  }

  std::optional<Symbol> search(const Section& symbols, const Section& names,
                               uint64_t address) const {
    const bool wide = form_.wide();
    const uint64_t entry = wide ? 24 : 16;
    const uint64_t count = std::min(symbols.size / entry, k_symbols_max);
    for (uint64_t i = 0; i < count; i++) {
      const uint64_t at = symbols.offset + i * entry;
      if ((bytes_[at + (wide ? 4 : 12)] & 15) != k_symbol_function) continue;
      // Bit 0 is the instruction set on ARM, and never set elsewhere where it matters.
      const uint64_t value =
          form_.load_word(bytes_, at + (wide ? 8 : 4)) & ~(wide ? uint64_t{0} : uint64_t{1});
      const uint64_t size = form_.load_word(bytes_, at + (wide ? 16 : 8));
      if (address < value || address - value >= size) continue;
      std::string name = text(names, load_le<uint32_t>(bytes_, at));
      if (!name.empty()) return Symbol{std::move(name), address - value};
    }
    return std::nullopt;
  }

  std::string text(const Section& names, uint64_t at) const {
    std::string out;
    for (; at < names.size && out.size() < k_name_max; at++) {
      const uint8_t byte = bytes_[names.offset + at];
      if (byte == 0) break;
      out.push_back(byte > 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?');
    }
    return out;
  }

  ByteView bytes_;
  image::elf::Form form_{8};
  uint64_t table_ = 0;
  uint64_t count_ = 0;
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

std::string symbol_text(ByteView debug, uint64_t address) {
  if (auto symbol = find_symbol(debug, address)) {
    return symbol->name + "+" + hexadecimal(symbol->offset);
  }
  return "image+" + hexadecimal(address);
}

}  // namespace samara::runtime::native
