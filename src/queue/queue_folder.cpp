#include "queue/queue_folder.hpp"

#include <algorithm>

namespace samara::queue {

using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

constexpr std::string_view k_peers = "peers";
constexpr char k_digits[] = "0123456789abcdef";

std::string random_id(port::Random& random) {
  const uint64_t value = random.next_u64();
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += k_digits[(value >> shift) & 15];
  return out;
}

}  // namespace

bool is_queue_name(std::string_view name) {
  constexpr size_t k_size_max = 100;
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  auto fits = [&](char c) {
    return plain(c) || c == '.' || c == '_' || c == '-' || c == '@' || c == '+';
  };
  return !name.empty() && name.size() <= k_size_max && plain(name[0]) && name != k_peers &&
         std::all_of(name.begin(), name.end(), fits);
}

Result<void> ensure_folder(port::Files& files, Handle directory, std::string_view name) {
  auto made = files.make_directory(directory, name);
  if (!made && made.error().code != Code::exists) return made;
  return {};
}

Result<void> remove_if_there(port::Files& files, Handle directory, std::string_view name) {
  auto removed = files.remove(directory, name);
  if (!removed && removed.error().code != Code::not_found) return removed;
  return {};
}

Result<std::unique_ptr<QueueFolder>> QueueFolder::open(const QueueParts& parts,
                                                       std::string_view path) {
  std::unique_ptr<QueueFolder> out(new QueueFolder(parts));
  port::Files& files = parts.files;
  SAMARA_TRY(out->root_, OpenFile::open(files, port::k_no_directory, path, OpenMode::directory));
  SAMARA_CHECK(ensure_folder(files, out->root_.handle(), k_peers));
  SAMARA_TRY(OpenFile peers,
             OpenFile::open(files, out->root_.handle(), k_peers, OpenMode::directory));
  struct Part {
    OpenFile& file;
    std::string_view name;
  };
  for (const Part& part :
       {Part{out->alive_, "alive"}, Part{out->claims_, "claims"}, Part{out->replies_, "replies"}}) {
    SAMARA_CHECK(ensure_folder(files, peers.handle(), part.name));
    SAMARA_TRY(part.file, OpenFile::open(files, peers.handle(), part.name, OpenMode::directory));
  }
  return out;
}

Result<Handle> QueueFolder::waiting(std::string_view queue) {
  std::lock_guard guard(mutex_);
  auto found = waiting_.find(queue);
  if (found != waiting_.end()) return found->second.handle();
  if (!is_queue_name(queue)) {
    return Error(Code::invalid_argument, "'" + std::string(queue) + "' cannot name a queue");
  }
  SAMARA_CHECK(ensure_folder(files(), root_.handle(), queue));
  SAMARA_TRY(OpenFile opened, OpenFile::open(files(), root_.handle(), queue, OpenMode::directory));
  const Handle handle = opened.handle();
  waiting_.emplace(std::string(queue), std::move(opened));
  return handle;
}

Result<std::vector<std::string>> QueueFolder::queues() {
  SAMARA_TRY(auto entries, files().list(root_.handle()));
  std::vector<std::string> out;
  for (const auto& entry : entries) {
    if (entry.kind == port::FileKind::directory && is_queue_name(entry.name)) {
      out.push_back(entry.name);
    }
  }
  return out;
}

std::string peer_file(PeerKind kind, std::string_view id) {
  return std::string(1, static_cast<char>(kind)) + std::string(id);
}

Result<std::unique_ptr<Presence>> Presence::enter(QueueFolder& folder, PeerKind kind,
                                                  std::string_view word) {
  constexpr int k_attempts = 100;
  port::Files& files = folder.files();
  for (int i = 0; i < k_attempts; i++) {
    std::unique_ptr<Presence> out(new Presence(folder, kind));
    const std::string id = random_id(folder.parts().random);
    const std::string name = peer_file(kind, id);
    SAMARA_TRY(OpenFile file, OpenFile::open(files, folder.alive(), name, OpenMode::create_shared));
    // Somebody who looks for the dead may see the file before it is locked, and remove it.
    SAMARA_TRY(bool mine, files.lock(file.handle(), LockMode::exclusive, LockWait::no));
    if (!mine) continue;
    SAMARA_TRY(auto opened, files.info(file.handle()));
    if (opened.links == 0) continue;
    SAMARA_CHECK(files.write(file.handle(), as_bytes(std::string(word) + "\n")));
    out->id_ = id;
    out->lock_ = std::move(file);
    SAMARA_CHECK(files.make_directory(out->home(), id));
    SAMARA_TRY(out->own_, OpenFile::open(files, out->home(), id, OpenMode::directory));
    return out;
  }
  return Error(Code::locked, "no free name for a peer of the queue");
}

Presence::~Presence() {
  if (!lock_.valid()) return;
  own_.reset();
  auto removed = folder_.files().remove_directory(home(), id_);
  const bool clean = removed || removed.error().code == Code::not_found;
  // The name goes before the lock, so that nobody takes us for dead.
  if (clean) static_cast<void>(folder_.files().remove(folder_.alive(), peer_file(kind_, id_)));
}

Result<Life> life_of(QueueFolder& folder, std::string_view peer_file) {
  port::Files& files = folder.files();
  auto file = OpenFile::open(files, folder.alive(), peer_file, OpenMode::read);
  if (!file && file.error().code == Code::not_found) return Life::gone;
  if (!file) return std::move(file).error();
  SAMARA_TRY(bool free, files.lock(file->handle(), LockMode::shared, LockWait::no));
  return free ? Life::dead : Life::alive;
}

}  // namespace samara::queue
