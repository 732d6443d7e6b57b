#include "queue/stop_note.hpp"

#include <charconv>

#include "call/unit_text.hpp"
#include "queue/queue_folder.hpp"

namespace samara::queue {

using port::OpenFile;
using port::OpenMode;

namespace {

constexpr std::string_view k_peers = "peers";
constexpr std::string_view k_folder = "peers/stopped";
constexpr size_t k_note_bytes_max = 512;

std::string path_of(const Uuid& request) {
  std::string out(k_folder);
  out += '/';
  out += to_hex(request.bytes);
  return out;
}

// The number in the line that begins with a word.
uint64_t number_in(std::string_view text, std::string_view word) {
  const size_t at = text.find(std::string(word) + " ");
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(at + word.size() + 1);
  uint64_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

}  // namespace

std::optional<StopNote> stop_note(port::Files& files, port::Handle root, const Uuid& request) {
  auto file = OpenFile::open(files, root, path_of(request), OpenMode::read);
  if (!file) return std::nullopt;
  Bytes bytes(k_note_bytes_max);
  auto size = files.read_at(file->handle(), 0, bytes);
  if (!size) return std::nullopt;
  const std::string_view text = as_text(ByteView(bytes).first(*size));
  if (!text.ends_with("end\n")) return std::nullopt;
  StopNote out;
  constexpr std::string_view k_worker = "worker ";
  if (!text.starts_with(k_worker)) return std::nullopt;
  out.worker = text.substr(k_worker.size(), text.find('\n') - k_worker.size());
  out.stops = static_cast<uint32_t>(number_in(text, "stops"));
  out.held_bytes = number_in(text, "held");
  out.budget_bytes = number_in(text, "budget");
  return out;
}

Result<void> write_stop_note(port::Files& files, port::Handle root, const Uuid& request,
                             const StopNote& note) {
  SAMARA_CHECK(ensure_folder(files, root, k_peers));
  SAMARA_CHECK(ensure_folder(files, root, k_folder));
  SAMARA_TRY(OpenFile file, OpenFile::open(files, root, path_of(request), OpenMode::create_shared));
  const std::string text = "worker " + note.worker + "\nstops " + std::to_string(note.stops) +
                           "\nheld " + std::to_string(note.held_bytes) + "\nbudget " +
                           std::to_string(note.budget_bytes) + "\nend\n";
  SAMARA_CHECK(files.truncate(file.handle(), text.size()));
  return files.write_at(file.handle(), 0, as_bytes(text));
}

void forget_stop_note(port::Files& files, port::Handle root, const Uuid& request) {
  static_cast<void>(remove_if_there(files, root, path_of(request)));
}

Outcome stopped_outcome(const StopNote& note) {
  return Outcome::of(
      OutcomeKind::memory,
      "stopped " + std::to_string(note.stops) + " times to save memory: it needs more than " +
          bytes_text(note.held_bytes) + ", and the workers have " + bytes_text(note.budget_bytes) +
          "; start them with a larger 'samara worker --memory', or on a machine "
          "that has more");
}

}  // namespace samara::queue
