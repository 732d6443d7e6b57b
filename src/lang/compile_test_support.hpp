#pragma once
// For tests of the compiler: compiles text, checks the programs it gives, and names them by the
// hash of their canonical code. Threads: one thread.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/hash.hpp"
#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "lang/compile.hpp"
#include "lang/parse.hpp"

namespace samara::lang {

class CompileTest : public ::testing::Test, public Imports {
 protected:
  CompileTest() { options_.imports = this; }

  Result<File> read(std::string_view, std::string_view path) override {
    auto at = files_.find(std::string(path));
    if (at == files_.end() && path != "test.east") return Error(Code::not_found, "no such file");
    return File{std::string(path), at == files_.end() ? std::string() : at->second};
  }
  Result<std::shared_ptr<const ir::Program>> function(std::string_view,
                                                      std::string_view text) override {
    auto at = objects_.find(std::string(text));
    if (at == objects_.end()) return Error(Code::not_found, "no such function");
    return at->second;
  }

  /// Any outcome.
  Compilation attempt(std::string_view source) {
    return compile_source(types_, source, "test.east", options_);
  }
  /// Expects success.
  Compilation compile(std::string_view source) {
    Compilation done = attempt(source);
    for (const Diagnostic& d : done.diagnostics) ADD_FAILURE() << render(d, "test.east", source);
    return done;
  }
  /// The identity of a function (the last one without a name), in hex. Expects success.
  std::string hash(std::string_view source, std::string_view name = {}) {
    Compilation done = compile(source);
    for (size_t i = done.functions.size(); i-- > 0;) {
      const CompiledFunction& each = done.functions[i];
      if ((!name.empty() && each.name != name) || each.program == nullptr) continue;
      auto checked = ir::check(*each.program, ir::PlatformList());
      EXPECT_TRUE(checked) << source << "\n" << checked.error().message();
      auto code = ir::canonical_code(*each.program);
      EXPECT_TRUE(code) << code.error().message();
      if (code) return code->hash.hex();
    }
    return "no program";
  }
  /// The code of the first problem; empty: none.
  std::string first_code(std::string_view source) {
    Compilation done = attempt(source);
    return done.diagnostics.empty() ? "" : done.diagnostics[0].code;
  }

  TypeTable types_;
  CompileOptions options_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::shared_ptr<const ir::Program>> objects_;
};

}  // namespace samara::lang
