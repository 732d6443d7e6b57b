#pragma once
// Images and containers for tests, written byte by byte and not with the writer under test. A Draft
// is good as it comes; a test spoils one thing. Threads: each test makes its own.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#ifdef SAMARA_HOST
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "core/sha256.hpp"
#include "image/elf.hpp"
#include "image/validate.hpp"

namespace samara::image {

/// A small image in the form which linkers make: code, then data with constructors, pointers, the
/// dynamic table and zeroed memory.
struct TestImage {
  explicit TestImage(const Target& of) : target(of), form{of.word_bytes} { build(); }

  const Target& target;
  elf::Form form;
  Bytes bytes;
  // Offsets in the file.
  uint32_t segments = 0;     // program headers: code, data, dynamic, stack, relro
  uint32_t relocations = 0;  // four: two constructors, a pointer into the code, one past the end
  uint32_t code = 0;
  uint32_t data = 0;  // two constructors, two pointers, one number
  uint32_t dynamic = 0;
  uint32_t file_end = 0;
  // Addresses.
  uint32_t data_address = 0;
  uint32_t span = 0;
  uint32_t entry = 0;

  static constexpr uint32_t k_code_bytes = 64;
  static constexpr uint32_t k_zeroed_bytes = 48;
  static constexpr uint32_t k_relocations = 4;

  uint32_t word() const { return form.word; }
  uint32_t header(uint32_t index) const { return segments + index * form.segment_bytes(); }
  uint32_t header_flags(uint32_t index) const { return header(index) + (form.wide() ? 4 : 24); }
  uint32_t header_offset(uint32_t index) const { return header(index) + (form.wide() ? 8 : 4); }
  uint32_t header_address(uint32_t index) const { return header_offset(index) + word(); }
  uint32_t header_file_size(uint32_t index) const { return header_offset(index) + 3 * word(); }
  uint32_t header_memory_size(uint32_t index) const { return header_offset(index) + 4 * word(); }
  uint32_t header_alignment(uint32_t index) const {
    return header(index) + (form.wide() ? 48 : 28);
  }
  uint32_t relocation(uint32_t index) const {
    return relocations + index * form.relocation_bytes(target.explicit_addend);
  }
  /// Where the value of a relocation stands: its addend, or the word in place.
  uint32_t relocation_value(uint32_t index) const {
    return target.explicit_addend ? relocation(index) + 2 * word() : data + index * word();
  }
  uint32_t tag(uint64_t wanted) const {
    for (uint32_t at = dynamic; at < file_end; at += form.dynamic_bytes()) {
      if (form.load_word(bytes, at) == wanted) return at;
    }
    SAMARA_ASSERT(!"the tag is in the test image");
  }
  uint64_t address_of_dynamic() const { return data_address + (dynamic - data); }

  uint64_t get(uint32_t offset) const { return form.load_word(bytes, offset); }
  void set(uint32_t offset, uint64_t value) {
    if (form.wide()) {
      store_le<uint64_t>(bytes, offset, value);
    } else {
      store_le<uint32_t>(bytes, offset, static_cast<uint32_t>(value));
    }
  }
  void set16(uint32_t offset, uint16_t value) { store_le<uint16_t>(bytes, offset, value); }
  void set32(uint32_t offset, uint32_t value) { store_le<uint32_t>(bytes, offset, value); }

  /// A tag instead of DT_SYMBOLIC, which means nothing here.
  uint32_t replace_symbolic(uint64_t with, uint64_t value) {
    const uint32_t at = tag(elf::k_tag_symbolic);
    set(at, with);
    set(at + word(), value);
    return at;
  }

