#include "queue/recovery.hpp"

#include <algorithm>
#include <set>

namespace samara::queue {

using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

int64_t wall_ms(port::Clock& clock) {
  return std::chrono::floor<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
}

Reply reply_for(const MessageName& name, std::string_view worker, Outcome outcome) {
  Reply out;
  out.id = name.id;
  out.worker = worker;
  out.attempt = name.attempt;
  out.outcome = std::move(outcome);
  return out;
}

// Words of cancellation, and replies to the dead, may still come in while we clear a folder.
Result<void> remove_all_in(port::Files& files, Handle home, std::string_view name) {
  constexpr int k_rounds = 10;
  for (int i = 0; i < k_rounds; i++) {
    auto folder = OpenFile::open(files, home, name, OpenMode::directory);
    if (!folder && folder.error().code == Code::not_found) return {};
    if (!folder) return std::move(folder).error();
    SAMARA_TRY(auto entries, files.list(folder->handle()));
    for (const auto& entry : entries) {
      SAMARA_CHECK(remove_if_there(files, folder->handle(), entry.name));
    }
    folder->reset();
    auto removed = files.remove_directory(home, name);
    if (removed || removed.error().code != Code::exists) return removed;
  }
  return Error(Code::conflict, "a folder of the queue is filled as fast as it is emptied");
}

class DeadWorker {
 public:
  DeadWorker(QueueFolder& folder, std::string_view id) : folder_(folder), id_(id) {}

  Result<void> recover() {
    auto claims = OpenFile::open(files(), folder_.claims(), id_, OpenMode::directory);
    if (!claims && claims.error().code == Code::not_found) return {};
    if (!claims) return std::move(claims).error();
    claims_ = std::move(*claims);
    SAMARA_TRY(auto entries, files().list(claims_.handle()));
    std::set<std::string, std::less<>> cancelled;
    for (const auto& entry : entries) {
      if (entry.name.starts_with(k_cancel_prefix)) cancelled.insert(entry.name);
    }
    for (const auto& entry : entries) {
      auto name = MessageName::parse(entry.name);
      if (!name) continue;
      SAMARA_CHECK(recover(entry.name, *name, cancelled.contains(cancel_name(name->id))));
    }
    claims_.reset();
    return remove_all_in(files(), folder_.claims(), id_);
  }

 private:
  port::Files& files() { return folder_.files(); }

  Result<void> recover(const std::string& file_name, const MessageName& name, bool cancelled) {
    auto file = OpenFile::open(files(), claims_.handle(), file_name, OpenMode::update);
    if (!file && file.error().code == Code::not_found) return {};
    if (!file) return std::move(file).error();
    const MessageTypes& types = folder_.parts().types;
    auto read = read_request(files(), file->handle(), types);
    if (!read) {
      const bool damaged =
          read.error().code == Code::corrupt || read.error().code == Code::unsupported;
      if (!damaged) return std::move(read).error();
      Outcome outcome = Outcome::of(OutcomeKind::crash, "the request cannot be read");
      SAMARA_CHECK(write_reply_alone(files(), file->handle(),
                                     reply_for(name, id_, std::move(outcome)), types));
      return send_reply(folder_, claims_.handle(), file_name, name.caller);
    }
    const Request& request = read->request;
    // What is put back after its caller's end would stay for ever where nobody works.
    SAMARA_TRY(Life caller, life_of(folder_, peer_file(PeerKind::caller, name.caller)));
    if (caller != Life::alive) return remove_if_there(files(), claims_.handle(), file_name);
    const std::optional<StopNote> note = stop_note(files(), folder_.root(), name.id);
    const Death death = death_of(note, id_);
    const RepeatRule rule{request.repeatable, request.attempts_max};
    if (!cancelled && runs_again(rule, name.attempt, death)) {
      return put_back(file_name, name, request.queue, death);
    }
    Outcome outcome = cancelled ? Outcome::of(OutcomeKind::cancelled, "cancelled by the caller")
                                : end_outcome(request.repeatable, name.attempt, death, note);
    SAMARA_CHECK(write_reply(files(), file->handle(), read->reply_at,
                             reply_for(name, id_, std::move(outcome)), types));
    if (note.has_value()) forget_stop_note(files(), folder_.root(), name.id);
    return send_reply(folder_, claims_.handle(), file_name, name.caller);
  }

