#include "call/request.hpp"

#include <algorithm>

#include "call/wire.hpp"
#include "call/wire_fields.hpp"

namespace samara {

void append_request(Bytes& out, const Request& request, const MessageTypes& types) {
  WireWriter write(out);
  write.raw(types.request_head);
  write.text(request.id.text());
  write.text(request.queue);
  write.text(request.caller);
  if (request.platform.empty()) {
    write.count(0);
    write.blob(request.function.view());
  } else {
    write.count(1);
    write.text(request.platform);
  }
  write_option(write, request.call);
  write.list(request.arguments.size());
  for (const RequestArgument& argument : request.arguments) {
    write.count(argument.bytes.empty() ? 1 : 0);
    write.blob(argument.bytes.empty() ? argument.object.view() : ByteView(argument.bytes));
  }
  write.list(request.bindings.size());
  for (const auto& [name, implementation] : request.bindings) {
    write.text(name);
    write.blob(implementation.view());
  }
  write.integer(request.semantics);
  write.integer(request.priority);
  write.boolean(request.repeatable);
  write.integer(request.attempts_max);
  write.integer(request.deadline_ns);
  write.number(request.limits.steps_max);
  write.number(request.limits.memory_bytes_max);
  write.number(request.limits.depth_max);
  write.number(request.limits.output_bytes_max);
  write.number(request.limits.log_bytes_max);
  write.list(request.capabilities.size());
  for (const std::string& name : request.capabilities) write.text(name);
  write.list(request.ancestors.size());
  for (const Hash& ancestor : request.ancestors) write.blob(ancestor.view());
  write_more(write, request.more);
}

namespace {

void read_work(WireReader& read, Request& out) {
  if (read.tag(2) == 0) {
    out.function = read.hash();
  } else {
    out.platform = read.text();
  }
  out.call = read_option(read);
  for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
    RequestArgument argument;
    if (read.tag(2) == 0) {
      argument.bytes = read.bytes();
    } else {
      argument.object = read.hash();
    }
    out.arguments.push_back(std::move(argument));
  }
  for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
    std::string name = read.text();
    out.bindings.insert_or_assign(std::move(name), read.hash());
  }
  out.semantics = read.integer();
}

void read_limits(WireReader& read, Limits& out) {
  out.steps_max = read.number();
  out.memory_bytes_max = read.number();
  out.depth_max = static_cast<uint32_t>(std::min<uint64_t>(read.number(), UINT32_MAX));
  out.output_bytes_max = read.number();
  out.log_bytes_max = read.number();
}

}  // namespace

Result<Request> decode_request(ByteView bytes, const MessageTypes& types) {
  if (!starts_with(bytes, types.request_head)) return not_this(bytes, "request");
  WireReader read(bytes.subspan(types.request_head.size()));
  Request out;
  SAMARA_TRY(out.id, Uuid::parse(read.text()));
  out.queue = read.text();
  out.caller = read.text();
  read_work(read, out);
  const int64_t priority = read.integer();
  out.repeatable = read.boolean();
  const int64_t attempts_max = read.integer();
  out.deadline_ns = read.integer();
  read_limits(read, out.limits);
  for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
    out.capabilities.push_back(read.text());
  }
  for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
    out.ancestors.push_back(read.hash());
  }
  read_more(read, out.more);
  const bool in_range =
      priority >= 0 && priority <= UINT8_MAX && attempts_max >= 1 && attempts_max <= UINT32_MAX;
  if (!read.intact() || !read.at_end() || !in_range) {
    return Error(Code::corrupt, "a request is damaged");
  }
  out.priority = static_cast<uint8_t>(priority);
  out.attempts_max = static_cast<uint32_t>(attempts_max);
  return out;
}

}  // namespace samara
