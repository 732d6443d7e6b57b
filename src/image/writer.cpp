#include "image/writer.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "image/check_image.hpp"
#include "image/elf.hpp"
#include "image/fit.hpp"

namespace samara::image {
namespace {

template <typename T>
void put(Bytes& out, T value) {
  const size_t at = out.size();
  out.resize(at + sizeof(T));
  store_le<T>(out, at, value);
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

class ManifestWriter {
 public:
  void add(Tag tag, ByteView value) {
    put<uint16_t>(bytes_, static_cast<uint16_t>(tag));
    put<uint16_t>(bytes_, static_cast<uint16_t>(value.size()));
    append(bytes_, value);
    bytes_.resize((bytes_.size() + 3) & ~size_t{3});
  }
  template <typename... Numbers>
  void add_numbers(Tag tag, Numbers... numbers) {
    Bytes value;
    (put(value, numbers), ...);
    add(tag, value);
  }
  Bytes finish() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

Bytes write_manifest(const PackInput& input, uint32_t entry, uint32_t span, const Hash& image) {
  ManifestWriter out;
  if (!input.name.empty()) out.add(Tag::name, as_bytes(input.name));
  out.add(Tag::target, as_bytes(input.target->triple));
  out.add_numbers(Tag::abi, input.abi.major, input.abi.minor);
  out.add_numbers(Tag::entry, entry);
  out.add(Tag::image_hash, image.view());
  out.add_numbers(Tag::memory, std::max(input.memory.image, span), input.memory.stack,
                  input.memory.heap, input.memory.input, input.memory.output);
  out.add_numbers(Tag::time, input.deadline_ms, input.deadline_ms_max);
  out.add_numbers(Tag::capabilities, input.capabilities);
  if (input.input_type) out.add(Tag::input_type, input.input_type->view());
  if (input.output_type) out.add(Tag::output_type, input.output_type->view());
  if (input.task_version) out.add_numbers(Tag::task_version, *input.task_version);
  if (input.validity) {
    out.add_numbers(Tag::validity, input.validity->not_before, input.validity->not_after);
  }
  for (const Hash& callee : input.may_call) out.add(Tag::may_call, callee.view());
  if (input.pure) out.add_numbers(Tag::determinism, uint8_t{1});
  if (!input.note.empty()) out.add(Tag::note, as_bytes(input.note));
  if (!input.type_text.empty()) out.add(Tag::type_text, as_bytes(input.type_text));
  return out.finish();
}

struct Parts {
  uint32_t flags = 0;
  ByteView manifest;
  ByteView image;
  ByteView debug;
  ByteView signatures;
};

void write_part(Bytes& out, ByteView part, uint32_t field) {
  if (part.empty()) return;
  out.resize((out.size() + k_part_alignment - 1) & ~size_t{k_part_alignment - 1});
  store_le<uint32_t>(out, field, static_cast<uint32_t>(out.size()));
  store_le<uint32_t>(out, field + 4, static_cast<uint32_t>(part.size()));
  append(out, part);
}

Result<Bytes> write_container(const Parts& parts) {
  const uint64_t total = uint64_t{k_header_bytes} + parts.manifest.size() + parts.image.size() +
                         parts.debug.size() + parts.signatures.size() + 4 * k_part_alignment;
  if (total > UINT32_MAX) return Error(Code::exhausted, "a native image is limited to 4 GiB");
  Bytes out(k_header_bytes);
  const char magic[] = {'S', 'N', 'T', '1'};
  std::copy(std::begin(magic), std::end(magic), out.begin());
  store_le<uint16_t>(out, 4, k_format_version);
  store_le<uint16_t>(out, 6, static_cast<uint16_t>(k_header_bytes));
  store_le<uint32_t>(out, 44, parts.flags);
  write_part(out, parts.manifest, 12);
  write_part(out, parts.image, 20);
  write_part(out, parts.debug, 28);
  write_part(out, parts.signatures, 36);
  store_le<uint32_t>(out, 8, static_cast<uint32_t>(out.size()));
  return out;
}

/// The image without section headers and what only they point to. What is not ELF stays as it is:
/// the validator says what is wrong with it.
Bytes trimmed(ByteView elf_bytes, const Target& target) {
  const elf::Form form{target.word_bytes};
  Bytes out(elf_bytes.begin(), elf_bytes.end());
  if (out.size() < form.header_bytes()) return out;
  const uint64_t table = form.load_word(out, form.segments());
  const uint64_t count = load_le<uint16_t>(out, form.sizes() + 4);
  const uint64_t table_bytes = count * form.segment_bytes();
  if (!fits(table, table_bytes, out.size())) return out;
  uint64_t end = std::max<uint64_t>(form.header_bytes(), table + table_bytes);
  for (uint64_t i = 0; i < count; i++) {
    const elf::SegmentHeader header = form.load_segment(out, table + i * form.segment_bytes());
    if (header.type != elf::k_load) continue;
    if (!fits(header.offset, header.file_size, out.size())) return out;
    end = std::max(end, header.offset + header.file_size);
  }
  out.resize(static_cast<size_t>(end));
  std::fill_n(out.data() + form.sections(), form.word, uint8_t{0});
  std::fill_n(out.data() + form.sizes() + 6, 6, uint8_t{0});  // size, number, names of sections
  return out;
}

/// Ceilings that no task reaches: the packer asks whether the image is sound, not whether it fits.
Offer any_offer(const Target& target, AbiVersion abi) {
  return {.target = &target,
          .abi = abi,
          .memory_max = {.image = k_image_span_max,
                         .stack = UINT32_MAX,
                         .heap = UINT32_MAX,
                         .input = UINT32_MAX,
                         .output = UINT32_MAX},
          .memory_total_max = UINT32_MAX,
          .deadline_ms_max = UINT32_MAX};
}

Result<Container> read(ByteView file) {
  Container container;
  if (auto refusal = read_container(file, container)) return refusal_error(refusal);
  return container;
}

Parts parts_of(const Container& container) {
  return {.flags = container.flags,
          .manifest = container.part(container.manifest_part),
          .image = container.image(),
          .debug = container.part(container.debug_part),
          .signatures = container.part(container.signature_part)};
}

}  // namespace

Result<Bytes> pack(const PackInput& input, ByteView elf_bytes, ByteView debug) {
  SAMARA_ASSERT(input.target != nullptr);
  const Target& target = *input.target;
  const elf::Form form{target.word_bytes};
  const Bytes image = trimmed(elf_bytes, target);
  uint32_t entry = 0;
  if (image.size() >= form.header_bytes()) {
    entry = static_cast<uint32_t>(form.load_word(image, form.entry()));
  }
  // The span is needed for the manifest, and the manifest's size for offsets in refusals: both come
  // from a first pass with an unknown span.
  Layout layout;
  const Bytes draft = write_manifest(input, entry, k_image_span_max, sha256(image));
  if (draft.size() > k_manifest_bytes_max) {
    return Error(Code::exhausted, "the manifest of a native image is limited to 4096 bytes");
  }
  const auto image_at = static_cast<uint32_t>((k_header_bytes + draft.size() + 15) & ~size_t{15});
  const ImageExpectation expectation{.target = &target,
                                     .entry = entry,
                                     .span_max = k_image_span_max,
                                     .memory_max = k_image_span_max,
                                     .offset = image_at};
  if (auto refusal = check_image(image, expectation, layout)) return refusal_error(refusal);

  const Bytes manifest = write_manifest(input, entry, layout.span, sha256(image));
  SAMARA_TRY(Bytes file, write_container({.flags = input.resettable ? k_flag_resettable : 0,
                                          .manifest = manifest,
                                          .image = image,
                                          .debug = debug,
                                          .signatures = {}}));
  SAMARA_TRY(const Container container, read(file));
  if (auto refusal = check_fit(container.manifest, any_offer(target, input.abi))) {
    return refusal_error(refusal);
  }
  if (auto refusal = check_capabilities(container.manifest, k_capabilities_known)) {
    return refusal_error(refusal);
  }
  return file;
}

Result<Bytes> add_signature(ByteView file, Role role, const KeyId& key, ByteView signature) {
  SAMARA_ASSERT(signature.size() == 64);
  SAMARA_TRY(const Container container, read(file));
  for (uint32_t i = 0; i < container.signature_count; i++) {
    if (std::equal(key.begin(), key.end(), container.signature(i).key_id.begin())) {
      return Error(Code::exists, "the image is signed with this key already");
    }
  }
  if (container.signature_count == k_signatures_max) {
    return Error(Code::exhausted, "a native image has at most four signatures");
  }
  SAMARA_TRY(Bytes signatures, join_signatures(container.part(container.signature_part),
                                               signature_part(role, key, signature)));
  return with_signatures(file, signatures);
}

Bytes signature_part(Role role, const KeyId& key, ByteView signature) {
  SAMARA_ASSERT(signature.size() == 64);
  Bytes out;
  put<uint16_t>(out, 1);
  put<uint16_t>(out, 0);
  put<uint8_t>(out, k_algorithm_ed25519);
  put<uint8_t>(out, 0);
  put<uint16_t>(out, static_cast<uint16_t>(role));
  append(out, key);
  append(out, signature);
  return out;
}

Result<Bytes> join_signatures(ByteView first, ByteView second) {
  Bytes out;
  put<uint16_t>(out, 0);
  put<uint16_t>(out, 0);
  uint16_t count = 0;
  const auto signed_with = [&](ByteView id) {
    for (size_t i = 0; i < count; i++) {
      const size_t at = k_signature_head_bytes + i * k_signature_bytes + 4;
      if (std::equal(id.begin(), id.end(), out.begin() + static_cast<ptrdiff_t>(at))) return true;
    }
    return false;
  };
  for (const ByteView part : {first, second}) {
    if (part.empty()) continue;
    if (part.size() < k_signature_head_bytes ||
        (part.size() - k_signature_head_bytes) % k_signature_bytes != 0) {
      return Error(Code::corrupt, "the signatures have not the form of a signature part");
    }
    for (size_t at = k_signature_head_bytes; at < part.size(); at += k_signature_bytes) {
      if (count == k_signatures_max || signed_with(part.subspan(at + 4, 8))) continue;
      append(out, part.subspan(at, k_signature_bytes));
      count++;
    }
  }
  if (count == 0) return Bytes{};
  store_le<uint16_t>(out, 0, count);
  return out;
}

Result<Bytes> with_signatures(ByteView file, ByteView part) {
  SAMARA_TRY(const Container container, read(file));
  Parts parts = parts_of(container);
  parts.signatures = part;
  SAMARA_TRY(Bytes out, write_container(parts));
  SAMARA_CHECK(read(out));
  return out;
}

Result<Bytes> without_debug(ByteView file) {
  SAMARA_TRY(const Container container, read(file));
  Parts parts = parts_of(container);
  parts.debug = {};
  return write_container(parts);
}

}  // namespace samara::image
