// Every file operation of every repository operation fails once, or is the last one the process
// ever makes, or the last one before the power goes. Afterwards the repository is whole, what was
// acknowledged is there, and the operation can be repeated.
#include "core/sha256.hpp"
#include "ports/sim/fault_files.hpp"
#include "store/names.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view k_path = "/repo";
const CallKey k_call{sha256(as_bytes("function")), sha256(as_bytes("call"))};

std::string child_text() { return "child of the base"; }
std::string parent_text() { return object_referring_to({sha256(as_bytes(child_text()))}); }
Hash parent_hash() { return sha256(as_bytes(parent_text())); }
const Bytes& large_bytes() {
  static const Bytes bytes = noise(700'000, 42);
  return bytes;
}

GcOptions gc_options() {
  GcOptions out;
  out.grace = 0ns;
  out.references = test_references;
  out.record_references = test_record_references;
  return out;
}

FsckOptions fsck_options(bool repair) {
  FsckOptions out;
  out.repair = repair;
  out.references = test_references;
  out.check_record = [](const CallKey&, std::string_view, ByteView bytes) -> Result<void> {
    if (as_text(bytes).starts_with("refs:\n")) return {};
    return Error(Code::corrupt, "not a record");
  };
  return out;
}

struct Operation {
  std::string name;
  // Null: the operation makes the repository itself.
  std::function<void(DirectoryRepository&, port::MemoryFiles&)> prepare;
  std::function<Result<void>(DirectoryRepository&)> run;
  // What must hold once `run` returned without an error.
  std::function<void(DirectoryRepository&)> promised;
  bool cached = false;  // a power loss may take it
};

const CallKey k_quick{sha256(as_bytes("function")), sha256(as_bytes("quick call"))};

// A call that goes to a journal: its argument, its result and its record.
Result<void> put_quick(DirectoryRepository& repository, std::string_view name) {
  repository.journal_after(0);
  const std::string argument = "an argument";
  const std::string value = "a value";
  const NamedBytes objects[] = {{sha256(as_bytes(argument)), as_bytes(argument)},
                                {sha256(as_bytes(value)), as_bytes(value)}};
  const std::vector<Hash> names{objects[0].id, objects[1].id};
  return repository.executions().put_whole(k_quick, name, as_bytes(object_referring_to(names)),
                                           names, objects);
}

void expect_quick(DirectoryRepository& repository, std::string_view name) {
  auto record = repository.executions().get(k_quick, name);
  EXPECT_OK(record);
  EXPECT_OK(repository.objects().get(sha256(as_bytes("an argument"))));
  EXPECT_OK(repository.objects().view(sha256(as_bytes("a value"))));
}

void nothing(DirectoryRepository&, port::MemoryFiles&) {}

std::vector<Operation> operations() {
  std::vector<Operation> out;
  out.push_back({"put_small", nothing,
                 [](DirectoryRepository& repository) -> Result<void> {
                   SAMARA_CHECK(repository.objects().put(as_bytes("small"), Durability::synced));
                   return {};
                 },
                 [](DirectoryRepository& repository) {
                   EXPECT_OK(repository.objects().get(sha256(as_bytes("small"))));
                 }});
  out.push_back({"put_present",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   // There, but its bytes may not survive: the second put promises that.
                   EXPECT_OK(repository.objects().put(as_bytes("small"), Durability::cached));
                 },
                 out[0].run, out[0].promised});
  out.push_back({"put_over_damage",
                 [](DirectoryRepository& repository, port::MemoryFiles& files) {
                   const Hash hash =
                       *repository.objects().put(as_bytes("small"), Durability::cached);
                   EXPECT_OK(files.flip_bit(
                       "/repo/objects/" + hash.hex().substr(0, 2) + "/" + hash.hex().substr(2), 1));
                 },
                 out[0].run, out[0].promised});
  out.push_back({"put_streamed", nothing,
                 [](DirectoryRepository& repository) -> Result<void> {
                   SAMARA_TRY(auto writer, repository.objects().writer(Durability::synced));
                   ByteView rest = large_bytes();
                   for (; rest.size() > 200'000; rest = rest.subspan(200'000)) {
                     SAMARA_CHECK(writer->update(rest.first(200'000)));
                   }
                   SAMARA_CHECK(writer->update(rest));
                   SAMARA_CHECK(writer->commit());
                   return {};
                 },
                 [](DirectoryRepository& repository) {
                   auto back = repository.objects().get(sha256(large_bytes()));
                   EXPECT_OK(back);
                   EXPECT_TRUE(back && *back == large_bytes());
                 }});
  out.push_back({"ref_set", nothing,
                 [](DirectoryRepository& repository) {
                   return repository.refs().set("folder/new", sha256(as_bytes(child_text())),
                                                RefCondition::any());
                 },
                 [](DirectoryRepository& repository) {
                   auto target = repository.refs().get("folder/new");
                   EXPECT_TRUE(target && *target == sha256(as_bytes(child_text())));
                 }});
  out.push_back({"ref_set_to_cached_object",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   EXPECT_OK(repository.objects().put(as_bytes("cached"), Durability::cached));
                 },
                 [](DirectoryRepository& repository) -> Result<void> {
                   const Hash hash = sha256(as_bytes("cached"));
                   // A power loss before this may have taken the object, as is its right.
                   if (!repository.objects().get(hash)) {
                     SAMARA_CHECK(repository.objects().put(as_bytes("cached"), Durability::cached));
                   }
                   return repository.refs().set("r", hash, RefCondition::any());
                 },
                 [](DirectoryRepository& repository) {
                   EXPECT_OK(repository.objects().get(sha256(as_bytes("cached"))));
                   EXPECT_OK(repository.refs().get("r"));
                 }});
  out.push_back({"ref_compare_and_set",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   EXPECT_OK(repository.refs().set("r", parent_hash(), RefCondition::any()));
                 },
                 [](DirectoryRepository& repository) -> Result<void> {
                   auto done = repository.refs().set("r", sha256(as_bytes(child_text())),
                                                     RefCondition::equals(parent_hash()));
                   // Repeated after an unacknowledged success.
                   if (!done && done.error().code == Code::conflict) return {};
                   return done;
                 },
                 [](DirectoryRepository& repository) {
                   auto target = repository.refs().get("r");
                   EXPECT_TRUE(target && *target == sha256(as_bytes(child_text())));
                 }});
  out.push_back({"ref_remove",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   EXPECT_OK(repository.refs().set("a/b/r", parent_hash(), RefCondition::any()));
                 },
                 [](DirectoryRepository& repository) -> Result<void> {
                   auto done = repository.refs().remove("a/b/r", RefCondition::any());
                   if (!done && done.error().code == Code::not_found) return {};
                   return done;
                 },
                 [](DirectoryRepository& repository) {
                   EXPECT_CODE(Code::not_found, repository.refs().get("a/b/r"));
                 }});
  out.push_back({"record_put", nothing,
                 [](DirectoryRepository& repository) {
                   const Hash names[] = {parent_hash()};
                   const CallKey key{k_call.function, sha256(as_bytes("new call"))};
                   return repository.executions().put(
                       key, "record", as_bytes(object_referring_to({parent_hash()})), names,
                       Durability::synced);
                 },
                 [](DirectoryRepository& repository) {
                   const CallKey key{k_call.function, sha256(as_bytes("new call"))};
                   auto bytes = repository.executions().get(key, "record");
                   EXPECT_OK(bytes);
                   EXPECT_TRUE(bytes && as_text(*bytes) == object_referring_to({parent_hash()}));
                 }});
  out.push_back({"journal_first", nothing,
                 [](DirectoryRepository& repository) { return put_quick(repository, "one"); },
                 [](DirectoryRepository& repository) { expect_quick(repository, "one"); }, true});
  out.push_back({"journal_more",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   EXPECT_OK(put_quick(repository, "before"));
                 },
                 [](DirectoryRepository& repository) -> Result<void> {
                   SAMARA_CHECK(put_quick(repository, "one"));
                   return put_quick(repository, "two");
                 },
                 [](DirectoryRepository& repository) {
                   expect_quick(repository, "one");
                   expect_quick(repository, "two");
                 },
                 true});
  out.push_back({"journal_remove_record",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   EXPECT_OK(put_quick(repository, "one"));
                   EXPECT_OK(put_quick(repository, "two"));
                 },
                 [](DirectoryRepository& repository) -> Result<void> {
                   auto done = repository.executions().remove(k_quick, "one");
                   if (!done && done.error().code == Code::not_found) return {};
                   return done;
                 },
                 [](DirectoryRepository& repository) {
                   EXPECT_CODE(Code::not_found, repository.executions().get(k_quick, "one"));
                   expect_quick(repository, "two");
                 },
                 true});
  out.push_back({"ref_set_to_object_in_journal",
                 [](DirectoryRepository& repository, port::MemoryFiles&) {
                   EXPECT_OK(put_quick(repository, "one"));
                 },
                 [](DirectoryRepository& repository) -> Result<void> {
                   const Hash hash = sha256(as_bytes("a value"));
                   // A power loss before this may have taken the object, as is its right.
                   if (!repository.objects().get(hash)) SAMARA_CHECK(put_quick(repository, "one"));
                   return repository.refs().set("r", hash, RefCondition::any());
                 },
                 [](DirectoryRepository& repository) {
                   EXPECT_OK(repository.objects().get(sha256(as_bytes("a value"))));
                   EXPECT_OK(repository.refs().get("r"));
                 }});
  out.push_back(
      {"gc_of_journals",
       [](DirectoryRepository& repository, port::MemoryFiles&) {
         repository.journal_after(0);
         const Hash lost = sha256(as_bytes("lost"));
         const NamedBytes objects[] = {{lost, as_bytes("lost")}};
         const CallKey old{k_call.call, k_call.function};
         EXPECT_OK(repository.executions().put_whole(
             old, "record", as_bytes(object_referring_to({lost})), std::span(&lost, 1), objects));
         EXPECT_OK(put_quick(repository, "one"));
         EXPECT_OK(repository.executions().remove(old, "record"));
       },
       [](DirectoryRepository& repository) -> Result<void> {
         SAMARA_CHECK(repository.collect_garbage(gc_options()));
         return {};
       },
       [](DirectoryRepository& repository) { expect_quick(repository, "one"); }});
  out.push_back({"pin_and_unpin", nothing,
                 [](DirectoryRepository& repository) -> Result<void> {
                   SAMARA_CHECK(repository.pins().hold(parent_hash()));
                   return repository.pins().unpin(parent_hash());
                 },
                 [](DirectoryRepository&) {}});
  out.push_back({"lock_call", nothing,
                 [](DirectoryRepository& repository) -> Result<void> {
                   const CallKey key{k_call.call, k_call.function};
                   SAMARA_CHECK(repository.executions().lock(key, port::LockWait::no));
                   return {};
                 },
                 [](DirectoryRepository&) {}});
  out.push_back(
      {"gc",
       [](DirectoryRepository& repository, port::MemoryFiles& files) {
         const Hash loose = *repository.objects().put(as_bytes("loose"), Durability::cached);
         const std::string loose_parent = object_referring_to({loose});
         EXPECT_OK(repository.objects().put(as_bytes(loose_parent), Durability::cached));
         const CallKey old{k_call.call, k_call.function};
         const Hash names[] = {loose};
         EXPECT_OK(repository.executions().put(
             old, "record", as_bytes(object_referring_to({loose})), names, Durability::cached));
         files.advance(48h);
         EXPECT_OK(repository.executions().put(k_call, "record",
                                               as_bytes(object_referring_to({parent_hash()})), {},
                                               Durability::cached));
         files.advance(1s);
       },
       [](DirectoryRepository& repository) -> Result<void> {
         GcOptions options = gc_options();
         options.keep_records = 24h;
         SAMARA_CHECK(repository.collect_garbage(options));
         return {};
       },
       [](DirectoryRepository& repository) {
         // Removals need no sync: a power loss may bring garbage back, whole or not.
         EXPECT_FALSE(repository.refs().list("")->empty());
       }});
  out.push_back(
      {"fsck_repair",
       [](DirectoryRepository& repository, port::MemoryFiles& files) {
         const Hash loose = *repository.objects().put(as_bytes("loose"), Durability::synced);
         EXPECT_OK(repository.refs().set("torn", loose, RefCondition::any()));
         EXPECT_OK(files.flip_bit(
             "/repo/objects/" + loose.hex().substr(0, 2) + "/" + loose.hex().substr(2), 1));
         EXPECT_OK(files.flip_bit("/repo/refs/torn", 64));
       },
       [](DirectoryRepository& repository) -> Result<void> {
         SAMARA_TRY(FsckReport report, repository.check(fsck_options(true)));
         if (!report.clean()) return Error(Code::io, describe(report));
         return {};
       },
       [](DirectoryRepository& repository) {
         EXPECT_CODE(Code::not_found, repository.refs().get("torn"));
       }});
  return out;
}

