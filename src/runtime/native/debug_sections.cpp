#include "runtime/native/debug_sections.hpp"

namespace samara::runtime::native {

namespace {

using image::load_le;

constexpr uint64_t k_sections_max = 1000;
constexpr uint64_t k_flag_compressed = 0x800;
constexpr uint32_t k_type_no_bits = 8;

}  // namespace

bool DebugSections::open() {
  if (bytes_.size() < 64 || bytes_[0] != 0x7f || bytes_[1] != 'E') return false;
  form_.word = bytes_[4] == image::elf::k_class_64 ? 8 : 4;
  table_ = form_.load_word(bytes_, form_.sections());
  count_ = load_le<uint16_t>(bytes_, form_.sizes() + 8);
  names_ = load_le<uint16_t>(bytes_, form_.sizes() + 10);
  return count_ <= k_sections_max &&
         image::fits(table_, count_ * form_.section_bytes(), bytes_.size());
}

DebugSection DebugSections::at(uint64_t index) const {
  const uint64_t at = table_ + index * form_.section_bytes();
  const uint64_t word = form_.word;
  DebugSection out;
  out.name = load_le<uint32_t>(bytes_, at);
  out.type = load_le<uint32_t>(bytes_, at + 4);
  out.flags = form_.load_word(bytes_, at + 8);
  out.offset = form_.load_word(bytes_, at + 8 + 2 * word);
  out.size = form_.load_word(bytes_, at + 8 + 3 * word);
  out.link = load_le<uint32_t>(bytes_, at + 8 + 4 * word);
  return out;
}

ByteView DebugSections::content(const DebugSection& section) const {
  if (section.type == k_type_no_bits || (section.flags & k_flag_compressed) != 0) return {};
  if (!image::fits(section.offset, section.size, bytes_.size())) return {};
  return bytes_.subspan(static_cast<size_t>(section.offset), static_cast<size_t>(section.size));
}

ByteView DebugSections::named(std::string_view name) const {
  if (names_ >= count_) return {};
  const ByteView names = content(at(names_));
  for (uint64_t i = 0; i < count_; i++) {
    const DebugSection section = at(i);
    if (!image::fits(section.name, name.size() + 1, names.size())) continue;
    const ByteView here = names.subspan(section.name, name.size() + 1);
    if (as_text(here.first(name.size())) == name && here.back() == 0) return content(section);
  }
  return {};
}

}  // namespace samara::runtime::native
