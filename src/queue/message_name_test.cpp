#include "queue/message_name.hpp"

#include <gtest/gtest.h>

#include "queue/backlog.hpp"
#include "queue/queue_folder.hpp"

namespace samara::queue {
namespace {

MessageName some_name(int64_t ms, uint8_t priority = 128) {
  const uint8_t random[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  MessageName out;
  out.priority = priority;
  out.id = Uuid::make_v7(ms, random);
  out.caller = "0123456789abcdef";
  return out;
}

TEST(MessageName, comes_back_from_its_text) {
  MessageName name = some_name(1000);
  EXPECT_EQ(name.text(), "80-0000000003e87102830405060708090a-0123456789abcdef-1");
  for (uint32_t attempt : {1U, 2U, 4'000'000'000U}) {
    for (int64_t ready : {int64_t{0}, int64_t{1'700'000'000'000}}) {
      name.attempt = attempt;
      name.ready_ms = ready;
      auto read = MessageName::parse(name.text());
      ASSERT_TRUE(read) << name.text();
      EXPECT_EQ(*read, name);
    }
  }
}

TEST(MessageName, whatever_is_no_name_is_refused) {
  const std::string good = some_name(1000).text();
  for (size_t i = 0; i < good.size(); i++) {
    EXPECT_FALSE(MessageName::parse(good.substr(0, i))) << i;
    std::string changed = good;
    changed[i] = '_';
    EXPECT_FALSE(MessageName::parse(changed)) << changed;
  }
  for (const char* tail : {"-", "-0", "--1", "-5x", "-99999999999999999999"}) {
    EXPECT_FALSE(MessageName::parse(good + tail)) << tail;
  }
}

TEST(MessageName, sorts_by_priority_and_then_by_time) {
  EXPECT_LT(some_name(2000, 1).text(), some_name(1000, 2).text());
  EXPECT_LT(some_name(1000).text(), some_name(2000).text());
}

TEST(Backlog, gives_the_first_by_name_and_holds_back_what_is_not_ready) {
  Backlog backlog;
  backlog.add(some_name(2000).text(), 0);
  backlog.add(some_name(1000).text(), 1);
  MessageName later = some_name(500);
  later.attempt = 2;
  later.ready_ms = 5000;
  backlog.add(later.text(), 0);
  backlog.add("no message", 0);
  EXPECT_EQ(backlog.size(), 3U);
  EXPECT_EQ(backlog.next_ready_ms(), 5000);
  ASSERT_NE(backlog.first(4999), nullptr);
  EXPECT_EQ(backlog.take_first().queue, 1U);
  ASSERT_NE(backlog.first(5000), nullptr);
  EXPECT_EQ(backlog.take_first().parsed, later);
  EXPECT_EQ(backlog.take_first().parsed, some_name(2000));
  EXPECT_EQ(backlog.first(9999), nullptr);
}

TEST(QueueName, is_a_plain_word) {
  for (const char* good : {"python", "cpp", "python@1f", "node-22", "r4"}) {
    EXPECT_TRUE(is_queue_name(good)) << good;
  }
  for (const char* bad : {"", "peers", ".", "..", ".x", "a/b", "Python", "a b", "@x"}) {
    EXPECT_FALSE(is_queue_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace samara::queue