// The power goes too, in one of several ways.
struct Aftermath {
  bool power_loss = false;
  port::PowerLoss loss = port::PowerLoss::drop_all;
  uint64_t seed = 0;
};

class Trial {
 public:
  Trial(const Operation& operation, const port::FaultPlan& plan, const Aftermath& aftermath)
      : operation_(operation), plan_(plan), aftermath_(aftermath) {}

  // false: the planned call never came, so all of them have been tried.
  bool run() {
    build();
    if (testing::Test::HasFailure()) return false;
    const bool fired = strike();
    if (aftermath_.power_loss) {
      disk_.lose_power(aftermath_.loss, aftermath_.seed + plan_.call * 1000);
    }
    inspect();
    return fired;
  }

 private:
  std::unique_ptr<DirectoryRepository> open(port::Files& files) {
    auto opened = DirectoryRepository::open(files, random_, k_path, "a test");
    EXPECT_OK(opened);
    return opened ? std::move(*opened) : nullptr;
  }

  void build() {
    ASSERT_OK(DirectoryRepository::init(disk_, k_path));
    auto repository = open(disk_);
    ASSERT_OK(repository->objects().put(as_bytes(child_text()), Durability::synced));
    ASSERT_OK(repository->objects().put(as_bytes(parent_text()), Durability::synced));
    ASSERT_OK(repository->refs().set("base", parent_hash(), RefCondition::any()));
    disk_.settle();
    operation_.prepare(*repository, disk_);
    repository.reset();
    if (operation_.name == "fsck_repair" || operation_.name == "gc" ||
        operation_.name == "gc_of_journals") {
      disk_.settle();
    }
  }

