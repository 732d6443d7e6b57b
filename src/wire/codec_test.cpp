#include "wire/codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/cbor.hpp"
#include "wire/fields.hpp"
#include "wire/topics.hpp"

using namespace samara;
using namespace samara::wire;

namespace {

Hash hash_of(uint8_t first) {
  Hash out;
  out.bytes[0] = first;
  out.bytes[31] = 0xee;
  return out;
}

AttemptId attempt(uint8_t task, uint32_t number) {
  AttemptId out;
  out.task.bytes[0] = task;
  out.number = number;
  return out;
}

template <typename Variant>
Bytes bytes_of(const Variant& message) {
  Bytes out(4096);
  auto size = encode(message, out);
  EXPECT_TRUE(size.has_value());
  out.resize(size ? *size : 0);
  return out;
}

std::string hex(const FromNode& message) { return to_hex(bytes_of(message)); }
std::string hex(const ToNode& message) { return to_hex(bytes_of(message)); }

}  // namespace

TEST(WireCodec, messages_have_these_bytes) {
  EXPECT_EQ(hex(FromNode(Will{.boot = 0x0102030405060708})), "830103a1011b0102030405060708");
  EXPECT_EQ(hex(FromNode(Accepted{.attempt = attempt(0xaa, 7)})),
            "830104a1018250aa00000000000000000000000000000007");
  EXPECT_EQ(hex(FromNode(Stopped{.attempt = attempt(1, 24),
                                 .fence = {.boot = 2, .epoch = 3, .order = 256}})),
            "830109a2018250010000000000000000000000000000001818"
            "02830203190100");
  EXPECT_EQ(hex(ToNode(Renew{.boot = 1, .beat = 300})),
            "8301"
            "1826"
            "a2010102"
            "19012c");
  Beat beat;
  beat.boot = 9;
  beat.number = 1;
  beat.temperature_decidegrees = -55;
  EXPECT_EQ(hex(FromNode(beat)),
            "830102a30109020108"
            "3836");
  EXPECT_EQ(hex(ToNode(Drain{})),
            "8301"
            "1825"
            "a101f5");
}

TEST(WireCodec, a_hello_comes_back_as_it_was) {
  Hello hello;
  hello.node = "pump-3";
  hello.boot = UINT64_MAX;
  hello.version = "0.1.0";
  ASSERT_TRUE(hello.runtimes.push_back("wasm"));
  ASSERT_TRUE(hello.runtimes.push_back("native"));
  ASSERT_TRUE(hello.functions.push_back("gpio.read"));
  ASSERT_TRUE(hello.labels.push_back("site=north"));
  hello.slots = 4;
  hello.memory_bytes = uint64_t{1} << 40;
  hello.message_bytes_max = 1024;
  hello.inline_bytes_max = 256;
  hello.power = Power::battery;
  ASSERT_TRUE(hello.held.push_back(hash_of(3)));
  const Bytes bytes = bytes_of(FromNode(hello));
  auto back = decode_from_node(bytes);
  ASSERT_TRUE(back.has_value());
  const Hello* got = std::get_if<Hello>(&*back);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->node, "pump-3");
  EXPECT_EQ(got->boot, UINT64_MAX);
  EXPECT_EQ(got->runtimes, hello.runtimes);
  EXPECT_EQ(got->functions, hello.functions);
  EXPECT_EQ(got->labels, hello.labels);
  EXPECT_EQ(got->power, Power::battery);
  EXPECT_EQ(got->held, hello.held);
  EXPECT_EQ(bytes_of(*back), bytes);
}

TEST(WireCodec, a_start_comes_back_as_it_was) {
  const Bytes small = {1, 2, 3};
  Start start;
  start.attempt = attempt(5, 2);
  start.fence = {.boot = 77, .epoch = 3, .order = 70000};
  start.function = hash_of(1);
  start.runtime = "wasm";
  start.module = {.hash = hash_of(2), .size = 40960};
  ASSERT_TRUE(start.arguments.push_back({.value = small, .object = std::nullopt}));
  ASSERT_TRUE(
      start.arguments.push_back({.value = {}, .object = ObjectRef{.hash = hash_of(4), .size = 9}}));
  ASSERT_TRUE(start.arguments.push_back({.value = {}, .object = std::nullopt}));
  start.effect = Effect::effectful;
  start.lease_ms = 30000;
  start.limits.wall_ms = 5000;
  const Bytes bytes = bytes_of(ToNode(start));
  auto back = decode_to_node(bytes);
  ASSERT_TRUE(back.has_value());
  const Start* got = std::get_if<Start>(&*back);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->attempt, start.attempt);
  EXPECT_EQ(got->fence, start.fence);
  ASSERT_EQ(got->arguments.size(), 3U);
  EXPECT_EQ(to_hex(got->arguments[0].value), "010203");
  EXPECT_EQ(got->arguments[1].object, start.arguments[1].object);
  EXPECT_TRUE(got->arguments[2].value.empty());
  EXPECT_EQ(got->limits, start.limits);
  EXPECT_EQ(got->effect, Effect::effectful);
  EXPECT_EQ(bytes_of(*back), bytes);
}

