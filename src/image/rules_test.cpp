// The table of rules, one wrong thing at a time: each case spoils a good image in one way and names
// the rule and the byte at which the validator must refuse. Cases run on every target they make sense
// for, from ordinary memory and from memory that ends with the file.

#include <gtest/gtest.h>

#include <set>

#include "image/image_test_support.hpp"

namespace samara::image {
namespace {

/// Where a refusal must point: a byte of the file, or of the image inside it.
struct At {
  bool in_image = false;
  uint32_t offset = 0;
};
At file_at(uint32_t offset) { return {.in_image = false, .offset = offset}; }
At image_at(uint64_t offset) { return {.in_image = true, .offset = static_cast<uint32_t>(offset)}; }

struct Case {
  Rule rule;
  const char* name;
  At (*spoil)(Draft& draft);
  bool (*applies)(const Target& target) = nullptr;
};

bool has_thumb(const Target& target) { return target.thumb; }
bool is_wide(const Target& target) { return target.word_bytes == 8; }
bool has_alignment(const Target& target) { return target.instruction_bytes > 1; }

At set_header(Draft& draft, void (*damage)(Bytes&), uint32_t at) {
  draft.damage = damage;
  return file_at(at);
}

At replace_value(Draft& draft, Tag tag, Bytes value, uint32_t from = 0) {
  draft.value(tag) = std::move(value);
  return file_at(draft.place(tag) + from);
}

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
    {Rule::C01, "no magic",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[3] = '2'; }, 0); }},
    {Rule::C01, "shorter than the header",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f.resize(63); }, 0); }},
    {Rule::C01, "empty file",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f.clear(); }, 0); }},
    {Rule::C01, "version 2",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[4] = 2; }, 4); }},
    {Rule::C01, "header size",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[6] = 68; }, 6); }},
    {Rule::C01, "flag bit",
     [](Draft& d) { d.flags = 2; return file_at(44); }},
    {Rule::C01, "reserved byte",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[63] = 1; }, 48); }},

    {Rule::C02, "total size too large",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[8]++; }, 8); }},
    {Rule::C02, "trailing byte not counted",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f.push_back(0); }, 8); }},
    {Rule::C02, "manifest not at 64",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[12] = 80; }, 12); }},
    {Rule::C02, "manifest of no bytes",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 16, 0); }, 16); }},
    {Rule::C02, "manifest above its limit",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 16, 4100); }, 16); }},
    {Rule::C02, "manifest size not a multiple of 4",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[16] |= 2; }, 16); }},
    {Rule::C02, "image missing",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 24, 0); }, 24); }},
    {Rule::C02, "image misaligned",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[20] += 4; }, 20); }},
    {Rule::C02, "image over manifest",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 20, 64); }, 20); }},
    {Rule::C02, "image outside the file",
     [](Draft& d) {
       return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 24, UINT32_MAX); }, 20);
     }},
    {Rule::C02, "image offset wraps with its size",
     [](Draft& d) {
       return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 20, 0xfffffff0); }, 20);
     }},
    {Rule::C02, "gap too large",
     [](Draft& d) {
       return set_header(
           d, [](Bytes& f) { store_le<uint32_t>(f, 20, load_le<uint32_t>(f, 20) + 16); }, 20);
     }},
    {Rule::C02, "debug before image",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 28, 64); }, 28); }},
    {Rule::C02, "debug with a place and no size",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 32, 0); }, 28); }},
    {Rule::C02, "signatures outside the file",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[40]++; }, 36); }},
    {Rule::C02, "signatures with a place and no size",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 40, 0); }, 36); }},
    {Rule::C02, "gap not zero",
     [](Draft& d) {
       d.damage = [](Bytes& f) { f[load_le<uint32_t>(f, 36) - 1] = 1; };
       return file_at(d.debug_place() + 20);
     }},

    {Rule::C03, "entry cut off",
     [](Draft& d) {
       d.manifest = {{2, Bytes(4)}};
       d.manifest[0].value.clear();
       d.hash_image = false;
       return file_at(64 + 2);
     }},
    {Rule::C03, "entry longer than the manifest",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[64 + 3] = 0xff; }, 64 + 2); }},
    {Rule::C03, "types unsorted",
     [](Draft& d) {
       std::swap(d.manifest[0], d.manifest[1]);
       return file_at(d.place(Tag::name) - 4);
     }},
    {Rule::C03, "type doubled",
     [](Draft& d) {
       d.manifest.insert(d.manifest.begin(), d.manifest[0]);
       return file_at(64 + 12);
     }},
    {Rule::C03, "type 0",
     [](Draft& d) { d.manifest.insert(d.manifest.begin(), {0, {}}); return file_at(64); }},
    {Rule::C03, "type unknown",
     [](Draft& d) {
       d.manifest.insert(d.manifest.end() - 2, {15, Bytes(4)});
       return file_at(d.place(Tag::determinism) + 4);
     }},
    {Rule::C03, "fixed length wrong",
     [](Draft& d) {
       At at = replace_value(d, Tag::abi, Bytes(8));
       at.offset -= 2;
       return at;
     }},
    {Rule::C03, "hash too short",
     [](Draft& d) {
       d.hash_image = false;
       At at = replace_value(d, Tag::image_hash, Bytes(28));
       at.offset -= 2;
       return at;
     }},
    {Rule::C03, "padding not zero",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[64 + 4 + 7] = 1; }, 64 + 4 + 6); }},
    {Rule::C03, "determinism 2",
     [](Draft& d) { return replace_value(d, Tag::determinism, {2}); }},
    {Rule::C03, "target empty",
     [](Draft& d) {
       At at = replace_value(d, Tag::target, {});
       at.offset -= 2;
       return at;
     }},
    {Rule::C03, "target missing", [](Draft& d) { d.remove(Tag::target); return file_at(64); }},
    {Rule::C03, "abi missing", [](Draft& d) { d.remove(Tag::abi); return file_at(64); }},
    {Rule::C03, "entry missing", [](Draft& d) { d.remove(Tag::entry); return file_at(64); }},
    {Rule::C03, "hash missing",
     [](Draft& d) {
       d.hash_image = false;
       d.remove(Tag::image_hash);
       return file_at(64);
     }},
    {Rule::C03, "memory missing", [](Draft& d) { d.remove(Tag::memory); return file_at(64); }},
    {Rule::C03, "time missing", [](Draft& d) { d.remove(Tag::time); return file_at(64); }},
    {Rule::C03, "capabilities missing",
     [](Draft& d) { d.remove(Tag::capabilities); return file_at(64); }},

    {Rule::C04, "other target",
     [](Draft& d) {
       return replace_value(d, Tag::target, text_bytes("thumbv6m-none-samara"));
     }},
    {Rule::C04, "target with a byte more",
     [](Draft& d) {
       Bytes longer = d.value(Tag::target);
       longer.push_back(0);
       return replace_value(d, Tag::target, longer);
     }},
    {Rule::C04, "abi major",
     [](Draft& d) { return replace_value(d, Tag::abi, {2, 0, 0, 0}); }},
    {Rule::C04, "abi minor too new",
     [](Draft& d) { return replace_value(d, Tag::abi, {1, 0, 4, 0}, 2); }},

    {Rule::C05, "no image memory",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({0, 1, 1, 1, 1})); }},
    {Rule::C05, "too much image memory",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({(1U << 20) + 1, 1, 1, 1, 1}));
     }},
    {Rule::C05, "no stack",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 0, 1, 1, 1}), 4); }},
    {Rule::C05, "too much stack",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({64, UINT32_MAX, 1, 1, 1}), 4);
     }},
    {Rule::C05, "too much heap",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({64, 1, (1U << 20) + 1, 1, 1}), 8);
     }},
    {Rule::C05, "no input",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 0, 1}), 12); }},
    {Rule::C05, "too much input",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 1U << 17, 1}), 12); }},
    {Rule::C05, "no output",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 1, 0}), 16); }},
    {Rule::C05, "too much output",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 1, 1U << 17}), 16); }},
    {Rule::C05, "sum above the limit",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({1U << 20, 4096, 1U << 20, 1, 1}));
     }},
    {Rule::C05, "sum wraps around 32 bits",
     [](Draft& d) {
       d.offer.memory_max = {.image = UINT32_MAX,
                             .stack = UINT32_MAX,
                             .heap = UINT32_MAX,
                             .input = UINT32_MAX,
                             .output = UINT32_MAX};
       return replace_value(d, Tag::memory, numbers_32({0x80000000, 0x80000000, 0, 1, 1}));
     }},
    {Rule::C05, "no deadline",
     [](Draft& d) { return replace_value(d, Tag::time, numbers_32({0, 100})); }},
    {Rule::C05, "deadline above its maximum",
     [](Draft& d) { return replace_value(d, Tag::time, numbers_32({200, 100})); }},
    {Rule::C05, "deadline above the node's",
     [](Draft& d) { return replace_value(d, Tag::time, numbers_32({200, 10001}), 4); }},
    {Rule::C05, "more memory than the key may grant",
     [](Draft& d) { d.keys[0].memory_max = 4096; return file_at(d.place(Tag::memory)); }},
    {Rule::C05, "longer deadline than the key may grant",
     [](Draft& d) { d.keys[0].deadline_ms_max = 1999; return file_at(d.place(Tag::time) + 4); }},

    {Rule::C06, "unknown capability",
     [](Draft& d) {
       d.keys[0].capabilities = UINT64_MAX;
       return replace_value(d, Tag::capabilities, numbers_32({1U << 7, 0}));
     }},
    {Rule::C06, "unknown capability in the upper half",
     [](Draft& d) {
       d.keys[0].capabilities = UINT64_MAX;
       return replace_value(d, Tag::capabilities, numbers_32({0, 1U << 31}));
     }},
    {Rule::C06, "capability not granted",
     [](Draft& d) {
       return replace_value(d, Tag::capabilities, numbers_32({k_capability_random, 0}));
     }},
    {Rule::C06, "pure with a clock",
     [](Draft& d) {
       d.value(Tag::determinism) = {1};
       return replace_value(d, Tag::capabilities, numbers_32({k_capability_clock, 0}));
     }},
    {Rule::C06, "unsigned task asks for more than unsigned tasks get",
     [](Draft& d) {
       d.signatures.clear();
       d.policy.signatures_needed = 0;
       return file_at(d.place(Tag::capabilities));
     }},

    {Rule::C07, "name empty",
     [](Draft& d) {
       At at = replace_value(d, Tag::name, {});
       at.offset -= 2;
       return at;
     }},
    {Rule::C07, "name of 65 bytes",
     [](Draft& d) {
       At at = replace_value(d, Tag::name, Bytes(65, 'a'));
       at.offset -= 2;
       return at;
     }},
    {Rule::C07, "name with a line feed",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("a\nb"), 1); }},
    {Rule::C07, "name with DEL",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\x7f")); }},
    {Rule::C07, "name with a C1 control",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("a\xc2\x85"), 1); }},
    {Rule::C07, "name with a lone continuation",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("ab\x80"), 2); }},
    {Rule::C07, "name with an overlong form",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xe0\x80\xaf")); }},
    {Rule::C07, "name with a surrogate",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xed\xa0\x80")); }},
    {Rule::C07, "name above U+10FFFF",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xf4\x90\x80\x80")); }},
    {Rule::C07, "name cut in a character",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("a\xe2\x82"), 1); }},

    {Rule::X01, "counted trailing bytes",
     [](Draft& d) {
       d.damage = [](Bytes& f) {
         f.push_back(0);
         store_le<uint32_t>(f, 8, static_cast<uint32_t>(f.size()));
       };
       return file_at(d.signature_place() + static_cast<uint32_t>(d.signatures.size()));
     }},

    {Rule::S01, "unsigned", [](Draft& d) { d.signatures.clear(); return file_at(0); }},
    {Rule::S01, "too few signatures",
     [](Draft& d) { d.policy.signatures_needed = 2; return file_at(d.signature_place()); }},
    {Rule::S01, "five signatures",
     [](Draft& d) {
       for (uint8_t seed = 20; seed < 24; seed++) d.sign(test_key(seed));
       return file_at(d.signature_place());
     }},
    {Rule::S01, "no signatures in the part",
     [](Draft& d) { d.signatures[0] = 0; return file_at(d.signature_place()); }},
    {Rule::S01, "part shorter than a signature",
     [](Draft& d) { d.signatures.resize(79); return file_at(d.signature_place()); }},
    {Rule::S01, "part longer than its signatures",
     [](Draft& d) { d.signatures.push_back(0); return file_at(d.signature_place()); }},
    {Rule::S01, "reserved bytes of the part",
     [](Draft& d) { d.signatures[2] = 1; return file_at(d.signature_place() + 2); }},
    {Rule::S01, "unknown algorithm",
     [](Draft& d) { d.signatures[4] = 2; return file_at(d.signature_place() + 4); }},
    {Rule::S01, "reserved byte of a signature",
     [](Draft& d) { d.signatures[5] = 1; return file_at(d.signature_place() + 5); }},
    {Rule::S01, "role 0",
     [](Draft& d) { d.signatures[6] = 0; return file_at(d.signature_place() + 6); }},
    {Rule::S01, "role 4",
     [](Draft& d) { d.signatures[6] = 4; return file_at(d.signature_place() + 6); }},
    {Rule::S01, "key doubled",
     [](Draft& d) { d.sign(d.keys[0]); return file_at(d.signature_place() + 4 + 76 + 4); }},

    {Rule::S02, "signature does not verify",
     [](Draft& d) { d.policy.verify = verifies_none; return file_at(d.signature_place() + 4); }},
    {Rule::S02, "S is the order of the group",
     [](Draft& d) {
       const uint8_t order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14};
       std::copy(std::begin(order), std::end(order), d.signatures.begin() + 4 + 12 + 32);
       d.signatures[4 + 12 + 63] = 0x10;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S02, "S far above the order",
     [](Draft& d) { d.signatures[4 + 12 + 63] = 0x80; return file_at(d.signature_place() + 4); }},
    {Rule::S02, "key of small order",
     [](Draft& d) {
       d.keys[0].key.fill(0xff);
       d.keys[0].key[0] = 0xec;
       d.signatures.clear();
       d.sign(d.keys[0]);
       return file_at(d.signature_place() + 4);
     }},

    {Rule::S03, "key unknown",
     [](Draft& d) { d.keys.clear(); return file_at(d.signature_place() + 4); }},
    {Rule::S03, "key revoked",
     [](Draft& d) {
       d.signatures.clear();
       d.sign(d.keys[1]);
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key expired",
     [](Draft& d) {
       d.keys[0].not_after = 999;
       d.policy.now = 1000;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key without the role",
     [](Draft& d) { d.keys[0].roles = 1U << 3; return file_at(d.signature_place() + 4); }},
    {Rule::S03, "key not for the target",
     [](Draft& d) {
       d.keys[0].targets = ~target_bit(*d.offer.target);
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "needed role missing",
     [](Draft& d) { d.policy.roles_needed = 1U << 3; return file_at(d.signature_place()); }},
    {Rule::S03, "task revoked",
     [](Draft& d) {
       Container container;
       const Bytes file = d.finish();
       EXPECT_FALSE(read_container(file, container));
       d.revoked_tasks = {container.task_id()};
       return file_at(0);
     }},
    {Rule::S03, "task not valid yet",
     [](Draft& d) {
       d.policy.now = 1000;
       d.manifest.insert(d.manifest.begin() + 8, {12, numbers_32({1001, 0, 2000, 0})});
       return file_at(d.place(Tag::validity));
     }},
    {Rule::S03, "task not valid any more",
     [](Draft& d) {
       d.policy.now = 2001;
       d.manifest.insert(d.manifest.begin() + 8, {12, numbers_32({1001, 0, 2000, 0})});
       return file_at(d.place(Tag::validity) + 8);
     }},

    {Rule::S04, "image changed",
     [](Draft& d) {
       d.damage = [](Bytes& f) { f[load_le<uint32_t>(f, 28) - 40] ^= 1; };
       return file_at(d.place(Tag::image_hash));
     }},

    {Rule::E01, "image shorter than a header",
     [](Draft& d) { d.image.bytes.resize(d.image.form.header_bytes() - 1); return image_at(0); }},
    {Rule::E01, "not ELF", [](Draft& d) { d.image.bytes[1] = 'e'; return image_at(0); }},
    {Rule::E01, "other class", [](Draft& d) { d.image.bytes[4] ^= 3; return image_at(4); }},
    {Rule::E01, "big-endian", [](Draft& d) { d.image.bytes[5] = 2; return image_at(5); }},
    {Rule::E01, "identification version",
     [](Draft& d) { d.image.bytes[6] = 0; return image_at(6); }},
    {Rule::E01, "OS/ABI of GNU", [](Draft& d) { d.image.bytes[7] = 3; return image_at(7); }},
    {Rule::E01, "padding", [](Draft& d) { d.image.bytes[15] = 1; return image_at(8); }},

    {Rule::E02, "executable", [](Draft& d) { d.image.set16(16, 2); return image_at(16); }},
    {Rule::E02, "relocatable", [](Draft& d) { d.image.set16(16, 1); return image_at(16); }},
    {Rule::E02, "machine", [](Draft& d) { d.image.set16(18, 3); return image_at(18); }},
    {Rule::E02, "version", [](Draft& d) { d.image.set32(20, 2); return image_at(20); }},
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
     [](Draft& d) { d.image.set16(d.image.form.sizes(), 60); return image_at(d.image.form.sizes()); }},
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
     [](Draft& d) { d.image.set32(d.image.header(4), 3); return image_at(d.image.header(4)); }},
    {Rule::P01, "thread-local",
     [](Draft& d) { d.image.set32(d.image.header(4), 7); return image_at(d.image.header(4)); }},
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
    {Rule::P01, "second dynamic table",
     [](Draft& d) { d.image.set32(d.image.header(4), 2); return image_at(d.image.header(4)); }},
    {Rule::P01, "second read-only part",
     [](Draft& d) {
       d.image.set32(d.image.header(3), elf::k_gnu_relro);
       return image_at(d.image.header(4));
     }},
    {Rule::P01, "no dynamic table",
     [](Draft& d) { d.image.set32(d.image.header(2), 0); return image_at(d.image.header(0)); }},
    {Rule::P01, "no code",
     [](Draft& d) { d.image.set32(d.image.header(0), 0); return image_at(d.image.header(0)); }},

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
     [](Draft& d) {
       return set_field(d, 0, d.image.header_memory_size(0), d.image.data + 4);
     }},

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
       d.image.set(d.image.header_memory_size(1),
                   d.image.get(d.image.header_memory_size(1)) + 1);
       return image_at(d.image.header(0));
     }},

    {Rule::D01, "dynamic table in the code",
     [](Draft& d) {
       d.image.set(d.image.header_offset(2), d.image.code);
       return set_field(d, 2, d.image.header_address(2), d.image.code);
     }},
    {Rule::D01, "dynamic table outside",
     [](Draft& d) { return set_field(d, 2, d.image.header_address(2), UINT64_MAX - 7); }},
    {Rule::D01, "dynamic table in zeroed memory",
     [](Draft& d) {
       return set_field(d, 2, d.image.header_address(2), d.image.span - 16);
     }},
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
     [](Draft& d) { return image_at(d.image.replace_symbolic(elf::k_tag_hash, 0) +
                                    3 * d.image.form.dynamic_bytes()); }},
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
    {Rule::D02, "library path",
     [](Draft& d) { return image_at(d.image.replace_symbolic(15, 0)); }},
    {Rule::D02, "run path",
     [](Draft& d) { return image_at(d.image.replace_symbolic(29, 0)); }},
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
    {Rule::D03, "entry size",
     [](Draft& d) {
       return set_tag_value(d, entry_tag(d),
                            d.image.form.relocation_bytes(!d.image.target.explicit_addend));
     }},
    {Rule::D03, "part of an entry",
     [](Draft& d) {
       set_tag_value(d, size_tag(d), d.image.word() + d.image.form.relocation_bytes(
                                                          d.image.target.explicit_addend));
       return image_at(d.image.tag(entry_tag(d)));
     }},
    {Rule::D03, "too many relocations",
     [](Draft& d) {
       set_tag_value(d, size_tag(d), uint64_t{65537} * d.image.form.relocation_bytes(
                                                           d.image.target.explicit_addend));
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
       return set_tag_value(d, elf::k_tag_init_array_size, uint64_t{257} * d.image.word());
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
                       d.image.target.relative |
                           (uint64_t{1} << (d.image.form.wide() ? 32 : 8)));
     }},
    {Rule::R01, "relocation with a symbol in the highest bit",
     [](Draft& d) {
       return set_word(d, d.image.relocation(2) + d.image.word(),
                       d.image.target.relative |
                           (uint64_t{1} << (d.image.form.wide() ? 63 : 31)));
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
     [](Draft& d) {
       return set_word(d, d.image.relocation(3), d.image.address_of_dynamic());
     }},
    {Rule::R05, "relocation of the relocations",
     [](Draft& d) {
       // The table moves into the writable data, in place of the spare entries of the dynamic table.
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
     [](Draft& d) {
       return set_word(d, d.image.form.entry(), d.image.entry + 4);
     }},
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

TEST(Rules, each_wrong_thing_is_refused_by_its_rule_at_its_byte) {
  for (const Target& target : targets()) {
    for (const Case& wrong : k_cases) {
      if (wrong.applies != nullptr && !wrong.applies(target)) continue;
      SCOPED_TRACE(std::string(target.triple) + ", " + std::string(rule_name(wrong.rule)) + ": " +
                   wrong.name);
      Draft draft(target);
      const At at = wrong.spoil(draft);
      const Bytes file = draft.finish();
      const uint32_t expected = at.offset + (at.in_image ? draft.image_place() : 0);
      ValidImage valid;
      const Refusal refusal = draft.run(file, valid);
      EXPECT_EQ(rule_name(refusal.rule), rule_name(wrong.rule))
          << (refusal.what != nullptr ? refusal.what : "accepted");
      EXPECT_EQ(refusal.offset, expected) << (refusal.what != nullptr ? refusal.what : "");

      const GuardedCopy guarded(file);
      const Refusal again = draft.run(guarded.view(), valid);
      EXPECT_EQ(again.rule, refusal.rule);
      EXPECT_EQ(again.offset, refusal.offset);
    }
  }
}

TEST(Rules, each_rule_has_a_case_a_hint_and_a_class) {
  std::set<Rule> covered;
  for (const Case& wrong : k_cases) covered.insert(wrong.rule);
#define SAMARA_IMAGE_RULE(rule, refusal_class_name, hint)          \
  EXPECT_EQ(covered.count(Rule::rule), 1U) << #rule;               \
  EXPECT_FALSE(rule_hint(Rule::rule).empty());                     \
  EXPECT_EQ(rule_name(Rule::rule), #rule);                         \
  EXPECT_EQ(refusal_class(Rule::rule), RefusalClass::refusal_class_name);
#include "image/rules.def"
#undef SAMARA_IMAGE_RULE
}

}  // namespace
}  // namespace samara::image
