#include "call/log.hpp"

#include "call/record_build.hpp"
#include "call/record_fields.hpp"
#include "value/utf8.hpp"

namespace samara {

namespace {

// A piece this long starts a new entry, so that appending stays cheap.
constexpr size_t k_entry_bytes_max = size_t{1} << 20;

std::string valid_utf8(std::string_view text) {
  if (utf8_valid(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    size_t good = utf8_valid_prefix(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    out += text.substr(0, good);
    text.remove_prefix(good);
    if (text.empty()) break;
    out += "\xef\xbf\xbd";  // U+FFFD
    text.remove_prefix(1);
  }
  return out;
}

// The most bytes, up to `room`, that end between two characters.
size_t whole_characters(std::string_view text, size_t room) {
  if (room >= text.size()) return text.size();
  size_t end = room;
  while (end > 0 && room - end < 4 && (static_cast<uint8_t>(text[end]) & 0xc0U) == 0x80U) end--;
  return end;
}

}  // namespace

std::string_view stream_word(LogStream stream) { return stream == LogStream::out ? "out" : "err"; }

void LogBuffer::write(LogStream stream, std::string_view text) {
  if (live_ != nullptr) live_->write(stream, text);
  // What comes after a cut is dropped too: a log has no holes.
  uint64_t room = dropped_ > 0 ? 0 : bytes_max_ - bytes_;
  size_t kept =
      whole_characters(text, room < text.size() ? static_cast<size_t>(room) : text.size());
  dropped_ += text.size() - kept;
  if (kept == 0) return;
  bytes_ += kept;
  bool join = !entries_.empty() && entries_.back().stream == stream &&
              entries_.back().text.size() + kept <= k_entry_bytes_max;
  if (!join) entries_.push_back({stream, {}});
  entries_.back().text += text.substr(0, kept);
}

Slot build_log_entries(RecordBuilder& build, std::span<const LogEntry> entries) {
  ArrayObject* array = build.array();
  for (const LogEntry& entry : entries) {
    build.push(array, build.structure({build.text(stream_word(entry.stream)),
                                       build.text(valid_utf8(entry.text))}));
  }
  return Slot::of(array);
}

Result<std::vector<LogEntry>> read_log_entries(Slot array) {
  std::vector<LogEntry> out;
  for (Slot entry : as<ArrayObject>(array)->slots()) {
    std::string_view word = text_of(field_of(entry, 0));
    if (word != "out" && word != "err")
      return Error(Code::corrupt, "a log names an unknown stream");
    out.push_back({word == "out" ? LogStream::out : LogStream::err,
                   std::string(text_of(field_of(entry, 1)))});
  }
  return out;
}

Result<Bytes> encode_log(std::span<const LogEntry> entries, const RecordTypes& types) {
  RecordBuilder build;
  Slot value = build.structure({build.text("log/1"), build_log_entries(build, entries)});
  return build.encode(types.log, value);
}

Result<std::vector<LogEntry>> decode_log(ByteView bytes, const RecordTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value, decode_record(bytes, types.log, types.log_head, "log", types.types, heap));
  return read_log_entries(field_of(value, 1));
}

}  // namespace samara
