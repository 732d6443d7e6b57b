#pragma once
// The sections of the ELF file in an image's debug data. These bytes are covered by no hash and no
// signature, so they are read as hostile: nothing outside of them is read, whatever they say.
// Threads: a value type; refers to the bytes. Source: System V ABI (gABI), chapter 4.

#include <string_view>

#include "image/elf.hpp"

namespace samara::runtime::native {

struct DebugSection {
  uint32_t name = 0;  // in the section of names
  uint32_t type = 0;
  uint32_t link = 0;
  uint64_t flags = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

class DebugSections {
 public:
  explicit DebugSections(ByteView bytes) : bytes_(bytes) {}

  /// False: not such a file; then nothing else is called.
  bool open();
  uint64_t count() const { return count_; }
  const image::elf::Form& form() const { return form_; }
  /// Requires: index < count(). What it says need not be true.
  DebugSection at(uint64_t index) const;
  /// Empty where it is not inside the file, or compressed.
  ByteView content(const DebugSection& section) const;
  /// The first section of that name; empty: none.
  ByteView named(std::string_view name) const;

 private:
  ByteView bytes_;
  image::elf::Form form_{8};
  uint64_t table_ = 0;
  uint64_t count_ = 0;
  uint64_t names_ = 0;
};

}  // namespace samara::runtime::native
