#include "store/session.hpp"

#include "store/folder.hpp"

namespace samara::store {

using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

// Beyond this many lines the file is written anew with the pins that are left.
constexpr uint64_t k_lines_max = 16384;

constexpr char k_digits[] = "0123456789abcdef";

std::string hex_u64(uint64_t value) {
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += k_digits[(value >> shift) & 15];
  return out;
}

}  // namespace

TempName::TempName(std::string_view session, uint64_t number) {
  SAMARA_ASSERT(session.size() == k_session_digits);
  size_ = 0;
  for (char c : k_temp_prefix) text_[size_++] = c;
  for (char c : session) text_[size_++] = c;
  text_[size_++] = '-';
  int shift = 60;
  while (shift > 0 && (number >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text_[size_++] = k_digits[(number >> shift) & 15];
}

std::string_view temp_session(std::string_view name) {
  if (!name.starts_with(k_temp_prefix)) return {};
  name.remove_prefix(k_temp_prefix.size());
  if (name.size() < k_session_digits + 2 || name[k_session_digits] != '-') return {};
  std::string_view session = name.substr(0, k_session_digits);
  return is_lower_hex(session, k_session_digits) ? session : std::string_view{};
}

Session::~Session() {
  if (!file_.valid()) return;
  // The name goes before the lock does, so that nobody takes the session for a dead one.
  static_cast<void>(folder_.files().remove(folder_.workers(), name_));
}

Result<void> Session::ensure() {
  if (ready_.load(std::memory_order_acquire)) return {};
  std::lock_guard guard(mutex_);
  if (ready_.load(std::memory_order_relaxed)) return {};
  auto started = start();
  if (!started) {
    return std::move(started).error().with_context("cannot write to the repository " +
                                                   in_quotes(folder_.path()));
  }
  ready_.store(true, std::memory_order_release);
  return {};
}

Result<void> Session::start() {
  constexpr int k_attempts = 100;
  for (int i = 0; i < k_attempts; i++) {
    const std::string name = hex_u64(folder_.random().next_u64());
    SAMARA_TRY(OpenFile file,
               OpenFile::open(folder_.files(), folder_.workers(), name, OpenMode::create_shared));
    // A collector may look at the file between its making and its locking, and remove it.
    SAMARA_TRY(bool mine, folder_.files().lock(file.handle(), LockMode::exclusive, LockWait::no));
    if (!mine) continue;
    SAMARA_TRY(bool named, still_named(folder_.files(), file.handle(), folder_.workers(), name));
    if (!named) continue;
    const std::string text = folder_.owner() + "\n";
    auto written = folder_.files().write(file.handle(), as_bytes(text));
    if (!written) {
      static_cast<void>(folder_.files().remove(folder_.workers(), name));
      return written;
    }
    name_ = name;
    file_ = std::move(file);
    return {};
  }
  return Error(Code::locked, "no free name for a session");
}

Result<TempName> Session::temp_name() {
  SAMARA_CHECK(ensure());
  return TempName(name_, next_temp_.fetch_add(1, std::memory_order_relaxed));
}

std::string Session::name() {
  std::lock_guard guard(mutex_);
  return name_;
}

Result<void> Session::append(char sign, const Hash& hash) {
  // The line begins with its own line feed: what a full disk cut short stays a line by itself.
  std::string line = "\n";
  line += sign;
  line += hash.hex();
  line += '\n';
  SAMARA_CHECK(folder_.files().write(file_.handle(), as_bytes(line)));
  lines_++;
  return {};
}

Result<void> Session::add_pin(const Hash& hash) {
  SAMARA_CHECK(ensure());
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(append('+', hash));
  pins_[hash]++;
  return {};
}

Result<void> Session::remove_pin(const Hash& hash) {
  std::lock_guard guard(mutex_);
  auto found = pins_.find(hash);
  SAMARA_ASSERT(found != pins_.end());
  if (--found->second == 0) pins_.erase(found);
  if (lines_ < k_lines_max && !pins_.empty()) return append('-', hash);
  // The caller's naming lock keeps collectors from reading between these two steps; if the process
  // dies between them, its pins are void anyway.
  SAMARA_CHECK(folder_.files().truncate(file_.handle(), 0));
  lines_ = 0;
  std::string text = folder_.owner() + "\n";
  for (const auto& [pin, count] : pins_) {
    for (uint32_t i = 0; i < count; i++) text += "\n+" + pin.hex() + "\n";
    lines_ += count;
  }
  return folder_.files().write(file_.handle(), as_bytes(text));
}

std::vector<Hash> parse_pins(std::string_view text) {
  std::map<Hash, int64_t> counts;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.size() != 65 || (line[0] != '+' && line[0] != '-')) continue;
    auto hash = Hash::parse(line.substr(1));
    if (hash) counts[*hash] += line[0] == '+' ? 1 : -1;
  }
  std::vector<Hash> out;
  for (const auto& [hash, count] : counts) {
    if (count > 0) out.push_back(hash);
  }
  return out;
}

Result<bool> session_dead(port::Files& files, Handle workers, std::string_view name,
                          OpenFile& held) {
  auto file = OpenFile::open(files, workers, name, OpenMode::read);
  if (!file && file.error().code == Code::not_found) return true;
  if (!file) return std::move(file).error();
  SAMARA_TRY(bool free, files.lock(file->handle(), LockMode::exclusive, LockWait::no));
  if (free) held = std::move(*file);
  return free;
}

}  // namespace samara::store
