#pragma once
// CodeForms: the forms that a module has in the engine. It is interpreted from the beginning; once
// it has machine code, later runs take that. Where modules run in workers, the engine that has them
// is theirs, and what is kept here are the bytes to give them. Threads: any.

#include <memory>
#include <mutex>
#include <string>

#include "core/hash.hpp"
#include "runtime/wasm/wamr.hpp"

namespace samara::runtime::wasm {

/// What the engine has of a module for one run.
struct CodeForm {
  std::shared_ptr<const LoadedModule> loaded;  // null: elsewhere
  std::shared_ptr<const Bytes> code;           // machine code to be loaded elsewhere; may be null
  bool machine_code = false;
  std::string note;  // for people: what it is, and why no better
};

class CodeForms {
 public:
  /// `staged`: the bytes to compile; their hash names the code. `interpreted` is null where the
  /// module is loaded elsewhere.
  CodeForms(std::shared_ptr<const LoadedModule> interpreted, Bytes staged);

  CodeForm current() const;
  const Bytes& staged() const { return staged_; }
  const Hash& staged_hash() const { return hash_; }

  /// Later runs use it. `note`: such as "machine code for x86-64-v3".
  void use(std::shared_ptr<const LoadedModule> code, std::string note);
  /// The same, to be loaded elsewhere.
  void use_elsewhere(std::shared_ptr<const Bytes> code, std::string note);
  bool elsewhere() const { return elsewhere_; }
  /// The engine elsewhere has not taken `code`: it is made anew once, after that it is given up.
  void refused(const std::shared_ptr<const Bytes>& code, std::string_view why);
  /// It stays interpreted, and nobody tries again.
  void give_up(std::string why);
  /// Says what was spent interpreting. True once, when it has become worth compiling.
  bool spent(std::chrono::nanoseconds cpu);
  /// Somebody compiles it: spent() will not ask. False: already so, or no longer needed.
  bool claim();

 private:
  const Bytes staged_;
  const Hash hash_;
  const bool elsewhere_;
  mutable std::mutex mutex_;  // guards those below
  CodeForm form_;
  std::chrono::nanoseconds spent_{0};
  bool claimed_ = false;
  bool refused_ = false;
};

}  // namespace samara::runtime::wasm
