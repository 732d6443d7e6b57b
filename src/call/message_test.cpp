#include <gtest/gtest.h>

#include <algorithm>

#include "call/record_build.hpp"
#include "call/reply.hpp"
#include "call/request.hpp"

namespace samara {
namespace {

struct Messages : testing::Test {
  TypeTable table;
  RecordTypes records{table};
  MessageTypes types{records};

  // What the general codec makes of the bytes, written again.
  Bytes through_codec(ByteView bytes, const Type* type) {
    Heap heap;
    auto value =
        decode_beast2(bytes, type, table, heap, {.dialect = Dialect::b, .canonical_only = true});
    EXPECT_TRUE(value) << (value ? "" : value.error().message());
    if (!value) return {};
    auto again = encode_beast2(type, *value, {.dialect = Dialect::b});
    EXPECT_TRUE(again);
    return again ? *std::move(again) : Bytes{};
  }

  static Uuid some_id() {
    const uint8_t random[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    return Uuid::make_v7(1'700'000'000'000, random);
  }
  static Hash some_hash(uint8_t fill) {
    Hash out;
    out.bytes.fill(fill);
    return out;
  }
  static Request some_request() {
    Request out;
    out.id = some_id();
    out.queue = "python";
    out.caller = "0123456789abcdef";
    out.function = some_hash(1);
    out.call = some_hash(2);
    out.arguments = {{.bytes = {1, 2, 3}, .object = {}}, {.bytes = {}, .object = some_hash(3)}};
    out.bindings = {{"fit", some_hash(4)}, {"print", some_hash(5)}};
    out.priority = 7;
    out.repeatable = true;
    out.attempts_max = 5;
    out.deadline_ns = 123'456'789'012;
    out.limits.memory_bytes_max = 1 << 20;
    out.limits.wall_max = Limits{}.wall_max;
    out.capabilities = {"net", "files"};
    out.ancestors = {some_hash(6)};
    out.more = {{"trace", {9, 8}}};
    return out;
  }
  static Reply some_reply(Outcome outcome) {
    Reply out;
    out.id = some_id();
    out.worker = "fedcba9876543210";
    out.attempt = 2;
    out.outcome = std::move(outcome);
    out.usage = {1, 2, 3, 4};
    out.log.entries = {{LogStream::out, "a"}, {LogStream::err, "b"}};
    out.log.bytes_dropped = 12;
    out.more = {{"node", {1}}};
    return out;
  }
};

TEST_F(Messages, request_comes_back_as_it_was) {
  Bytes bytes;
  append_request(bytes, some_request(), types);
  auto read = decode_request(bytes, types);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, some_request());
}

TEST_F(Messages, request_of_a_platform_function_comes_back) {
  Request request = some_request();
  request.function = {};
  request.platform = "fit";
  request.call.reset();
  Bytes bytes;
  append_request(bytes, request, types);
  auto read = decode_request(bytes, types);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, request);
  EXPECT_EQ(through_codec(bytes, types.request), bytes);
}

TEST_F(Messages, request_is_a_canonical_east_value) {
  Bytes bytes;
  append_request(bytes, some_request(), types);
  EXPECT_EQ(through_codec(bytes, types.request), bytes);
}

TEST_F(Messages, every_outcome_comes_back_and_is_canonical) {
  const Outcome outcomes[] = {
      Outcome::of_value(some_hash(9)),
      Outcome::of_error("no", {{"a.east", 1, 2}, {"b.east", 3, 4}}),
      Outcome::of_limit("steps", "too many"),
      Outcome::of(OutcomeKind::trap, "t"),
      Outcome::of(OutcomeKind::crash, "c"),
      Outcome::of(OutcomeKind::timeout, "o"),
      Outcome::of(OutcomeKind::memory, "m"),
      Outcome::of(OutcomeKind::cancelled, "x"),
      Outcome::of(OutcomeKind::lost, "l"),
  };
  for (const Outcome& outcome : outcomes) {
    Reply reply = some_reply(outcome);
    if (outcome.is_value()) reply.bytes = {4, 5, 6};
    Bytes bytes;
    append_reply(bytes, reply, types);
    auto read = decode_reply(bytes, types);
    ASSERT_TRUE(read) << outcome_name(outcome.kind);
    EXPECT_EQ(*read, reply);
    EXPECT_EQ(through_codec(bytes, types.reply), bytes);
  }
}

TEST_F(Messages, damage_at_any_byte_is_noticed_or_harmless) {
  Bytes request;
  append_request(request, some_request(), types);
  Bytes reply;
  append_reply(reply, some_reply(Outcome::of_error("no", {{"a.east", 1, 2}})), types);
  for (size_t i = 0; i < request.size(); i++) {
    auto cut = decode_request(ByteView(request).first(i), types);
    EXPECT_FALSE(cut) << i;
    Bytes changed = request;
    changed[i] ^= 0xff;
    static_cast<void>(decode_request(changed, types));
  }
  for (size_t i = 0; i < reply.size(); i++) {
    EXPECT_FALSE(decode_reply(ByteView(reply).first(i), types)) << i;
    Bytes changed = reply;
    changed[i] ^= 0xff;
    static_cast<void>(decode_reply(changed, types));
  }
}

TEST_F(Messages, another_record_is_told_from_damage) {
  Bytes reply;
  append_reply(reply, some_reply(Outcome::of_value(some_hash(1))), types);
  EXPECT_EQ(decode_request(reply, types).error().code, Code::unsupported);
  EXPECT_EQ(decode_request(as_bytes("nothing"), types).error().code, Code::corrupt);
}

TEST_F(Messages, text_that_is_no_utf8_is_refused) {
  Bytes reply;
  append_reply(reply, some_reply(Outcome::of(OutcomeKind::crash, "QQQQ")), types);
  auto at = std::search(reply.begin(), reply.end(), std::begin("QQQQ"), std::end("QQQQ") - 1);
  ASSERT_NE(at, reply.end());
  *at = 0xff;
  EXPECT_EQ(decode_reply(reply, types).error().code, Code::corrupt);
}

}  // namespace
}  // namespace samara
