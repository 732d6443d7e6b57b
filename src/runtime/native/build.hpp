#pragma once
// build_task: C or C++ source becomes a native image, by a compiler of this machine: compiled with
// the recipe of the format, linked, checked by the validator, packed. Optimised unless told
// otherwise; symbols and the lines of addresses become the debug data.
// Threads: any. Specified by: docs/formats/native-image.md, section 4.

#include <optional>
#include <string>
#include <vector>

#include "image/manifest.hpp"
#include "port/files.hpp"
#include "port/programs.hpp"
#include "runtime/code_cache.hpp"
#include "value/type.hpp"

namespace samara::runtime::native {

struct BuildRequest {
  std::string source;                  // path of a file: `.c` is C, everything else C++
  std::string target;                  // triple; empty: this machine
  std::string compiler{};              // command; empty: the one of the target, GCC
  std::vector<std::string> options{};  // more for the compiler, after those of the recipe
  std::string name{};                  // of the task; empty: that of the file
  /// Zero: what the kind of target gives, see build.cpp.
  image::Memory memory{};
  uint32_t deadline_ms = 0;  // zero: a day
  uint64_t capabilities = image::k_capability_log;
  bool pure = false;  // the result depends on the arguments alone
  /// A type of functions whose hashes go into the manifest; null: none.
  const Type* type = nullptr;
  /// Where what was built before is looked for, by source with all that it includes, compiler and
  /// request; null: nowhere. A build with warnings is not kept, so that they are seen again.
  runtime::CodeCache* cache = nullptr;
};

struct BuiltTask {
  Bytes file;            // the container
  std::string messages;  // warnings of the compiler
  bool cached = false;   // nothing was compiled
};

/// Errors: invalid_argument (no such target), not_found (no such source; no compiler, and which
/// package of Debian has it), check_failed
/// (the compiler's own messages), corrupt (a linked image that the validator refuses), timeout, io.
Result<BuiltTask> build_task(port::Programs& programs, port::Files& files,
                             const BuildRequest& request);

/// The triple of this machine; empty: none.
std::string_view own_target();

/// The command that build_task uses for a target; empty: no such target.
std::string default_compiler(std::string_view target, bool cpp);

}  // namespace samara::runtime::native
