// Rules D01 to D04: the dynamic table, and the two tables it points to.

#include "image/image_checker.hpp"

namespace samara::image {
namespace {

/// The whole list of tags an image may have. What is not here asks for something of a dynamic
/// linker.
bool allowed_tag(uint64_t tag) {
  switch (tag) {
    case elf::k_tag_hash:
    case elf::k_tag_string_table:
    case elf::k_tag_symbol_table:
    case elf::k_tag_rela:
    case elf::k_tag_rela_size:
    case elf::k_tag_rela_entry:
    case elf::k_tag_string_size:
    case elf::k_tag_symbol_entry:
    case elf::k_tag_symbolic:
    case elf::k_tag_rel:
    case elf::k_tag_rel_size:
    case elf::k_tag_rel_entry:
    case elf::k_tag_init_array:
    case elf::k_tag_init_array_size:
    case elf::k_tag_flags:
    case elf::k_tag_rela_count:
    case elf::k_tag_rel_count:
      return true;
    default:
      return false;
  }
}

bool seen(uint64_t set, uint64_t tag) { return (set >> tag & 1) != 0; }

}  // namespace

Refusal ImageChecker::check_dynamic_place() {
  if (!has_dynamic_) return refuse(Rule::P01, segment_table_, "there is no dynamic table");
  const Segment* segment = segment_of_file_part(dynamic_.address, dynamic_.file_size);
  if (segment == nullptr || segment == &layout_.code) {
    return refuse(Rule::D01, dynamic_at_, "the dynamic table lies outside the data");
  }
  if (dynamic_.offset != file_offset(*segment, dynamic_.address)) {
    return refuse(Rule::D01, dynamic_at_, "the dynamic table has two places");
  }
  if (dynamic_.address % form_.word != 0 || dynamic_.file_size % form_.dynamic_bytes() != 0) {
    return refuse(Rule::D01, dynamic_at_, "the dynamic table is misaligned");
  }
  return k_accepted;
}

Refusal ImageChecker::check_dynamic() {
  Dynamic dynamic;
  const uint64_t count = dynamic_.file_size / form_.dynamic_bytes();
  if (count > k_dynamic_entries_max) {
    return refuse(Rule::D01, dynamic_at_, "the dynamic table is too long", count,
                  k_dynamic_entries_max);
  }
  uint64_t i = 0;
  for (; i < count; i++) {
    const uint64_t at = dynamic_.offset + i * form_.dynamic_bytes();
    const uint64_t tag = form_.load_word(image_, at);
    if (tag == elf::k_tag_null) break;
    const uint64_t value = form_.load_word(image_, at + form_.word);
    if (auto refusal = take_dynamic_entry(tag, value, static_cast<uint32_t>(at), dynamic)) {
      return refusal;
    }
  }
  if (i == count) return refuse(Rule::D01, dynamic_at_, "the dynamic table has no end");
  // Linkers leave spare entries behind the end; nobody may hide anything there.
  const uint64_t end = dynamic_.offset + i * form_.dynamic_bytes();
  if (!all_zero(image_.subspan(static_cast<size_t>(end),
                               static_cast<size_t>(dynamic_.offset + dynamic_.file_size - end)))) {
    return refuse(Rule::D01, end, "the dynamic table goes on behind its end");
  }
  if (auto refusal = check_relocation_table(dynamic)) return refusal;
  return check_init_array(dynamic);
}

Refusal ImageChecker::take_dynamic_entry(uint64_t tag, uint64_t value, uint32_t at,
                                         Dynamic& dynamic) {
  if (!allowed_tag(tag)) {
    return refuse(Rule::D02, at, "a tag of the dynamic table is not allowed", tag, 0);
  }
  if (tag < 64) {
    if (seen(dynamic.seen, tag)) return refuse(Rule::D01, at, "a tag stands twice");
    dynamic.seen |= uint64_t{1} << tag;
  }
  switch (tag) {
    case elf::k_tag_flags:
      if ((value & ~elf::k_flag_symbolic) != 0) {
        return refuse(Rule::D02, at + form_.word, "a flag of the dynamic table is not allowed",
                      value, elf::k_flag_symbolic);
      }
      break;
    case elf::k_tag_rel:
    case elf::k_tag_rela:
      if ((tag == elf::k_tag_rela) != target_.explicit_addend) {
        return refuse(Rule::D03, at, "the relocation table is not of the target's form");
      }
      dynamic.relocations = value;
      dynamic.relocations_at = at;
      break;
    case elf::k_tag_rel_size:
    case elf::k_tag_rela_size:
    case elf::k_tag_rel_entry:
    case elf::k_tag_rela_entry: {
      const bool of_rela = tag == elf::k_tag_rela_size || tag == elf::k_tag_rela_entry;
      if (of_rela != target_.explicit_addend) {
        return refuse(Rule::D03, at, "the relocation table is not of the target's form");
      }
      const bool entry = tag == elf::k_tag_rel_entry || tag == elf::k_tag_rela_entry;
      (entry ? dynamic.relocations_entry : dynamic.relocations_size) = value;
      dynamic.relocations_at = at;
      break;
    }
    case elf::k_tag_init_array:
      dynamic.init_array = value;
      dynamic.init_array_at = at;
      break;
    case elf::k_tag_init_array_size:
      dynamic.init_array_size = value;
      dynamic.init_array_at = at;
      break;
    default:
      break;  // tables of symbols, which nobody reads
  }
  return k_accepted;
}

Refusal ImageChecker::check_relocation_table(const Dynamic& dynamic) {
  const bool addend = target_.explicit_addend;
  const bool table = seen(dynamic.seen, addend ? elf::k_tag_rela : elf::k_tag_rel);
  const bool size = seen(dynamic.seen, addend ? elf::k_tag_rela_size : elf::k_tag_rel_size);
  const bool entry = seen(dynamic.seen, addend ? elf::k_tag_rela_entry : elf::k_tag_rel_entry);
  if (!table && !size && !entry) return k_accepted;
  const uint32_t at = dynamic.relocations_at;
  if (!table || !size || !entry) {
    return refuse(Rule::D03, at, "the relocation table lacks its place, size or size of an entry");
  }
  const uint32_t entry_bytes = form_.relocation_bytes(addend);
  if (dynamic.relocations_entry != entry_bytes) {
    return refuse(Rule::D03, at, "the size of a relocation is wrong", dynamic.relocations_entry,
                  entry_bytes);
  }
  if (dynamic.relocations_size % entry_bytes != 0) {
    return refuse(Rule::D03, at, "the relocation table is not a whole number of entries");
  }
  const uint64_t count = dynamic.relocations_size / entry_bytes;
  if (count > k_relocations_max) {
    return refuse(Rule::D03, at, "there are too many relocations", count, k_relocations_max);
  }
  if (count == 0) return k_accepted;
  if (dynamic.relocations % form_.word != 0) {
    return refuse(Rule::D03, at, "the relocation table is misaligned");
  }
  if (segment_of_file_part(dynamic.relocations, dynamic.relocations_size) == nullptr) {
    return refuse(Rule::D03, at, "the relocation table lies outside the segments");
  }
  layout_.relocations = static_cast<uint32_t>(dynamic.relocations);
  layout_.relocation_count = static_cast<uint32_t>(count);
  return k_accepted;
}

Refusal ImageChecker::check_init_array(const Dynamic& dynamic) {
  const bool place = seen(dynamic.seen, elf::k_tag_init_array);
  const bool size = seen(dynamic.seen, elf::k_tag_init_array_size);
  if (!place && !size) return k_accepted;
  const uint32_t at = dynamic.init_array_at;
  if (!place || !size) return refuse(Rule::D04, at, "the constructors lack their place or size");
  const uint64_t count = dynamic.init_array_size / form_.word;
  if (dynamic.init_array_size % form_.word != 0 || dynamic.init_array % form_.word != 0) {
    return refuse(Rule::D04, at, "the table of constructors is misaligned");
  }
  if (count > k_init_entries_max) {
    return refuse(Rule::D04, at, "there are too many constructors", count, k_init_entries_max);
  }
  if (count == 0) return k_accepted;
  if (!layout_.data.holds(dynamic.init_array, dynamic.init_array_size)) {
    return refuse(Rule::D04, at, "the table of constructors lies outside the writable data");
  }
  layout_.init_array = static_cast<uint32_t>(dynamic.init_array);
  layout_.init_count = static_cast<uint32_t>(count);
  return k_accepted;
}

}  // namespace samara::image
