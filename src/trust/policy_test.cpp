#include "trust/policy.hpp"

#include <gtest/gtest.h>

#include "trust/trust_rules.hpp"
#include "trust/words.hpp"

namespace samara::trust {
namespace {

const std::string k_key(64, '1');
const std::string k_other_key(64, '2');

std::string with(std::string_view members) {
  return "{\"format\": \"samara policy\", \"number\": 1" +
         (members.empty() ? "" : ", " + std::string(members)) + "}";
}

std::string with_key(std::string_view members) {
  return with("\"keys\": [{\"key\": \"" + k_key + "\"" +
              (members.empty() ? "" : ", " + std::string(members)) + "}]");
}

TEST(Policy, what_is_printed_is_read_again) {
  Policy policy;
  policy.number = 7;
  policy.require_signatures = true;
  policy.signatures = 2;
  policy.roles = 1U << 2;
  policy.unsigned_capabilities = image::k_capability_log;
  policy.keys.resize(2);
  policy.keys[0].name = "alice \"a\" \u00fc";
  policy.keys[0].rights.key.fill(7);
  policy.keys[0].rights.roles = 1U << 1 | 1U << 3;
  policy.keys[0].rights.capabilities = image::k_capabilities_known;
  policy.keys[1].rights.key.fill(9);
  policy.keys[1].rights.targets = 1;
  policy.keys[1].rights.memory_max = 4096;
  policy.keys[1].rights.deadline_ms_max = 250;
  policy.keys[1].rights.not_after = 1'900'000'000;
  policy.keys[1].rights.revoked = true;
  policy.revoked_keys = {image::KeyId{1, 2, 3}};
  policy.revoked_tasks = {Hash{}};
  policy.quarantine_after = 5;
  policy.quarantine_timeouts = true;
  const std::string text = print_policy(policy);
  auto read = parse_policy(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(print_policy(*read), text);
  EXPECT_EQ(read->number, 7U);
  EXPECT_TRUE(read->require_signatures);
  EXPECT_EQ(read->signatures, 2U);
  EXPECT_EQ(read->roles, 1U << 2);
  EXPECT_EQ(read->unsigned_capabilities, image::k_capability_log);
  ASSERT_EQ(read->keys.size(), 2U);
  EXPECT_EQ(read->keys[0].name, policy.keys[0].name);
  EXPECT_EQ(read->keys[0].rights.roles, 10U);
  EXPECT_EQ(read->keys[0].rights.targets, UINT32_MAX);
  EXPECT_EQ(read->keys[0].rights.not_after, image::k_forever);
  EXPECT_EQ(read->keys[1].rights.memory_max, 4096U);
  EXPECT_EQ(read->keys[1].rights.deadline_ms_max, 250U);
  EXPECT_EQ(read->keys[1].rights.not_after, 1'900'000'000U);
  EXPECT_TRUE(read->keys[1].rights.revoked);
  EXPECT_EQ(read->revoked_keys, policy.revoked_keys);
  EXPECT_EQ(read->revoked_tasks, policy.revoked_tasks);
  EXPECT_EQ(read->quarantine_after, 5U);
  EXPECT_TRUE(read->quarantine_timeouts);
}

TEST(Policy, what_is_left_out_lets_unsigned_images_run_and_trusts_a_key_with_nothing) {
  auto read = parse_policy(with_key(""));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_FALSE(read->require_signatures);
  EXPECT_EQ(read->unsigned_capabilities, image::k_capabilities_known);
  EXPECT_EQ(read->quarantine_after, 3U);
  EXPECT_EQ(read->keys[0].rights.roles, 0U);
  EXPECT_EQ(read->keys[0].rights.capabilities, 0U);
}

struct Bad {
  std::string text;
  std::string says;
};

TEST(Policy, mistakes_are_told_with_line_and_column) {
  const Bad bad[] = {
      {"", "Unexpected end"},
      {"[]", "line 1, column 1: a policy is an object"},
      {"{}", "line 1, column 1: it does not say"},
      {"{\"format\": \"else\", \"number\": 1}", "line 1, column 12: it does not say"},
      {"{\"format\": \"samara policy\"}", "it has no 'number'"},
      {"{\"format\": \"samara policy\",\n \"number\": 1,\n \"number\": 2}",
       "line 3, column 2: 'number' stands here twice"},
      {"{\"format\": \"samara policy\",\n  \"number\": -1}",
       "line 2, column 13: 'number' is a whole number"},
      {with("\"number_\": 1"), "a policy has no member 'number_'"},
      {"{\"format\": \"samara policy\", \"number\": 1.5}", "'number' is a whole number"},
      {"{\"format\": \"samara policy\", \"number\": 99999999999999999999}", "whole number from 0"},
      {with("\"require_signatures\": 1"), "'require_signatures' is true or false"},
      {with("\"require_signatures\": true, \"signatures\": 0"), "signatures are required"},
      {with("\"signatures\": 5"), "'signatures' is a whole number from 0 to 4"},
      {with("\"roles\": \"author\""), "'roles' is a list"},
      {with("\"roles\": [\"boss\"]"), "unknown role 'boss', there are author, reviewer, operator"},
      {with("\"roles\": [1]"), "role is a text in quotes"},
      {with("\"unsigned_capabilities\": [\"net\"]"), "unknown capability 'net'"},
      {with("\"keys\": [{}]"), "a key without its 'key'"},
      {with("\"keys\": [1]"), "a key is an object"},
      {with("\"keys\": [{\"key\": \"12\"}]"), "a public key has 64 hex digits"},
      {with("\"keys\": [{\"key\": \"" + k_key + "\"}, {\"key\": \"" + k_key + "\"}]"),
       "stands here twice"},
      {with_key("\"id\": \"0000000000000000\""), "this is not the id of the key, which is"},
      {with_key("\"id\": \"00\""), "the id of a key has 16 hex digits"},
      {with_key("\"revokd\": true"), "a key has no member 'revokd'"},
      {with_key("\"targets\": [\"vax\"]"), "unknown target 'vax'"},
      {with_key("\"memory_bytes_max\": 4294967296"), "whole number from 0 to 4294967295"},
      {with_key("\"deadline_ms_max\": \"1s\""), "'deadline_ms_max' is a whole number"},
      {with_key("\"expires\": \"tomorrow\""), "expected a day or a time"},
      {with_key("\"expires\": \"2027-02-30\""), "expected a day or a time"},
      {with_key("\"name\": \"\\ud800\""), "an escape names half a character"},
      {with_key("\"name\": \"" + std::string(201, 'a') + "\""), "a name has at most 200 bytes"},
      {with("\"revoked_keys\": [\"xyz\"]"), "the id of a key has 16 hex digits"},
      {with("\"revoked_tasks\": [\"00\"]"), "the id of a task has 64 hex digits"},
      {with("\"quarantine\": {\"after\": 1001}"), "whole number from 0 to 1000"},
      {with("\"quarantine\": {\"when\": 1}"), "'quarantine' has no member 'when'"},
      {with("\"quarantine\": 3"), "'quarantine' is an object"},
      {with("") + " x", "Unexpected"},
  };
  for (const Bad& one : bad) {
    auto read = parse_policy(one.text);
    ASSERT_FALSE(read) << one.text;
    const std::string_view message = read.error().message();
    EXPECT_NE(message.find(one.says), std::string_view::npos) << one.text << "\n" << message;
    EXPECT_EQ(message.substr(0, 5), "line ") << message;
    EXPECT_EQ(read.error().code, Code::corrupt);
  }
}

TEST(Policy, limits_are_told) {
  std::string many = "\"0000000000000000\"";
  for (size_t i = 0; i < k_revoked_max; i++) many += ",\"0000000000000000\"";
  EXPECT_EQ(parse_policy(with("\"revoked_keys\": [" + many + "]")).error().code, Code::exhausted);
  EXPECT_EQ(parse_policy(std::string(k_policy_bytes_max + 1, ' ')).error().code, Code::exhausted);
}

TEST(Policy, a_day_ends_with_its_last_second) {
  EXPECT_EQ(*parse_end("1970-01-02"), 2U * 86'400 - 1);
  EXPECT_EQ(*parse_end("1970-01-02T00:00:01Z"), 86'401U);
  EXPECT_EQ(end_text(2U * 86'400 - 1), "1970-01-02");
  EXPECT_EQ(end_text(86'401), "1970-01-02T00:00:01Z");
  for (const char* text : {"", "T", "2027", "2027-1-1", "1969-12-31", "2027-01-01T", "Z"}) {
    EXPECT_FALSE(parse_end(text)) << text;
  }
}

TEST(Policy, rules_change_when_a_key_expires) {
  Policy policy;
  policy.keys.resize(2);
  policy.keys[0].rights.key.fill(1);
  policy.keys[0].rights.not_after = 100;
  policy.keys[1].rights.key.fill(2);
  policy.keys[1].rights.not_after = 200;
  const TrustRules rules(policy);
  EXPECT_EQ(rules.same_until(50), 100U);
  EXPECT_EQ(rules.same_until(100), 100U);
  EXPECT_EQ(rules.same_until(101), 200U);
  EXPECT_EQ(rules.same_until(201), image::k_forever);
}

TEST(Policy, signatures_are_needed_only_where_they_are_required) {
  Policy policy;
  policy.signatures = 3;
  policy.roles = 2;
  EXPECT_EQ(TrustRules(policy).at(0).signatures_needed, 0U);
  EXPECT_EQ(TrustRules(policy).at(0).roles_needed, 0U);
  EXPECT_TRUE(TrustRules(policy).at(0).signed_must_count);
  policy.require_signatures = true;
  EXPECT_EQ(TrustRules(policy).at(0).signatures_needed, 3U);
  EXPECT_EQ(TrustRules(policy).at(0).roles_needed, 2U);
}

TEST(Words, each_word_has_one_bit) {
  for (Words words : {Words::roles, Words::capabilities, Words::targets}) {
    uint64_t seen = 0;
    for (const Word& word : all(words)) {
      EXPECT_EQ(word.bit & (word.bit - 1), 0U);
      EXPECT_EQ(seen & word.bit, 0U);
      seen |= word.bit;
      EXPECT_EQ(*mask_of(words, word.text), word.bit);
      EXPECT_EQ(words_of(words, word.bit), std::vector<std::string>{std::string(word.text)});
    }
    if (words == Words::capabilities) {
      EXPECT_EQ(seen, image::k_capabilities_known);
    }
    EXPECT_FALSE(mask_of(words, "nothing"));
  }
}

}  // namespace
}  // namespace samara::trust
