#include "image/manifest.hpp"

#include "image/little_endian.hpp"

namespace samara::image {
namespace {

constexpr uint16_t k_may_be_unknown = 0x8000;

struct Entry {
  uint16_t type = 0;
  uint16_t length = 0;
  uint32_t head = 0;  // offset in the manifest
  ByteView value;
  ByteView whole;  // head, value and padding
};

/// The length an entry must have; 0 where it varies.
uint16_t fixed_length(Tag tag) {
  switch (tag) {
    case Tag::name:
    case Tag::target:
    case Tag::note:
    case Tag::type_text:
      return 0;
    case Tag::abi:
    case Tag::entry:
    case Tag::task_version:
      return 4;
    case Tag::time:
    case Tag::capabilities:
      return 8;
    case Tag::validity:
      return 16;
    case Tag::memory:
      return 20;
    case Tag::image_hash:
    case Tag::input_type:
    case Tag::output_type:
    case Tag::may_call:
      return 32;
    case Tag::determinism:
      return 1;
  }
  return 0;
}

bool known(uint16_t type) {
  return (type >= 1 && type <= 14) || type == static_cast<uint16_t>(Tag::note) ||
         type == static_cast<uint16_t>(Tag::type_text);
}

/// Length of the well-formed character without control meaning at the front; 0 when there is none.
/// Source: The Unicode Standard, table 3-7.
size_t character_length(ByteView text) {
  const uint8_t first = text[0];
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  size_t length = 0;
  uint8_t second_min = 0x80;
  uint8_t second_max = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
    if (first == 0xc2) second_min = 0xa0;  // U+0080 to U+009F are control characters
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) second_min = 0xa0;
    if (first == 0xed) second_max = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) second_min = 0x90;
    if (first == 0xf4) second_max = 0x8f;
  }
  if (length == 0 || length > text.size()) return 0;
  if (text[1] < second_min || text[1] > second_max) return 0;
  for (size_t i = 2; i < length; i++) {
    if (text[i] < 0x80 || text[i] > 0xbf) return 0;
  }
  return length;
}

Hash hash_of(ByteView bytes) {
  Hash hash;
  std::memcpy(hash.bytes.data(), bytes.data(), hash.bytes.size());
  return hash;
}

Refusal read_name(const Entry& entry, uint32_t at, Manifest& manifest) {
  if (entry.length == 0 || entry.length > k_name_bytes_max) {
    return {.rule = Rule::C07,
            .offset = at + entry.head + 2,
            .what = "the name is empty or too long",
            .numbers = true,
            .found = entry.length,
            .allowed = k_name_bytes_max};
  }
  for (size_t i = 0; i < entry.value.size();) {
    const size_t length = character_length(entry.value.subspan(i));
    if (length == 0) {
      return {.rule = Rule::C07,
              .offset = at + entry.head + 4 + static_cast<uint32_t>(i),
              .what = "the name is not UTF-8 or has a control character"};
    }
    i += length;
  }
  manifest.name = as_text(entry.value);
  return k_accepted;
}

