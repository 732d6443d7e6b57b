// Rules R01 to R05 and N02: every relocation adds the image's base to one word of its writable
// data.

#include "image/image_checker.hpp"

namespace samara::image {
namespace {

/// Whether the word at `place` touches [begin, begin + size).
bool touches(uint64_t place, uint64_t word, uint64_t begin, uint64_t size) {
  return place < begin + size && begin < place + word;
}

}  // namespace

Refusal ImageChecker::check_relocations() {
  uint64_t next_place = 0;
  uint32_t init_seen = 0;
  if (layout_.relocation_count != 0) {
    const uint32_t entry_bytes = form_.relocation_bytes(target_.explicit_addend);
    const uint64_t size = uint64_t{layout_.relocation_count} * entry_bytes;
    const Segment* segment = segment_of_file_part(layout_.relocations, size);
    SAMARA_ASSERT(segment != nullptr);  // check_relocation_table
    const uint64_t table = file_offset(*segment, layout_.relocations);
    for (uint64_t i = 0; i < layout_.relocation_count; i++) {
      if (auto refusal = check_relocation(table + i * entry_bytes, next_place, init_seen)) {
        return refusal;
      }
    }
  }
  // A constructor without a relocation would be an address outside the image.
  if (init_seen != layout_.init_count) {
    return refuse(Rule::N02, file_offset(layout_.data, layout_.init_array),
                  "a constructor has no relocation", init_seen, layout_.init_count);
  }
  return k_accepted;
}

Refusal ImageChecker::check_relocation(uint64_t at, uint64_t& next_place, uint32_t& init_seen) {
  const uint32_t word = form_.word;
  const uint64_t place = form_.load_word(image_, at);
  const uint64_t info = form_.load_word(image_, at + word);
  if (form_.relocation_type(info) != target_.relative) {
    return refuse(Rule::R01, at + word, "the type of a relocation is not allowed",
                  form_.relocation_type(info), target_.relative);
  }
  if (form_.relocation_symbol(info) != 0) {
    return refuse(Rule::R01, at + word, "a relocation names a symbol",
                  form_.relocation_symbol(info), 0);
  }

  // Nothing relocates zeroed memory, and a target with addends in place has none there.
  if (place % word != 0) return refuse(Rule::R02, at, "the place of a relocation is misaligned");
  if (!layout_.data.holds(place, word)) {
    return refuse(Rule::R02, at, "the place of a relocation lies outside the writable data");
  }
  if (place < next_place) {
    return refuse(Rule::R03, at, "the places of the relocations are not in ascending order");
  }
  next_place = place + word;

  const uint64_t table_size =
      uint64_t{layout_.relocation_count} * form_.relocation_bytes(target_.explicit_addend);
  if (touches(place, word, dynamic_.address, dynamic_.file_size) ||
      touches(place, word, layout_.relocations, table_size)) {
    return refuse(Rule::R05, at, "a relocation changes the dynamic table or the relocations");
  }

  // One past the end is allowed: it is the end of an array that is the last thing in the image.
  const uint64_t value_at =
      target_.explicit_addend ? at + 2U * word : file_offset(layout_.data, place);
  const uint64_t value = form_.load_word(image_, value_at);
  if (value > layout_.span) {
    return refuse(Rule::R04, value_at, "a relocated address lies outside the image", value,
                  layout_.span);
  }
  if (place >= layout_.init_array &&
      place - layout_.init_array < uint64_t{layout_.init_count} * word) {
    init_seen++;
    return check_code_address(Rule::N02, value, value_at,
                              "a constructor lies outside the code or is misaligned");
  }
  return k_accepted;
}

}  // namespace samara::image
