// samara-east-suite DIR: judges the evaluator by a conformance folder, or with --programs by a
// corpus of random programs. Names what fails and ends with `N passed, M failed`.

#include <CLI/CLI.hpp>

#include "runner.hpp"

int main(int argc, char** argv) {
  samara::apps::SuiteOptions options;
  bool programs = false;
  CLI::App app("Runs an East conformance folder, or a corpus of random programs.");
  app.add_option("folder", options.folder, "folder with manifest.json")->required();
  app.add_flag("--programs", programs, "the folder holds random programs");
  app.add_option("--dialect", options.dialect, "a or b")
      ->check(CLI::IsMember({"a", "b"}))
      ->capture_default_str();
  app.add_option("--only", options.only, "run this suite or program alone");
  app.add_flag("--json", options.json, "one JSON object a line");
  app.add_flag("--quiet", options.quiet, "print the closing line only");
  app.add_flag("--timings", options.timings, "print where the time goes");
  app.footer("example: samara-east-suite ../shared/east-conformance --dialect b");
  CLI11_PARSE(app, argc, argv);
  return programs ? samara::apps::run_programs(options) : samara::apps::run_suites(options);
}
