#pragma once
// Vm: runs compiled East functions. One Vm is one call: it owns the register stack and the pending
// failure; values live in the given Heap.
//
// Nothing here recurses on the machine stack for East-to-East calls; builtins that take callbacks
// do, bounded by `native_stack_bytes`. Limits end a run as a failure, never as a crash.
//
// Threads: one thread. Source: docs/architecture.md, "evaluator".

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "eval/code.hpp"
#include "eval/failure.hpp"
#include "value/beast2.hpp"

namespace samara::eval {

struct VmOptions {
  /// Steps: one for each call and each loop iteration.
  uint64_t steps_max = UINT64_MAX;
  /// Frames of East functions on top of each other.
  uint32_t depth_max = 200'000;
  size_t stack_slots = size_t{4} << 20;
  /// Machine stack that callbacks from builtins may use.
  size_t native_stack_bytes = size_t{4} << 20;
  /// Asked now and then (every few thousand steps): true when the deadline has passed.
  std::function<bool()> deadline_passed = {};
  const std::atomic<bool>* cancel = nullptr;
  /// Given to platform functions through Vm::host().
  void* host = nullptr;
};

/// Locations of the pending error, as lists that outlive it.
using LocationStack = std::vector<const ir::LocationList*>;

class Vm {
 public:
  /// `registry` is used to compile functions decoded while running; all references outlive the Vm.
  Vm(Heap& heap, TypeTable& types, const PlatformRegistry& registry, VmOptions options = {});
  ~Vm();
  Vm(const Vm&) = delete;
  Vm& operator=(const Vm&) = delete;

  Heap& heap() { return heap_; }
  TypeTable& types() { return types_; }
  const PlatformRegistry& registry() const { return registry_; }
  void* host() const { return options_.host; }

  // --- running
  // ------------------------------------------------------------------------------------
  /// Calls the root of a program. False: see failure().
  bool run(std::shared_ptr<const CompiledProgram> program, std::span<const Slot> args, Slot& out);
  /// Calls a function value: for builtins and platform functions. An East error passes through
  /// unchanged (the caller's own location is appended by whoever called the builtin).
  bool call(Slot function, std::span<const Slot> args, Slot& out);
  bool call(Slot function, Slot a, Slot& out) { return call(function, {&a, 1}, out); }
  bool call(Slot function, Slot a, Slot b, Slot& out) {
    Slot args[] = {a, b};
    return call(function, args, out);
  }
  bool call(Slot function, Slot a, Slot b, Slot c, Slot& out) {
    Slot args[] = {a, b, c};
    return call(function, args, out);
  }

  // --- failing: every fail* returns false, so that `return vm.fail(…)` reads well
  // --------------------
  /// Raises an East error; the location is that of the running builtin or platform node.
  bool fail(std::string_view message);
  /// Raises an East error whose first location is given (argument nodes, platform functions).
  bool fail_at(std::string_view message, const ir::LocationList& location);
  /// An East error whose stack is exactly what the platform function says: {name, 0, 0}.
  bool fail_platform(std::string_view function, std::string_view message);
  /// An East error raised in another function, `locations` outward; the location of the running
  /// platform node follows.
  bool fail_callee(std::string_view message, ir::LocationList locations);
  bool fail(FailureKind kind, std::string_view text);
  bool fail_memory() { return fail(FailureKind::memory, "memory limit reached"); }
  /// A Result's error as an East error: "<prefix><message>"; exhausted becomes the memory failure.
  bool fail(const Error& error, std::string_view prefix = {});

  FailureKind failure() const { return failure_; }
  /// The pending East error, or the text of another failure, for the host. Clears nothing.
  EastError error() const;
  /// Takes the pending failure back (platform functions that handle a callee's error).
  void clear_failure();

  // --- values
  // -------------------------------------------------------------------------------------
  /// A String value; on the memory limit fails and returns false.
  bool text(std::string_view text, Slot& out);
  /// none / some of Option<T>: cases sort as none 0, some 1.
  static Slot none() { return Slot::bare_case(0); }
  /// `payload_type` decides the representation: an Option<Null> has two bare cases.
  Slot some(const Type* payload_type, Slot payload) {
    if (payload_type->is(Kind::null)) return Slot::bare_case(1);
    return Slot::of(heap_.new_tagged(1, payload));
  }
  /// Keeps decoded programs alive as long as the Vm.
  void keep(std::shared_ptr<const CompiledProgram> program);
  /// Connects the beast2 codec with function values (BlobEncodeBeast2 and friends, results).
  FunctionHooks& function_hooks();

  uint64_t steps() const {
    return static_cast<uint64_t>(granted_ - forgone_ - (budget_ > 0 ? budget_ : 0));
  }
  /// For builtins that loop without callbacks over something long: counts steps, false on a limit.
  bool step() { return --budget_ > 0 || safepoint(); }
  /// A collection now, if the heap wants one. Only from code whose live objects are in registers,
  /// on the machine stack or otherwise rooted.
  bool safepoint();

 private:
  struct Frame {
    const FunctionCode* code;
    const Instruction* ip;
    Slot* base;
    const ClosureObject* closure;
    bool entry;
  };
  bool enter(const ClosureObject* closure, Slot* base, Slot& out);
  bool execute(size_t entry_depth, Slot& out);
  bool unwind(size_t entry_depth);
  Slot box_failure();
  void unbox_failure(Slot box);
  Slot stack_value();
  void append_location(const FunctionCode* code, const Instruction* ip);

  Heap& heap_;
  TypeTable& types_;
  const PlatformRegistry& registry_;
  VmOptions options_;
  Slot* stack_ = nullptr;
  Slot* stack_end_ = nullptr;
  Slot* top_ = nullptr;  // first register not used by the running frame
  std::vector<Frame> frames_;
  Heap::RootRange roots_;
  Heap::RootRange message_roots_;
  const void* native_base_ = nullptr;
  uintptr_t native_limit_ = 0;
  // Steps are handed out in slices: those done are granted - forgone - budget.
  int64_t budget_ = 0;
  int64_t granted_ = 0;
  int64_t forgone_ = 0;
  bool grace_given_ = false;

  FailureKind failure_ = FailureKind::none;
  Slot message_;  // East error: a String; otherwise unset
  std::string failure_text_;
  LocationStack locations_;
  bool locations_given_ = false;  // the platform function supplied the stack
  std::map<std::string, ir::LocationList, std::less<>> own_locations_;
  std::deque<ir::LocationList> callee_locations_;  // each once
  std::vector<std::shared_ptr<const CompiledProgram>> programs_;
  std::unique_ptr<FunctionHooks> hooks_;
};

}  // namespace samara::eval
