#pragma once
// Names for addresses of a native image, from the symbol table of its debug data. These bytes are
// covered by no hash and no signature, so they are read as hostile: a wrong name is all they can
// make. Threads: pure functions. Specified by: docs/formats/native-image.md, section 1.

#include <optional>
#include <string>

#include "core/bytes.hpp"

namespace samara::runtime::native {

struct Symbol {
  std::string name;     // of a function, without parameters
  uint64_t offset = 0;  // from its start
};

/// The function at an address, which counts from the start of the image; none known: nothing.
/// Cost: linear in the symbols.
std::optional<Symbol> find_symbol(ByteView debug, uint64_t address);

/// "mean+0x1c", or "image+0x41c" where no function is known there. The function is the one at
/// `before` bytes less: a call may be the last thing in it, and is returned to behind its end.
std::string symbol_text(ByteView debug, uint64_t address, uint64_t before = 0);

}  // namespace samara::runtime::native
