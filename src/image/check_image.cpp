#include "image/check_image.hpp"

#include <algorithm>

#include "image/image_checker.hpp"

namespace samara::image {
namespace {

constexpr uint8_t k_elf_magic[4] = {0x7f, 'E', 'L', 'F'};

bool power_of_two(uint64_t number) { return number != 0 && (number & (number - 1)) == 0; }

}  // namespace

Refusal ImageChecker::refuse(Rule rule, uint64_t offset, const char* what) const {
  return {
      .rule = rule, .offset = static_cast<uint32_t>(expectation_.offset + offset), .what = what};
}

Refusal ImageChecker::refuse(Rule rule, uint64_t offset, const char* what, uint64_t found,
                             uint64_t allowed) const {
  return {.rule = rule,
          .offset = static_cast<uint32_t>(expectation_.offset + offset),
          .what = what,
          .numbers = true,
          .found = found,
          .allowed = allowed};
}

Refusal ImageChecker::check_header() {
  if (image_.size() < form_.header_bytes()) {
    return refuse(Rule::E01, 0, "the image is shorter than an ELF header");
  }
  if (!std::equal(std::begin(k_elf_magic), std::end(k_elf_magic), image_.begin())) {
    return refuse(Rule::E01, 0, "the image is not ELF");
  }
  if (image_[4] != (form_.wide() ? elf::k_class_64 : elf::k_class_32)) {
    return refuse(Rule::E01, 4, "the ELF class is not the target's");
  }
  if (image_[5] != elf::k_little_endian)
    return refuse(Rule::E01, 5, "the byte order is not little");
  if (image_[6] != 1) return refuse(Rule::E01, 6, "the version of the ELF identification is not 1");
  if (image_[7] != 0) return refuse(Rule::E01, 7, "the OS/ABI is not 0", image_[7], 0);
  if (!all_zero(image_.subspan(8, 8))) {
    return refuse(Rule::E01, 8, "the padding of the ELF identification is not zero");
  }

  if (load_le<uint16_t>(image_, 16) != elf::k_type_shared) {
    return refuse(Rule::E02, 16, "the ELF type is not a shared object");
  }
  const uint16_t machine = load_le<uint16_t>(image_, 18);
  if (machine != target_.machine) {
    return refuse(Rule::E02, 18, "the machine is not the target's", machine, target_.machine);
  }
  if (load_le<uint32_t>(image_, 20) != 1) return refuse(Rule::E02, 20, "the ELF version is not 1");
  const uint32_t flags = load_le<uint32_t>(image_, form_.flags());
  if ((flags & ~target_.flags_optional) != target_.flags_required) {
    return refuse(Rule::E02, form_.flags(), "the processor flags are not the target's", flags,
                  target_.flags_required);
  }

  const uint32_t sizes = form_.sizes();
  if (load_le<uint16_t>(image_, sizes) != form_.header_bytes()) {
    return refuse(Rule::E03, sizes, "the size of the ELF header is wrong");
  }
  if (load_le<uint16_t>(image_, sizes + 2) != form_.segment_bytes()) {
    return refuse(Rule::E03, sizes + 2, "the size of a program header is wrong");
  }
  segment_count_ = load_le<uint16_t>(image_, sizes + 4);
  if (segment_count_ == 0 || segment_count_ > k_program_headers_max) {
    return refuse(Rule::E03, sizes + 4, "the number of program headers is not 1 to 8",
                  segment_count_, k_program_headers_max);
  }
  const uint64_t table = form_.load_word(image_, form_.segments());
  if (!fits(table, segment_count_ * form_.segment_bytes(), image_.size())) {
    return refuse(Rule::E03, form_.segments(), "the program headers lie outside the image");
  }
  if (table < form_.header_bytes() || table % form_.word != 0) {
    return refuse(Rule::E03, form_.segments(), "the program headers are misaligned");
  }
  segment_table_ = static_cast<uint32_t>(table);

  const uint64_t sections = form_.load_word(image_, form_.sections());
  const uint64_t section_count = load_le<uint16_t>(image_, sizes + 8);
  if (sections != 0 || section_count != 0) {
    if (load_le<uint16_t>(image_, sizes + 6) != form_.section_bytes() ||
        !fits(sections, section_count * form_.section_bytes(), image_.size())) {
      return refuse(Rule::E04, form_.sections(), "the section headers lie outside the image");
    }
  }
  return k_accepted;
}

Refusal ImageChecker::check_segments() {
  for (uint32_t i = 0; i < segment_count_; i++) {
    const uint32_t at = segment_table_ + i * form_.segment_bytes();
    if (auto refusal = check_segment(form_.load_segment(image_, at), at)) return refusal;
  }
  if (!layout_.code.present()) {
    return refuse(Rule::P01, segment_table_, "there is no segment of code");
  }
  layout_.span = static_cast<uint32_t>(memory_end_);
  if (layout_.span > expectation_.memory_max) {
    return refuse(Rule::P06, segment_table_, "the image needs more memory than its manifest says",
                  layout_.span, expectation_.memory_max);
  }
  if (auto refusal = check_dynamic_place()) return refusal;
  take_relro();
  return k_accepted;
}

Refusal ImageChecker::check_segment(const elf::SegmentHeader& header, uint32_t at) {
  const uint32_t flags_at = at + (form_.wide() ? 4 : 24);
  switch (header.type) {
    case elf::k_load:
      return check_load(header, at);
    case elf::k_dynamic:
      if (has_dynamic_) return refuse(Rule::P01, at, "there are two dynamic tables");
      has_dynamic_ = true;
      dynamic_ = header;
      dynamic_at_ = at;
      return k_accepted;
    case elf::k_gnu_stack:
      if ((header.flags & elf::k_execute) != 0) {
        return refuse(Rule::P03, flags_at, "the stack is marked executable");
      }
      return k_accepted;
    case elf::k_gnu_relro:
      if (has_relro_) return refuse(Rule::P01, at, "there are two read-only parts of the data");
      has_relro_ = true;
      relro_ = header;
      return k_accepted;
    case elf::k_null:
    case elf::k_note:
    case elf::k_program_headers:
    case elf::k_gnu_exception_frames:
    case elf::k_gnu_property:
      return k_accepted;  // nobody reads what they point to
    case elf::k_arm_unwind:
      if (target_.thumb) return k_accepted;
      break;
    case elf::k_riscv_attributes:
      if (target_.machine == 243) return k_accepted;
      break;
    case elf::k_interpreter:
      return refuse(Rule::P01, at, "the image asks for a program interpreter");
    case elf::k_thread_local:
      return refuse(Rule::P01, at, "the image has thread-local variables");
    default:
      break;
  }
  return refuse(Rule::P01, at, "the type of a program header is not allowed");
}

Refusal ImageChecker::check_load(const elf::SegmentHeader& header, uint32_t at) {
  if (auto refusal = check_load_place(header, at)) return refusal;
  const uint32_t flags_at = at + (form_.wide() ? 4 : 24);
  Segment* segment = nullptr;
  switch (header.flags) {
    case elf::k_read | elf::k_execute:
      segment = &layout_.code;
      if (header.address != 0 || header.offset != 0) {
        return refuse(Rule::P03, at, "the code does not start at address 0 and offset 0");
      }
      break;
    case elf::k_read:
      segment = &layout_.read_only;
      break;
    case elf::k_read | elf::k_write:
      segment = &layout_.data;
      break;
    default:
      return refuse(Rule::P03, flags_at,
                    "the rights of a segment are not read, read and write, or "
                    "read and execute");
  }
  if (segment->present()) {
    return refuse(Rule::P03, flags_at, "there are two segments of equal rights");
  }
  if (header.file_size != header.memory_size && segment != &layout_.data) {
    return refuse(Rule::P02, at, "a segment that cannot be written has zeroed memory");
  }
  if (auto refusal = check_load_order(header, at)) return refusal;
  *segment = {.address = static_cast<uint32_t>(header.address),
              .offset = static_cast<uint32_t>(header.offset),
              .file_size = static_cast<uint32_t>(header.file_size),
              .memory_size = static_cast<uint32_t>(header.memory_size)};
  return k_accepted;
}

// P02 and P05: the numbers of one segment. Behind this all of them fit 32 bits.
Refusal ImageChecker::check_load_place(const elf::SegmentHeader& header, uint32_t at) {
  if (header.memory_size == 0) return refuse(Rule::P02, at, "a segment is empty");
  if (header.file_size > header.memory_size) {
    return refuse(Rule::P02, at, "a segment is larger in the file than in memory");
  }
  if (!fits(header.offset, header.file_size, image_.size())) {
    return refuse(Rule::P02, at, "a segment lies outside the image");
  }
  const uint64_t space = form_.wide() ? UINT64_MAX : UINT32_MAX;
  if (!fits(header.address, header.memory_size, space)) {
    return refuse(Rule::P02, at, "a segment wraps around the address space");
  }
  const uint32_t span_max = std::min(expectation_.span_max, k_image_span_max);
  if (!fits(header.address, header.memory_size, span_max)) {
    return refuse(Rule::P05, at, "the image is larger in memory than the node allows",
                  header.address + header.memory_size, span_max);
  }
  return k_accepted;
}

Refusal ImageChecker::check_load_order(const elf::SegmentHeader& header, uint32_t at) {
  const uint32_t alignment_at = at + (form_.wide() ? 48 : 28);
  if (!power_of_two(header.alignment) || header.alignment < target_.page ||
      header.alignment > k_segment_alignment_max) {
    return refuse(
        Rule::P04, alignment_at,
        "the alignment of a segment is not a power of two from the target's page to 65536",
        header.alignment, target_.page);
  }
  if (header.address % header.alignment != header.offset % header.alignment) {
    return refuse(Rule::P04, at, "address and offset of a segment differ in their place in a page");
  }
  if (header.address < header.offset) {
    return refuse(Rule::P04, at, "a segment lies lower in memory than in the image");
  }
  const uint64_t page = target_.page;
  if (any_load_ && header.address / page * page < (memory_end_ + page - 1) / page * page) {
    return refuse(Rule::P04, at, "segments are not in ascending order, overlap, or share a page");
  }
  if (any_load_ && header.offset < file_end_) {
    return refuse(Rule::P05, at, "segments overlap in the image");
  }
  any_load_ = true;
  memory_end_ = header.address + header.memory_size;
  file_end_ = header.offset + header.file_size;
  return k_accepted;
}

const Segment* ImageChecker::segment_of_file_part(uint64_t address, uint64_t size) const {
  for (const Segment* segment : {&layout_.code, &layout_.read_only, &layout_.data}) {
    if (segment->present() && segment->holds(address, size)) return segment;
  }
  return nullptr;
}

// RELRO is advice: where it is not the first whole pages of the data, it is left out.
void ImageChecker::take_relro() {
  const uint64_t end = relro_.address + relro_.memory_size;
  const bool whole = fits(relro_.address, relro_.memory_size, layout_.data.end()) &&
                     relro_.address == layout_.data.address && relro_.memory_size != 0 &&
                     end % target_.page == 0;
  if (whole) layout_.relro_end = static_cast<uint32_t>(end);
}

Refusal ImageChecker::check_entry() {
  const uint32_t at = form_.entry();
  const uint64_t entry = form_.load_word(image_, at);
  if (entry != expectation_.entry) {
    return refuse(Rule::N01, at, "the entry of the image is not the one in the manifest", entry,
                  expectation_.entry);
  }
  if (auto refusal = check_code_address(Rule::N01, entry, at,
                                        "the entry lies outside the code or is misaligned")) {
    return refusal;
  }
  layout_.entry = static_cast<uint32_t>(entry);
  return k_accepted;
}

Refusal ImageChecker::check_code_address(Rule rule, uint64_t address, uint64_t at,
                                         const char* what) const {
  if (target_.thumb && (address & 1) == 0) {
    return refuse(rule, at, "a code address lacks the Thumb bit");
  }
  const uint64_t place = target_.thumb ? address & ~uint64_t{1} : address;
  const uint64_t table_end = segment_table_ + segment_count_ * form_.segment_bytes();
  if (place % target_.instruction_bytes != 0 ||
      !fits(place, target_.instruction_bytes, layout_.code.file_size)) {
    return refuse(rule, at, what);
  }
  if (place < form_.header_bytes() || (place >= segment_table_ && place < table_end)) {
    return refuse(rule, at, "a code address lies inside the headers");
  }
  return k_accepted;
}

Refusal check_image(ByteView image, const ImageExpectation& expectation, Layout& layout) {
  SAMARA_ASSERT(expectation.target != nullptr);
  layout = {};
  layout.target = expectation.target;
  ImageChecker checker(image, expectation, layout);
  if (auto refusal = checker.check_header()) return refusal;
  if (auto refusal = checker.check_segments()) return refusal;
  if (auto refusal = checker.check_dynamic()) return refusal;
  if (auto refusal = checker.check_relocations()) return refusal;
  return checker.check_entry();
}

}  // namespace samara::image
