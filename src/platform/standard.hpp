#pragma once
// The standard platform functions: console, path, fs, crypto, time, random, fetch, test. What is
// not granted is refused by the engine, by the capability each function names.
//
// Threads: registration once; implementations run on evaluating threads, several at once.
// Specified by: docs/formats/platform.md.

#include <string>
#include <vector>

#include "eval/platform.hpp"
#include "port/clock.hpp"
#include "port/files.hpp"
#include "port/http.hpp"
#include "port/random.hpp"

namespace samara::platform {

/// What the functions stand on; everything outlives the registry.
struct StandardParts {
  port::Clock& clock;
  port::Random& random;
  port::Files& files;
  port::HttpClient* http = nullptr;  // null: fetch_* fail with a message
  /// The directory relative paths start from; absolute.
  std::string working_directory;
  /// Files and directories that fs_* may touch, with what is below; absolute and normal. Symbolic
  /// links inside are followed. Empty: everything (the capability decides).
  std::vector<std::string> file_roots = {};
};

/// Errors: exists (a name is taken).
Result<void> add_standard_platform(TypeTable& types, eval::PlatformRegistry& registry,
                                   const StandardParts& parts);

/// Notified of what test programs do.
class TestObserver {
 public:
  virtual ~TestObserver() = default;
  virtual void begin_test(std::string_view name) = 0;
  virtual void pass() = 0;
  virtual void fail(std::string_view message) = 0;
  /// `error`: the body ended with this; null when it returned normally.
  virtual void end_test(const std::string* error) = 0;
};
/// describe, test, testPass, testFail. testFail aborts the body in a way no East code can catch.
Result<void> add_test_platform(TypeTable& types, eval::PlatformRegistry& registry,
                               TestObserver& observer);

}  // namespace samara::platform
