#include "tests/support/engine_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "eval/vm.hpp"
#include "ir/encode.hpp"
#include "runtime/east/platform_host.hpp"

namespace samara::test {

TempDirectory::TempDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "samara-test-XXXXXX";
  char* made = ::mkdtemp(name.data());
  SAMARA_ASSERT(made != nullptr);
  path_ = made;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

EngineSetup::EngineSetup(const std::string& path, const PlatformVersions& versions,
                         engine::EngineOptions options) {
  add_platform(versions);
  auto made = store::DirectoryRepository::init(files, path);
  SAMARA_ASSERT(made || made.error().code == Code::exists);
  auto opened = store::DirectoryRepository::open(files, random, path, "test");
  SAMARA_ASSERT(opened.has_value());
  repository = std::move(*opened);
  engine = std::make_unique<engine::Engine>(
      engine::EngineParts{*repository, types, platform, clock, random, processes},
      std::move(options));
}

void EngineSetup::add_platform(const PlatformVersions& versions) {
  auto add = [&](std::string name, std::vector<const Type*> inputs, const Type* output,
                 eval::Effect effect, const std::string& version, eval::PlatformCall call,
                 std::string capability = {}) {
    eval::PlatformFunction function;
    function.implementation = sha256(as_bytes(name + "/" + version));
    function.name = std::move(name);
    function.inputs = std::move(inputs);
    function.output = output;
    function.effect = effect;
    function.capability = std::move(capability);
    function.call = std::move(call);
    SAMARA_ASSERT(platform.add(std::move(function)).has_value());
  };
  add("test_upper", {types.string()}, types.string(), eval::Effect::pure, versions.upper,
      [](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
        std::string text(text_of(args[0]));
        for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        return vm.text(text, out);
      });
  add("test_say", {types.string()}, types.null(), eval::Effect::effectful, versions.say,
      [](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
        runtime::east::PlatformHost* host = runtime::east::platform_host(vm);
        if (host != nullptr && host->log != nullptr) {
          host->log->write(LogStream::out, std::string(text_of(args[0])) + "\n");
        }
        out = Slot::null();
        return true;
      });
  add("test_once", {}, types.integer(), eval::Effect::idempotent, "1",
      [](eval::Vm&, std::span<const Slot>, Slot& out) {
        out = Slot::of(int64_t{1});
        return true;
      });
  add(
      "test_guarded", {}, types.integer(), eval::Effect::pure, "1",
      [](eval::Vm&, std::span<const Slot>, Slot& out) {
        out = Slot::of(int64_t{7});
        return true;
      },
      "vault");
  add("test_count", {types.integer()}, types.integer(), eval::Effect::pure, "1",
      [this](eval::Vm&, std::span<const Slot> args, Slot& out) {
        counted.fetch_add(1);
        out = args[0];
        return true;
      });
}

Result<engine::AddedFunction> EngineSetup::add(const ir::Program& program, std::string_view name) {
  SAMARA_TRY(Bytes bytes, ir::to_beast2(program, Dialect::b));
  return engine->add_function(bytes, {.source = "test.east", .name = name});
}

Hash EngineSetup::must_add(const ir::Program& program, std::string_view name) {
  auto added = add(program, name);
  EXPECT_TRUE(added) << added.error().message();
  return added ? added->id : Hash{};
}

Bytes EngineSetup::encoded(int64_t value) {
  auto bytes = encode_beast2(types.integer(), Slot::of(value));
  SAMARA_ASSERT(bytes.has_value());
  return std::move(*bytes);
}

Bytes EngineSetup::encoded(std::string_view text) {
  Heap heap;
  auto bytes = encode_beast2(types.string(), Slot::of(heap.new_text(text)));
  SAMARA_ASSERT(bytes.has_value());
  return std::move(*bytes);
}

Result<engine::CallResult> EngineSetup::call(const Hash& function,
                                             const std::vector<Bytes>& arguments,
                                             const engine::CallOptions& options) {
  std::vector<engine::CallArgument> given;
  for (const Bytes& bytes : arguments) given.push_back(engine::CallArgument::encoded(bytes));
  return engine->call(function, given, options);
}

int64_t EngineSetup::integer_of(const engine::CallResult& result) {
  auto bytes = engine->result_bytes(result);
  EXPECT_TRUE(bytes) << bytes.error().message();
  if (!bytes) return INT64_MIN;
  Heap heap;
  auto value = decode_beast2(**bytes, types.integer(), types, heap);
  EXPECT_TRUE(value) << value.error().message();
  return value ? value->integer() : INT64_MIN;
}

store::FsckReport EngineSetup::fsck() {
  auto report = repository->check(engine::fsck_options(engine->record_types()));
  EXPECT_TRUE(report) << report.error().message();
  return report ? std::move(*report) : store::FsckReport{};
}

}  // namespace samara::test
