#pragma once
// A native task in a test: source in, outcome out. Threads: each test makes its own.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "ports/linux/files.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/sandbox.hpp"
#include "runtime/native/build.hpp"
#include "runtime/native/import.hpp"
#include "runtime/native/native_runtime.hpp"

namespace samara::runtime::native {

/// Everything that stands below a NativeRuntime.
struct NativeWorld {
  TypeTable table;
  RecordTypes types{table};
  port::LinuxFiles files;
  port::LinuxPrograms programs;
  port::LinuxSandbox sandbox;
};

/// One log as text.
class TextLog final : public LogSink {
 public:
  void write(LogStream stream, std::string_view part) override {
    text += stream == LogStream::err ? "!" : "";
    text += part;
  }
  std::string text;
};

struct NativeTask {
  ImportedFunction function;
  std::shared_ptr<const Prepared> prepared;
};

class NativeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (own_target().empty()) GTEST_SKIP() << "no native tasks on this processor";
    auto walls = world().sandbox.walls();
    if (!walls && walls.error().code == Code::unsupported) {
      GTEST_SKIP() << walls.error().message();
    }
    ASSERT_TRUE(walls) << walls.error().message();
  }

  /// Shared by the tests of a program: a zygote is not made anew for each.
  static NativeWorld& world() {
    static NativeWorld world;
    return world;
  }
  static TypeTable& types() { return world().table; }

  Result<BuiltTask> build(const std::string& source, BuildRequest request, bool c = true) {
    const std::string path =
        testing::TempDir() + "samara_native_" + std::to_string(getpid()) + (c ? ".c" : ".cpp");
    std::ofstream(path) << source;
    request.source = path;
    auto out = build_task(world().programs, world().files, request);
    std::remove(path.c_str());
    return out;
  }

  /// Fails the test where the task cannot be made.
  NativeTask make(NativeRuntime& runtime, const std::string& source, const Type* type,
                  const BuildRequest& request = {}, bool c = true) {
    NativeTask out;
    auto built = build(source, request, c);
    if (!built) {
      ADD_FAILURE() << built.error().message();
      return out;
    }
    EXPECT_EQ(built->messages, "");
    auto imported = import_image(world().types, built->file, {.type = type});
    if (!imported) {
      ADD_FAILURE() << imported.error().message();
      return out;
    }
    out.function = std::move(*imported);
    FunctionSource function;
    function.function = out.function.id;
    function.record = &out.function.record;
    function.code = out.function.code;
    function.companion = out.function.companion;
    auto prepared = runtime.prepare(function);
    if (!prepared) {
      ADD_FAILURE() << prepared.error().message();
      return out;
    }
    out.prepared = *prepared;
    return out;
  }

  Result<RunResult> run(NativeRuntime& runtime, const NativeTask& task,
                        std::vector<TypedValue> arguments, const Limits& limits = {},
                        LogSink* log = nullptr, const std::atomic<bool>* cancel = nullptr) {
    if (task.prepared == nullptr) return Error(Code::invalid_argument, "there is no task");
    std::vector<Argument> given;
    for (const TypedValue& value : arguments) given.push_back({{}, value});
    RunRequest request;
    request.arguments = given;
    request.limits = limits;
    request.log = log;
    request.cancel = cancel;
    request.name = "task";
    return runtime.run(*task.prepared, request);
  }

  TypedValue integer(int64_t value) { return {types().integer(), Slot::of(value)}; }

  /// The Integer that a run has given.
  static int64_t integer_of(const RunResult& result) {
    Heap heap;
    auto value = decode_beast2(result.value, types().integer(), types(), heap);
    return value ? value->integer() : INT64_MIN;
  }
};

}  // namespace samara::runtime::native
