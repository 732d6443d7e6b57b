#include "store/journal_format.hpp"

#include <algorithm>
#include <cstring>

#include "core/sha256.hpp"
#include "store/names.hpp"
#include "store/session.hpp"

namespace samara::store {

namespace {

constexpr char k_journal_magic[8] = {'S', 'M', 'R', 'J', 'R', 'N', 'L', '1'};
constexpr char k_index_magic[8] = {'S', 'M', 'R', 'J', 'I', 'D', 'X', '1'};
constexpr char k_entry_magic[4] = {'S', 'J', 'E', '1'};
constexpr size_t k_hash_bytes = 32;
constexpr size_t k_id_at = 24;
constexpr size_t k_object_head_bytes = k_id_at + k_hash_bytes;
constexpr size_t k_record_head_bytes = k_object_head_bytes + 2 * k_hash_bytes;
constexpr size_t k_index_head_bytes = 32;
constexpr size_t k_align = 8;
constexpr std::string_view k_index_end = ".index";

template <typename T>
void put(uint8_t* out, T value) {
  for (size_t i = 0; i < sizeof(T); i++) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename T>
T get(const uint8_t* in) {
  T out = 0;
  for (size_t i = sizeof(T); i > 0; i--) out = static_cast<T>((out << 8) | in[i - 1]);
  return out;
}

Hash hash_at(const uint8_t* in) {
  Hash out;
  std::memcpy(out.bytes.data(), in, k_hash_bytes);
  return out;
}

size_t head_bytes(JournalKind kind) {
  return kind == JournalKind::object ? k_object_head_bytes : k_record_head_bytes;
}

// Room for an entry at the end of `out`, its head filled in but for the id; where it begins.
size_t begin_entry(Bytes& out, JournalKind kind, std::string_view name, ByteView body,
                   port::WallTime time) {
  const size_t start = out.size();
  const size_t used = head_bytes(kind) + name.size() + body.size();
  const size_t size = (used + k_align - 1) / k_align * k_align;
  out.resize(start + size);
  uint8_t* at = out.data() + start;
  std::memcpy(at, k_entry_magic, sizeof k_entry_magic);
  put(at + 4, static_cast<uint32_t>(size));
  at[8] = static_cast<uint8_t>(kind);
  at[9] = static_cast<uint8_t>(name.size());
  put(at + 12, static_cast<uint32_t>(body.size()));
  put(at + 16, static_cast<uint64_t>(time.time_since_epoch().count()));
  uint8_t* tail = at + head_bytes(kind);
  if (!name.empty()) std::memcpy(tail, name.data(), name.size());
  if (!body.empty()) std::memcpy(tail + name.size(), body.data(), body.size());
  return start;
}

void append_keyed(Bytes& out, JournalKind kind, const CallKey& key, std::string_view name,
                  ByteView body, port::WallTime time) {
  SAMARA_ASSERT(name.size() <= k_name_component_bytes_max);
  const size_t start = begin_entry(out, kind, name, body, time);
  uint8_t* at = out.data() + start;
  std::memcpy(at + k_object_head_bytes, key.function.bytes.data(), k_hash_bytes);
  std::memcpy(at + k_object_head_bytes + k_hash_bytes, key.call.bytes.data(), k_hash_bytes);
  const size_t checked = 2 * k_hash_bytes + name.size() + body.size();
  const Hash id = sha256(ByteView(at + k_object_head_bytes, checked));
  std::memcpy(at + k_id_at, id.bytes.data(), k_hash_bytes);
}

bool lower_call(const CallKey& a, const CallKey& b) {
  return a.call != b.call ? a.call < b.call : a.function < b.function;
}

// The first of `count` rows that is not below a hash, which each row begins with. Hashes are
// spread evenly, so where one is can be guessed well.
size_t first_row(const uint8_t* rows, size_t row_bytes, size_t count, const Hash& wanted) {
  auto below = [&](size_t row) {
    return std::memcmp(rows + row * row_bytes, wanted.bytes.data(), k_hash_bytes) < 0;
  };
  uint64_t leading = 0;
  for (size_t i = 0; i < 8; i++) leading = (leading << 8) | wanted.bytes[i];
  const auto guess =
      static_cast<size_t>(static_cast<double>(leading) / 0x1p64 * static_cast<double>(count));
  const size_t start = std::min(guess, count);
  size_t low = 0;
  size_t high = count;
  size_t step = 4;
  // From the guess outward in steps that double, then by halves.
  if (start < count && below(start)) {
    low = start + 1;
    for (; low + step < count && below(low + step); step *= 2) low += step + 1;
    high = std::min(count, low + step);
  } else {
    high = start;
    for (; high > step && !below(high - step); step *= 2) high -= step;
    low = high > step ? high - step : 0;
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (below(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 16 && is_lower_hex(text, text.size());
}

}  // namespace

bool JournalEntry::whole() const { return sha256(checked) == id; }

Bytes journal_head() {
  Bytes out(k_journal_head_bytes);
  std::memcpy(out.data(), k_journal_magic, sizeof k_journal_magic);
  return out;
}

bool is_journal_head(ByteView bytes) {
  return bytes.size() >= k_journal_head_bytes &&
         std::memcmp(bytes.data(), k_journal_magic, sizeof k_journal_magic) == 0;
}

bool is_journal_name(std::string_view name) {
  return name.size() > k_session_digits + 1 && name[k_session_digits] == '-' &&
         is_lower_hex(name.substr(0, k_session_digits), k_session_digits) &&
         is_digits(name.substr(k_session_digits + 1));
}

bool is_journal_index_name(std::string_view name) {
  if (!name.ends_with(k_index_end)) return false;
  name.remove_suffix(k_index_end.size());
  return is_journal_name(name);
}

void append_object(Bytes& out, const Hash& id, ByteView body) {
  const size_t start = begin_entry(out, JournalKind::object, {}, body, port::WallTime{});
  std::memcpy(out.data() + start + k_id_at, id.bytes.data(), k_hash_bytes);
}

void append_record(Bytes& out, const CallKey& key, std::string_view name, ByteView body,
                   port::WallTime time) {
  append_keyed(out, JournalKind::record, key, name, body, time);
}

void append_removal(Bytes& out, const CallKey& key, std::string_view name) {
  append_keyed(out, JournalKind::removal, key, name, {}, port::WallTime{});
}

void append_entry(Bytes& out, const JournalEntry& entry, port::WallTime time) {
  if (entry.kind != JournalKind::object) {
    append_keyed(out, entry.kind, entry.key, entry.name, entry.body, time);
    return;
  }
  const size_t start = begin_entry(out, JournalKind::object, {}, entry.body, time);
  std::memcpy(out.data() + start + k_id_at, entry.id.bytes.data(), k_hash_bytes);
}

std::optional<uint32_t> entry_bytes(ByteView bytes) {
  if (bytes.size() < k_object_head_bytes) return std::nullopt;
  if (std::memcmp(bytes.data(), k_entry_magic, sizeof k_entry_magic) != 0) return std::nullopt;
  const auto size = get<uint32_t>(bytes.data() + 4);
  if (size < k_object_head_bytes || size % k_align != 0 || size > k_journal_bytes_max) {
    return std::nullopt;
  }
  return size;
}

std::optional<JournalEntry> parse_entry(ByteView bytes) {
  const auto size = entry_bytes(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  const uint8_t* at = bytes.data();
  if (at[8] < 1 || at[8] > 3 || at[10] != 0 || at[11] != 0) return std::nullopt;
  JournalEntry out;
  out.kind = static_cast<JournalKind>(at[8]);
  out.size_bytes = *size;
  const size_t name_bytes = at[9];
  const size_t body_bytes = get<uint32_t>(at + 12);
  const size_t head = head_bytes(out.kind);
  const uint64_t used = uint64_t{head} + name_bytes + body_bytes;
  if (used > *size || *size - used >= k_align) return std::nullopt;
  const bool named = out.kind != JournalKind::object;
  if (named != (name_bytes > 0)) return std::nullopt;
  if (out.kind == JournalKind::removal && body_bytes > 0) return std::nullopt;
  out.time = port::WallTime(std::chrono::nanoseconds(static_cast<int64_t>(get<uint64_t>(at + 16))));
  out.id = hash_at(at + k_id_at);
  if (named) out.key = {hash_at(at + 56), hash_at(at + 88)};
  out.name = std::string_view(reinterpret_cast<const char*>(at + head), name_bytes);
  out.body = bytes.subspan(head + name_bytes, body_bytes);
  out.checked = bytes.subspan(k_object_head_bytes, used - k_object_head_bytes);
  return out;
}

Bytes print_index(JournalIndex index) {
  std::sort(index.objects.begin(), index.objects.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  auto lower = [](const auto& a, const auto& b) {
    if (a.key == b.key) return a.place.offset < b.place.offset;
    return lower_call(a.key, b.key);
  };
  std::sort(index.records.begin(), index.records.end(), lower);
  std::sort(index.removals.begin(), index.removals.end(), lower);
  Bytes out(k_index_head_bytes + index.objects.size() * 48 +
            (index.records.size() + index.removals.size()) * 80);
  uint8_t* at = out.data();
  std::memcpy(at, k_index_magic, sizeof k_index_magic);
  put(at + 8, index.journal_bytes);
  put(at + 16, static_cast<uint32_t>(index.objects.size()));
  put(at + 20, static_cast<uint32_t>(index.records.size()));
  put(at + 24, static_cast<uint32_t>(index.removals.size()));
  at += k_index_head_bytes;
  for (const JournalObject& object : index.objects) {
    std::memcpy(at, object.id.bytes.data(), k_hash_bytes);
    put(at + 32, object.place.offset);
    put(at + 40, object.place.size_bytes);
    at += 48;
  }
  for (const auto* rows : {&index.records, &index.removals}) {
    for (const JournalRecord& record : *rows) {
      std::memcpy(at, record.key.call.bytes.data(), k_hash_bytes);
      std::memcpy(at + 32, record.key.function.bytes.data(), k_hash_bytes);
      put(at + 64, record.place.offset);
      put(at + 72, record.place.size_bytes);
      at += 80;
    }
  }
  return out;
}

std::optional<JournalIndexView> JournalIndexView::open(ByteView bytes) {
  if (bytes.size() < k_index_head_bytes) return std::nullopt;
  if (std::memcmp(bytes.data(), k_index_magic, sizeof k_index_magic) != 0) return std::nullopt;
  const uint64_t objects = uint64_t{get<uint32_t>(bytes.data() + 16)} * k_object_bytes;
  const uint64_t records = uint64_t{get<uint32_t>(bytes.data() + 20)} * k_record_bytes;
  const uint64_t removals = uint64_t{get<uint32_t>(bytes.data() + 24)} * k_record_bytes;
  if (k_index_head_bytes + objects + records + removals != bytes.size()) return std::nullopt;
  JournalIndexView out;
  out.journal_bytes_ = get<uint64_t>(bytes.data() + 8);
  bytes = bytes.subspan(k_index_head_bytes);
  out.objects_ = bytes.first(static_cast<size_t>(objects));
  bytes = bytes.subspan(out.objects_.size());
  out.records_ = bytes.first(static_cast<size_t>(records));
  out.removals_ = bytes.subspan(out.records_.size());
  return out;
}

JournalObject JournalIndexView::object_at(size_t i) const {
  const uint8_t* at = objects_.data() + i * k_object_bytes;
  return {hash_at(at), {get<uint64_t>(at + 32), get<uint32_t>(at + 40)}};
}

JournalRecord JournalIndexView::row(ByteView rows, size_t i) {
  const uint8_t* at = rows.data() + i * k_record_bytes;
  return {{hash_at(at + 32), hash_at(at)}, {get<uint64_t>(at + 64), get<uint32_t>(at + 72)}};
}

std::optional<JournalPlace> JournalIndexView::object(const Hash& id) const {
  const size_t at = first_row(objects_.data(), k_object_bytes, objects(), id);
  if (at == objects()) return std::nullopt;
  const JournalObject found = object_at(at);
  if (found.id != id) return std::nullopt;
  return found.place;
}

void JournalIndexView::records(const CallKey& key, std::vector<JournalPlace>& out) const {
  for (size_t i = first_row(records_.data(), k_record_bytes, records(), key.call); i < records();
       i++) {
    const JournalRecord found = record_at(i);
    if (found.key.call != key.call) return;
    if (found.key.function == key.function) out.push_back(found.place);
  }
}

}  // namespace samara::store
