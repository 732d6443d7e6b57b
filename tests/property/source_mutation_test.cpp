// Sources with random changes: whatever comes out gives diagnostics or programs that the checker
// accepts. Seeds are the files of tests/golden and examples; SAMARA_SEED and SAMARA_ROUNDS set
// where to start and how long to go on.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "ir/check.hpp"
#include "lang/complete.hpp"
#include "lang/parse.hpp"

namespace samara::lang {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> seeds(std::initializer_list<const char*> folders) {
  std::vector<std::string> found;
  for (const char* folder : folders) {
    std::error_code error;
    for (fs::directory_iterator at(std::string(SAMARA_TEST_DATA) + folder, error), end;
         !error && at != end; at.increment(error)) {
      if (at->path().extension() != ".east") continue;
      std::ifstream file(at->path(), std::ios::binary);
      std::string text(std::istreambuf_iterator<char>(file), {});
      if (text.size() < 4000) found.push_back(std::move(text));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

constexpr std::string_view k_pieces[] = {"x",
                                         "n",
                                         "1",
                                         "1.5",
                                         "\"a\"",
                                         "null",
                                         ".none",
                                         ".some 1",
                                         "[]",
                                         "{:}",
                                         "{}",
                                         "(x=1)",
                                         "x -> x",
                                         "() -> 1",
                                         "return ",
                                         "throw \"a\"",
                                         "break",
                                         "await ",
                                         "async ",
                                         ".map(",
                                         ".size()",
                                         "[0]",
                                         " + ",
                                         " == ",
                                         " as ",
                                         "Integer",
                                         "Float",
                                         "Array<Integer>",
                                         ": ",
                                         " = ",
                                         "let a = ",
                                         "var b = ",
                                         "if ",
                                         "match ",
                                         "for x in ",
                                         "while true ",
                                         "try ",
                                         "do ",
                                         "{",
                                         "}",
                                         "(",
                                         ")",
                                         "(1: Float)",
                                         "wrap(",
                                         "print(",
                                         "parse<Integer>(",
                                         "fn (x: Integer) -> Integer ",
                                         ", ",
                                         "\n",
                                         "_ -> 1\n",
                                         "&",
                                         "-",
                                         "!",
                                         "main(",
                                         "f(",
                                         "rec R = .a | .b R",
                                         "Never",
                                         "Option<",
                                         ">",
                                         "a += 1",
                                         "a[0] = 1",
                                         "vec[1.0]",
                                         "mat[[1.0]]",
                                         "\"\\(x)\"",
                                         ".a",
                                         "finally {}",
                                         "catch m {}",
                                         "diff("};

class Mutations : public ::testing::Test {
 protected:
  size_t pick(size_t count) { return count == 0 ? 0 : random_() % count; }

  std::string mutate(const std::vector<std::string>& right, const std::vector<std::string>& from) {
    // Mostly from what is right, in one place, so that much of it stays so.
    bool good = pick(4) != 0;
    std::string text = good ? right[pick(right.size())] : from[pick(from.size())];
    size_t changes = good ? 1 : 1 + pick(4);
    for (size_t i = 0; i < changes; i++) {
      size_t at = pick(text.size() + 1);
      size_t length = std::min(pick(12), text.size() - at);
      switch (pick(5)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, k_pieces[pick(std::size(k_pieces))]);
          break;
        case 2:
          text.replace(at, length, k_pieces[pick(std::size(k_pieces))]);
          break;
        case 3:
          text.insert(pick(text.size() + 1), text.substr(at, pick(60)));
          break;
        default: {
          const std::string& other = from[pick(from.size())];
          size_t begin = pick(other.size() + 1);
          text.insert(at, other.substr(begin, pick(80)));
          break;
        }
      }
    }
    return text;
  }

  std::mt19937_64 random_;
};

TEST_F(Mutations, give_errors_or_programs_that_pass_the_checker) {
  const char* seed = std::getenv("SAMARA_SEED");
  const char* rounds = std::getenv("SAMARA_ROUNDS");
  uint64_t first = seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
  uint64_t count = rounds != nullptr ? std::strtoull(rounds, nullptr, 10) : 4000;
  std::vector<std::string> right =
      seeds({"/property/source_seeds", "/../examples/east", "/../examples/east/bench"});
  std::vector<std::string> from =
      seeds({"/golden/source_errors", "/golden/source_format", "/property/source_seeds"});
  ASSERT_GT(right.size(), 5U);
  ASSERT_GT(from.size(), 100U);
  size_t compiled = 0;
  auto types = std::make_unique<TypeTable>();
  for (uint64_t round = 0; round < count; round++) {
    random_.seed(first + round);
    if (types->size() > 20'000) types = std::make_unique<TypeTable>();
    std::string source = mutate(right, from);
    SCOPED_TRACE("seed " + std::to_string(first + round) + "\n" + source);
    Compilation done = compile_source(*types, source, "test.east", {});
    for (const Diagnostic& each : done.diagnostics) {
      ASSERT_NE(each.code, "internal") << each.title;
      ASSERT_LE(each.span.end, source.size());
    }
    if (done.diagnostics.empty()) compiled++;
    for (const CompiledFunction& each : done.functions) {
      ASSERT_TRUE(!done.diagnostics.empty() || each.program != nullptr);
    }
    // Names and completions at any place of any text.
    Parsed parsed = parse(source);
    lang::compile(*types, *parsed.tree, source, "test.east", {}, Wanted::occurrences);
    if (round % 4 == 0) {
      completions(*types, *parsed.tree, source, "test.east", {},
                  static_cast<uint32_t>(pick(source.size() + 1)));
    }
  }
  EXPECT_GT(compiled, count / 50);
}

}  // namespace
}  // namespace samara::lang