 private:
  void build() {
    segments = form.header_bytes();
    relocations = (segments + 5 * form.segment_bytes() + 15) & ~15U;
    code =
        (relocations + k_relocations * form.relocation_bytes(target.explicit_addend) + 15) & ~15U;
    data = code + k_code_bytes;
    dynamic = data + 6 * word();
    file_end = dynamic + 16 * form.dynamic_bytes();
    data_address = data + target.page;
    span = data_address + (file_end - data) + k_zeroed_bytes;
    entry = code + (target.thumb ? 1 : 0);
    bytes.assign(file_end, 0);
    for (uint32_t i = code; i < data; i++) bytes[i] = static_cast<uint8_t>(i);
    build_header();
    build_segments();
    build_relocations();
    build_dynamic();
    set(data + 4 * word(), 42);
  }

  void build_header() {
    const uint8_t ident[] = {0x7f, 'E', 'L', 'F', static_cast<uint8_t>(form.wide() ? 2 : 1), 1, 1};
    std::copy(std::begin(ident), std::end(ident), bytes.begin());
    set16(16, 3);
    set16(18, target.machine);
    set32(20, 1);
    set(form.entry(), entry);
    set(form.segments(), segments);
    set32(form.flags(), target.flags_required | target.flags_optional);
    set16(form.sizes(), static_cast<uint16_t>(form.header_bytes()));
    set16(form.sizes() + 2, static_cast<uint16_t>(form.segment_bytes()));
    set16(form.sizes() + 4, 5);
  }

  void build_segment(uint32_t index, uint32_t type, uint32_t flags, uint32_t offset,
                     uint32_t address, uint32_t file_size, uint32_t memory_size,
                     uint32_t alignment) {
    set32(header(index), type);
    set32(header_flags(index), flags);
    set(header_offset(index), offset);
    set(header_address(index), address);
    set(header_address(index) + word(), address);
    set(header_file_size(index), file_size);
    set(header_memory_size(index), memory_size);
    set(header_alignment(index), alignment);
  }

  void build_segments() {
    const uint32_t data_size = file_end - data;
    const uint32_t dynamic_size = file_end - dynamic;
    const auto dynamic_address = static_cast<uint32_t>(address_of_dynamic());
    build_segment(0, elf::k_load, 5, 0, 0, data, data, target.page);
    build_segment(1, elf::k_load, 6, data, data_address, data_size, data_size + k_zeroed_bytes,
                  target.page);
    build_segment(2, elf::k_dynamic, 6, dynamic, dynamic_address, dynamic_size, dynamic_size, 8);
    build_segment(3, elf::k_gnu_stack, 6, 0, 0, 0, 0, 16);
    build_segment(4, elf::k_gnu_relro, 4, data, data_address, data_size, data_size, 1);
  }

  void build_relocations() {
    const uint32_t thumb = target.thumb ? 1 : 0;
    const uint32_t values[k_relocations] = {code + 8 + thumb, code + 16 + thumb, code + 32, span};
    for (uint32_t i = 0; i < k_relocations; i++) {
      set(relocation(i), data_address + i * word());
      set(relocation(i) + word(), target.relative);
      set(relocation_value(i), values[i]);
    }
  }

