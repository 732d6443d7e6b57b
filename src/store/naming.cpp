#include "store/naming.hpp"

#include <algorithm>
#include <cstring>

#include "store/names.hpp"

namespace samara::store {

using port::LockMode;
using port::OpenFile;
using port::OpenMode;

namespace {

constexpr char k_magic[8] = {'S', 'M', 'R', 'C', 'O', 'N', 'D', '1'};
constexpr size_t k_header_bytes = 16;
// The first byte of locks/naming; none: idle.
constexpr uint8_t k_collecting = '1';
constexpr uint8_t k_idle = '0';

void put_u64(uint8_t* out, uint64_t value) {
  for (int i = 0; i < 8; i++) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t get_u64(const uint8_t* in) {
  uint64_t out = 0;
  for (int i = 7; i >= 0; i--) out = (out << 8) | in[i];
  return out;
}

// An object that was written or found present after the decision is not bound by it.
Result<bool> young(Folder& folder, const Hash& hash, port::WallTime cutoff) {
  SAMARA_TRY(port::Handle directory, folder.fan_out(hash.bytes[0]));
  auto info = folder.files().info_at(directory, ObjectName(hash).view());
  if (!info && info.error().code == Code::not_found) return false;
  if (!info) return std::move(info).error();
  return info->modified >= cutoff;
}

}  // namespace

Result<NamingGuard> NamingGuard::take(Folder& folder) {
  // Through the gate, held for a moment only: kernel locks let new shared holders overtake a
  // waiting exclusive one, and a crowd of namers would keep a collector out for ever.
  SAMARA_TRY(ShortLock gate, folder.lock_shortly(ShortLockName::gate, LockMode::shared));
  SAMARA_TRY(ShortLock lock, folder.lock_shortly(ShortLockName::naming, LockMode::shared));
  uint8_t state = 0;
  SAMARA_TRY(size_t count, folder.files().read_at(lock.handle(), 0, std::span(&state, 1)));
  return NamingGuard(folder, std::move(lock), count == 1 && state == k_collecting);
}

Result<DecisionGuard> DecisionGuard::take(Folder& folder) {
  SAMARA_TRY(ShortLock gate, folder.lock_shortly(ShortLockName::gate, LockMode::exclusive));
  SAMARA_TRY(ShortLock lock, folder.lock_shortly(ShortLockName::naming, LockMode::exclusive));
  return DecisionGuard(folder, std::move(gate), std::move(lock));
}

Result<void> DecisionGuard::set_collecting(bool collecting) {
  const uint8_t state = collecting ? k_collecting : k_idle;
  SAMARA_CHECK(folder_.files().write_at(lock_.handle(), 0, ByteView(&state, 1)));
  return folder_.files().sync(lock_.handle());
}

Result<void> NamingGuard::announce(std::span<const Hash> hashes) {
  if (hashes.empty() || !collecting_) return {};
  // No log: nobody is collecting.
  auto log = OpenFile::open(folder_.files(), folder_.gc(), k_named_log, OpenMode::append);
  if (!log && log.error().code == Code::not_found) return {};
  if (!log) return std::move(log).error();
  std::string text;
  for (const Hash& hash : hashes) text += "\n" + hash.hex() + "\n";
  return folder_.files().write(log->handle(), as_bytes(text));
}

Result<void> NamingGuard::name(std::span<const Hash> hashes,
                               const std::function<bool(const Hash&)>& kept) {
  if (hashes.empty() || !collecting_) return {};
  SAMARA_TRY(std::optional<Condemned> condemned, Condemned::open(folder_));
  if (condemned) {
    for (const Hash& hash : hashes) {
      SAMARA_TRY(bool listed, condemned->contains(hash));
      if (!listed) continue;
      if (kept && kept(hash)) continue;
      SAMARA_TRY(bool spared, young(folder_, hash, condemned->cutoff()));
      if (spared) continue;
      return Error(Code::conflict,
                   "object " + in_quotes(hash) + " is being removed by gc, store it again first");
    }
  }
  return announce(hashes);
}

Result<std::optional<Condemned>> Condemned::open(Folder& folder) {
  auto file = OpenFile::open(folder.files(), folder.gc(), k_condemned, OpenMode::read);
  if (!file && file.error().code == Code::not_found) return std::optional<Condemned>();
  if (!file) return std::move(file).error();
  SAMARA_TRY(port::FileInfo info, folder.files().info(file->handle()));
  uint8_t header[k_header_bytes];
  SAMARA_TRY(size_t count, folder.files().read_at(file->handle(), 0, header));
  if (count != sizeof header || std::memcmp(header, k_magic, sizeof k_magic) != 0 ||
      (info.size_bytes - k_header_bytes) % 32 != 0) {
    return Error(Code::corrupt, "the list 'gc/condemned' is damaged, run 'samara gc' to renew it");
  }
  port::WallTime cutoff{
      std::chrono::nanoseconds(static_cast<int64_t>(get_u64(header + sizeof k_magic)))};
  return std::optional<Condemned>(
      Condemned(folder.files(), std::move(*file), cutoff, (info.size_bytes - k_header_bytes) / 32));
}

Result<bool> Condemned::contains(const Hash& hash) const {
  uint64_t low = 0;
  uint64_t high = count_;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    Hash at;
    SAMARA_TRY(size_t count,
               files_.read_at(file_.handle(), k_header_bytes + middle * 32, at.bytes));
    if (count != at.bytes.size()) return Error(Code::corrupt, "the list 'gc/condemned' is cut");
    if (at == hash) return true;
    if (at < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

Result<void> Condemned::write(Folder& folder, port::WallTime cutoff, std::span<const Hash> sorted) {
  SAMARA_ASSERT(std::is_sorted(sorted.begin(), sorted.end()));
  Bytes bytes(k_header_bytes + sorted.size() * 32);
  std::memcpy(bytes.data(), k_magic, sizeof k_magic);
  put_u64(bytes.data() + sizeof k_magic, static_cast<uint64_t>(cutoff.time_since_epoch().count()));
  size_t at = k_header_bytes;
  for (const Hash& hash : sorted) {
    std::memcpy(bytes.data() + at, hash.bytes.data(), 32);
    at += 32;
  }
  // Synced: no removal may survive a power loss that the decision does not.
  return write_whole(folder, folder.gc(), k_condemned, bytes, true);
}

}  // namespace samara::store
