// Every example of docs/guide/language.md. A block of East compiles without a word; where a block
// of text follows it, running `main` gives that text. A block whose first line is `// <name>.east`
// is the file of that name, which later blocks may import.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "eval/compile.hpp"
#include "eval/vm.hpp"
#include "lang/compile.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "value/text.hpp"

namespace samara::lang {
namespace {

struct Example {
  size_t line = 0;  // in the document
  std::string source;
  std::string file;  // its name, where it has one
  std::string result;
  bool has_result = false;
};

std::vector<Example> examples() {
  std::ifstream file(SAMARA_TEST_DATA "/../docs/guide/language.md", std::ios::binary);
  std::vector<Example> found;
  std::string line;
  std::string* into = nullptr;
  bool follows = false;  // a result may come next
  size_t number = 0;
  while (std::getline(file, line)) {
    number++;
    if (line.starts_with("```")) {
      if (into != nullptr) {
        follows = into == &found.back().source;
        into = nullptr;
      } else if (line == "```east") {
        found.push_back({});
        found.back().line = number + 1;
        into = &found.back().source;
      } else if (line == "```text" && follows) {
        found.back().has_result = true;
        into = &found.back().result;
      }
    } else if (into != nullptr) {
      if (into == &found.back().source && into->empty() && line.starts_with("// ") &&
          line.ends_with(".east")) {
        found.back().file = line.substr(3);
      }
      *into += line + "\n";
    } else if (!line.empty()) {
      follows = false;
    }
  }
  return found;
}

class Files : public Imports {
 public:
  explicit Files(const std::vector<Example>& all) : all_(all) {}
  Result<File> read(std::string_view, std::string_view path) override {
    for (const Example& each : all_) {
      if (each.file == path) return File{each.file, each.source};
    }
    return Error(Code::not_found, "no such file");
  }
  Result<std::shared_ptr<const ir::Program>> function(std::string_view, std::string_view) override {
    return Error(Code::not_found, "no such function");
  }

 private:
  const std::vector<Example>& all_;
};

std::string run(TypeTable& types, std::unique_ptr<ir::Program> program) {
  eval::PlatformRegistry registry;
  const Type* output = program->root()->type->output();
  auto compiled = eval::compile(std::shared_ptr<const ir::Program>(std::move(program)), registry);
  if (!compiled) return "cannot be compiled: " + std::string(compiled.error().message());
  Heap heap;
  eval::Vm vm(heap, types, registry, {.steps_max = 1'000'000});
  Slot out;
  if (!vm.run(*compiled, {}, out)) return "error: " + vm.error().message;
  auto text = print_text(output, out);
  return text ? *text : "cannot be printed";
}

TEST(LanguageTour, every_example_compiles_and_gives_what_is_said) {
  std::vector<Example> all = examples();
  ASSERT_GE(all.size(), 20U);
  Files files(all);
  size_t run_count = 0;
  for (const Example& example : all) {
    TypeTable types;
    std::string name =
        example.file.empty() ? "language.md, line " + std::to_string(example.line) : example.file;
    CompileOptions options;
    options.imports = &files;
    Compilation made = compile_source(types, example.source, name, options);
    for (const Diagnostic& each : made.diagnostics) {
      ADD_FAILURE() << render(each, name, example.source);
    }
    Parsed parsed = parse(example.source);
    // The standard form has no underscores in numbers, which a tour shows.
    bool shows_numbers = example.source.find("_000") != std::string::npos;
    if (!shows_numbers) {
      EXPECT_EQ(print(*parsed.tree, example.source), example.source) << "not in standard form";
    }
    if (!example.has_result) continue;
    CompiledFunction* main = nullptr;
    for (CompiledFunction& each : made.functions) {
      if (each.name == "main") main = &each;
    }
    if (main == nullptr || main->program == nullptr) {
      ADD_FAILURE() << "no function main in the example at line " << example.line;
      continue;
    }
    EXPECT_EQ(run(types, std::move(main->program)) + "\n", example.result)
        << "example at line " << example.line;
    run_count++;
  }
  EXPECT_GE(run_count, 15U);
}

}  // namespace
}  // namespace samara::lang