TEST(WireCodec, unknown_fields_are_passed_over) {
  // accepted with a field 0, a nested field 9, and the attempt between them
  auto bytes = from_hex(
      "830104a300f4018250aa0000000000000000000000000000000709a101820261"
      "61");
  ASSERT_TRUE(bytes.has_value());
  auto message = decode_from_node(*bytes);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(std::get_if<Accepted>(&*message)->attempt, attempt(0xaa, 7));
}

TEST(WireCodec, bytes_that_are_no_message_are_refused) {
  const struct {
    const char* hex;
    Code code;
  } cases[] = {
      {"", Code::corrupt},
      {"83", Code::corrupt},
      {"820103", Code::corrupt},            // two parts
      {"830203a10101", Code::unsupported},  // version 2
      {"83011863a0", Code::unsupported},    // kind 99
      {"830103a0", Code::corrupt},          // a needed field is missing
      {"830103a1010100", Code::corrupt},    // something behind
      {"830103a2010101"
       "02",
       Code::corrupt},  // key twice
      {"830103a2020101"
       "02",
       Code::corrupt},  // keys descend
      {"830103a101"
       "1801",
       Code::corrupt},  // not the shortest form
      {"830103a101"
       "6131",
       Code::corrupt},                                                          // text for a number
      {"830103bf0101ff", Code::corrupt},                                        // indefinite length
      {"830103bb00000000ffffffff", Code::corrupt},                              // a map of billions
      {"830109a2018250010000000000000000000000000000000102f6", Code::corrupt},  // null
      {"830105a3018250010000000000000000000000000000000102830101010318"
       "63",
       Code::corrupt},  // no reason
  };
  for (const auto& one : cases) {
    auto bytes = from_hex(one.hex);
    ASSERT_TRUE(bytes.has_value()) << one.hex;
    auto message = decode_from_node(*bytes);
    ASSERT_FALSE(message.has_value()) << one.hex;
    EXPECT_EQ(message.error().code, one.code) << one.hex;
  }
}

TEST(WireCodec, every_cut_of_a_message_is_refused) {
  Beat beat;
  beat.boot = 1000;
  beat.number = 2;
  beat.memory_free_bytes = 123456789;
  const Bytes bytes = bytes_of(FromNode(beat));
  for (size_t n = 0; n < bytes.size(); n++) {
    EXPECT_FALSE(decode_from_node(ByteView(bytes).first(n)).has_value()) << n;
  }
  EXPECT_TRUE(decode_from_node(bytes).has_value());
}

TEST(WireCodec, names_with_wildcards_or_zeros_are_refused) {
  for (const std::string& bad : {std::string("a+b/#"), std::string("a\0b", 3), std::string("")}) {
    Bytes out(256);
    CborWriter writer(out);
    writer.array(3);
    writer.uint(1);
    writer.uint(1);
    writer.map(1);
    writer.uint(1);
    writer.text(bad);
    out.resize(writer.size());
    EXPECT_FALSE(decode_from_node(out).has_value()) << bad;
  }
}

TEST(WireCodec, a_message_that_does_not_fit_says_so) {
  uint8_t little[4];
  auto size = encode(FromNode(Will{.boot = 1}), little);
  ASSERT_FALSE(size.has_value());
  EXPECT_EQ(size.error().code, Code::exhausted);
}

TEST(WireCodec, skipping_is_bounded_in_depth) {
  Bytes deep(64, 0x81);
  deep.push_back(0);
  CborReader reader(deep);
  reader.skip();
  EXPECT_FALSE(reader.ok());
}

TEST(WireCodec, manifest_comes_back) {
  Manifest manifest{.function = hash_of(1),
                    .module = {.hash = hash_of(2), .size = 3},
                    .runtime = "wasm",
                    .key = "release"};
  Bytes out(256);
  auto size = encode_manifest(manifest, out);
  ASSERT_TRUE(size.has_value());
  out.resize(*size);
  auto back = decode_manifest(out);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->module, manifest.module);
  EXPECT_EQ(back->key, "release");
}

TEST(Topics, come_back_as_they_were) {
  const TopicText text = topic_text({.direction = Direction::to_node,
                                     .fleet = "home",
                                     .node = "pump-3",
                                     .channel = Channel::data});
  EXPECT_EQ(text.view(), "samara/home/to/pump-3/data");
  auto topic = parse_topic(text.view());
  ASSERT_TRUE(topic.has_value());
  EXPECT_EQ(topic->node, "pump-3");
  EXPECT_EQ(topic->channel, Channel::data);
  EXPECT_EQ(topic_text({.direction = Direction::to_all, .fleet = "home", .node = {}}).view(),
            "samara/home/all");
}

TEST(Topics, foreign_ones_are_none) {
  for (const char* text :
       {"", "samara", "samara/home", "samara/home/from", "samara/home/from/a", "samara/h/from/a/x",
        "samara/h/from/+/control", "samara/h/from/#/control", "samara/h/from/a/control/x",
        "samara//from/a/control", "m/home/c/x/control/manager/start", "samara/h/all/x"}) {
    EXPECT_FALSE(parse_topic(text).has_value()) << text;
  }
}