  Result<void> put_back(const std::string& file_name, MessageName name, std::string_view queue,
                        Death death) {
    SAMARA_TRY(Handle waiting, folder_.waiting(queue));
    if (death == Death::crash) name.attempt++;
    const auto pause = death == Death::crash ? pause_before(name.attempt) : k_stopped_pause;
    name.ready_ms = wall_ms(folder_.parts().clock) + pause.count();
    return files().rename(claims_.handle(), file_name, waiting, name.text(), port::Replace::yes);
  }

  QueueFolder& folder_;
  std::string id_;
  OpenFile claims_;
};

}  // namespace

std::chrono::milliseconds pause_before(uint32_t attempt) {
  auto out = k_retry_pause_min;
  for (uint32_t i = 2; i < attempt && out < k_retry_pause_max; i++) out *= 2;
  return std::min(out, k_retry_pause_max);
}

Outcome crash_outcome(bool repeatable, uint32_t attempt) {
  std::string text = "the worker died while it ran this";
  if (attempt > 1) text += ", at attempt " + std::to_string(attempt);
  if (!repeatable) text += "; it is not run again, because it may have had effects";
  return Outcome::of(OutcomeKind::crash, text);
}

Death death_of(const std::optional<StopNote>& note, std::string_view worker) {
  if (!note.has_value() || note->worker != worker) return Death::crash;
  return note->stops >= k_memory_stops_max ? Death::stopped_too_often : Death::stopped;
}

bool runs_again(const RepeatRule& rule, uint32_t attempt, Death death) {
  if (!rule.repeatable || death == Death::stopped_too_often) return false;
  return death == Death::stopped || attempt < rule.attempts_max;
}

Outcome end_outcome(bool repeatable, uint32_t attempt, Death death,
                    const std::optional<StopNote>& note) {
  if (death == Death::stopped_too_often) return stopped_outcome(*note);
  return crash_outcome(repeatable, attempt);
}

Result<void> withdraw_all(QueueFolder& folder, std::string_view id) {
  SAMARA_TRY(auto queues, folder.queues());
  for (const std::string& queue : queues) {
    SAMARA_TRY(Handle waiting, folder.waiting(queue));
    SAMARA_TRY(auto entries, folder.files().list(waiting));
    for (const auto& entry : entries) {
      auto name = MessageName::parse(entry.name);
      if (!name || name->caller != id) continue;
      SAMARA_CHECK(remove_if_there(folder.files(), waiting, entry.name));
    }
  }
  return {};
}

Result<Settled> settle_peer(QueueFolder& folder, std::string_view peer_file) {
  SAMARA_TRY(Life life, life_of(folder, peer_file));
  if (life == Life::alive) return Settled::alive;
  if (life == Life::gone) return Settled::done;
  port::Files& files = folder.files();
  // Open for writing from here on: if we die over it, those who watch for deaths are told.
  auto file = OpenFile::open(files, folder.alive(), peer_file, OpenMode::update);
  if (!file && file.error().code == Code::not_found) return Settled::done;
  if (!file) return std::move(file).error();
  SAMARA_TRY(bool mine, files.lock(file->handle(), LockMode::exclusive, LockWait::no));
  if (!mine) return Settled::later;
  SAMARA_TRY(auto info, files.info(file->handle()));
  if (info.links == 0) return Settled::done;
  const std::string_view id = peer_file.substr(1);
  if (peer_file[0] == static_cast<char>(PeerKind::worker)) {
    SAMARA_CHECK(DeadWorker(folder, id).recover());
  } else {
    SAMARA_CHECK(withdraw_all(folder, id));
    SAMARA_CHECK(remove_all_in(files, folder.replies(), id));
  }
  SAMARA_CHECK(remove_if_there(files, folder.alive(), peer_file));
  return Settled::done;
}

Result<void> send_reply(QueueFolder& folder, Handle from, std::string_view name,
                        std::string_view caller) {
  std::string target(caller);
  target += '/';
  target += name;
  auto sent = folder.files().rename(from, name, folder.replies(), target, port::Replace::yes);
  if (sent || sent.error().code != Code::not_found) return sent;
  return remove_if_there(folder.files(), from, name);
}

}  // namespace samara::queue
