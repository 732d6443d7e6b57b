#include "queue/roster.hpp"

#include <algorithm>
#include <charconv>

namespace samara::queue {

using port::OpenFile;
using port::OpenMode;

namespace {

constexpr size_t k_advert_bytes_max = size_t{1} << 20;
constexpr std::string_view k_end = "end";

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  return fault == std::errc() && end == text.data() + text.size();
}

// One line is one fact, whatever somebody calls himself.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return out;
}

bool read_line(std::string_view key, std::string_view rest, Advert& out) {
  if (key == "pid") return read_number(rest, out.pid);
  if (key == "slots") return read_number(rest, out.slots);
  if (key == "queue") {
    if (!is_queue_name(rest)) return false;
    out.queues.emplace_back(rest);
    return true;
  }
  if (key == "offer") {
    const size_t space = rest.find(' ');
    if (space == std::string_view::npos) return false;
    auto function = Hash::parse(rest.substr(0, space));
    if (!function) return false;
    out.offers.push_back({std::string(rest.substr(space + 1)), *function});
    return true;
  }
  return true;  // a later version says more
}

Result<std::string> read_advert(port::Files& files, port::Handle folder, std::string_view name) {
  SAMARA_TRY(OpenFile file, OpenFile::open(files, folder, name, OpenMode::read));
  SAMARA_TRY(auto info, files.info(file.handle()));
  const size_t size = std::min<uint64_t>(info.size_bytes, k_advert_bytes_max);
  std::string out(size, '\0');
  std::span<uint8_t> room(reinterpret_cast<uint8_t*>(out.data()), out.size());
  SAMARA_TRY(size_t got, files.read_at(file.handle(), 0, room));
  out.resize(got);
  return out;
}

// Queues of offers are `o-…`, those of an environment `python+…`: the rest is named by a runtime.
std::string runtime_in(const Advert& advert) {
  for (const std::string& queue : advert.queues) {
    if (!queue.starts_with("o-")) return queue.substr(0, queue.find('+'));
  }
  return {};
}

}  // namespace

std::string Advert::text() const {
  std::string out =
      one_line(word) + "\npid " + std::to_string(pid) + "\nslots " + std::to_string(slots) + "\n";
  for (const std::string& queue : queues) out += "queue " + queue + "\n";
  for (const OfferedFunction& offer : offers) {
    out += "offer " + offer.function.hex() + " " + one_line(offer.name) + "\n";
  }
  return out + std::string(k_end);
}

std::optional<Advert> Advert::parse(std::string_view text) {
  Advert out;
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    // What is being written has no end yet.
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      out.word = line;
      first = false;
      continue;
    }
    if (line == k_end) return out;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    if (!read_line(line.substr(0, space), line.substr(space + 1), out)) return std::nullopt;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Roster>> Roster::open(const QueueParts& parts, std::string_view path) {
  SAMARA_TRY(auto folder, QueueFolder::open(parts, path));
  return std::unique_ptr<Roster>(new Roster(std::move(folder)));
}

Result<std::vector<LivingWorker>> Roster::workers() {
  SAMARA_TRY(Seen seen, look());
  return std::move(seen.workers);
}

Result<Roster::Seen> Roster::look() {
  port::Files& files = folder_->files();
  SAMARA_TRY(auto entries, files.list(folder_->alive()));
  Seen out;
  for (const auto& entry : entries) {
    if (entry.name.empty() || entry.name[0] != static_cast<char>(PeerKind::worker)) continue;
    auto life = life_of(*folder_, entry.name);
    if (!life || *life != Life::alive) continue;
    auto text = read_advert(files, folder_->alive(), entry.name);
    if (!text) continue;  // it ended meanwhile
    auto advert = Advert::parse(*text);
    if (advert.has_value()) {
      out.workers.push_back({entry.name.substr(1), std::move(*advert)});
    } else {
      out.whole = false;
    }
  }
  return out;
}

Result<bool> Roster::supervised() {
  SAMARA_TRY(auto entries, folder_->files().list(folder_->alive()));
  for (const auto& entry : entries) {
    if (!entry.name.starts_with(k_supervisor_prefix)) continue;
    auto life = life_of(*folder_, entry.name);
    if (life && *life == Life::alive) return true;
  }
  return false;
}

Result<void> Roster::refresh() {
  // Asked first: who comes while we look is seen the next time.
  SAMARA_TRY(auto folder, folder_->files().info(folder_->alive()));
  SAMARA_TRY(Seen seen, look());
  queues_.clear();
  offers_.clear();
  runtimes_.clear();
  for (const LivingWorker& worker : seen.workers) {
    runtimes_[worker.id] = runtime_in(worker.advert);
    queues_.insert(worker.advert.queues.begin(), worker.advert.queues.end());
    for (const OfferedFunction& offer : worker.advert.offers) {
      offers_[offer.name].insert(offer.function);
    }
  }
  // Times of files are as coarse as this: a change just now might not be told from the next one.
  constexpr std::chrono::milliseconds k_coarse{20};
  const bool settled = folder_->parts().clock.wall() - folder.modified > k_coarse;
  seen_ = seen.whole && settled;
  seen_at_ = folder_->parts().clock.now();
  changed_ = folder.modified;
  return {};
}

bool Roster::fresh(std::chrono::nanoseconds age) {
  if (!seen_ || folder_->parts().clock.now() - seen_at_ >= age) return false;
  auto folder = folder_->files().info(folder_->alive());
  return folder && folder->modified == changed_;
}

Result<bool> Roster::served(const std::string& queue, std::chrono::nanoseconds age) {
  std::lock_guard guard(mutex_);
  if (queues_.contains(queue) && fresh(age)) return true;
  SAMARA_CHECK(refresh());
  return queues_.contains(queue);
}

Result<std::optional<Hash>> Roster::offered(std::string_view name, std::chrono::nanoseconds age) {
  std::lock_guard guard(mutex_);
  auto at = offers_.find(name);
  if (at == offers_.end() || !fresh(age)) {
    SAMARA_CHECK(refresh());
    at = offers_.find(name);
  }
  if (at == offers_.end()) return std::optional<Hash>();
  if (at->second.size() > 1) {
    std::string which;
    for (const Hash& function : at->second) which += " " + function.short_hex();
    return Error(Code::ambiguous, "workers offer '" + std::string(name) + "' in " +
                                      std::to_string(at->second.size()) + " versions at once:" +
                                      which + "; stop the ones that are out of date");
  }
  return std::optional<Hash>(*at->second.begin());
}

std::string Roster::runtime_of(std::string_view worker) {
  std::lock_guard guard(mutex_);
  auto at = runtimes_.find(worker);
  return at == runtimes_.end() ? std::string() : at->second;
}

}  // namespace samara::queue