  void build_dynamic() {
    const bool addend = target.explicit_addend;
    const uint32_t entry_bytes = form.relocation_bytes(addend);
    const std::pair<uint64_t, uint64_t> entries[] = {
        {elf::k_tag_symbolic, 0},
        {elf::k_tag_init_array, data_address},
        {elf::k_tag_init_array_size, 2 * word()},
        {elf::k_tag_hash, 0x100},
        {elf::k_tag_string_table, 0x100},
        {elf::k_tag_symbol_table, 0x100},
        {elf::k_tag_string_size, 1},
        {elf::k_tag_symbol_entry, 24},
        {addend ? elf::k_tag_rela : elf::k_tag_rel, relocations},
        {addend ? elf::k_tag_rela_size : elf::k_tag_rel_size, k_relocations * entry_bytes},
        {addend ? elf::k_tag_rela_entry : elf::k_tag_rel_entry, entry_bytes},
        {addend ? elf::k_tag_rela_count : elf::k_tag_rel_count, k_relocations},
        {elf::k_tag_flags, elf::k_flag_symbolic},
    };
    uint32_t at = dynamic;
    for (const auto& [name, value] : entries) {
      set(at, name);
      set(at + word(), value);
      at += form.dynamic_bytes();
    }
  }
};

struct DraftEntry {
  uint16_t type = 0;
  Bytes value;
};

inline Bytes numbers_32(std::initializer_list<uint32_t> numbers) {
  Bytes out(numbers.size() * 4);
  size_t at = 0;
  for (uint32_t number : numbers) {
    store_le<uint32_t>(out, at, number);
    at += 4;
  }
  return out;
}

inline Bytes text_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

inline bool verifies_all(const PublicKey&, ByteView, ByteView) { return true; }
inline bool verifies_none(const PublicKey&, ByteView, ByteView) { return false; }

inline TrustedKey test_key(uint8_t seed) {
  TrustedKey key;
  key.key.fill(seed);
  key.roles = 1U << 1;
  key.capabilities = k_capability_log | k_capability_clock;
  return key;
}

/// Everything that goes into one validation.
struct Draft {
  explicit Draft(const Target& target) : image(target) {
    offer = {.target = &target,
             .abi = {.major = 1, .minor = 3},
             .memory_max = {.image = 1U << 20,
                            .stack = 1U << 16,
                            .heap = 1U << 20,
                            .input = 1U << 16,
                            .output = 1U << 16},
             .memory_total_max = 2U << 20,
             .deadline_ms_max = 10000};
    manifest = {
        {1, text_bytes("filter")},
        {2, text_bytes(target.triple)},
        {3, {1, 0, 2, 0}},
        {4, numbers_32({image.entry})},
        {5, Bytes(32)},
        {6, numbers_32({image.span, 4096, 0, 1024, 2048})},
        {7, numbers_32({100, 2000})},
        {8, numbers_32({k_capability_log, 0})},
        {13, Bytes(32, 0xaa)},
        {13, Bytes(32, 0xbb)},
        {14, {0}},
        {0x8001, text_bytes("built for a test")},
        {0x9000, text_bytes("from the future")},
    };
    keys = {test_key(7), test_key(9)};
    keys[1].revoked = true;
    sign(keys[0]);
  }

  TestImage image;
  std::vector<DraftEntry> manifest;
  bool hash_image = true;
  Bytes debug = Bytes(20, 0xdd);
  Bytes signatures;
  std::vector<TrustedKey> keys;
  std::vector<KeyId> revoked_keys;
  std::vector<Hash> revoked_tasks;
  Offer offer;
  TrustPolicy policy{.signatures_needed = 1, .verify = verifies_all};
  uint32_t flags = 0;
  void (*damage)(Bytes& file) = nullptr;  // last, to the finished file

  Bytes& value(Tag tag) {
    for (DraftEntry& entry : manifest) {
      if (entry.type == static_cast<uint16_t>(tag)) return entry.value;
    }
    SAMARA_ASSERT(!"the entry is in the draft");
  }
  void remove(Tag tag) {
    std::erase_if(manifest, [&](const DraftEntry& entry) {
      return entry.type == static_cast<uint16_t>(tag);
    });
  }
  /// Where an entry's value will stand in the file.
  uint32_t place(Tag tag) const {
    uint32_t at = k_header_bytes;
    for (const DraftEntry& entry : manifest) {
      if (entry.type == static_cast<uint16_t>(tag)) return at + 4;
      at += 4 + ((static_cast<uint32_t>(entry.value.size()) + 3) & ~3U);
    }
    SAMARA_ASSERT(!"the entry is in the draft");
  }
  void sign(const TrustedKey& key, uint16_t role = 1) {
    if (signatures.empty()) signatures.assign(4, 0);
    signatures[0]++;
    const size_t at = signatures.size();
    signatures.resize(at + k_signature_bytes);
    signatures[at] = 1;
    store_le<uint16_t>(signatures, at + 2, role);
    const KeyId id = key_id(key.key);
    std::copy(id.begin(), id.end(), signatures.begin() + static_cast<ptrdiff_t>(at) + 4);
  }

