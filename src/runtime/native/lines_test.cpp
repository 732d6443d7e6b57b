#include "runtime/native/lines.hpp"

#include <gtest/gtest.h>

#include "image/little_endian.hpp"

namespace samara::runtime::native {
namespace {

using image::store_le;

void append(Bytes& out, std::initializer_list<unsigned> bytes) {
  for (unsigned byte : bytes) out.push_back(static_cast<uint8_t>(byte));
}
void append(Bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
  out.push_back(0);
}

// With its length before it, in four bytes.
Bytes counted(const Bytes& inner) {
  Bytes out(4);
  store_le<uint32_t>(out, 0, static_cast<uint32_t>(inner.size()));
  out.insert(out.end(), inner.begin(), inner.end());
  return out;
}

// From 0x100: line 7 of the first file for 4 bytes, line 9 for 16, line 30 of the second for 8.
// Before it a function that the linker dropped.
void append_program(Bytes& out) {
  for (unsigned start : {0U, 0x100U}) {
    append(out, {0, 9, 2, start & 0xff, start >> 8, 0, 0, 0, 0, 0, 0});  // at start
    append(out, {3, 6, 1});                                              // six lines on: a row
    append(out, {13 + 5 + 2 + 14 * 4});    // 4 bytes and two lines on: a row
    append(out, {2, 16, 4, 2, 3, 21, 1});  // 16 bytes on, file 2, 21 lines on: a row
    append(out, {2, 8, 0, 1, 1});          // 8 bytes on: the end
  }
}

constexpr unsigned k_lengths[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};

Bytes table(unsigned version) {
  Bytes head;
  append(head, {1});
  if (version >= 4) append(head, {1});
  append(head, {1, 0xfb, 14, 13});
  for (unsigned length : k_lengths) append(head, {length});
  if (version == 5) {
    append(head, {1, 1, 8, 1});  // folders: one field, a text; one of them
    append(head, "/build/x");
    append(head, {2, 1, 0x1f, 2, 11, 3});  // files: a text elsewhere, and a byte; three of them
    append(head, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0});
  } else {
    append(head, "include");
    append(head, {0});
    append(head, "src/first.c");
    append(head, {0, 0, 0});
    append(head, "second.h");
    append(head, {1, 0, 0, 0});
  }
  Bytes out;
  append(out, {version, 0});
  if (version == 5) append(out, {8, 0});
  const Bytes sized = counted(head);
  out.insert(out.end(), sized.begin(), sized.end());
  append_program(out);
  return counted(out);
}

// An ELF file with a section of lines, one of texts, one of names.
Bytes file_of(const Bytes& lines) {
  Bytes texts;
  append(texts, "src/first.c");
  append(texts, "second.h");
  Bytes names;
  append(names, "");
  append(names, ".debug_line");
  append(names, ".debug_line_str");
  Bytes out(64);
  const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
  std::copy(std::begin(magic), std::end(magic), out.begin());
  struct Place {
    uint32_t name;
    const Bytes& bytes;
    uint64_t offset;
  } places[] = {{1, lines, 0}, {13, texts, 0}, {0, names, 0}};
  for (Place& place : places) {
    place.offset = out.size();
    out.insert(out.end(), place.bytes.begin(), place.bytes.end());
  }
  const uint64_t sections = out.size();
  out.resize(out.size() + 4 * 64);
  for (uint64_t i = 0; i < 3; i++) {
    const uint64_t at = sections + (i + 1) * 64;
    store_le<uint32_t>(out, at, places[i].name);
    store_le<uint32_t>(out, at + 4, 1);
    store_le<uint64_t>(out, at + 24, places[i].offset);
    store_le<uint64_t>(out, at + 32, places[i].bytes.size());
  }
  store_le<uint64_t>(out, 40, sections);
  store_le<uint16_t>(out, 58, 64);
  store_le<uint16_t>(out, 60, 4);
  store_le<uint16_t>(out, 62, 3);
  return out;
}

std::string line_at(const Bytes& file, uint64_t address) {
  const auto found = find_lines(file, {&address, 1});
  return found[0] ? found[0]->file + ":" + std::to_string(found[0]->line) : "";
}

TEST(Lines, addresses_have_the_line_of_the_last_row_before_them) {
  for (unsigned version : {2U, 3U, 4U, 5U}) {
    const Bytes file = file_of(table(version));
    EXPECT_EQ(line_at(file, 0x100), "first.c:7") << version;
    EXPECT_EQ(line_at(file, 0x103), "first.c:7") << version;
    EXPECT_EQ(line_at(file, 0x104), "first.c:9") << version;
    EXPECT_EQ(line_at(file, 0x113), "first.c:9") << version;
    EXPECT_EQ(line_at(file, 0x114), "second.h:30") << version;
    EXPECT_EQ(line_at(file, 0x11c), "") << version;
    EXPECT_EQ(line_at(file, 0xff), "") << version;
  }
}

TEST(Lines, functions_that_the_linker_dropped_have_none) {
  EXPECT_EQ(line_at(file_of(table(5)), 2), "");
}

TEST(Lines, several_addresses_are_found_in_one_pass) {
  const uint64_t addresses[] = {0x115, 0x100, 0x9999};
  const auto found = find_lines(file_of(table(4)), addresses);
  ASSERT_EQ(found.size(), 3U);
  ASSERT_TRUE(found[0] && found[1]);
  EXPECT_EQ(found[0]->line, 30U);
  EXPECT_EQ(found[1]->line, 7U);
  EXPECT_FALSE(found[2]);
}

TEST(Lines, nothing_is_found_in_nothing) {
  EXPECT_EQ(line_at({}, 0x100), "");
  EXPECT_EQ(line_at(Bytes(200, 0xff), 0x100), "");
}

// No read may leave the bytes, which the sanitizers watch; and each search ends.
TEST(Lines, damaged_tables_make_wrong_lines_at_most) {
  const uint64_t addresses[] = {0x100, 0x105, 0x118};
  for (unsigned version : {4U, 5U}) {
    const Bytes good = file_of(table(version));
    for (size_t i = 0; i < good.size(); i++) {
      for (const uint8_t value : Bytes{0x00, 0x01, 0x7f, 0x80, 0xff}) {
        Bytes bad = good;
        bad[i] = value;
        for (const auto& line : find_lines(bad, addresses)) {
          EXPECT_LE(line.value_or(SourceLine{}).file.size(), 60U);
        }
      }
      find_lines(ByteView(good).first(i), addresses);
    }
  }
}

TEST(Lines, table_without_an_end_is_given_up) {
  Bytes endless = table(4);
  // Rows without progress, far more than anybody looks at.
  endless.insert(endless.end(), 2 * k_line_steps_max, 1);
  store_le<uint32_t>(endless, 0, static_cast<uint32_t>(endless.size() - 4));
  EXPECT_EQ(line_at(file_of(endless), 0x104), "first.c:9");
  EXPECT_EQ(line_at(file_of(endless), 0x5000), "");
}

}  // namespace
}  // namespace samara::runtime::native
