#include "runtime/wasm/machine_code.hpp"

#include "core/sha256.hpp"

namespace samara::runtime::wasm {

namespace {

// Counted up when what is asked of the compiler changes in a way that its words do not show.
constexpr std::string_view k_purpose("samara-wasm-code-2\0", 19);
constexpr std::string_view k_optimisation = "3";

std::vector<std::string> words(const CodeTarget& target) {
  return {target.arch,
          target.abi,
          target.cpu,
          target.features,
          std::string(k_optimisation),
          std::to_string(target.size_level),
          target.guard_pages ? "0" : "1"};
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

#ifdef SAMARA_WAMR_GUARD_PAGES
constexpr bool k_guard_pages = true;
#else
constexpr bool k_guard_pages = false;
#endif

// The middle levels stand for a model of code that LLVM does not have there.
CodeTarget aarch64(bool guard_pages) {
  return {.name = "aarch64",
          .arch = "aarch64",
          .cpu = "generic",
          .size_level = 3,
          .guard_pages = guard_pages};
}

}  // namespace

CodeTarget host_target() {
#if defined(__x86_64__)
  // The levels of the System V ABI; a level stands for all that it has.
  const char* cpu = "x86-64";
  if (__builtin_cpu_supports("x86-64-v2") != 0) cpu = "x86-64-v2";
  if (__builtin_cpu_supports("x86-64-v3") != 0) cpu = "x86-64-v3";
  return {.name = "x86_64", .arch = "x86_64", .cpu = cpu, .guard_pages = k_guard_pages};
#else
  return aarch64(k_guard_pages);
#endif
}

std::optional<CodeTarget> target_named(std::string_view name) {
  if (name == "x86_64") return CodeTarget{.name = "x86_64", .arch = "x86_64", .cpu = "x86-64"};
  if (name == "aarch64") return aarch64(false);
  if (name == "thumbv7em") {
    // What the engine calls the code of a Cortex-M3, too: it has no word for thumbv7m.
    return CodeTarget{.name = "thumbv7em",
                      .arch = "thumbv7em",
                      .abi = "eabi",
                      .cpu = "cortex-m3",
                      .size_level = 3};
  }
  if (name == "riscv32") {
    return CodeTarget{.name = "riscv32",
                      .arch = "riscv32",
                      .abi = "ilp32",
                      .cpu = "generic-rv32",
                      .features = "+m,+a,+c",
                      .size_level = 3};
  }
  return std::nullopt;
}

std::string_view compiler_version() {
#ifdef SAMARA_AOT_COMPILER
  return SAMARA_AOT_COMPILER;
#else
  return {};
#endif
}

bool CodeCompiler::available() const {
  return k_guard_pages && parts_.programs != nullptr && !parts_.program.empty() &&
         !compiler_version().empty();
}

Hash CodeCompiler::key(const Hash& module, const CodeTarget& target) {
  std::string text(k_purpose);
  text += as_text(module.bytes);
  text += compiler_version();
  for (const std::string& word : words(target)) {
    text += '\0';
    text += word;
  }
  return sha256(as_bytes(text));
}

std::optional<Bytes> CodeCompiler::find(const Hash& module, const CodeTarget& target) const {
  if (parts_.cache == nullptr || !available()) return std::nullopt;
  return parts_.cache->find(key(module, target));
}

Result<Bytes> CodeCompiler::compile(const Hash& module, ByteView bytes, const CodeTarget& target,
                                    const std::atomic<bool>* cancel) const {
  if (!available()) {
    return Error(Code::unsupported,
                 "no machine code: this build has no compiler for it (Debian: llvm-19-dev)");
  }
  port::ProgramOrder order;
  order.path = parts_.program;
  order.words = words(target);
  order.words.push_back(std::to_string(parts_.limits.cpu_max.count()));
  order.words.push_back(std::to_string(parts_.limits.memory_mib_max));
  order.input = bytes;
  // Processor time ends it; this ends one that waits.
  order.wall_max = 4 * parts_.limits.cpu_max;
  order.cancel = cancel;
  SAMARA_TRY(port::ProgramReport report, parts_.programs->run(order));
  switch (report.end) {
    case port::ProgramEnd::cancelled:
      return Error(Code::cancelled, "compiling it was cancelled");
    case port::ProgramEnd::timed_out:
      return Error(Code::timeout, "compiling it took too long");
    case port::ProgramEnd::signalled:
      return Error(Code::exhausted, "the compiler used up its time or memory (signal " +
                                        std::to_string(report.code) + ")");
    case port::ProgramEnd::output_too_large:
      return Error(Code::exhausted, "its machine code is too large");
    case port::ProgramEnd::exited:
      break;
  }
  if (report.code != 0 || report.output.empty()) {
    return Error(Code::check_failed, "the compiler refuses it: " + first_line(report.messages));
  }
  // Without the cache it is compiled again the next time, nothing worse.
  if (parts_.cache != nullptr) {
    static_cast<void>(parts_.cache->keep(key(module, target), report.output));
  }
  return std::move(report.output);
}

}  // namespace samara::runtime::wasm