  bool strike() {
    port::FaultFiles files(disk_);
    auto repository = open(files);
    files.plan(plan_);
    auto result = operation_.run(*repository);
    acknowledged_ = static_cast<bool>(result);
    const bool fired = files.fired();
    if (!fired) {
      EXPECT_OK(result);
    }
    if (!files.dead()) {
      // The process lives on and can do it again.
      files.plan({});
      if (!acknowledged_) {
        auto again = operation_.run(*repository);
        EXPECT_OK(again);
        acknowledged_ = static_cast<bool>(again);
      }
      operation_.promised(*repository);
    }
    return fired;
  }

  void inspect() {
    auto repository = open(disk_);
    ASSERT_TRUE(repository);
    // Before fsck looks and before anybody repairs: nothing torn is ever shown.
    EXPECT_EQ(as_text(repository->objects().get(parent_hash()).value_or({})), parent_text());
    auto base = repository->refs().get("base");
    EXPECT_TRUE(base && *base == parent_hash());
    const bool lost = operation_.cached && aftermath_.power_loss;
    if (acknowledged_ && !lost) operation_.promised(*repository);
    // Damage that was there before stays until it is repaired, and cached objects may be torn.
    const bool damaged_before =
        operation_.name == "fsck_repair" || operation_.name == "put_over_damage" ||
        operation_.name == "put_present" || operation_.name == "ref_set_to_cached_object";
    const bool torn =
        lost || (aftermath_.power_loss && operation_.name == "ref_set_to_object_in_journal");
    if (!torn && (!damaged_before || acknowledged_)) {
      auto report = repository->check(fsck_options(false));
      ASSERT_OK(report);
      EXPECT_TRUE(report->clean()) << describe(*report);
    }
    EXPECT_OK(operation_.run(*repository));
    if (!lost || operation_.name != "journal_remove_record") operation_.promised(*repository);
    EXPECT_OK(repository->collect_garbage(gc_options()));
    auto report = repository->check(fsck_options(false));
    ASSERT_OK(report);
    EXPECT_TRUE(report->findings.empty()) << describe(*report);
  }

