// Host functions of the module "wasi_snapshot_preview1": as much as a program needs that reads its
// words and standard input and writes to standard output. There is no environment, no file and no
// network; what asks for them is told so. Specified by: the WASI specification, preview 1.

#include <algorithm>

#include "runtime/wasm/host_function.hpp"

namespace samara::runtime::wasm {

namespace {

// Error numbers of WASI.
enum class Errno : uint8_t {
  success = 0,
  badf = 8,
  inval = 28,
  nosys = 52,
  spipe = 70,
  notcapable = 76,
};

// What one call copies at most, so that it takes a few milliseconds; programs go on from there.
constexpr size_t k_piece_bytes_max = size_t{16} << 20;
constexpr uint32_t k_pieces_max = 1024;

void answer(HostCall& call, Errno errno_value) { call.give(static_cast<uint64_t>(errno_value)); }

// A list of texts: their addresses go to one place, the texts with a zero behind each to another.
void put_texts(HostCall& call, const std::vector<std::string>& texts) {
  uint32_t entry = call.i32(0);
  uint32_t at = call.i32(1);
  for (const std::string& text : texts) {
    auto place = call.memory(at, static_cast<uint32_t>(text.size() + 1));
    if (!place || !call.put_u32(entry, at)) return;
    std::copy(text.begin(), text.end(), place->begin());
    place->back() = 0;
    entry += 4;
    at += static_cast<uint32_t>(text.size() + 1);
  }
  answer(call, Errno::success);
}

void put_sizes(HostCall& call, const std::vector<std::string>& texts) {
  uint64_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + 1;
  if (!call.put_u32(call.i32(0), static_cast<uint32_t>(texts.size()))) return;
  if (call.put_u32(call.i32(1), static_cast<uint32_t>(bytes))) answer(call, Errno::success);
}

void args_get(HostCall& call) { put_texts(call, call.run().words); }
void args_sizes_get(HostCall& call) { put_sizes(call, call.run().words); }
void environ_get(HostCall& call) { answer(call, Errno::success); }
void environ_sizes_get(HostCall& call) { put_sizes(call, {}); }

uint32_t u32_at(std::span<const uint8_t> bytes, size_t at) {
  return uint32_t{bytes[at]} | uint32_t{bytes[at + 1]} << 8 | uint32_t{bytes[at + 2]} << 16 |
         uint32_t{bytes[at + 3]} << 24;
}

// Goes over a list of pieces (address, length) until `each` has enough or they are at an end.
// Gives the number of bytes taken; nothing: the call is over.
template <typename Each>
std::optional<uint32_t> over_pieces(HostCall& call, Each each) {
  uint32_t count = call.i32(2);
  if (count > k_pieces_max) {
    answer(call, Errno::inval);
    return {};
  }
  auto list = call.memory(call.i32(1), count * 8);
  if (!list) return {};
  size_t taken = 0;
  for (uint32_t i = 0; i < count; i++) {
    // Read anew each time: a piece that is written to may be where the list stands.
    auto piece = call.memory(u32_at(*list, size_t{i} * 8), u32_at(*list, size_t{i} * 8 + 4));
    if (!piece) return {};
    size_t some = each(piece->first(std::min(piece->size(), k_piece_bytes_max - taken)));
    taken += some;
    if (some < piece->size()) break;
  }
  return static_cast<uint32_t>(taken);
}

void fd_read(HostCall& call) {
  if (call.i32(0) != 0) return answer(call, Errno::badf);
  RunState& run = call.run();
  auto taken = over_pieces(call, [&](std::span<uint8_t> to) {
    ByteView rest = run.input.subspan(run.input_at);
    size_t count = std::min(rest.size(), to.size());
    std::copy_n(rest.begin(), count, to.begin());
    run.input_at += count;
    return count;
  });
  if (taken && call.put_u32(call.i32(3), *taken)) answer(call, Errno::success);
}

void fd_write(HostCall& call) {
  uint32_t file = call.i32(0);
  if (file != 1 && file != 2) return answer(call, Errno::badf);
  RunState& run = call.run();
  bool is_result = file == 1 && run.form == Form::command;
  bool full = false;
  auto taken = over_pieces(call, [&](std::span<const uint8_t> from) {
    if (!is_result) {
      LogStream stream = file == 1 ? LogStream::out : LogStream::err;
      if (run.log != nullptr) run.log->write(stream, as_text(from));
      return from.size();
    }
    full = full || from.size() > run.output_bytes_max - run.output.size();
    if (!full) run.output.insert(run.output.end(), from.begin(), from.end());
    return from.size();
  });
  if (full) return call.end(run.output_full());
  if (taken && call.put_u32(call.i32(3), *taken)) answer(call, Errno::success);
}

bool is_standard(uint32_t file) { return file <= 2; }

void fd_close(HostCall& call) {
  answer(call, is_standard(call.i32(0)) ? Errno::success : Errno::badf);
}

void fd_seek(HostCall& call) {
  answer(call, is_standard(call.i32(0)) ? Errno::spipe : Errno::badf);
}

// Of no particular kind, so that libraries gather output in blocks.
void fd_fdstat_get(HostCall& call) {
  if (!is_standard(call.i32(0))) return answer(call, Errno::badf);
  auto place = call.memory(call.i32(1), 24);
  if (!place) return;
  std::fill(place->begin(), place->end(), uint8_t{0});
  constexpr uint8_t k_right_to_read = 1U << 1;
  constexpr uint8_t k_right_to_write = 1U << 6;
  (*place)[8] = call.i32(0) == 0 ? k_right_to_read : k_right_to_write;
  answer(call, Errno::success);
}

void fd_filestat_get(HostCall& call) {
  if (!is_standard(call.i32(0))) return answer(call, Errno::badf);
  auto place = call.memory(call.i32(1), 64);
  if (!place) return;
  std::fill(place->begin(), place->end(), uint8_t{0});
  answer(call, Errno::success);
}

// Whose flags and contents cannot be changed.
void fd_nothing_to_do(HostCall& call) {
  answer(call, is_standard(call.i32(0)) ? Errno::success : Errno::badf);
}

void no_such_file(HostCall& call) { answer(call, Errno::badf); }
void not_permitted(HostCall& call) { answer(call, Errno::notcapable); }
void not_there(HostCall& call) { answer(call, Errno::nosys); }
void sched_yield(HostCall& call) { answer(call, Errno::success); }

void proc_exit(HostCall& call) {
  uint32_t status = call.i32(0);
  // Of a program status 0 is its success; any other function has a result to give first.
  if (status == 0 && call.run().form == Form::command) {
    return call.end(Outcome::of_value(Hash{}));
  }
  call.end(Outcome::of_error("the program has ended with status " + std::to_string(status), {}));
}

void clock_res_get(HostCall& call) {
  if (call.i32(0) > 1) return answer(call, Errno::inval);
  if (call.put_u64(call.i32(1), 1)) answer(call, Errno::success);
}

void clock_time_get(HostCall& call) {
  port::Clock& clock = *call.run().clock;
  int64_t nanoseconds = 0;
  switch (call.i32(0)) {
    case 0:
      nanoseconds = clock.wall().time_since_epoch().count();
      break;
    case 1:
      nanoseconds = clock.now().time_since_epoch().count();
      break;
    default:
      return answer(call, Errno::inval);
  }
  if (call.put_u64(call.i32(2), static_cast<uint64_t>(nanoseconds))) answer(call, Errno::success);
}

void random_get(HostCall& call) {
  constexpr uint32_t k_random_bytes_max = 64U << 10;
  if (call.i32(1) > k_random_bytes_max) return answer(call, Errno::inval);
  auto place = call.memory(call.i32(0), call.i32(1));
  if (!place) return;
  call.run().random->fill(*place);
  answer(call, Errno::success);
}

constexpr const char* k_wasi = "wasi_snapshot_preview1";
constexpr HostFunction pure(const char* name, const char* signature, void (*call)(HostCall&)) {
  return {k_wasi, name, signature, Effect::pure, "", call};
}

// What goes to standard error is kept with the run but is no effect of it: a program that has
// answered before is not run again to repeat its remarks.
constexpr HostFunction k_functions[] = {
    pure("args_get", "(ii)i", args_get),
    pure("args_sizes_get", "(ii)i", args_sizes_get),
    {k_wasi, "clock_res_get", "(ii)i", Effect::idempotent, "time", clock_res_get},
    {k_wasi, "clock_time_get", "(iIi)i", Effect::idempotent, "time", clock_time_get},
    pure("environ_get", "(ii)i", environ_get),
    pure("environ_sizes_get", "(ii)i", environ_sizes_get),
    pure("fd_advise", "(iIIi)i", fd_nothing_to_do),
    pure("fd_allocate", "(iII)i", not_there),
    pure("fd_close", "(i)i", fd_close),
    pure("fd_datasync", "(i)i", fd_nothing_to_do),
    pure("fd_fdstat_get", "(ii)i", fd_fdstat_get),
    pure("fd_fdstat_set_flags", "(ii)i", fd_nothing_to_do),
    pure("fd_fdstat_set_rights", "(iII)i", not_there),
    pure("fd_filestat_get", "(ii)i", fd_filestat_get),
    pure("fd_filestat_set_size", "(iI)i", not_there),
    pure("fd_filestat_set_times", "(iIIi)i", not_there),
    pure("fd_pread", "(iiiIi)i", fd_seek),
    pure("fd_prestat_dir_name", "(iii)i", no_such_file),
    pure("fd_prestat_get", "(ii)i", no_such_file),
    pure("fd_pwrite", "(iiiIi)i", fd_seek),
    pure("fd_read", "(iiii)i", fd_read),
    pure("fd_readdir", "(iiiIi)i", no_such_file),
    pure("fd_renumber", "(ii)i", not_there),
    pure("fd_seek", "(iIii)i", fd_seek),
    pure("fd_sync", "(i)i", fd_nothing_to_do),
    pure("fd_tell", "(ii)i", fd_seek),
    pure("fd_write", "(iiii)i", fd_write),
    pure("path_create_directory", "(iii)i", not_permitted),
    pure("path_filestat_get", "(iiiii)i", not_permitted),
    pure("path_filestat_set_times", "(iiiiIIi)i", not_permitted),
    pure("path_link", "(iiiiiii)i", not_permitted),
    pure("path_open", "(iiiiiIIii)i", not_permitted),
    pure("path_readlink", "(iiiiii)i", not_permitted),
    pure("path_remove_directory", "(iii)i", not_permitted),
    pure("path_rename", "(iiiiii)i", not_permitted),
    pure("path_symlink", "(iiiii)i", not_permitted),
    pure("path_unlink_file", "(iii)i", not_permitted),
    pure("poll_oneoff", "(iiii)i", not_there),
    pure("proc_exit", "(i)", proc_exit),
    pure("proc_raise", "(i)i", not_there),
    {k_wasi, "random_get", "(ii)i", Effect::idempotent, "random", random_get},
    pure("sched_yield", "()i", sched_yield),
    pure("sock_accept", "(iii)i", not_permitted),
    pure("sock_recv", "(iiiiii)i", not_permitted),
    pure("sock_send", "(iiiii)i", not_permitted),
    pure("sock_shutdown", "(ii)i", not_permitted),
};

}  // namespace

std::span<const HostFunction> wasi_functions() { return k_functions; }

}  // namespace samara::runtime::wasm