/// Takes the value of a known entry of right length; anything that is checked across entries or
/// against the node comes later.
Refusal take(const Entry& entry, uint32_t at, Manifest& manifest) {
  const ByteView value = entry.value;
  const uint32_t here = at + entry.head + 4;
  switch (static_cast<Tag>(entry.type)) {
    case Tag::name:
      return read_name(entry, at, manifest);
    case Tag::target:
      if (value.empty()) {
        return {.rule = Rule::C03, .offset = here - 2, .what = "the target is empty"};
      }
      manifest.target = as_text(value);
      manifest.offsets.target = here;
      break;
    case Tag::abi:
      manifest.abi = {.major = load_le<uint16_t>(value, 0), .minor = load_le<uint16_t>(value, 2)};
      manifest.offsets.abi = here;
      break;
    case Tag::entry:
      manifest.entry = load_le<uint32_t>(value, 0);
      manifest.offsets.entry = here;
      break;
    case Tag::image_hash:
      manifest.image_hash = hash_of(value);
      manifest.offsets.image_hash = here;
      break;
    case Tag::memory:
      manifest.memory = {.image = load_le<uint32_t>(value, 0),
                         .stack = load_le<uint32_t>(value, 4),
                         .heap = load_le<uint32_t>(value, 8),
                         .input = load_le<uint32_t>(value, 12),
                         .output = load_le<uint32_t>(value, 16)};
      manifest.offsets.memory = here;
      break;
    case Tag::time:
      manifest.deadline_ms = load_le<uint32_t>(value, 0);
      manifest.deadline_ms_max = load_le<uint32_t>(value, 4);
      manifest.offsets.time = here;
      break;
    case Tag::capabilities:
      manifest.capabilities = load_le<uint64_t>(value, 0);
      manifest.offsets.capabilities = here;
      break;
    case Tag::input_type:
      manifest.input_type = hash_of(value);
      break;
    case Tag::output_type:
      manifest.output_type = hash_of(value);
      break;
    case Tag::task_version:
      manifest.task_version = load_le<uint32_t>(value, 0);
      break;
    case Tag::validity:
      manifest.validity = Validity{.not_before = load_le<uint64_t>(value, 0),
                                   .not_after = load_le<uint64_t>(value, 8)};
      manifest.offsets.validity = here;
      break;
    case Tag::may_call:
      // The repeated entries stand one behind the other: one view covers them.
      if (manifest.may_call.empty()) {
        manifest.may_call = entry.whole;
      } else {
        manifest.may_call = {manifest.may_call.data(),
                             manifest.may_call.size() + entry.whole.size()};
      }
      break;
    case Tag::determinism:
      if (value[0] > 1) {
        return {.rule = Rule::C03, .offset = here, .what = "the determinism is neither 0 nor 1"};
      }
      manifest.pure = value[0] == 1;
      break;
    case Tag::note:
      break;
    case Tag::type_text:
      manifest.type_text = value;
      break;
  }
  return k_accepted;
}

Refusal next_entry(ByteView bytes, uint32_t at, uint32_t offset, Entry& entry) {
  if (!fits(offset, 4, bytes.size())) {
    return {
        .rule = Rule::C03, .offset = at + offset, .what = "an entry of the manifest is cut off"};
  }
  entry.head = offset;
  entry.type = load_le<uint16_t>(bytes, offset);
  entry.length = load_le<uint16_t>(bytes, offset + 2);
  const uint32_t padded = (uint32_t{entry.length} + 3) & ~uint32_t{3};
  if (!fits(offset + 4, padded, bytes.size())) {
    return {.rule = Rule::C03,
            .offset = at + offset + 2,
            .what = "an entry of the manifest is longer than the manifest"};
  }
  entry.value = bytes.subspan(offset + 4, entry.length);
  entry.whole = bytes.subspan(offset, padded + 4);
  if (!all_zero(bytes.subspan(offset + 4 + entry.length, padded - entry.length))) {
    return {.rule = Rule::C03,
            .offset = at + offset + 4 + entry.length,
            .what = "the padding of an entry of the manifest is not zero"};
  }
  return k_accepted;
}

}  // namespace

Refusal read_manifest(ByteView bytes, uint32_t at, Manifest& manifest) {
  manifest = {};
  uint32_t seen = 0;  // bit for each known type
  uint32_t last = 0;
  for (uint32_t offset = 0; offset < bytes.size();) {
    Entry entry;
    if (auto refusal = next_entry(bytes, at, offset, entry)) return refusal;
    const bool repeated = entry.type == last && entry.type == static_cast<uint16_t>(Tag::may_call);
    if (entry.type <= last && !repeated) {
      return {.rule = Rule::C03,
              .offset = at + offset,
              .what = "the types of the manifest are not in ascending order, each once"};
    }
    last = entry.type;
    if (known(entry.type)) {
      const uint16_t length = fixed_length(static_cast<Tag>(entry.type));
      if (length != 0 && entry.length != length) {
        return {.rule = Rule::C03,
                .offset = at + offset + 2,
                .what = "an entry of the manifest has the wrong length",
                .numbers = true,
                .found = entry.length,
                .allowed = length};
      }
      if (entry.type < 32) seen |= 1U << entry.type;
      if (auto refusal = take(entry, at, manifest)) return refusal;
    } else if ((entry.type & k_may_be_unknown) == 0) {
      return {.rule = Rule::C03,
              .offset = at + offset,
              .what = "the type of an entry of the manifest is unknown"};
    }
    offset += static_cast<uint32_t>(entry.whole.size());
  }
  constexpr uint32_t k_needed = 0x1fc;  // types 2 to 8
  if ((seen & k_needed) != k_needed) {
    return {.rule = Rule::C03,
            .offset = at,
            .what =
                "the manifest lacks one of: target, abi, entry, image hash, memory, time, "
                "capabilities"};
  }
  return k_accepted;
}

}  // namespace samara::image