  const Operation& operation_;
  port::FaultPlan plan_;
  Aftermath aftermath_;
  port::MemoryFiles disk_;
  port::SeededRandom random_{5};
  bool acknowledged_ = false;
};

class RepositoryFaults : public testing::TestWithParam<size_t> {
 protected:
  // Tries n = 1, 2, 3 … until the call does not come any more; returns how many came.
  uint64_t sweep(const port::FaultPlan& kind, const Aftermath& aftermath) {
    const Operation operation = operations()[GetParam()];
    for (uint64_t n = 1;; n++) {
      port::FaultPlan plan = kind;
      plan.call = n;
      const bool fired = Trial(operation, plan, aftermath).run();
      if (HasFailure()) {
        ADD_FAILURE() << operation.name << " failed in call " << n << ", seed " << aftermath.seed;
        return n;
      }
      if (!fired) return n - 1;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Each, RepositoryFaults, testing::Range<size_t>(0, operations().size()),
                         [](const auto& each) { return operations()[each.param].name; });

}  // namespace

TEST_P(RepositoryFaults, an_error_in_any_call_leaves_a_whole_repository) {
  for (int error : {ENOSPC, EIO}) {
    EXPECT_GT(sweep({.kind = port::FaultKind::error, .error_number = error}, {}), 0U);
  }
}

TEST_P(RepositoryFaults, death_in_any_call_leaves_a_whole_repository) {
  for (bool after : {false, true}) {
    EXPECT_GT(sweep({.kind = port::FaultKind::death, .after = after}, {}), 0U);
  }
}

TEST_P(RepositoryFaults, power_loss_at_any_call_leaves_a_whole_repository) {
  using port::PowerLoss;
  for (PowerLoss loss : {PowerLoss::drop_all, PowerLoss::keep_names, PowerLoss::keep_anything}) {
    const uint64_t seeds = loss == PowerLoss::keep_anything ? 4 : 1;
    for (uint64_t seed = 0; seed < seeds; seed++) {
      EXPECT_GT(sweep({.kind = port::FaultKind::death, .after = seed % 2 == 1},
                      {.power_loss = true, .loss = loss, .seed = seed}),
                0U);
    }
  }
}

// init has no repository to start from.
TEST(InitFaults, init_that_was_cut_short_anywhere_can_be_repeated) {
  for (bool power : {false, true}) {
    for (int kind = 0; kind < 3; kind++) {
      for (uint64_t n = 1;; n++) {
        port::MemoryFiles disk;
        port::FaultFiles files(disk);
        const bool dies = kind > 0;
        files.plan({.call = n,
                    .kind = dies ? port::FaultKind::death : port::FaultKind::error,
                    .error_number = ENOSPC,
                    .after = kind == 2});
        auto made = DirectoryRepository::init(files, k_path);
        const bool fired = files.fired();
        if (power) disk.lose_power(port::PowerLoss::keep_anything, n);
        port::SeededRandom random(n);
        auto opened = DirectoryRepository::open(disk, random, k_path, "t");
        if (made) {
          EXPECT_OK(opened);
        } else if (!opened) {
          EXPECT_EQ(opened.error().code, Code::no_repository) << opened.error().message();
          EXPECT_OK(DirectoryRepository::init(disk, k_path));
          opened = DirectoryRepository::open(disk, random, k_path, "t");
        }
        ASSERT_OK(opened);
        auto report = (*opened)->check(fsck_options(false));
        ASSERT_OK(report);
        EXPECT_TRUE(report->findings.empty()) << describe(*report);
        EXPECT_OK((*opened)->objects().put(as_bytes("x"), Durability::synced));
        if (HasFailure()) FAIL() << "call " << n << " kind " << kind << " power " << power;
        if (!fired) break;
      }
    }
  }
}

// Many operations, a crash and a power loss at some call, and what was acknowledged must hold.
TEST(RepositoryHistory, what_was_acknowledged_survives_a_crash_at_any_time) {
  for (uint64_t seed = 0; seed < 400; seed++) {
    port::MemoryFiles disk;
    port::SeededRandom random(seed);
    ASSERT_OK(DirectoryRepository::init(disk, k_path));
    disk.settle();
    std::map<std::string, Hash> refs;          // acknowledged
    std::map<std::string, Hash> refs_pending;  // perhaps
    std::map<Hash, std::string> objects;       // acknowledged as synced
    {
      port::FaultFiles files(disk);
      auto repository = std::move(*DirectoryRepository::open(files, random, k_path, "t"));
      files.plan({.call = 1 + random.next_u64() % 900,
                  .kind = port::FaultKind::death,
                  .after = seed % 2 == 0});
      for (int step = 0; step < 60 && !files.dead(); step++) {
        const uint64_t dice = random.next_u64();
        const std::string text = "object " + std::to_string(dice % 20);
        const Hash hash = sha256(as_bytes(text));
        const std::string ref = (dice >> 8) % 2 == 0 ? "a/" : "b";
        const std::string name = ref + std::to_string((dice >> 16) % 3);
        switch ((dice >> 24) % 5) {
          case 0:
          case 1:
            if (repository->objects().put(as_bytes(text), Durability::synced)) {
              objects[hash] = text;
            }
            break;
          case 2:
            static_cast<void>(repository->objects().put(as_bytes(text), Durability::cached));
            break;
          case 3:
            refs_pending.clear();
            refs_pending[name] = hash;
            if (repository->refs().set(name, hash, RefCondition::any())) {
              refs[name] = hash;
              objects[hash] = text;
              refs_pending.clear();
            } else if (!files.dead()) {
              refs_pending.clear();  // refused: no such object
            }
            break;
          case 4: {
            GcOptions options = gc_options();
            options.grace = std::chrono::hours(1);
            static_cast<void>(repository->collect_garbage(options));
            break;
          }
        }
      }
    }
    disk.lose_power(port::PowerLoss::keep_anything, seed);
    auto repository = std::move(*DirectoryRepository::open(disk, random, k_path, "t"));
    for (const auto& [hash, text] : objects) {
      auto back = repository->objects().get(hash);
      ASSERT_OK(back);
      EXPECT_EQ(as_text(*back), text);
    }
    for (const auto& [name, target] : refs) {
      auto found = repository->refs().get(name);
      ASSERT_OK(found);
      const bool pending = refs_pending.contains(name) && *found == refs_pending[name];
      EXPECT_TRUE(*found == target || pending) << "seed " << seed;
      EXPECT_OK(repository->objects().get(*found));
    }
    // Only cached objects may be torn; storing them again heals them.
    auto report = repository->check(fsck_options(true));
    ASSERT_OK(report);
    for (const Finding& finding : report->findings) {
      EXPECT_TRUE(finding.kind == FindingKind::damaged_object || !finding_is_damage(finding.kind))
          << describe(*report);
    }
    EXPECT_TRUE(repository->check(fsck_options(false))->clean());
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}
