#pragma once
// CodeQueue: compiles modules to machine code on one thread behind the calls. When it ends it waits
// a moment for what is being compiled, so that short programs profit from it, too.
// Threads: any. Specified by: docs/decisions/0006-wasm-engine.md, "Machine code".

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "port/clock.hpp"
#include "runtime/wasm/code_forms.hpp"
#include "runtime/wasm/machine_code.hpp"

namespace samara::runtime::wasm {

/// Compiles a module, or takes what was compiled before, and gives it to `forms`.
/// Errors: those of CodeCompiler::compile and LoadedModule::load_code; `forms` knows them, too.
Result<void> make_code(const CodeCompiler& compiler, CodeForms& forms,
                       const std::atomic<bool>* cancel);
/// The same from the cache alone; false: it is not there.
bool take_code(const CodeCompiler& compiler, CodeForms& forms);

class CodeQueue {
 public:
  /// `compiler` outlives it.
  explicit CodeQueue(const CodeCompiler& compiler) : compiler_(compiler) {}
  ~CodeQueue();
  CodeQueue(const CodeQueue&) = delete;
  CodeQueue& operator=(const CodeQueue&) = delete;

  /// Requires: the caller has claimed `forms`.
  void add(std::shared_ptr<CodeForms> forms);
  /// Until nothing is left to compile.
  void wait();

 private:
  static void* enter(void* self);
  void loop();

  const CodeCompiler& compiler_;
  std::atomic<bool> cancel_{false};  // set once, by the destructor
  std::mutex mutex_;                 // guards those below
  std::condition_variable changed_;
  std::deque<std::shared_ptr<CodeForms>> waiting_;
  bool busy_ = false;
  bool started_ = false;
  bool ending_ = false;
  pthread_t thread_{};
};

}  // namespace samara::runtime::wasm
