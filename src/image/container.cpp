#include "image/container.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "image/little_endian.hpp"

namespace samara::image {
namespace {

constexpr uint8_t k_magic[4] = {'S', 'N', 'T', '1'};
constexpr char k_domain[] = "samara-native-v1";  // its NUL is part of the message

Refusal refuse(Rule rule, uint32_t offset, const char* what) {
  return {.rule = rule, .offset = offset, .what = what};
}

Part read_part(ByteView file, uint32_t offset) {
  return {.offset = load_le<uint32_t>(file, offset), .size = load_le<uint32_t>(file, offset + 4)};
}

Refusal read_header(ByteView file, Container& container) {
  if (file.size() < k_header_bytes) {
    return refuse(Rule::C01, 0, "the file is shorter than the header");
  }
  if (!std::equal(std::begin(k_magic), std::end(k_magic), file.begin())) {
    return refuse(Rule::C01, 0, "the file does not start with SNT1");
  }
  if (load_le<uint16_t>(file, 4) != k_format_version) {
    return refuse(Rule::C01, 4, "the format version is not 1");
  }
  if (load_le<uint16_t>(file, 6) != k_header_bytes) {
    return refuse(Rule::C01, 6, "the header size is not 64");
  }
  container.flags = load_le<uint32_t>(file, 44);
  if ((container.flags & ~k_flag_resettable) != 0) {
    return refuse(Rule::C01, 44, "an unknown flag is set");
  }
  if (!all_zero(file.subspan(48, 16))) {
    return refuse(Rule::C01, 48, "the reserved bytes of the header are not zero");
  }
  const uint32_t total = load_le<uint32_t>(file, 8);
  if (total != file.size()) {
    return {.rule = Rule::C02,
            .offset = 8,
            .what = "the total size is not the size of the file",
            .numbers = true,
            .found = total,
            .allowed = file.size()};
  }
  container.manifest_part = read_part(file, 12);
  container.image_part = read_part(file, 20);
  container.debug_part = read_part(file, 28);
  container.signature_part = read_part(file, 36);
  return k_accepted;
}

/// Checks that a part follows the one which ends at `end`, and moves `end` behind it.
Refusal follow(ByteView file, Part part, uint32_t field, uint64_t& end) {
  if (part.offset % k_part_alignment != 0) {
    return refuse(Rule::C02, field, "a part is not aligned to 16 bytes");
  }
  if (part.offset < end) {
    return refuse(Rule::C02, field, "a part overlaps the one before it, or is out of order");
  }
  if (!fits(part.offset, part.size, file.size())) {
    return refuse(Rule::C02, field, "a part lies outside the file");
  }
  if (part.offset - end >= k_part_alignment) {
    return refuse(Rule::C02, field, "the gap before a part is larger than alignment asks for");
  }
  if (!all_zero(file.subspan(static_cast<size_t>(end), static_cast<size_t>(part.offset - end)))) {
    return refuse(Rule::C02, static_cast<uint32_t>(end), "the gap before a part is not zero");
  }
  end = uint64_t{part.offset} + part.size;
  return k_accepted;
}

Refusal check_parts(ByteView file, const Container& container) {
  const Part manifest = container.manifest_part;
  if (manifest.size < 4 || manifest.size > k_manifest_bytes_max || manifest.size % 4 != 0) {
    return {.rule = Rule::C02,
            .offset = 16,
            .what = "the size of the manifest is not a multiple of 4 up to its limit",
            .numbers = true,
            .found = manifest.size,
            .allowed = k_manifest_bytes_max};
  }
  if (container.image_part.size == 0) return refuse(Rule::C02, 24, "there is no image");
  uint64_t end = k_header_bytes;
  if (auto refusal = follow(file, manifest, 12, end)) return refusal;
  if (auto refusal = follow(file, container.image_part, 20, end)) return refusal;
  // A part that is missing has neither place nor size.
  if (container.debug_part.size != 0) {
    if (auto refusal = follow(file, container.debug_part, 28, end)) return refusal;
  } else if (container.debug_part.offset != 0) {
    return refuse(Rule::C02, 28, "the debug part has a place and no size");
  }
  if (container.signature_part.size != 0) {
    if (auto refusal = follow(file, container.signature_part, 36, end)) return refusal;
  } else if (container.signature_part.offset != 0) {
    return refuse(Rule::C02, 36, "the signature part has a place and no size");
  }
  if (end != file.size()) {
    return refuse(Rule::X01, static_cast<uint32_t>(end), "bytes follow the last part");
  }
  return k_accepted;
}

Refusal check_signature_form(const Container& container, uint32_t index) {
  const Signature signature = container.signature(index);
  if (signature.algorithm != k_algorithm_ed25519) {
    return refuse(Rule::S01, signature.offset, "the algorithm of a signature is unknown");
  }
  if (container.file[signature.offset + 1] != 0) {
    return refuse(Rule::S01, signature.offset + 1, "the reserved byte of a signature is not zero");
  }
  const auto role = static_cast<uint16_t>(signature.role);
  if (role < static_cast<uint16_t>(Role::author) || role > static_cast<uint16_t>(Role::operator_)) {
    return refuse(Rule::S01, signature.offset + 2, "the role of a signature is unknown");
  }
  for (uint32_t other = 0; other < index; other++) {
    const ByteView id = container.signature(other).key_id;
    if (std::equal(id.begin(), id.end(), signature.key_id.begin())) {
      return refuse(Rule::S01, signature.offset + 4, "two signatures are of one key");
    }
  }
  return k_accepted;
}

Refusal read_signatures(Container& container) {
  const Part part = container.signature_part;
  if (part.size == 0) return k_accepted;
  if (part.size < k_signature_head_bytes + k_signature_bytes) {
    return refuse(Rule::S01, part.offset, "the signature part is shorter than one signature");
  }
  const uint16_t count = load_le<uint16_t>(container.file, part.offset);
  if (count == 0 || count > k_signatures_max) {
    return {.rule = Rule::S01,
            .offset = part.offset,
            .what = "the number of signatures is not 1 to 4",
            .numbers = true,
            .found = count,
            .allowed = k_signatures_max};
  }
  if (part.size != k_signature_head_bytes + count * k_signature_bytes) {
    return refuse(Rule::S01, part.offset, "the signatures do not fill their part");
  }
  if (load_le<uint16_t>(container.file, part.offset + 2) != 0) {
    return refuse(Rule::S01, part.offset + 2, "reserved bytes of the signature part are not zero");
  }
  container.signature_count = count;
  for (uint32_t i = 0; i < count; i++) {
    if (auto refusal = check_signature_form(container, i)) return refusal;
  }
  return k_accepted;
}

}  // namespace

Signature Container::signature(uint32_t index) const {
  SAMARA_ASSERT(index < signature_count);
  const uint32_t at = signature_part.offset + k_signature_head_bytes + index * k_signature_bytes;
  return {.algorithm = file[at],
          .role = static_cast<Role>(load_le<uint16_t>(file, at + 2)),
          .key_id = file.subspan(at + 4, 8),
          .value = file.subspan(at + 12, 64),
          .offset = at};
}

Hash Container::task_id() const {
  uint8_t header[k_header_bytes];
  std::copy_n(file.begin(), k_header_bytes, header);
  std::fill_n(header + 8, 4, uint8_t{0});    // total size
  std::fill_n(header + 28, 16, uint8_t{0});  // debug and signature parts
  Sha256 hasher;
  hasher.update(header);
  hasher.update(part(manifest_part));
  return hasher.finish();
}

Refusal read_container(ByteView file, Container& container) {
  container = {};
  container.file = file;
  if (file.size() > UINT32_MAX) return refuse(Rule::C02, 8, "the file is larger than 4 GiB");
  if (auto refusal = read_header(file, container)) return refusal;
  if (auto refusal = check_parts(file, container)) return refusal;
  if (auto refusal = read_manifest(container.part(container.manifest_part), k_header_bytes,
                                   container.manifest)) {
    return refusal;
  }
  return read_signatures(container);
}

Refusal check_image_hash(const Container& container) {
  if (sha256(container.image()) == container.manifest.image_hash) return k_accepted;
  return refuse(Rule::S04, container.manifest.offsets.image_hash,
                "the image is not the one with the hash in the manifest");
}

std::array<uint8_t, k_signed_message_bytes> signed_message(const Hash& task_id) {
  static_assert(sizeof(k_domain) + sizeof(task_id.bytes) == k_signed_message_bytes);
  std::array<uint8_t, k_signed_message_bytes> message;
  std::memcpy(message.data(), k_domain, sizeof(k_domain));
  std::memcpy(message.data() + sizeof(k_domain), task_id.bytes.data(), task_id.bytes.size());
  return message;
}

}  // namespace samara::image