  Bytes manifest_bytes() const {
    Bytes out;
    for (const DraftEntry& entry : manifest) {
      const size_t at = out.size();
      out.resize(at + 4 + ((entry.value.size() + 3) & ~size_t{3}));
      store_le<uint16_t>(out, at, entry.type);
      store_le<uint16_t>(out, at + 2, static_cast<uint16_t>(entry.value.size()));
      std::copy(entry.value.begin(), entry.value.end(),
                out.begin() + static_cast<ptrdiff_t>(at) + 4);
    }
    return out;
  }

  uint32_t image_place() const {
    return static_cast<uint32_t>((k_header_bytes + manifest_bytes().size() + 15) & ~size_t{15});
  }
  uint32_t debug_place() const {
    return (image_place() + static_cast<uint32_t>(image.bytes.size()) + 15) & ~15U;
  }
  uint32_t signature_place() const {
    const uint32_t end = debug.empty() ? image_place() + static_cast<uint32_t>(image.bytes.size())
                                       : debug_place() + static_cast<uint32_t>(debug.size());
    return (end + 15) & ~15U;
  }

  Bytes finish() {
    if (hash_image && place(Tag::image_hash) != 0) {
      const Hash hash = sha256(image.bytes);
      value(Tag::image_hash).assign(hash.bytes.begin(), hash.bytes.end());
    }
    Bytes file(k_header_bytes);
    std::copy_n("SNT1", 4, file.begin());
    store_le<uint16_t>(file, 4, 1);
    store_le<uint16_t>(file, 6, 64);
    store_le<uint32_t>(file, 44, flags);
    add(file, manifest_bytes(), 12);
    add(file, image.bytes, 20);
    add(file, debug, 28);
    add(file, signatures, 36);
    store_le<uint32_t>(file, 8, static_cast<uint32_t>(file.size()));
    if (damage != nullptr) damage(file);
    return file;
  }

  Refusal run(ByteView file, ValidImage& valid) const {
    TrustPolicy with_keys = policy;
    with_keys.keys = keys;
    with_keys.revoked_keys = revoked_keys;
    with_keys.revoked_tasks = revoked_tasks;
    return validate(file, offer, with_keys, valid);
  }

 private:
  static void add(Bytes& file, const Bytes& part, uint32_t field) {
    if (part.empty()) return;
    file.resize((file.size() + 15) & ~size_t{15});
    store_le<uint32_t>(file, field, static_cast<uint32_t>(file.size()));
    store_le<uint32_t>(file, field + 4, static_cast<uint32_t>(part.size()));
    file.insert(file.end(), part.begin(), part.end());
  }
};

/// A copy that ends where memory ends: one byte too far is a crash. On a device, which has no
/// pages, the copy has exactly its size.
class GuardedCopy {
 public:
#ifdef SAMARA_HOST
  explicit GuardedCopy(ByteView bytes) : size_(bytes.size()) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t whole = (bytes.size() + page - 1) / page * page;
    mapped_ = whole + page;
    memory_ = static_cast<uint8_t*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SAMARA_ASSERT(memory_ != MAP_FAILED);
    SAMARA_ASSERT(mprotect(memory_ + whole, page, PROT_NONE) == 0);
    start_ = memory_ + whole - bytes.size();
    if (!bytes.empty()) std::memcpy(start_, bytes.data(), bytes.size());
  }
  ~GuardedCopy() { munmap(memory_, mapped_); }
  ByteView view() const { return {start_, size_}; }
#else
  explicit GuardedCopy(ByteView bytes) : copy_(bytes.begin(), bytes.end()) {}
  ByteView view() const { return copy_; }
#endif
  GuardedCopy(const GuardedCopy&) = delete;
  GuardedCopy& operator=(const GuardedCopy&) = delete;

 private:
#ifdef SAMARA_HOST
  uint8_t* memory_ = nullptr;
  uint8_t* start_ = nullptr;
  size_t size_ = 0;
  size_t mapped_ = 0;
#else
  Bytes copy_;
#endif
};

}  // namespace samara::image
