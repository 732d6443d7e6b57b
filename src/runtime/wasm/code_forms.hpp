#pragma once
// CodeForms: the forms that a module has in the engine. It is interpreted from the beginning; once
// it has machine code, later runs take that. Threads: any.

#include <memory>
#include <mutex>
#include <string>

#include "core/hash.hpp"
#include "runtime/wasm/wamr.hpp"

namespace samara::runtime::wasm {

/// What the engine has of a module for one run.
struct CodeForm {
  std::shared_ptr<const LoadedModule> loaded;
  bool machine_code = false;
  std::string note;  // for people: what it is, and why no better
};

class CodeForms {
 public:
  /// `staged`: the bytes to compile; their hash names the code.
  CodeForms(std::shared_ptr<const LoadedModule> interpreted, Bytes staged);

  CodeForm current() const;
  const Bytes& staged() const { return staged_; }
  const Hash& staged_hash() const { return hash_; }

  /// Later runs use it. `note`: such as "machine code for x86-64-v3".
  void use(std::shared_ptr<const LoadedModule> code, std::string note);
  /// It stays interpreted, and nobody tries again.
  void give_up(std::string why);
  /// Says what was spent interpreting. True once, when it has become worth compiling.
  bool spent(std::chrono::nanoseconds cpu);
  /// Somebody compiles it: spent() will not ask. False: already so, or no longer needed.
  bool claim();

 private:
  const Bytes staged_;
  const Hash hash_;
  mutable std::mutex mutex_;  // guards those below
  CodeForm form_;
  std::chrono::nanoseconds spent_{0};
  bool claimed_ = false;
};

}  // namespace samara::runtime::wasm
