#include "runtime/native/symbols.hpp"

#include <gtest/gtest.h>

#include "image/little_endian.hpp"

namespace samara::runtime::native {
namespace {

using image::store_le;

// An ELF file of 64 bits with nothing but two functions in a symbol table:
// "first" at 0x100, 16 bytes, and "second" at 0x200, 32 bytes.
Bytes symbol_file() {
  constexpr uint64_t k_names = 64, k_symbols = 96, k_sections = 192;
  Bytes out(k_sections + 3 * 64);
  const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
  std::copy(std::begin(magic), std::end(magic), out.begin());
  store_le<uint64_t>(out, 40, k_sections);
  store_le<uint16_t>(out, 58, 64);
  store_le<uint16_t>(out, 60, 3);
  const std::string_view names("\0first\0second", 13);
  std::copy(names.begin(), names.end(), out.begin() + k_names);
  auto symbol = [&](uint64_t at, uint32_t name, uint64_t value, uint64_t size) {
    store_le<uint32_t>(out, at, name);
    out[at + 4] = 2;
    store_le<uint64_t>(out, at + 8, value);
    store_le<uint64_t>(out, at + 16, size);
  };
  symbol(k_symbols + 24, 1, 0x100, 16);
  symbol(k_symbols + 48, 7, 0x200, 32);
  auto section = [&](uint64_t index, uint32_t type, uint64_t offset, uint64_t size, uint32_t link) {
    const uint64_t at = k_sections + index * 64;
    store_le<uint32_t>(out, at + 4, type);
    store_le<uint64_t>(out, at + 24, offset);
    store_le<uint64_t>(out, at + 32, size);
    store_le<uint32_t>(out, at + 40, link);
  };
  section(1, 2, k_symbols, 72, 2);
  section(2, 3, k_names, 13, 0);
  return out;
}

TEST(Symbols, address_inside_a_function_has_its_name) {
  const Bytes file = symbol_file();
  EXPECT_EQ(symbol_text(file, 0x100), "first+0x0");
  EXPECT_EQ(symbol_text(file, 0x10f), "first+0xf");
  EXPECT_EQ(symbol_text(file, 0x21c), "second+0x1c");
}

TEST(Symbols, address_outside_of_all_functions_is_one_of_the_image) {
  const Bytes file = symbol_file();
  EXPECT_EQ(symbol_text(file, 0x110), "image+0x110");
  EXPECT_EQ(symbol_text(file, 0), "image+0x0");
  EXPECT_EQ(symbol_text(file, UINT64_MAX), "image+0xffffffffffffffff");
}

TEST(Symbols, without_debug_data_there_are_no_names) {
  EXPECT_EQ(symbol_text({}, 0x100), "image+0x100");
  EXPECT_FALSE(find_symbol({}, 0x100));
}

// Every byte in turn made the largest and the smallest, and every length: no read may leave the
// file, which the sanitizers and the assertions of load_le watch.
TEST(Symbols, damaged_files_make_wrong_names_at_most) {
  const Bytes good = symbol_file();
  for (size_t i = 0; i < good.size(); i++) {
    for (const uint8_t value : Bytes{0x00, 0x01, 0x7f, 0xff}) {
      Bytes bad = good;
      bad[i] = value;
      EXPECT_LE(symbol_text(bad, 0x105).size(), 130U);
    }
    EXPECT_LE(symbol_text(ByteView(good).first(i), 0x105).size(), 130U);
  }
}

TEST(Symbols, characters_of_names_that_terminals_obey_are_replaced) {
  Bytes file = symbol_file();
  file[64 + 2] = 0x1b;
  EXPECT_EQ(symbol_text(file, 0x100), "f?rst+0x0");
}

}  // namespace
}  // namespace samara::runtime::native
