#pragma once
// A repository in a temporary directory and engines on it, with platform functions whose
// implementation digest a test chooses.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "core/sha256.hpp"
#include "engine/engine.hpp"
#include "engine/references.hpp"
#include "ir/builder.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/random.hpp"
#include "store/directory_repository.hpp"

namespace samara::test {

/// A directory of its own, removed with everything in it.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

/// Versions of the platform functions below: another text is another implementation.
struct PlatformVersions {
  std::string upper = "1";
  std::string say = "1";
};

/// One process's view of a repository: everything an engine stands on.
/// Platform functions: `test_upper` (pure, String → String), `test_say` (effectful, String → Null,
/// logs), `test_once` (idempotent, () → Integer), `test_guarded` (pure, needs the capability
/// "vault"), `test_count` (pure as declared, counts its calls).
class EngineSetup {
 public:
  explicit EngineSetup(const std::string& repository_path, const PlatformVersions& versions = {},
                       engine::EngineOptions options = {});

  Result<engine::AddedFunction> add(const ir::Program& program, std::string_view name = {});
  Hash must_add(const ir::Program& program, std::string_view name = {});
  Bytes encoded(int64_t value);
  Bytes encoded(std::string_view text);
  /// Runs with encoded arguments.
  Result<engine::CallResult> call(const Hash& function, const std::vector<Bytes>& arguments,
                                  const engine::CallOptions& options = {});
  /// The result as an Integer. The call must have given one.
  int64_t integer_of(const engine::CallResult& result);
  store::FsckReport fsck();

  TypeTable types;
  eval::PlatformRegistry platform;
  port::LinuxFiles files;
  port::LinuxRandom random;
  port::LinuxClock clock;
  port::LinuxProcesses processes;
  std::atomic<int> counted{0};
  std::unique_ptr<store::DirectoryRepository> repository;
  std::unique_ptr<engine::Engine> engine;
  ir::Builder b{types};

 private:
  void add_platform(const PlatformVersions& versions);
};

}  // namespace samara::test
