// Programs written in the source language: those of the benchmark folder give its expected results
// byte for byte, and those of examples/east do what they say. The benchmarks are skipped where
// ../shared (or SAMARA_SHARED) is absent.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "eval/compile.hpp"
#include "eval/platform_signatures.hpp"
#include "eval/vm.hpp"
#include "ir/check.hpp"
#include "lang/compile.hpp"
#include "tests/property/ir_corpus.hpp"
#include "value/beast2.hpp"
#include "value/text.hpp"

namespace samara {
namespace {

// The file, or the one with `.gz` behind its name.
Bytes bytes_at(const std::string& path) {
  std::ifstream plain(path, std::ios::binary);
  return corpus::read(plain ? path : path + ".gz");
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class SourcePrograms : public ::testing::Test {
 protected:
  /// The one function of a file in examples/east. Expects success.
  std::shared_ptr<const ir::Program> load(const std::string& file) {
    std::string path = std::string(SAMARA_TEST_DATA) + "/../examples/east/" + file;
    std::string source = text_of(path);
    EXPECT_FALSE(source.empty()) << path;
    lang::Compilation done = lang::compile_source(types_, source, file, {});
    for (const lang::Diagnostic& each : done.diagnostics) {
      ADD_FAILURE() << lang::render(each, file, source);
    }
    if (done.functions.empty() || done.functions[0].program == nullptr) return nullptr;
    std::shared_ptr<const ir::Program> program = std::move(done.functions[0].program);
    auto checked = ir::check(*program, eval::RegistrySignatures(registry_));
    EXPECT_TRUE(checked) << checked.error().message();
    return program;
  }

  bool run(const std::shared_ptr<const ir::Program>& program, std::span<const Slot> arguments,
           Slot& out) {
    auto code = eval::compile(program, registry_);
    EXPECT_TRUE(code) << code.error().message();
    if (!code) return false;
    vm_ = std::make_unique<eval::Vm>(heap_, types_, registry_);
    bool good = vm_->run(*code, arguments, out);
    EXPECT_TRUE(good) << vm_->error().message;
    return good;
  }

  TypeTable types_;
  Heap heap_;
  eval::PlatformRegistry registry_;
  std::unique_ptr<eval::Vm> vm_;
};

TEST_F(SourcePrograms, benchmarks_give_the_expected_results) {
  std::string folder = corpus::folder("east-bench", SAMARA_TEST_DATA);
  if (folder.empty()) GTEST_SKIP() << "no benchmark folder beside the project";
  for (const char* name :
       {"a_loop_sum", "b_fib", "c_float_pipeline", "d_group_sum", "e_strings", "f_eval"}) {
    auto program = load(std::string("bench/") + name + ".east");
    ASSERT_NE(program, nullptr) << name;
    const Type* type = program->root()->type;
    std::vector<Slot> arguments;
    Heap::RootRange roots;
    for (uint32_t i = 0; i < type->input_count(); i++) {
      Bytes bytes = bytes_at(folder + "/" + name + "/arg" + std::to_string(i) + ".b.beast2");
      auto value = decode_beast2(bytes, type->child(i), types_, heap_, {.dialect = Dialect::b});
      ASSERT_TRUE(value) << name << ": " << value.error().message();
      arguments.push_back(*value);
      roots = {arguments.data(), arguments.data() + arguments.size()};
    }
    heap_.add_roots(&roots);
    Slot result;
    bool good = run(program, arguments, result);
    heap_.remove_roots(&roots);
    ASSERT_TRUE(good) << name;
    auto bytes = encode_beast2(type->output(), result, {.dialect = Dialect::b});
    ASSERT_TRUE(bytes) << name;
    EXPECT_EQ(*bytes, bytes_at(folder + "/" + name + "/expected.b.beast2")) << name;
  }
}

TEST_F(SourcePrograms, revenue_adds_up_by_product) {
  auto program = load("revenue.east");
  ASSERT_NE(program, nullptr);
  auto sales = parse_text(program->root()->type->child(0),
                          "[(product=\"a\", quantity=2, price=1.5), "
                          "(product=\"b\", quantity=1, price=4.0), "
                          "(product=\"a\", quantity=1, price=1.0)]",
                          heap_);
  ASSERT_TRUE(sales);
  Slot arguments[] = {sales.value};
  Slot result;
  ASSERT_TRUE(run(program, arguments, result));
  auto text = print_text(program->root()->type->output(), result);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, R"({"a":4.0,"b":4.0})");
}

}  // namespace
}  // namespace samara
