// Rules C, X and S: the container, what the node allows, and who signed.

#include "image/rules_test_support.hpp"

namespace samara::image {
namespace {

At set_header(Draft& draft, void (*damage)(Bytes&), uint32_t at) {
  draft.damage = damage;
  return file_at(at);
}

At replace_value(Draft& draft, Tag tag, Bytes value, uint32_t from = 0) {
  draft.value(tag) = std::move(value);
  return file_at(draft.place(tag) + from);
}

const Case k_cases[] = {
    {Rule::C01, "no magic",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[3] = '2'; }, 0); }},
    {Rule::C01, "shorter than the header",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f.resize(63); }, 0); }},
    {Rule::C01, "empty file",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f.clear(); }, 0); }},
    {Rule::C01, "version 2", [](Draft& d) { return set_header(d, [](Bytes& f) { f[4] = 2; }, 4); }},
    {Rule::C01, "header size",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[6] = 68; }, 6); }},
    {Rule::C01, "flag bit",
     [](Draft& d) {
       d.flags = 2;
       return file_at(44);
     }},
    {Rule::C01, "reserved byte",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[63] = 1; }, 48); }},

    {Rule::C02, "total size too large",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[8]++; }, 8); }},
    {Rule::C02, "trailing byte not counted",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f.push_back(0); }, 8); }},
    {Rule::C02, "manifest not at 64",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[12] = 80; }, 12); }},
    {Rule::C02, "manifest of no bytes",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 16, 0); }, 16); }},
    {Rule::C02, "manifest above its limit",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 16, 4100); }, 16); }},
    {Rule::C02, "manifest size not a multiple of 4",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[16] |= 2; }, 16); }},
    {Rule::C02, "image missing",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 24, 0); }, 24); }},
    {Rule::C02, "image misaligned",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[20] += 4; }, 20); }},
    {Rule::C02, "image over manifest",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 20, 64); }, 20); }},
    {Rule::C02, "image outside the file",
     [](Draft& d) {
       return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 24, UINT32_MAX); }, 20);
     }},
    {Rule::C02, "image offset wraps with its size",
     [](Draft& d) {
       return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 20, 0xfffffff0); }, 20);
     }},
    {Rule::C02, "gap too large",
     [](Draft& d) {
       return set_header(
           d, [](Bytes& f) { store_le<uint32_t>(f, 20, load_le<uint32_t>(f, 20) + 16); }, 20);
     }},
    {Rule::C02, "debug before image",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 28, 64); }, 28); }},
    {Rule::C02, "debug with a place and no size",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 32, 0); }, 28); }},
    {Rule::C02, "signatures outside the file",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[40]++; }, 36); }},
    {Rule::C02, "signatures with a place and no size",
     [](Draft& d) { return set_header(d, [](Bytes& f) { store_le<uint32_t>(f, 40, 0); }, 36); }},
    {Rule::C02, "gap not zero",
     [](Draft& d) {
       d.damage = [](Bytes& f) { f[load_le<uint32_t>(f, 36) - 1] = 1; };
       return file_at(d.debug_place() + 20);
     }},

    {Rule::C03, "entry cut off",
     [](Draft& d) {
       d.manifest = {{2, Bytes(4)}};
       d.manifest[0].value.clear();
       d.hash_image = false;
       return file_at(64 + 2);
     }},
    {Rule::C03, "entry longer than the manifest",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[64 + 3] = 0xff; }, 64 + 2); }},
    {Rule::C03, "types unsorted",
     [](Draft& d) {
       std::swap(d.manifest[0], d.manifest[1]);
       return file_at(d.place(Tag::name) - 4);
     }},
    {Rule::C03, "type doubled",
     [](Draft& d) {
       d.manifest.insert(d.manifest.begin(), d.manifest[0]);
       return file_at(64 + 12);
     }},
    {Rule::C03, "type 0",
     [](Draft& d) {
       d.manifest.insert(d.manifest.begin(), {0, {}});
       return file_at(64);
     }},
    {Rule::C03, "type unknown",
     [](Draft& d) {
       d.manifest.insert(d.manifest.end() - 2, {15, Bytes(4)});
       return file_at(d.place(Tag::determinism) + 4);
     }},
    {Rule::C03, "fixed length wrong",
     [](Draft& d) {
       At at = replace_value(d, Tag::abi, Bytes(8));
       at.offset -= 2;
       return at;
     }},
    {Rule::C03, "hash too short",
     [](Draft& d) {
       d.hash_image = false;
       At at = replace_value(d, Tag::image_hash, Bytes(28));
       at.offset -= 2;
       return at;
     }},
    {Rule::C03, "padding not zero",
     [](Draft& d) { return set_header(d, [](Bytes& f) { f[64 + 4 + 7] = 1; }, 64 + 4 + 6); }},
    {Rule::C03, "determinism 2", [](Draft& d) { return replace_value(d, Tag::determinism, {2}); }},
    {Rule::C03, "target empty",
     [](Draft& d) {
       At at = replace_value(d, Tag::target, {});
       at.offset -= 2;
       return at;
     }},
    {Rule::C03, "target missing",
     [](Draft& d) {
       d.remove(Tag::target);
       return file_at(64);
     }},
    {Rule::C03, "abi missing",
     [](Draft& d) {
       d.remove(Tag::abi);
       return file_at(64);
     }},
    {Rule::C03, "entry missing",
     [](Draft& d) {
       d.remove(Tag::entry);
       return file_at(64);
     }},
    {Rule::C03, "hash missing",
     [](Draft& d) {
       d.hash_image = false;
       d.remove(Tag::image_hash);
       return file_at(64);
     }},
    {Rule::C03, "memory missing",
     [](Draft& d) {
       d.remove(Tag::memory);
       return file_at(64);
     }},
    {Rule::C03, "time missing",
     [](Draft& d) {
       d.remove(Tag::time);
       return file_at(64);
     }},
    {Rule::C03, "capabilities missing",
     [](Draft& d) {
       d.remove(Tag::capabilities);
       return file_at(64);
     }},

    {Rule::C04, "other target",
     [](Draft& d) { return replace_value(d, Tag::target, text_bytes("thumbv6m-none-samara")); }},
    {Rule::C04, "target with a byte more",
     [](Draft& d) {
       Bytes longer = d.value(Tag::target);
       longer.push_back(0);
       return replace_value(d, Tag::target, longer);
     }},
    {Rule::C04, "abi major", [](Draft& d) { return replace_value(d, Tag::abi, {2, 0, 0, 0}); }},
    {Rule::C04, "abi minor too new",
     [](Draft& d) { return replace_value(d, Tag::abi, {1, 0, 4, 0}, 2); }},

    {Rule::C05, "no image memory",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({0, 1, 1, 1, 1})); }},
    {Rule::C05, "too much image memory",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({(1U << 20) + 1, 1, 1, 1, 1}));
     }},
    {Rule::C05, "no stack",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 0, 1, 1, 1}), 4); }},
    {Rule::C05, "too much stack",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({64, UINT32_MAX, 1, 1, 1}), 4);
     }},
    {Rule::C05, "too much heap",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({64, 1, (1U << 20) + 1, 1, 1}), 8);
     }},
    {Rule::C05, "no input",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 0, 1}), 12); }},
    {Rule::C05, "too much input",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 1U << 17, 1}), 12);
     }},
    {Rule::C05, "no output",
     [](Draft& d) { return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 1, 0}), 16); }},
    {Rule::C05, "too much output",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({64, 1, 1, 1, 1U << 17}), 16);
     }},
    {Rule::C05, "sum above the limit",
     [](Draft& d) {
       return replace_value(d, Tag::memory, numbers_32({1U << 20, 4096, 1U << 20, 1, 1}));
     }},
    {Rule::C05, "sum wraps around 32 bits",
     [](Draft& d) {
       d.offer.memory_max = {.image = UINT32_MAX,
                             .stack = UINT32_MAX,
                             .heap = UINT32_MAX,
                             .input = UINT32_MAX,
                             .output = UINT32_MAX};
       return replace_value(d, Tag::memory, numbers_32({0x80000000, 0x80000000, 0, 1, 1}));
     }},
    {Rule::C05, "no deadline",
     [](Draft& d) { return replace_value(d, Tag::time, numbers_32({0, 100})); }},
    {Rule::C05, "deadline above its maximum",
     [](Draft& d) { return replace_value(d, Tag::time, numbers_32({200, 100})); }},
    {Rule::C05, "deadline above the node's",
     [](Draft& d) { return replace_value(d, Tag::time, numbers_32({200, 10001}), 4); }},
    {Rule::C05, "more memory than the key may grant",
     [](Draft& d) {
       d.keys[0].memory_max = 4096;
       return file_at(d.place(Tag::memory));
     }},

    {Rule::C06, "unknown capability",
     [](Draft& d) {
       d.keys[0].capabilities = UINT64_MAX;
       return replace_value(d, Tag::capabilities, numbers_32({1U << 7, 0}));
     }},
    {Rule::C06, "unknown capability in the upper half",
     [](Draft& d) {
       d.keys[0].capabilities = UINT64_MAX;
       return replace_value(d, Tag::capabilities, numbers_32({0, 1U << 31}));
     }},
    {Rule::C06, "capability not granted",
     [](Draft& d) {
       return replace_value(d, Tag::capabilities, numbers_32({k_capability_random, 0}));
     }},
    {Rule::C06, "pure with a clock",
     [](Draft& d) {
       d.value(Tag::determinism) = {1};
       return replace_value(d, Tag::capabilities, numbers_32({k_capability_clock, 0}));
     }},
    {Rule::C06, "unsigned task asks for more than unsigned tasks get",
     [](Draft& d) {
       d.signatures.clear();
       d.policy.signatures_needed = 0;
       return file_at(d.place(Tag::capabilities));
     }},

    {Rule::C07, "name empty",
     [](Draft& d) {
       At at = replace_value(d, Tag::name, {});
       at.offset -= 2;
       return at;
     }},
    {Rule::C07, "name of 65 bytes",
     [](Draft& d) {
       At at = replace_value(d, Tag::name, Bytes(65, 'a'));
       at.offset -= 2;
       return at;
     }},
    {Rule::C07, "name with a line feed",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("a\nb"), 1); }},
    {Rule::C07, "name with DEL",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\x7f")); }},
    {Rule::C07, "name with a C1 control",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("a\xc2\x85"), 1); }},
    {Rule::C07, "name with a lone continuation",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("ab\x80"), 2); }},
    {Rule::C07, "name with an overlong form",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xe0\x80\xaf")); }},
    {Rule::C07, "name with a surrogate",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xed\xa0\x80")); }},
    {Rule::C07, "name above U+10FFFF",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xf4\x90\x80\x80")); }},
    {Rule::C07, "name cut in a character",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("a\xe2\x82"), 1); }},

    {Rule::C07, "name with a third byte that continues nothing",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xe2\x82("), 0); }},
    {Rule::C07, "name with a third byte that starts a character",
     [](Draft& d) { return replace_value(d, Tag::name, text_bytes("\xe2\x82\xc3"), 0); }},

    {Rule::X01, "counted trailing bytes",
     [](Draft& d) {
       d.damage = [](Bytes& f) {
         f.push_back(0);
         store_le<uint32_t>(f, 8, static_cast<uint32_t>(f.size()));
       };
       return file_at(d.signature_place() + static_cast<uint32_t>(d.signatures.size()));
     }},

    {Rule::S01, "unsigned",
     [](Draft& d) {
       d.signatures.clear();
       return file_at(0);
     }},
    {Rule::S01, "too few signatures",
     [](Draft& d) {
       d.policy.signatures_needed = 2;
       return file_at(d.signature_place());
     }},
    {Rule::S01, "five signatures",
     [](Draft& d) {
       for (uint8_t seed = 20; seed < 24; seed++) d.sign(test_key(seed));
       return file_at(d.signature_place());
     }},
    {Rule::S01, "no signatures in the part",
     [](Draft& d) {
       d.signatures[0] = 0;
       return file_at(d.signature_place());
     }},
    {Rule::S01, "part shorter than a signature",
     [](Draft& d) {
       d.signatures.resize(79);
       return file_at(d.signature_place());
     }},
    {Rule::S01, "part of one byte",
     [](Draft& d) {
       d.signatures.resize(1);
       return file_at(d.signature_place());
     }},
    {Rule::S01, "part longer than its signatures",
     [](Draft& d) {
       d.signatures.push_back(0);
       return file_at(d.signature_place());
     }},
    {Rule::S01, "reserved bytes of the part",
     [](Draft& d) {
       d.signatures[2] = 1;
       return file_at(d.signature_place() + 2);
     }},
    {Rule::S01, "unknown algorithm",
     [](Draft& d) {
       d.signatures[4] = 2;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S01, "reserved byte of a signature",
     [](Draft& d) {
       d.signatures[5] = 1;
       return file_at(d.signature_place() + 5);
     }},
    {Rule::S01, "role 0",
     [](Draft& d) {
       d.signatures[6] = 0;
       return file_at(d.signature_place() + 6);
     }},
    {Rule::S01, "role 4",
     [](Draft& d) {
       d.signatures[6] = 4;
       return file_at(d.signature_place() + 6);
     }},
    {Rule::S01, "key doubled",
     [](Draft& d) {
       d.sign(d.keys[0]);
       return file_at(d.signature_place() + 4 + 76 + 4);
     }},

    {Rule::S02, "signature does not verify",
     [](Draft& d) {
       d.policy.verify = verifies_none;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S02, "S is the order of the group",
     [](Draft& d) {
       const uint8_t order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14};
       std::copy(std::begin(order), std::end(order), d.signatures.begin() + 4 + 12 + 32);
       d.signatures[4 + 12 + 63] = 0x10;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S02, "S far above the order",
     [](Draft& d) {
       d.signatures[4 + 12 + 63] = 0x80;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S02, "key of small order",
     [](Draft& d) {
       d.keys[0].key.fill(0xff);
       d.keys[0].key[0] = 0xec;
       d.signatures.clear();
       d.sign(d.keys[0]);
       return file_at(d.signature_place() + 4);
     }},

    {Rule::S03, "key unknown",
     [](Draft& d) {
       d.keys.clear();
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key revoked",
     [](Draft& d) {
       d.signatures.clear();
       d.sign(d.keys[1]);
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key revoked by its id",
     [](Draft& d) {
       d.revoked_keys = {key_id(d.keys[0].key)};
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "signed by nobody who counts, where unsigned tasks run",
     [](Draft& d) {
       d.keys.clear();
       d.policy.signatures_needed = 0;
       d.policy.unsigned_capabilities = k_capabilities_known;
       d.policy.signed_must_count = true;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key expired",
     [](Draft& d) {
       d.keys[0].not_after = 999;
       d.policy.now = 1000;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key without the role",
     [](Draft& d) {
       d.keys[0].roles = 1U << 3;
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "key not for the target",
     [](Draft& d) {
       d.keys[0].targets = ~target_bit(*d.offer.target);
       return file_at(d.signature_place() + 4);
     }},
    {Rule::S03, "needed role missing",
     [](Draft& d) {
       d.policy.roles_needed = 1U << 3;
       return file_at(d.signature_place());
     }},
    {Rule::S03, "task revoked",
     [](Draft& d) {
       Container container;
       const Bytes file = d.finish();
       EXPECT_FALSE(read_container(file, container));
       d.revoked_tasks = {container.task_id()};
       return file_at(0);
     }},
    {Rule::S03, "task not valid yet",
     [](Draft& d) {
       d.policy.now = 1000;
       d.manifest.insert(d.manifest.begin() + 8, {12, numbers_32({1001, 0, 2000, 0})});
       return file_at(d.place(Tag::validity));
     }},
    {Rule::S03, "task not valid any more",
     [](Draft& d) {
       d.policy.now = 2001;
       d.manifest.insert(d.manifest.begin() + 8, {12, numbers_32({1001, 0, 2000, 0})});
       return file_at(d.place(Tag::validity) + 8);
     }},

    {Rule::S04, "image changed",
     [](Draft& d) {
       d.damage = [](Bytes& f) { f[load_le<uint32_t>(f, 28) - 40] ^= 1; };
       return file_at(d.place(Tag::image_hash));
     }},
};

TEST(ContainerRules, each_wrong_thing_is_refused_by_its_rule_at_its_byte) {
  expect_refusals(k_cases);
}

TEST(ContainerRules, each_rule_has_a_case) { expect_covered(k_cases, Rule::C01, Rule::S04); }

TEST(ContainerRules, each_rule_has_a_name_a_hint_and_a_class) {
#define SAMARA_IMAGE_RULE(rule, refusal_class_name, hint) \
  EXPECT_FALSE(rule_hint(Rule::rule).empty());            \
  EXPECT_EQ(rule_name(Rule::rule), #rule);                \
  EXPECT_EQ(refusal_class(Rule::rule), RefusalClass::refusal_class_name);
#include "image/rules.def"
#undef SAMARA_IMAGE_RULE
}

TEST(ContainerRules, node_without_a_clock_cannot_see_expiry_and_validity) {
  Draft draft(targets()[0]);
  draft.keys[0].not_after = 1;
  draft.manifest.insert(draft.manifest.begin() + 8, {12, numbers_32({1001, 0, 2000, 0})});
  const Bytes file = draft.finish();
  ValidImage valid;
  EXPECT_FALSE(draft.run(file, valid));
}

TEST(ContainerRules, a_task_gets_no_more_time_than_its_signers_may_grant) {
  Draft draft(targets()[0]);
  draft.keys[0].deadline_ms_max = 1999;
  const Bytes file = draft.finish();
  ValidImage valid;
  EXPECT_FALSE(draft.run(file, valid));
  EXPECT_EQ(valid.grant.deadline_ms_max, 1999U);
}

TEST(ContainerRules, signers_whom_nobody_knows_do_no_harm_where_unsigned_tasks_run) {
  Draft draft(targets()[0]);
  draft.keys.clear();
  draft.policy.signatures_needed = 0;
  draft.policy.unsigned_capabilities = k_capabilities_known;
  const Bytes file = draft.finish();
  ValidImage valid;
  EXPECT_FALSE(draft.run(file, valid));
  EXPECT_EQ(valid.grant.signatures, 0U);
}

TEST(ContainerRules, no_key_is_trusted_for_a_target_that_nobody_knows) {
  Draft draft(targets()[0]);
  draft.value(Tag::target) = text_bytes("vax-none-samara");
  const Bytes file = draft.finish();
  Container container;
  ASSERT_FALSE(read_container(file, container));
  TrustPolicy policy = draft.policy;
  policy.keys = draft.keys;
  Grant grant;
  EXPECT_EQ(check_trust(container, policy, grant).rule, Rule::S03);
}

#ifdef SAMARA_HOST
TEST(ContainerRules, file_above_4_gib_is_refused_at_its_size) {
  const size_t size = (size_t{1} << 32) + 4096;
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  Container container;
  const Refusal refusal = read_container({static_cast<const uint8_t*>(memory), size}, container);
  EXPECT_EQ(refusal.rule, Rule::C02);
  EXPECT_EQ(refusal.offset, 8U);
  munmap(memory, size);
}
#endif

}  // namespace
}  // namespace samara::image
