// What comes out of a queue's files, and a ring whose other end is mad: names, requests and replies
// of any bytes are read or refused; between any two steps of a ring's end any word may change, and
// neither end leaves its memory, loses count of its slots, or goes on for ever.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "call/record_types.hpp"
#include "core/assert.hpp"
#include "ports/sim/memory_files.hpp"
#include "queue/message_file.hpp"
#include "queue/message_name.hpp"
#include "queue/ring.hpp"

using namespace samara;
using namespace samara::queue;

namespace {

const MessageTypes& message_types() {
  static TypeTable table;
  static RecordTypes records(table);
  static const MessageTypes types(records);
  return types;
}

class HeapMemory final : public port::SharedMemory {
 public:
  explicit HeapMemory(std::span<uint8_t> bytes) : SharedMemory(bytes) {}
};

void try_name(ByteView bytes) {
  auto name = MessageName::parse(as_text(bytes));
  if (!name) return;
  auto again = MessageName::parse(name->text());
  SAMARA_ASSERT(again && *again == *name);
}

void try_file(ByteView bytes) {
  if (bytes.size() < 4) return;
  const uint64_t reply_at = uint64_t{bytes[0]} | uint64_t{bytes[1]} << 8;
  port::MemoryFiles files;
  auto file = files.open(port::k_no_directory, "/m", port::OpenMode::create_shared);
  SAMARA_ASSERT(file && files.write_at(*file, 0, bytes.subspan(4)));
  auto request = read_request(files, *file, message_types());
  if (request) {
    SAMARA_ASSERT(request->reply_at <= bytes.size());
    auto framed = frame_request(request->request, message_types());
    SAMARA_ASSERT(framed.has_value());
  }
  static_cast<void>(
      read_reply(files, *file, request ? request->reply_at : reply_at, message_types()));
  files.close(*file);
}

// Each six bytes of the input are one step: of the caller, of the worker, or of madness.
void try_ring(ByteView bytes) {
  static std::vector<uint64_t> words(k_ring_bytes / 8);
  std::fill(words.begin(), words.end(), 0);
  const std::span memory(reinterpret_cast<uint8_t*>(words.data()), k_ring_bytes);
  CallerRing caller(std::make_unique<HeapMemory>(memory));
  WorkerRing worker(std::make_unique<HeapMemory>(memory));
  worker.attach(1);
  std::vector<WorkerRing::Posted> posted;
  std::vector<WorkerRing::Posted> taken;
  uint8_t number = 0;
  for (; bytes.size() >= 6; bytes = bytes.subspan(6)) {
    const size_t at = (size_t{bytes[1]} | size_t{bytes[2]} << 8) * 16 % (k_ring_bytes - 4);
    const uint32_t pick = bytes[1];
    switch (bytes[0] % 10) {
      case 0: {  // near the head, where the counts are
        std::memcpy(memory.data() + (at / 16 % k_ring_head_bytes & ~size_t{3}), &bytes[2], 4);
        break;
      }
      case 1:
        std::memcpy(memory.data() + at, &bytes[2], 4);
        break;
      case 2: {
        Uuid id;
        id.bytes[0] = ++number;
        const Bytes request(size_t{16} * bytes[2] % (k_slot_request_max + 1), number);
        auto slot = caller.post(id, bytes[3], request);
        SAMARA_ASSERT(!slot || (*slot < k_ring_slots && caller.holds(*slot, id)));
        break;
      }
      case 3: {
        auto used = caller.used();
        if (used.empty()) break;
        const auto& one = used[pick % used.size()];
        if (!caller.withdraw(one.slot)) caller.cancel(one.slot);
        break;
      }
      case 4:
        while (auto ended = caller.collect()) {
          SAMARA_ASSERT(caller.holds(ended->slot, ended->id));
          const Bytes reply = caller.reply(ended->slot);
          SAMARA_ASSERT(reply.size() <= k_slot_reply_max);
          static_cast<void>(decode_reply(reply, message_types()));
          caller.free(ended->slot);
        }
        break;
      case 5:
        worker.drain(posted);
        SAMARA_ASSERT(posted.size() <= 100'000);
        break;
      case 6: {
        if (posted.empty()) break;
        const WorkerRing::Posted one = posted[pick % posted.size()];
        Bytes request;
        if (!worker.take(one, request)) break;
        SAMARA_ASSERT(request.size() <= k_slot_request_max);
        static_cast<void>(decode_request(request, message_types()));
        taken.push_back(one);
        break;
      }
      case 7: {
        if (taken.empty()) break;
        const size_t which = pick % taken.size();
        const Bytes reply(size_t{16} * bytes[2] % (k_slot_reply_max + 1), 1);
        worker.answer(taken[which], reply, bytes[3]);
        taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
        break;
      }
      case 8: {
        if (taken.empty()) break;
        worker.end(taken.back(), bytes[2] % 2 == 0 ? SlotState::spent : SlotState::returned);
        taken.pop_back();
        break;
      }
      default:
        caller.set_sleeping(true);
        worker.set_sleeping(true);
        static_cast<void>(caller.wakes_worker() || worker.wakes_caller());
        static_cast<void>(worker.cancels_moved() || worker.closed() || caller.attached());
        break;
    }
    if (posted.size() > 1000) posted.clear();
  }
  SAMARA_ASSERT(caller.used().size() + caller.free_slots() == k_ring_slots);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  if (bytes.empty()) return 0;
  switch (bytes[0] % 3) {
    case 0:
      try_name(bytes.subspan(1));
      break;
    case 1:
      try_file(bytes.subspan(1));
      break;
    default:
      try_ring(bytes.subspan(1));
      break;
  }
  return 0;
}
