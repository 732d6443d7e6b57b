// Reading back is exact: the source of any program compiles to the same canonical code. All
// functions of the development corpora, each function literal without captures besides, the
// benchmarks, and random programs. What is printed parses to the tree that was printed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "lang/compile.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "lang/print_compare.hpp"
#include "lang/read_back.hpp"
#include "tests/property/ir_corpus.hpp"

namespace samara::lang {
namespace {

using ir::Node;
using ir::Op;
using ir::Program;

// A function literal as a program of its own.
class Extract {
 public:
  explicit Extract(const Program& from)
      : from_(from), out_(std::make_unique<Program>(from.types())) {}

  std::unique_ptr<Program> run(const Node& function) {
    out_->set_root(copy(function));
    out_->set_dialect(from_.dialect());
    return std::move(out_);
  }

 private:
  Node* copy(const Node& in) {
    Node* out = out_->new_node(in.op, in.type, 0);
    out->is_mutable = in.is_mutable;
    out->captured = in.captured;
    out->is_async = in.is_async;
    out->optional = in.optional;
    out->count_a = in.count_a;
    out->count_b = in.count_b;
    out->name = out_->intern(from_.name(in.name));
    std::vector<Node*> kids;
    for (const Node* kid : in.kids) kids.push_back(copy(*kid));
    out->kids = out_->new_kids(kids);
    std::vector<ir::NameId> names;
    for (ir::NameId id : in.names) names.push_back(out_->intern(from_.name(id)));
    out->names = out_->new_names(names);
    out->type_parameters = out_->new_types(in.type_parameters);
    out->literal_kind = in.literal_kind;
    out->literal = in.literal;
    if (in.op == Op::value && (in.literal_kind == Kind::string || in.literal_kind == Kind::blob)) {
      out->literal = Slot::of(out_->literals().new_bytes(bytes_of(in.literal)));
    }
    out->rows = in.rows;
    out->columns = in.columns;
    return out;
  }

  const Program& from_;
  std::unique_ptr<Program> out_;
};

class SourceRoundTrip : public ::testing::Test {
 protected:
  // The program, and every function literal in it that captures nothing.
  void check_all(const std::string& name, const Program& program) {
    check(name, program);
    auto canonical = ir::canonicalize(program);
    ASSERT_TRUE(canonical.has_value()) << name;
    size_t number = 0;
    for_each_function(*canonical->program->root(), [&](const Node& node) {
      if (&node == canonical->program->root() || node.count_a > 0) return;
      auto made = Extract(*canonical->program).run(node);
      check(name + " function " + std::to_string(number++), *made);
    });
  }

  template <typename F>
  void for_each_function(const Node& node, F&& visit) {
    if (node.op == Op::function || node.op == Op::async_function) visit(node);
    for (const Node* kid : node.kids) for_each_function(*kid, visit);
  }

  void check(const std::string& name, const Program& program) {
    auto code = ir::canonical_code(program, &reader.schemas());
    ASSERT_TRUE(code.has_value()) << name << ": " << code.error().message();
    if (!seen_.insert(code->hash).second) return;
    programs_++;
    for (Explicitness how : {Explicitness::natural, Explicitness::all_types}) {
      auto tree = read_back(program, {"main", "", how});
      std::string text = print(*tree, {});
      Parsed parsed = parse(text);
      if (!parsed.diagnostics.empty()) {
        fail(name + ": " + parsed.diagnostics[0].title + " at " +
                 std::to_string(parsed.diagnostics[0].span.begin),
             text);
        return;
      }
      std::string differs = difference(*tree, *parsed.tree);
      if (!differs.empty()) return fail(name + ": other tree: " + differs, text);
      if (print(*parsed.tree, text) != text) return fail(name + ": not idempotent", text);
      // The explicit form has to hold by itself: it is what the natural one falls back to.
      if (how == Explicitness::all_types) check_exact(name, program, code->hash, text);
    }
    SourceText source = source_text(program, "main", "");
    if (!source.exact) return fail(name + ": not exact", source.text);
    if (source.natural) natural_++;
  }

  void check_exact(const std::string& name, const Program& program, const Hash& wanted,
                   const std::string& text) {
    Compilation compiled = compile_source(types, text, "explicit.east", {});
    if (!compiled.diagnostics.empty()) {
      const Diagnostic& first = compiled.diagnostics[0];
      return fail(
          name + ": explicit form: " + first.title + " at " + std::to_string(first.span.begin),
          text);
    }
    if (compiled.functions.size() != 1 || compiled.functions[0].program == nullptr) {
      return fail(name + ": explicit form gives no program", text);
    }
    compiled.functions[0].program->set_dialect(program.dialect());
    auto code = ir::canonical_code(*compiled.functions[0].program, &reader.schemas());
    if (!code || code->hash != wanted) fail(name + ": explicit form is not exact", text);
  }

  void fail(const std::string& message, const std::string& text) {
    failures_++;
    if (failures_ > 5) return;
    ADD_FAILURE() << message << "\n" << text.substr(0, 3000);
    if (const char* folder = std::getenv("SAMARA_KEEP"); folder != nullptr) {
      std::ofstream(std::string(folder) + "/" + std::to_string(failures_) + ".east")
          << "// " << message << "\n"
          << text;
    }
  }

  void report(const std::string& corpus) {
    std::printf("%s: %zu programs, %zu natural, %zu explicit, %zu failures\n", corpus.c_str(),
                programs_, natural_, programs_ - natural_ - failures_, failures_);
    EXPECT_EQ(failures_, 0U);
    EXPECT_GE(natural_ * 10, programs_ * 9);
  }

  std::unique_ptr<Program> read(const std::string& name, ByteView bytes) {
    auto program = reader.read(bytes);
    EXPECT_TRUE(program.has_value()) << name << ": " << program.error().message();
    return program ? std::move(*program) : nullptr;
  }

  TypeTable types;
  ir::ProgramReader reader{types};
  std::set<Hash> seen_;
  size_t programs_ = 0;
  size_t natural_ = 0;
  size_t failures_ = 0;
};

TEST_F(SourceRoundTrip, functions_of_the_conformance_suites) {
  std::string folder = corpus::folder("east-conformance", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no east-conformance corpus";
  for (const char* dialect : {"/a", "/b"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder + dialect)) {
      std::string path = entry.path().string();
      auto program = read(path, corpus::read(path));
      ASSERT_NE(program, nullptr);
      check_all(dialect + ("/" + entry.path().filename().string()), *program);
    }
  }
  report("conformance suites");
}

TEST_F(SourceRoundTrip, benchmarks) {
  std::string folder = corpus::folder("east-bench", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no east-bench corpus";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string path = entry.path().string() + "/ir.b.beast2";
    if (!std::filesystem::exists(path)) continue;
    auto program = read(path, corpus::read(path));
    ASSERT_NE(program, nullptr);
    check_all(entry.path().filename().string(), *program);
  }
  report("benchmarks");
}

TEST_F(SourceRoundTrip, random_programs) {
  std::string folder = corpus::folder("east-random", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no east-random corpus";
  corpus::Files files = corpus::random_programs(folder);
  if (files.empty()) GTEST_SKIP() << "cannot unpack the east-random corpus: is zstd installed?";
  for (const auto& [name, bytes] : files) {
    if (!name.ends_with(".beast2")) continue;
    auto program = read(name, bytes);
    ASSERT_NE(program, nullptr);
    check_all(name, *program);
  }
  report("random programs");
}

}  // namespace
}  // namespace samara::lang
