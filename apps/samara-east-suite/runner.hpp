#pragma once
// Runs conformance suites and random programs against the evaluator.

#include <string>

namespace samara::apps {

struct SuiteOptions {
  std::string folder;
  std::string dialect = "a";
  std::string only;  // a suite or program name
  bool json = false;
  bool quiet = false;  // the closing line only
  bool timings = false;
};

/// A conformance folder by its manifest.json. Returns the exit code.
int run_suites(const SuiteOptions& options);
/// A folder of random programs by its manifest.json. Returns the exit code.
int run_programs(const SuiteOptions& options);

}  // namespace samara::apps
