#include "store/verified.hpp"

#include "core/sha256.hpp"

namespace samara::store {

namespace {
constexpr size_t k_marks_max = 4096;
// The shared file: a table of rows, each at the place that its hash tells; the latest is kept.
constexpr uint64_t k_rows = 4096;

uint64_t place_of(const Hash& hash, size_t row_bytes) {
  const uint64_t row = (uint64_t{hash.bytes[0]} << 8 | hash.bytes[1]) % k_rows;
  return row * row_bytes;
}

void append_u64(Bytes& out, uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}
}  // namespace

VerifiedFiles& VerifiedFiles::of_process() {
  static VerifiedFiles files;
  return files;
}

VerifiedFiles::Mark VerifiedFiles::mark_of(const port::FileInfo& info) {
  return {info.device, info.inode, info.size_bytes, info.modified, info.changed};
}

// With a hash of itself at the end, for two processes may write one row at once.
Bytes VerifiedFiles::row(const Hash& hash, const Mark& mark) {
  Bytes out(hash.bytes.begin(), hash.bytes.end());
  for (uint64_t number : {mark.device, mark.inode, mark.size_bytes}) append_u64(out, number);
  for (port::WallTime time : {mark.modified, mark.changed}) {
    append_u64(out, static_cast<uint64_t>(time.time_since_epoch().count()));
  }
  const Hash check = sha256(out);
  out.insert(out.end(), check.bytes.begin(), check.bytes.end());
  return out;
}

void VerifiedFiles::share(port::Files& files, port::OpenFile file) {
  std::lock_guard guard(mutex_);
  files_ = &files;
  file_ = std::move(file);
}

bool VerifiedFiles::holds(const Hash& hash, const port::FileInfo& info) {
  if (info.size_bytes < k_bytes_min || info.changed == port::WallTime{}) return false;
  const Mark mark = mark_of(info);
  std::lock_guard guard(mutex_);
  auto at = marks_.find(hash);
  if (at != marks_.end() && at->second == mark) return true;
  if (files_ == nullptr) return false;
  const Bytes wanted = row(hash, mark);
  Bytes found(wanted.size());
  auto count = files_->read_at(file_.handle(), place_of(hash, wanted.size()), found);
  if (!count || *count != found.size() || found != wanted) return false;
  remember(hash, mark);
  return true;
}

// Requires: mutex_ is held.
void VerifiedFiles::remember(const Hash& hash, const Mark& mark) {
  if (marks_.size() >= k_marks_max) marks_.clear();
  marks_.insert_or_assign(hash, mark);
}

void VerifiedFiles::note(const Hash& hash, const port::FileInfo& info) {
  if (info.size_bytes < k_bytes_min || info.changed == port::WallTime{}) return;
  const Mark mark = mark_of(info);
  std::lock_guard guard(mutex_);
  remember(hash, mark);
  if (files_ == nullptr) return;
  const Bytes written = row(hash, mark);
  // Others then hash it themselves.
  static_cast<void>(files_->write_at(file_.handle(), place_of(hash, written.size()), written));
}

}  // namespace samara::store
