#include "queue/ring.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace samara::queue {
namespace {

class HeapMemory final : public port::SharedMemory {
 public:
  explicit HeapMemory(std::span<uint8_t> bytes) : SharedMemory(bytes) {}
};

struct RingSuite : testing::Test {
  std::unique_ptr<port::SharedMemory> memory() {
    return std::make_unique<HeapMemory>(
        std::span(reinterpret_cast<uint8_t*>(words.data()), k_ring_bytes));
  }
  static Uuid id(uint8_t mark) {
    Uuid out;
    out.bytes[0] = mark;
    return out;
  }
  std::vector<WorkerRing::Posted> drain() {
    std::vector<WorkerRing::Posted> out;
    worker.drain(out);
    return out;
  }
  WorkerRing::Posted take() {
    auto posted = drain();
    Bytes request;
    EXPECT_EQ(posted.size(), 1U);
    EXPECT_TRUE(worker.take(posted[0], request));
    return posted[0];
  }

  std::vector<uint64_t> words = std::vector<uint64_t>(k_ring_bytes / 8);
  CallerRing caller{memory()};
  WorkerRing worker{memory()};
  Bytes value{1, 2, 3};
};

TEST_F(RingSuite, a_request_and_its_reply_pass) {
  EXPECT_TRUE(WorkerRing::is_ring(*memory()));
  EXPECT_FALSE(caller.attached());
  worker.attach(3);
  EXPECT_TRUE(caller.attached());
  EXPECT_EQ(caller.worker_slots(), 3U);
  auto slot = caller.post(id(1), 7, value);
  ASSERT_TRUE(slot.has_value());
  EXPECT_TRUE(worker.has_news());
  auto posted = drain();
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0].priority, 7);
  EXPECT_EQ(posted[0].id, id(1));
  Bytes request;
  ASSERT_TRUE(worker.take(posted[0], request));
  EXPECT_EQ(request, value);
  EXPECT_FALSE(worker.take(posted[0], request)) << "taken twice";
  EXPECT_FALSE(caller.has_news());
  worker.answer(posted[0], Bytes{9}, 55);
  auto ended = caller.collect();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->state, SlotState::answered);
  EXPECT_EQ(ended->id, id(1));
  EXPECT_EQ(caller.reply(ended->slot), Bytes{9});
  EXPECT_EQ(caller.run_ns(ended->slot), 55U);
  caller.free(ended->slot);
  EXPECT_FALSE(caller.collect().has_value());
  EXPECT_EQ(caller.free_slots(), size_t{k_ring_slots});
}

TEST_F(RingSuite, what_is_withdrawn_cannot_be_taken_and_what_is_taken_not_withdrawn) {
  auto slot = caller.post(id(1), 0, value);
  auto posted = drain();
  ASSERT_TRUE(caller.withdraw(*slot));
  Bytes request;
  EXPECT_FALSE(worker.take(posted[0], request));
  slot = caller.post(id(2), 0, value);
  EXPECT_FALSE(worker.take(posted[0], request)) << "the slot is another request's now";
  ASSERT_TRUE(worker.take(drain()[0], request));
  EXPECT_FALSE(caller.withdraw(*slot));
}

TEST_F(RingSuite, a_full_ring_says_so) {
  std::set<uint32_t> slots;
  for (uint32_t i = 0; i < k_ring_slots; i++) {
    auto slot = caller.post(id(1), 0, value);
    ASSERT_TRUE(slot.has_value());
    EXPECT_TRUE(slots.insert(*slot).second);
  }
  EXPECT_FALSE(caller.post(id(2), 0, value).has_value());
}

TEST_F(RingSuite, entries_that_are_not_read_are_not_written_over) {
  uint32_t posts = 0;
  while (auto slot = caller.post(id(1), 0, value)) {
    posts++;
    ASSERT_LE(posts, 1000U);
    ASSERT_TRUE(caller.withdraw(*slot));
  }
  EXPECT_GE(posts, k_ring_slots);
  EXPECT_TRUE(drain().empty());
  EXPECT_TRUE(caller.post(id(1), 0, value).has_value());
}

TEST_F(RingSuite, a_slot_that_is_spent_or_returned_comes_back) {
  for (SlotState state : {SlotState::spent, SlotState::returned}) {
    caller.post(id(1), 0, value);
    worker.end(take(), state);
    auto ended = caller.collect();
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(ended->state, state);
    caller.free(ended->slot);
  }
}

TEST_F(RingSuite, the_worker_learns_of_cancellations_and_the_end) {
  auto slot = caller.post(id(1), 0, value);
  auto posted = take();
  EXPECT_FALSE(worker.cancels_moved());
  caller.cancel(*slot);
  EXPECT_TRUE(worker.has_news());
  EXPECT_TRUE(worker.cancels_moved());
  EXPECT_FALSE(worker.has_news());
  EXPECT_TRUE(worker.cancelled(posted));
  EXPECT_FALSE(worker.closed());
  caller.close();
  EXPECT_TRUE(worker.has_news());
  EXPECT_TRUE(worker.closed());
}

TEST_F(RingSuite, a_sleeper_is_woken_once) {
  EXPECT_FALSE(caller.wakes_worker());
  worker.set_sleeping(true);
  EXPECT_TRUE(caller.wakes_worker());
  EXPECT_FALSE(caller.wakes_worker());
  caller.set_sleeping(true);
  caller.set_sleeping(false);
  EXPECT_FALSE(worker.wakes_caller());
}

TEST_F(RingSuite, a_state_that_makes_no_sense_counts_as_taken) {
  auto slot = caller.post(id(1), 0, value);
  uint8_t* at = reinterpret_cast<uint8_t*>(words.data()) + k_ring_head_bytes + *slot * k_slot_bytes;
  at[0] = 77;
  EXPECT_EQ(caller.state_of(*slot), SlotState::taken);
  at[0] = static_cast<uint8_t>(SlotState::answered);
  at[1]++;  // of another generation
  EXPECT_EQ(caller.state_of(*slot), SlotState::taken);
}

TEST_F(RingSuite, sizes_beyond_a_slot_are_cut) {
  auto slot = caller.post(id(1), 0, value);
  uint8_t* at = reinterpret_cast<uint8_t*>(words.data()) + k_ring_head_bytes + *slot * k_slot_bytes;
  std::memset(at + 8, 0xff, 4);
  std::memset(at + 64, 0xff, 4);
  Bytes request;
  ASSERT_TRUE(worker.take(drain()[0], request));
  EXPECT_EQ(request.size(), k_slot_request_max);
  EXPECT_EQ(caller.reply(*slot).size(), k_slot_reply_max);
}

TEST_F(RingSuite, counts_that_make_no_sense_are_begun_anew) {
  auto* head = reinterpret_cast<uint8_t*>(words.data());
  std::memset(head + 64, 0xee, 4);   // posted
  std::memset(head + 136, 0xee, 4);  // replies
  EXPECT_TRUE(drain().empty());
  EXPECT_FALSE(worker.has_news());
  EXPECT_FALSE(caller.collect().has_value());
  EXPECT_FALSE(caller.has_news());
}

}  // namespace
}  // namespace samara::queue
