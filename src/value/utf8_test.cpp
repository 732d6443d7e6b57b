#include "value/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace samara {
namespace {

TEST(Utf8, first_bad_byte_is_found_behind_any_amount_of_text) {
  struct Case {
    std::string text;
    size_t valid;  // bytes that are good; npos: all
  };
  constexpr size_t all = std::string::npos;
  const Case cases[] = {
      {"", all},
      {"abc", all},
      {std::string("nul\0nul", 7), all},
      {"\xc3\xa9", all},
      {"\xe2\x82\xac", all},
      {"\xf0\x9f\x98\x80", all},
      {"\xef\xbf\xbf", all},
      {"\xf4\x8f\xbf\xbf", all},
      {"\xed\x9f\xbf\xee\x80\x80", all},
      {"\x80", 0},  // continuation alone
      {"\xff", 0},
      {"\xc0\x80", 0},  // overlong
      {"\xc1\xbf", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xed\xa0\x80", 0},  // surrogates
      {"\xed\xbf\xbf", 0},
      {"\xf4\x90\x80\x80", 0},  // above U+10FFFF
      {"\xf5\x80\x80\x80", 0},
      {"\xc3", 0},  // truncated
      {"\xe2\x82", 0},
      {"\xf0\x9f\x98", 0},
      {"\xc3\x28", 0},  // bad continuation
      {"\xe2\x28\xa1", 0},
      {"\xe2\x82\x28", 0},
      {"\xf0\x9f\x98\x28", 0},
  };
  for (size_t before : {0U, 1U, 7U, 8U, 9U, 30U}) {
    for (const Case& c : cases) {
      std::string text = std::string(before, 'x') + c.text;
      size_t expected = c.valid == all ? text.size() : before + c.valid;
      EXPECT_EQ(utf8_valid_prefix(as_bytes(text).data(), text.size()), expected);
      EXPECT_EQ(utf8_valid(text), c.valid == all);
      EXPECT_EQ(utf8_valid(text + "tail of some length"), c.valid == all);
    }
  }
}

TEST(Utf8, copy_tells_whether_all_is_ascii_for_every_length) {
  for (size_t size = 0; size < 40; size++) {
    std::string text(size, 'a');
    uint8_t to[48];
    std::memset(to, 0xee, sizeof to);
    EXPECT_TRUE(copy_is_ascii(to, as_bytes(text).data(), size));
    EXPECT_EQ(std::memcmp(to, text.data(), size), 0);
    EXPECT_EQ(to[size], 0xee) << "wrote past the end";
    for (size_t at = 0; at < size; at++) {
      text[at] = static_cast<char>(0xc3);
      EXPECT_FALSE(copy_is_ascii(to, as_bytes(text).data(), size));
      text[at] = 'a';
    }
  }
}

}  // namespace
}  // namespace samara
