#pragma once
// How wide text is on a terminal. Threads: pure. Source: Unicode Standard Annex 11, in outline.

#include <cstdint>
#include <string_view>

namespace samara::lang {

struct DisplayedCharacter {
  uint32_t bytes = 1;
  uint32_t columns = 1;
  bool printable = true;  // else a sign stands for it
};

/// The character at the start of `text`. Requires: not empty; any bytes. Tabs are the caller's.
DisplayedCharacter displayed_character(std::string_view text);

}  // namespace samara::lang
