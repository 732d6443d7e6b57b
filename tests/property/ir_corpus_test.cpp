// Every program of the development corpora is read, passes the checker, and has one canonical code
// in whatever dialect and container it comes.

#include <gtest/gtest.h>

#include <filesystem>

#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/encode.hpp"
#include "tests/property/ir_corpus.hpp"

namespace samara::ir {
namespace {

class IrCorpus : public ::testing::Test {
 protected:
  IrCorpus() {
    const Type* s = types.string();
    const Type* n = types.null();
    const Type* body = types.async_function(std::span<const Type* const>{}, n);
    for (const char* name : {"describe", "test"})
      EXPECT_TRUE(platform.add(name, {{s, body}, n, true}));
    EXPECT_TRUE(platform.add("testPass", {{}, n, false}));
    EXPECT_TRUE(platform.add("testFail", {{s}, n, false}));
  }

  std::unique_ptr<Program> read(const std::string& name, ByteView bytes) {
    auto program = reader.read(bytes);
    EXPECT_TRUE(program.has_value()) << name << ": " << program.error().message();
    if (!program) return nullptr;
    for (const Diagnostic& found : diagnose(**program, platform, {.signatures = &signatures})) {
      ADD_FAILURE() << name << ": " << found.message;
    }
    return std::move(*program);
  }

  CanonicalCode code(const std::string& name, const Program& program) {
    auto made = canonical_code(program);
    EXPECT_TRUE(made.has_value()) << name << ": " << made.error().message();
    return made ? std::move(*made) : CanonicalCode{};
  }

  // Canonical code is a program again, passes, is its own canonical code, and takes its debug
  // information back.
  void expect_runnable(const std::string& name, const CanonicalCode& canonical) {
    auto program = read(name + " (canonical)", canonical.bytes);
    ASSERT_NE(program, nullptr);
    EXPECT_EQ(code(name, *program).hash, canonical.hash) << name;
    ASSERT_TRUE(attach(*program, canonical.debug).has_value()) << name;
    CanonicalCode again = code(name, *program);
    EXPECT_EQ(again.hash, canonical.hash) << name;
    EXPECT_EQ(again.debug, canonical.debug) << name;
  }

  static bool uses_builtin(const Program& program, std::string_view name) {
    auto visit = [&](auto& self, const Node& node) -> bool {
      if (node.op == Op::builtin && program.name(node.name) == name) return true;
      for (const Node* kid : node.kids) {
        if (self(self, *kid)) return true;
      }
      return false;
    };
    return visit(visit, *program.root());
  }

  TypeTable types;
  PlatformList platform;
  ProgramReader reader{types};
  SignatureCache signatures{types};
};

TEST_F(IrCorpus, benchmarks_have_one_hash_in_both_dialects_and_both_containers) {
  std::string folder = corpus::folder("east-bench", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no east-bench corpus";
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string path = entry.path().string();
    if (!std::filesystem::exists(path + "/ir.a.beast2")) continue;
    auto first = read(path, corpus::read(path + "/ir.a.beast2"));
    ASSERT_NE(first, nullptr);
    CanonicalCode canonical = code(path, *first);
    for (const char* other : {"/ir.b.beast2", "/ir.a.json", "/ir.b.json"}) {
      auto program = read(path + other, corpus::read(path + other));
      ASSERT_NE(program, nullptr);
      EXPECT_EQ(code(path, *program).hash, canonical.hash) << path << other;
    }
    expect_runnable(path, canonical);
    seen++;
  }
  EXPECT_EQ(seen, 6U);
}

TEST_F(IrCorpus, conformance_suites_pass_and_have_one_hash_in_both_dialects) {
  std::string folder = corpus::folder("east-conformance", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no east-conformance corpus";
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/a")) {
    std::string file = entry.path().filename().string();
    auto a = read("a/" + file, corpus::read(folder + "/a/" + file));
    auto b = read("b/" + file, corpus::read(folder + "/b/" + file));
    ASSERT_TRUE(a != nullptr && b != nullptr);
    CanonicalCode canonical = code(file, *a);
    if (!uses_builtin(*a, "BlobEncodeBeast2")) {
      EXPECT_EQ(code(file, *b).hash, canonical.hash) << file;
      EXPECT_EQ(code(file, *b).debug, canonical.debug) << file;
    }
    expect_runnable(file, canonical);
    seen++;
  }
  EXPECT_EQ(seen, 16U);
}

TEST_F(IrCorpus, random_programs_have_one_hash_in_both_dialects_and_as_json) {
  std::string folder = corpus::folder("east-random", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no east-random corpus";
  corpus::Files files = corpus::random_programs(folder);
  if (files.empty()) GTEST_SKIP() << "cannot unpack the east-random corpus: is zstd installed?";
  size_t programs = 0;
  size_t pairs = 0;
  std::map<Hash, Bytes> hashes;
  for (const auto& [name, bytes] : files) {
    if (!name.ends_with("ir.a.beast2")) continue;
    programs++;
    auto a = read(name, bytes);
    ASSERT_NE(a, nullptr);
    CanonicalCode canonical = code(name, *a);
    // Equal hashes come from equal code only: these programs have generated names, so nothing but
    // their locations may differ.
    auto plain = to_beast2(*a, Dialect::b, {.locations = false});
    ASSERT_TRUE(plain.has_value()) << name;
    auto [at, added] = hashes.emplace(canonical.hash, *plain);
    EXPECT_EQ(at->second, *plain) << name;
    // The rest for each fourth program: it is the same code, and the test should be quick.
    if (programs % 4 == 0) {
      expect_runnable(name, canonical);
      auto json = to_json(*a, Dialect::a);
      ASSERT_TRUE(json.has_value()) << name;
      auto reread = read(name + " as json", as_bytes(*json));
      ASSERT_NE(reread, nullptr);
      EXPECT_EQ(code(name, *reread).hash, canonical.hash) << name;
    }
    std::string other = name;
    other.replace(other.size() - 8, 1, "b");
    auto b_bytes = files.find(other);
    if (b_bytes == files.end()) continue;
    auto b = read(other, b_bytes->second);
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(code(other, *b).hash, canonical.hash) << name;
    pairs++;
  }
  EXPECT_GT(hashes.size(), 900U);
  EXPECT_EQ(programs, 1048U);
  EXPECT_EQ(pairs, 911U);
}

}  // namespace
}  // namespace samara::ir
