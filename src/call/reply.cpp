#include "call/reply.hpp"

#include "call/wire.hpp"
#include "call/wire_fields.hpp"

namespace samara {

namespace {

void write_outcome(WireWriter& write, const Outcome& outcome, const MessageTypes& types) {
  write.count(types.tag_of_kind[static_cast<size_t>(outcome.kind)]);
  switch (outcome.kind) {
    case OutcomeKind::value:
      write.blob(outcome.value.view());
      return;
    case OutcomeKind::error:
      write.text(outcome.message);
      write.list(outcome.locations.size());
      for (const SourceLocation& at : outcome.locations) {
        write.text(at.filename);
        write.integer(at.line);
        write.integer(at.column);
      }
      return;
    case OutcomeKind::limit:
      write.text(outcome.which);
      break;
    case OutcomeKind::trap:
    case OutcomeKind::crash:
    case OutcomeKind::timeout:
    case OutcomeKind::memory:
    case OutcomeKind::cancelled:
    case OutcomeKind::lost:
      break;
  }
  write.text(outcome.message);
}

Outcome read_outcome_of(WireReader& read, const MessageTypes& types) {
  Outcome out;
  out.kind = static_cast<OutcomeKind>(types.kind_of_tag[read.tag(k_outcome_count)]);
  switch (out.kind) {
    case OutcomeKind::value:
      out.value = read.hash();
      return out;
    case OutcomeKind::error:
      out.message = read.text();
      for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
        SourceLocation at;
        at.filename = read.text();
        at.line = read.integer();
        at.column = read.integer();
        out.locations.push_back(std::move(at));
      }
      return out;
    case OutcomeKind::limit:
      out.which = read.text();
      break;
    case OutcomeKind::trap:
    case OutcomeKind::crash:
    case OutcomeKind::timeout:
    case OutcomeKind::memory:
    case OutcomeKind::cancelled:
    case OutcomeKind::lost:
      break;
  }
  out.message = read.text();
  return out;
}

void write_log_fields(WireWriter& write, const RecordedLog& log) {
  write.list(log.entries.size());
  for (const LogEntry& entry : log.entries) {
    write.text(stream_word(entry.stream));
    write.text(entry.text);
  }
  write_option(write, log.object);
  write.number(log.bytes_dropped);
}

RecordedLog read_log_fields(WireReader& read) {
  RecordedLog out;
  for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
    LogEntry entry;
    entry.stream = read.text() == stream_word(LogStream::err) ? LogStream::err : LogStream::out;
    entry.text = read.text();
    out.entries.push_back(std::move(entry));
  }
  out.object = read_option(read);
  out.bytes_dropped = read.number();
  return out;
}

}  // namespace

void append_reply(Bytes& out, const Reply& reply, const MessageTypes& types) {
  WireWriter write(out);
  write.raw(types.reply_head);
  write.text(reply.id.text());
  write.text(reply.worker);
  write.integer(reply.attempt);
  write_outcome(write, reply.outcome, types);
  write.count(reply.bytes.empty() ? 0 : 1);
  if (!reply.bytes.empty()) write.blob(reply.bytes);
  write.number(reply.usage.wall_ns);
  write.number(reply.usage.cpu_ns);
  write.number(reply.usage.steps);
  write.number(reply.usage.peak_memory_bytes);
  write_log_fields(write, reply.log);
  write_more(write, reply.more);
}

Result<Reply> decode_reply(ByteView bytes, const MessageTypes& types) {
  if (!starts_with(bytes, types.reply_head)) return not_this(bytes, "reply");
  WireReader read(bytes.subspan(types.reply_head.size()));
  Reply out;
  SAMARA_TRY(out.id, Uuid::parse(read.text()));
  out.worker = read.text();
  const int64_t attempt = read.integer();
  out.outcome = read_outcome_of(read, types);
  if (read.tag(2) == 1) out.bytes = read.bytes();
  out.usage.wall_ns = read.number();
  out.usage.cpu_ns = read.number();
  out.usage.steps = read.number();
  out.usage.peak_memory_bytes = read.number();
  out.log = read_log_fields(read);
  read_more(read, out.more);
  if (!read.intact() || !read.at_end() || attempt < 1 || attempt > UINT32_MAX) {
    return Error(Code::corrupt, "a reply is damaged");
  }
  out.attempt = static_cast<uint32_t>(attempt);
  return out;
}

}  // namespace samara
