// Every file operation of adding a function and of calling it fails once, or is the last one the
// process ever makes, or the last one before the power goes. Afterwards the repository is whole,
// what was acknowledged is there, and the call can be made.

#include <functional>

#include "engine/engine.hpp"
#include "engine/references.hpp"
#include "ir/builder.hpp"
#include "ir/encode.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/processes.hpp"
#include "ports/sim/fault_files.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::test;

namespace {

constexpr std::string_view k_path = "/repo";
constexpr uint64_t k_calls_max = 2000;  // more file operations than anything here makes

// One process on the repository.
class Process {
 public:
  explicit Process(port::Files& files) {
    auto opened = store::DirectoryRepository::open(files, random_, k_path, "test");
    if (!opened) return;
    repository_ = std::move(*opened);
    engine_ = std::make_unique<engine::Engine>(
        engine::EngineParts{*repository_, types_, platform_, clock_, random_, processes_});
  }
  bool open() const { return engine_ != nullptr; }
  engine::Engine& engine() { return *engine_; }
  store::DirectoryRepository& repository() { return *repository_; }

  Result<Hash> add() {
    ir::Builder b(types_);
    auto program =
        b.program({types_.integer()}, [&](auto p) { return b.add(b(p[0]), b.integer(1'000'000)); });
    SAMARA_TRY(Bytes bytes, ir::to_beast2(*program, Dialect::b));
    SAMARA_TRY(engine::AddedFunction added,
               engine_->add_function(bytes, {.source = "x.east", .name = "add"}));
    return added.id;
  }
  Bytes number(int64_t value) { return *encode_beast2(types_.integer(), Slot::of(value)); }
  Result<engine::CallResult> call(const Hash& function, store::Durability durability) {
    Bytes argument = number(23);
    engine::CallArgument arguments[] = {engine::CallArgument::encoded(argument)};
    return engine_->call(function, arguments, {.durability = durability});
  }
  store::FsckReport fsck(bool repair) {
    store::FsckOptions options = engine::fsck_options(engine_->record_types());
    options.repair = repair;
    auto report = repository_->check(options);
    EXPECT_OK(report);
    return report ? std::move(*report) : store::FsckReport{};
  }

 private:
  TypeTable types_;
  eval::PlatformRegistry platform_;
  port::SeededRandom random_{next_seed()};
  port::LinuxClock clock_;
  port::LinuxProcesses processes_;
  std::unique_ptr<store::DirectoryRepository> repository_;
  std::unique_ptr<engine::Engine> engine_;

  static uint64_t next_seed() {
    static uint64_t seed = 1;
    return seed++;
  }
};

enum class Ending : uint8_t { error, death, power_loss };

struct Operation {
  const char* name;
  bool function_there;
  bool answer_there;
  store::Durability durability;
};

class EngineFault : public testing::TestWithParam<Operation> {
 protected:
  // Everything up to the operation, without faults. False: the test is broken.
  static bool prepare(port::MemoryFiles& files) {
    if (!store::DirectoryRepository::init(files, k_path)) return false;
    Process process(files);
    if (!process.open()) return false;
    if (GetParam().function_there && !process.add()) return false;
    if (!GetParam().answer_there) return true;
    auto function = process.add();
    return function && process.call(*function, store::Durability::synced).has_value();
  }

  // True if the operation was done before the fault's turn came.
  static bool run(port::MemoryFiles& files, Ending ending, uint64_t n) {
    port::FaultFiles faulty(files);
    port::FaultPlan plan;
    plan.call = n;
    plan.kind = ending == Ending::error ? port::FaultKind::error : port::FaultKind::death;
    plan.error_number = EIO;
    faulty.plan(plan);
    bool acknowledged = false;
    {
      Process process(faulty);
      if (process.open()) {
        auto function = process.add();
        if (function) {
          auto result = process.call(*function, GetParam().durability);
          acknowledged = result && result->outcome.is_value();
          // A record that cannot be read answers nothing, and the call runs again.
          if (acknowledged && !(GetParam().answer_there && faulty.fired())) {
            EXPECT_EQ(result->from_memo, GetParam().answer_there);
          }
        }
      }
    }
    if (ending == Ending::power_loss) files.lose_power(port::PowerLoss::keep_anything, n);
    verify(files, ending, acknowledged);
    return !faulty.fired();
  }

  static void verify(port::MemoryFiles& files, Ending ending, bool acknowledged) {
    Process process(files);
    ASSERT_TRUE(process.open());
    store::FsckReport report = process.fsck(true);
    // Only a power loss may tear what was written without sync.
    if (ending != Ending::power_loss) {
      EXPECT_TRUE(report.clean()) << describe(report);
    }
    EXPECT_TRUE(process.fsck(false).clean());
    auto function = process.add();
    ASSERT_OK(function);
    auto result = process.call(*function, store::Durability::cached);
    ASSERT_OK(result);
    bool promised = acknowledged && (ending != Ending::power_loss ||
                                     GetParam().durability == store::Durability::synced);
    if (promised) {
      EXPECT_TRUE(result->from_memo);
    }
    auto bytes = process.engine().result_bytes(*result);
    ASSERT_OK(bytes);
    EXPECT_EQ(**bytes, process.number(1'000'023));
  }
};

INSTANTIATE_TEST_SUITE_P(
    Each, EngineFault,
    testing::Values(Operation{"add_and_call", false, false, store::Durability::cached},
                    Operation{"add_and_call_synced", false, false, store::Durability::synced},
                    Operation{"call_of_a_known_function", true, false, store::Durability::cached},
                    Operation{"answer_from_memory", true, true, store::Durability::cached}),
    [](const testing::TestParamInfo<Operation>& each) { return std::string(each.param.name); });

TEST_P(EngineFault, each_file_operation_can_be_the_one_that_goes_wrong) {
  for (Ending ending : {Ending::error, Ending::death, Ending::power_loss}) {
    bool done = false;
    for (uint64_t n = 1; !done && n < k_calls_max; n++) {
      SCOPED_TRACE("ending " + std::to_string(static_cast<int>(ending)) + ", operation " +
                   std::to_string(n));
      port::MemoryFiles files;
      ASSERT_TRUE(prepare(files));
      done = run(files, ending, n);
      if (HasFatalFailure() || HasNonfatalFailure()) return;
    }
    EXPECT_TRUE(done);
  }
}

}  // namespace
