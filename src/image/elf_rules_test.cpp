// Rules E, P, D, R and N: the ELF image.

#include "image/rules_test_support.hpp"

namespace samara::image {
namespace {

bool has_thumb(const Target& target) { return target.thumb; }
bool is_wide(const Target& target) { return target.word_bytes == 8; }
bool has_alignment(const Target& target) { return target.instruction_bytes > 1; }

At set_word(Draft& draft, uint32_t at, uint64_t value) {
  draft.image.set(at, value);
  return image_at(at);
}

/// Changes a field of program header `index`; refusals point at the header.
At set_field(Draft& draft, uint32_t index, uint32_t at, uint64_t value) {
  draft.image.set(at, value);
  return image_at(draft.image.header(index));
}

At set_tag_value(Draft& draft, uint64_t tag, uint64_t value) {
  TestImage& image = draft.image;
  const uint32_t at = image.tag(tag);
  image.set(at + image.word(), value);
  return image_at(at);
}

uint64_t table_tag(const Draft& draft) {
  return draft.image.target.explicit_addend ? elf::k_tag_rela : elf::k_tag_rel;
}

uint64_t size_tag(const Draft& draft) {
  return draft.image.target.explicit_addend ? elf::k_tag_rela_size : elf::k_tag_rel_size;
}

uint64_t entry_tag(const Draft& draft) {
  return draft.image.target.explicit_addend ? elf::k_tag_rela_entry : elf::k_tag_rel_entry;
}

/// Makes the RELRO header a second segment of the given rights behind the data.
At add_load(Draft& draft, uint32_t flags, uint32_t address) {
  TestImage& image = draft.image;
  image.set32(image.header(4), elf::k_load);
  image.set32(image.header_flags(4), flags);
  image.set(image.header_offset(4), image.file_end);
  image.set(image.header_address(4), address);
  image.set(image.header_file_size(4), 0);
  image.set(image.header_memory_size(4), 16);
  image.set(image.header_alignment(4), image.target.page);
  return image_at(image.header(4));
}

uint32_t page_behind(const Draft& draft) {
  const uint32_t page = draft.image.target.page;
  return (draft.image.span + page - 1) / page * page + draft.image.file_end % page;
}

const Case k_cases[] = {
    {Rule::E01, "image shorter than a header",
     [](Draft& d) {
       d.image.bytes.resize(d.image.form.header_bytes() - 1);
       return image_at(0);
     }},
    {Rule::E01, "not ELF",
     [](Draft& d) {
       d.image.bytes[1] = 'e';
       return image_at(0);
     }},
    {Rule::E01, "other class",
     [](Draft& d) {
       d.image.bytes[4] ^= 3;
       return image_at(4);
     }},
    {Rule::E01, "big-endian",
     [](Draft& d) {
       d.image.bytes[5] = 2;
       return image_at(5);
     }},
    {Rule::E01, "identification version",
     [](Draft& d) {
       d.image.bytes[6] = 0;
       return image_at(6);
     }},
    {Rule::E01, "OS/ABI of GNU",
     [](Draft& d) {
       d.image.bytes[7] = 3;
       return image_at(7);
     }},
    {Rule::E01, "padding",
     [](Draft& d) {
       d.image.bytes[15] = 1;
       return image_at(8);
     }},

    {Rule::E02, "executable",
     [](Draft& d) {
       d.image.set16(16, 2);
       return image_at(16);
     }},
    {Rule::E02, "relocatable",
     [](Draft& d) {
       d.image.set16(16, 1);
       return image_at(16);
     }},
    {Rule::E02, "machine",
     [](Draft& d) {
       d.image.set16(18, 3);
       return image_at(18);
     }},
    {Rule::E02, "version",
     [](Draft& d) {
       d.image.set32(20, 2);
       return image_at(20);
     }},
    {Rule::E02, "unknown processor flag",
     [](Draft& d) {
       const uint32_t at = d.image.form.flags();
       d.image.set32(at, load_le<uint32_t>(d.image.bytes, at) | 0x40);
       return image_at(at);
     }},
    {Rule::E02, "hard float",
     [](Draft& d) {
       d.image.set32(d.image.form.flags(), 0x05000400);
       return image_at(d.image.form.flags());
     },
     has_thumb},
    {Rule::E02, "big-endian code",
     [](Draft& d) {
       d.image.set32(d.image.form.flags(), 0x05800200);
       return image_at(d.image.form.flags());
     },
     has_thumb},
    {Rule::E02, "old EABI",
     [](Draft& d) {
       d.image.set32(d.image.form.flags(), 0x04000200);
       return image_at(d.image.form.flags());
     },
     has_thumb},

    {Rule::E03, "header size",
     [](Draft& d) {
       d.image.set16(d.image.form.sizes(), 60);
       return image_at(d.image.form.sizes());
     }},
    {Rule::E03, "program header size",
     [](Draft& d) {
       d.image.set16(d.image.form.sizes() + 2, 64);
       return image_at(d.image.form.sizes() + 2);
     }},
    {Rule::E03, "no program headers",
     [](Draft& d) {
       d.image.set16(d.image.form.sizes() + 4, 0);
       return image_at(d.image.form.sizes() + 4);
     }},
    {Rule::E03, "nine program headers",
     [](Draft& d) {
       d.image.set16(d.image.form.sizes() + 4, 9);
       return image_at(d.image.form.sizes() + 4);
     }},
    {Rule::E03, "program header count elsewhere",
     [](Draft& d) {
       d.image.set16(d.image.form.sizes() + 4, 0xffff);
       return image_at(d.image.form.sizes() + 4);
     }},
    {Rule::E03, "program headers outside",
     [](Draft& d) { return set_word(d, d.image.form.segments(), d.image.file_end - 64); }},
    {Rule::E03, "program headers at the end of the address space",
     [](Draft& d) { return set_word(d, d.image.form.segments(), UINT64_MAX - 63); }},
    {Rule::E03, "program headers misaligned",
     [](Draft& d) { return set_word(d, d.image.form.segments(), d.image.segments + 2); }},
    {Rule::E03, "program headers over the header",
     [](Draft& d) { return set_word(d, d.image.form.segments(), 8); }},

    {Rule::E04, "section headers outside",
     [](Draft& d) {
       const elf::Form form = d.image.form;
       d.image.set16(form.sizes() + 6, static_cast<uint16_t>(form.section_bytes()));
       d.image.set16(form.sizes() + 8, 2);
       return set_word(d, form.sections(), d.image.file_end - form.section_bytes());
     }},
    {Rule::E04, "section header size",
     [](Draft& d) {
       d.image.set16(d.image.form.sizes() + 8, 1);
       return image_at(d.image.form.sections());
     }},

    {Rule::P01, "interpreter",
     [](Draft& d) {
       d.image.set32(d.image.header(4), 3);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "thread-local",
     [](Draft& d) {
       d.image.set32(d.image.header(4), 7);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "unknown type of an OS",
     [](Draft& d) {
       d.image.set32(d.image.header(4), 0x60000001);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "unknown type of a processor",
     [](Draft& d) {
       d.image.set32(d.image.header(4), 0x7fffffff);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "ARM unwind table on another machine",
     [](Draft& d) {
       d.image.set32(d.image.header(4), elf::k_arm_unwind);
       return image_at(d.image.header(4));
     },
     [](const Target& target) { return !target.thumb; }},
    {Rule::P01, "RISC-V attributes on another machine",
     [](Draft& d) {
       d.image.set32(d.image.header(4), elf::k_riscv_attributes);
       return image_at(d.image.header(4));
     },
     [](const Target& target) { return target.machine != 243; }},
    {Rule::P01, "second dynamic table",
     [](Draft& d) {
       d.image.set32(d.image.header(4), 2);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "second read-only part",
     [](Draft& d) {
       d.image.set32(d.image.header(3), elf::k_gnu_relro);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "no dynamic table",
     [](Draft& d) {
       d.image.set32(d.image.header(2), 0);
       return image_at(d.image.header(0));
     }},
    {Rule::P01, "no code",
     [](Draft& d) {
       d.image.set32(d.image.header(0), 0);
       return image_at(d.image.header(0));
     }},

    {Rule::P02, "larger in the file than in memory",
     [](Draft& d) {
       return set_field(d, 1, d.image.header_memory_size(1),
                        d.image.get(d.image.header_file_size(1)) - 1);
     }},
    {Rule::P02, "outside the file",
     [](Draft& d) {
       return set_field(d, 1, d.image.header_file_size(1),
                        d.image.get(d.image.header_file_size(1)) + 1);
     }},
    {Rule::P02, "offset and size wrap",
     [](Draft& d) { return set_field(d, 1, d.image.header_offset(1), UINT64_MAX); }},
    {Rule::P02, "address and size wrap",
     [](Draft& d) { return set_field(d, 1, d.image.header_address(1), UINT64_MAX - 8); }},
    {Rule::P02, "empty segment",
     [](Draft& d) {
       d.image.set(d.image.header_file_size(1), 0);
       return set_field(d, 1, d.image.header_memory_size(1), 0);
     }},
    {Rule::P02, "code with zeroed memory",
     [](Draft& d) { return set_field(d, 0, d.image.header_memory_size(0), d.image.data + 4); }},

    {Rule::P03, "writable code",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(0), 7);
       return image_at(d.image.header_flags(0));
     }},
    {Rule::P03, "executable data",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(1), 7);
       return image_at(d.image.header_flags(1));
     }},
    {Rule::P03, "code that cannot be read",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(0), 1);
       return image_at(d.image.header_flags(0));
     }},
    {Rule::P03, "data that cannot be read",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(1), 2);
       return image_at(d.image.header_flags(1));
     }},
    {Rule::P03, "no rights",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(1), 0);
       return image_at(d.image.header_flags(1));
     }},
    {Rule::P03, "unknown rights",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(1), 0x10000006);
       return image_at(d.image.header_flags(1));
     }},
    {Rule::P03, "executable stack",
     [](Draft& d) {
       d.image.set32(d.image.header_flags(3), 7);
       return image_at(d.image.header_flags(3));
     }},
    {Rule::P03, "second data segment",
     [](Draft& d) {
       add_load(d, 6, page_behind(d));
       return image_at(d.image.header_flags(4));
     }},
    {Rule::P03, "code not at address 0",
     [](Draft& d) { return set_field(d, 0, d.image.header_address(0), d.image.target.page); }},
    {Rule::P03, "code not at offset 0",
     [](Draft& d) { return set_field(d, 0, d.image.header_offset(0), 16); }},

    {Rule::P04, "data before code",
     [](Draft& d) {
       // The two program headers change places; the first that is out of order is then the code.
       const uint32_t bytes = d.image.form.segment_bytes();
       uint8_t* first = d.image.bytes.data() + d.image.header(0);
       std::swap_ranges(first, first + bytes, first + bytes);
       return image_at(d.image.header(1));
     }},
    {Rule::P04, "segments share a page",
     [](Draft& d) {
       const uint32_t behind = page_behind(d) - d.image.target.page;
       At at = add_load(d, 4, behind);
       d.image.set(d.image.header_file_size(4), 16);
       d.image.bytes.resize(d.image.bytes.size() + 16);
       return at;
     }},
    {Rule::P04, "alignment 0",
     [](Draft& d) { return set_word(d, d.image.header_alignment(1), 0); }},
    {Rule::P04, "alignment below the page",
     [](Draft& d) { return set_word(d, d.image.header_alignment(1), d.image.target.page / 2); }},
    {Rule::P04, "alignment no power of two",
     [](Draft& d) { return set_word(d, d.image.header_alignment(1), d.image.target.page * 3); }},
    {Rule::P04, "alignment above the limit",
     [](Draft& d) { return set_word(d, d.image.header_alignment(1), 131072); }},
    {Rule::P04, "offset and address not congruent",
     [](Draft& d) {
       return set_field(d, 1, d.image.header_address(1), d.image.data_address + 16);
     }},
    {Rule::P04, "lower in memory than in the file",
     [](Draft& d) {
       TestImage& image = d.image;
       image.bytes.resize(image.target.page * 2 + image.bytes.size());
       image.set(image.header_offset(1), image.target.page * 2 + image.data);
       return image_at(image.header(1));
     }},

    {Rule::P05, "span above the limit of the node",
     [](Draft& d) { return set_field(d, 1, d.image.header_memory_size(1), 1U << 20); }},
    {Rule::P05, "span above the limit of any node",
     [](Draft& d) {
       d.offer.memory_max.image = UINT32_MAX;
       return set_field(d, 1, d.image.header_memory_size(1), 0x7fffffff);
     }},
    {Rule::P05, "segments overlap in the file",
     [](Draft& d) {
       TestImage& image = d.image;
       add_load(d, 4, page_behind(d));
       image.set(image.header_offset(4), image.file_end - 16);
       image.set(image.header_address(4), page_behind(d) - 16);
       if (page_behind(d) % image.target.page < 16) {
         image.set(image.header_address(4), page_behind(d) - 16 + image.target.page);
       }
       image.set(image.header_file_size(4), 16);
       return image_at(image.header(4));
     }},

    {Rule::P06, "more zeroed memory than stated",
     [](Draft& d) {
       d.image.set(d.image.header_memory_size(1), d.image.get(d.image.header_memory_size(1)) + 1);
       return image_at(d.image.header(0));
     }},

    {Rule::D01, "dynamic table in the code",
     [](Draft& d) {
       std::fill_n(d.image.bytes.data() + d.image.code, TestImage::k_code_bytes, uint8_t{0});
       d.image.set(d.image.header_offset(2), d.image.code);
       d.image.set(d.image.header_file_size(2), d.image.form.dynamic_bytes());
       return set_field(d, 2, d.image.header_address(2), d.image.code);
     }},
    {Rule::D01, "dynamic table outside",
     [](Draft& d) { return set_field(d, 2, d.image.header_address(2), UINT64_MAX - 7); }},
    {Rule::D01, "dynamic table in zeroed memory",
     [](Draft& d) { return set_field(d, 2, d.image.header_address(2), d.image.span - 16); }},
    {Rule::D01, "dynamic table with two places",
     [](Draft& d) {
       return set_field(d, 2, d.image.header_offset(2), d.image.dynamic - d.image.word());
     }},
    {Rule::D01, "dynamic table misaligned",
     [](Draft& d) {
       d.image.set(d.image.header_offset(2), d.image.dynamic - 2);
       return set_field(d, 2, d.image.header_address(2), d.image.address_of_dynamic() - 2);
     }},
    {Rule::D01, "dynamic table with a part of an entry",
     [](Draft& d) {
       return set_field(d, 2, d.image.header_file_size(2),
                        d.image.get(d.image.header_file_size(2)) - d.image.word());
     }},
    {Rule::D01, "dynamic table of nothing",
     [](Draft& d) { return set_field(d, 2, d.image.header_file_size(2), 0); }},
    {Rule::D01, "dynamic table without an end",
     [](Draft& d) {
       return set_field(d, 2, d.image.header_file_size(2), 13 * d.image.form.dynamic_bytes());
     }},
    {Rule::D01, "dynamic table too long",
     [](Draft& d) {
       // 65 entries, all inside the file and the data.
       TestImage& image = d.image;
       const uint32_t size = 65 * image.form.dynamic_bytes();
       image.bytes.resize(image.dynamic + size);
       image.set(image.header_file_size(1), image.dynamic + size - image.data);
       image.set(image.header_memory_size(1), image.dynamic + size - image.data);
       d.value(Tag::memory) = numbers_32({1U << 19, 4096, 0, 1024, 2048});
       return set_field(d, 2, image.header_file_size(2), size);
     }},
    {Rule::D01, "tag doubled",
     [](Draft& d) {
       return image_at(d.image.replace_symbolic(elf::k_tag_hash, 0) +
                       3 * d.image.form.dynamic_bytes());
     }},
    {Rule::D01, "something behind the end",
     [](Draft& d) {
       d.image.bytes[d.image.file_end - 1] = 1;
       return image_at(d.image.dynamic + 13 * d.image.form.dynamic_bytes());
     }},

    {Rule::D02, "needed library",
     [](Draft& d) { return image_at(d.image.replace_symbolic(1, 0)); }},
    {Rule::D02, "jump relocations",
     [](Draft& d) { return image_at(d.image.replace_symbolic(23, 0)); }},
    {Rule::D02, "size of jump relocations",
     [](Draft& d) { return image_at(d.image.replace_symbolic(2, 24)); }},
    {Rule::D02, "constructor function",
     [](Draft& d) { return image_at(d.image.replace_symbolic(12, 0x100)); }},
    {Rule::D02, "destructor function",
     [](Draft& d) { return image_at(d.image.replace_symbolic(13, 0x100)); }},
    {Rule::D02, "destructors",
     [](Draft& d) { return image_at(d.image.replace_symbolic(26, 0x100)); }},
    {Rule::D02, "early constructors",
     [](Draft& d) { return image_at(d.image.replace_symbolic(32, 0x100)); }},
    {Rule::D02, "library path", [](Draft& d) { return image_at(d.image.replace_symbolic(15, 0)); }},
    {Rule::D02, "run path", [](Draft& d) { return image_at(d.image.replace_symbolic(29, 0)); }},
    {Rule::D02, "relocations of code",
     [](Draft& d) { return image_at(d.image.replace_symbolic(22, 0)); }},
    {Rule::D02, "packed relocations",
     [](Draft& d) { return image_at(d.image.replace_symbolic(36, 0)); }},
    {Rule::D02, "versions needed",
     [](Draft& d) { return image_at(d.image.replace_symbolic(0x6ffffffe, 0)); }},
    {Rule::D02, "audit library",
     [](Draft& d) { return image_at(d.image.replace_symbolic(0x6ffffefc, 0)); }},
    {Rule::D02, "filter library",
     [](Draft& d) { return image_at(d.image.replace_symbolic(0x7fffffff, 0)); }},
    {Rule::D02, "tag with an allowed lower half",
     [](Draft& d) {
       return image_at(d.image.replace_symbolic((uint64_t{1} << 32) | elf::k_tag_symbolic, 0));
     },
     is_wide},
    {Rule::D02, "flag of relocations of code",
     [](Draft& d) {
       At at = set_tag_value(d, elf::k_tag_flags, 6);
       at.offset += d.image.word();
       return at;
     }},

    {Rule::D03, "other form of relocations",
     [](Draft& d) {
       return image_at(d.image.replace_symbolic(
           d.image.target.explicit_addend ? elf::k_tag_rel : elf::k_tag_rela, 0));
     }},
    {Rule::D03, "size of other relocations",
     [](Draft& d) {
       return image_at(d.image.replace_symbolic(
           d.image.target.explicit_addend ? elf::k_tag_rel_size : elf::k_tag_rela_size, 0));
     }},
    {Rule::D03, "table without size",
     [](Draft& d) {
       const uint32_t at = d.image.tag(size_tag(d));
       d.image.set(at, elf::k_tag_rel_count);
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "table without a place",
     [](Draft& d) {
       d.image.set(d.image.tag(table_tag(d)), elf::k_tag_rel_count);
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "table without the size of an entry",
     [](Draft& d) {
       d.image.set(d.image.tag(entry_tag(d)), elf::k_tag_rel_count);
       return image_at(d.image.tag(size_tag(d)));
     }},
    {Rule::D03, "entry size",
     [](Draft& d) {
       return set_tag_value(d, entry_tag(d),
                            d.image.form.relocation_bytes(!d.image.target.explicit_addend));
     }},
    {Rule::D03, "part of an entry",
     [](Draft& d) {
       set_tag_value(
           d, size_tag(d),
           d.image.word() + d.image.form.relocation_bytes(d.image.target.explicit_addend));
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "too many relocations",
     [](Draft& d) {
       set_tag_value(
           d, size_tag(d),
           uint64_t{65537} * d.image.form.relocation_bytes(d.image.target.explicit_addend));
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "table outside",
     [](Draft& d) {
       set_tag_value(d, table_tag(d), d.image.data & ~7U);
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "table at the end of the address space",
     [](Draft& d) {
       set_tag_value(d, table_tag(d), UINT64_MAX - 7);
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "table in zeroed memory",
     [](Draft& d) {
       set_tag_value(d, table_tag(d), d.image.span - TestImage::k_zeroed_bytes);
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "table misaligned",
     [](Draft& d) {
       set_tag_value(d, table_tag(d), d.image.relocations + 2);
       return image_at(d.image.tag(entry_tag(d)));
     }},

    {Rule::D04, "constructors in the code",
     [](Draft& d) {
       set_tag_value(d, elf::k_tag_init_array, d.image.code);
       return image_at(d.image.tag(elf::k_tag_init_array_size));
     }},
    {Rule::D04, "constructors outside",
     [](Draft& d) {
       set_tag_value(d, elf::k_tag_init_array, UINT64_MAX - 7);
       return image_at(d.image.tag(elf::k_tag_init_array_size));
     }},
    {Rule::D04, "constructors misaligned",
     [](Draft& d) {
       set_tag_value(d, elf::k_tag_init_array, d.image.data_address + 2);
       return image_at(d.image.tag(elf::k_tag_init_array_size));
     }},
    {Rule::D04, "part of a constructor",
     [](Draft& d) { return set_tag_value(d, elf::k_tag_init_array_size, d.image.word() + 1); }},
    {Rule::D04, "too many constructors",
     [](Draft& d) {
       // All 257 inside the data.
       TestImage& image = d.image;
       image.bytes.resize(image.data + 257 * image.word() + image.file_end);
       const auto size = static_cast<uint32_t>(image.bytes.size()) - image.data;
       image.set(image.header_file_size(1), size);
       image.set(image.header_memory_size(1), size);
       d.value(Tag::memory) = numbers_32({1U << 19, 4096, 0, 1024, 2048});
       return set_tag_value(d, elf::k_tag_init_array_size, uint64_t{257} * image.word());
     }},
    {Rule::D04, "constructors without a place",
     [](Draft& d) {
       d.image.set(d.image.tag(elf::k_tag_init_array), elf::k_tag_rel_count);
       return image_at(d.image.tag(elf::k_tag_init_array_size));
     }},
    {Rule::D04, "constructors without a size",
     [](Draft& d) {
       d.image.set(d.image.tag(elf::k_tag_init_array_size), elf::k_tag_rel_count);
       return image_at(d.image.tag(elf::k_tag_init_array));
     }},

    {Rule::R01, "relocation type",
     [](Draft& d) {
       return set_word(d, d.image.relocation(2) + d.image.word(), d.image.target.relative ^ 1);
     }},
    {Rule::R01, "relocation with a symbol",
     [](Draft& d) {
       return set_word(d, d.image.relocation(2) + d.image.word(),
                       d.image.target.relative | (uint64_t{1} << (d.image.form.wide() ? 32 : 8)));
     }},
    {Rule::R01, "relocation with a symbol in the highest bit",
     [](Draft& d) {
       return set_word(d, d.image.relocation(2) + d.image.word(),
                       d.image.target.relative | (uint64_t{1} << (d.image.form.wide() ? 63 : 31)));
     }},

    {Rule::R02, "place misaligned",
     [](Draft& d) {
       return set_word(d, d.image.relocation(2), d.image.data_address + 2 * d.image.word() + 1);
     }},
    {Rule::R02, "place in the code",
     [](Draft& d) { return set_word(d, d.image.relocation(0), d.image.code); }},
    {Rule::R02, "place in the headers",
     [](Draft& d) { return set_word(d, d.image.relocation(0), 0); }},
    {Rule::R02, "place in zeroed memory",
     [](Draft& d) {
       return set_word(d, d.image.relocation(3), d.image.span - TestImage::k_zeroed_bytes);
     }},
    {Rule::R02, "place outside",
     [](Draft& d) { return set_word(d, d.image.relocation(3), UINT64_MAX - 7); }},

    {Rule::R03, "places descending",
     [](Draft& d) {
       return set_word(d, d.image.relocation(3), d.image.data_address + d.image.word());
     }},
    {Rule::R03, "place doubled",
     [](Draft& d) {
       return set_word(d, d.image.relocation(3), d.image.data_address + 2 * d.image.word());
     }},

    {Rule::R04, "address outside the image",
     [](Draft& d) { return set_word(d, d.image.relocation_value(3), d.image.span + 1); }},
    {Rule::R04, "negative address",
     [](Draft& d) { return set_word(d, d.image.relocation_value(2), UINT64_MAX); }},

    {Rule::R05, "relocation of the dynamic table",
     [](Draft& d) { return set_word(d, d.image.relocation(3), d.image.address_of_dynamic()); }},
    {Rule::R05, "relocation of the relocations",
     [](Draft& d) {
       // The table moves into the writable data, in place of the spare entries of the dynamic
       // table.
       TestImage& image = d.image;
       const uint32_t entry = image.form.relocation_bytes(image.target.explicit_addend);
       const uint32_t end = image.file_end;
       const uint32_t size = TestImage::k_relocations * entry;
       image.bytes.resize(end + size);
       std::copy_n(image.bytes.data() + image.relocations, size, image.bytes.data() + end);
       image.set(image.header_file_size(1), end + size - image.data);
       image.set(image.header_memory_size(1), end + size - image.data);
       const uint64_t address = image.data_address + (end - image.data);
       set_tag_value(d, table_tag(d), address);
       const uint32_t last = end + 3 * entry;
       image.set(last, address);
       d.value(Tag::memory) = numbers_32({1U << 19, 4096, 0, 1024, 2048});
       return image_at(last);
     }},

    {Rule::N01, "entry differs from the manifest's",
     [](Draft& d) { return set_word(d, d.image.form.entry(), d.image.entry + 4); }},
    {Rule::N01, "entry in the data",
     [](Draft& d) {
       const uint32_t entry = d.image.data_address + (d.image.target.thumb ? 1 : 0);
       d.value(Tag::entry) = numbers_32({entry});
       return set_word(d, d.image.form.entry(), entry);
     }},
    {Rule::N01, "entry in the ELF header",
     [](Draft& d) {
       const uint32_t entry = d.image.target.thumb ? 1 : 0;
       d.value(Tag::entry) = numbers_32({entry});
       return set_word(d, d.image.form.entry(), entry);
     }},
    {Rule::N01, "entry in the program headers",
     [](Draft& d) {
       const uint32_t entry = d.image.relocations - 16 + (d.image.target.thumb ? 1 : 0);
       d.value(Tag::entry) = numbers_32({entry});
       return set_word(d, d.image.form.entry(), entry);
     }},
    {Rule::N01, "entry at the end of the code",
     [](Draft& d) {
       const uint32_t entry = d.image.data + (d.image.target.thumb ? 1 : 0);
       d.value(Tag::entry) = numbers_32({entry});
       return set_word(d, d.image.form.entry(), entry);
     }},
    {Rule::N01, "entry without the Thumb bit",
     [](Draft& d) {
       d.value(Tag::entry) = numbers_32({d.image.code});
       return set_word(d, d.image.form.entry(), d.image.code);
     },
     has_thumb},
    {Rule::N01, "entry misaligned",
     [](Draft& d) {
       const uint32_t entry = d.image.code + d.image.target.instruction_bytes / 2;
       d.value(Tag::entry) = numbers_32({entry});
       return set_word(d, d.image.form.entry(), entry);
     },
     [](const Target& target) { return has_alignment(target) && !has_thumb(target); }},

    {Rule::N02, "constructor in the data",
     [](Draft& d) {
       return set_word(d, d.image.relocation_value(1),
                       d.image.data_address + (d.image.target.thumb ? 1 : 0));
     }},
    {Rule::N02, "constructor in the headers",
     [](Draft& d) {
       return set_word(d, d.image.relocation_value(0), d.image.target.thumb ? 5 : 4);
     }},
    {Rule::N02, "constructor without the Thumb bit",
     [](Draft& d) { return set_word(d, d.image.relocation_value(0), d.image.code); }, has_thumb},
    {Rule::N02, "constructor without a relocation",
     [](Draft& d) {
       set_word(d, d.image.relocation(1), d.image.data_address + 2 * d.image.word());
       set_word(d, d.image.relocation(2), d.image.data_address + 3 * d.image.word());
       set_word(d, d.image.relocation(3), d.image.data_address + 4 * d.image.word());
       return image_at(d.image.data);
     }},
    {Rule::N02, "constructors without any relocation",
     [](Draft& d) {
       set_tag_value(d, size_tag(d), 0);
       return image_at(d.image.data);
     }},
};

TEST(ElfRules, each_wrong_thing_is_refused_by_its_rule_at_its_byte) { expect_refusals(k_cases); }

TEST(ElfRules, each_rule_has_a_case) { expect_covered(k_cases, Rule::E01, Rule::N02); }

TEST(ElfRules, relocations_above_their_limit_are_refused_wherever_they_lie) {
  // All of them inside the data, so that the number alone is wrong.
  TestImage image(*find_target("thumbv7m-none-samara"));
  const uint32_t size = (k_relocations_max + 1) * 8;
  const uint32_t address = image.data_address + (image.file_end - image.data);
  image.bytes.resize(image.file_end + size);
  image.set(image.header_file_size(1), image.file_end + size - image.data);
  image.set(image.header_memory_size(1), image.file_end + size - image.data);
  image.set(image.tag(elf::k_tag_rel) + 4, address);
  image.set(image.tag(elf::k_tag_rel_size) + 4, size);
  Layout layout;
  const Refusal refusal = check_image(
      image.bytes,
      {.target = &image.target, .entry = image.entry, .span_max = 1U << 20, .memory_max = 1U << 20},
      layout);
  EXPECT_EQ(refusal.rule, Rule::D03);
  EXPECT_EQ(refusal.allowed, k_relocations_max);
}

TEST(ElfRules, program_headers_that_nobody_reads_are_allowed) {
  for (const Target& target : targets()) {
    SCOPED_TRACE(target.triple);
    std::set<uint32_t> types = {elf::k_null, elf::k_note, elf::k_program_headers,
                                elf::k_gnu_exception_frames, elf::k_gnu_property};
    if (target.thumb) types.insert(elf::k_arm_unwind);
    if (target.machine == 243) types.insert(elf::k_riscv_attributes);
    for (uint32_t type : types) {
      Draft draft(target);
      draft.image.set32(draft.image.header(4), type);
      draft.image.set(draft.image.header_offset(4), UINT64_MAX);
      const Bytes file = draft.finish();
      ValidImage valid;
      EXPECT_FALSE(draft.run(file, valid)) << type;
    }
  }
}

TEST(ElfRules, image_without_relocations_and_constructors_is_allowed) {
  for (const Target& target : targets()) {
    SCOPED_TRACE(target.triple);
    Draft draft(target);
    TestImage& image = draft.image;
    for (uint64_t tag : {table_tag(draft), size_tag(draft), entry_tag(draft),
                         uint64_t{elf::k_tag_init_array}, uint64_t{elf::k_tag_init_array_size}}) {
      image.set(image.tag(tag), elf::k_tag_rel_count);
    }
    const Bytes file = draft.finish();
    ValidImage valid;
    const Refusal refusal = draft.run(file, valid);
    ASSERT_FALSE(refusal) << refusal_error(refusal).message();
    EXPECT_EQ(valid.layout.relocation_count, 0U);
    EXPECT_EQ(valid.layout.init_count, 0U);
  }
}

}  // namespace
}  // namespace samara::image
