// describe, test, testPass, testFail for test programs.

#include "eval/vm.hpp"
#include "platform/functions.hpp"

namespace samara::platform {

Result<void> add_test_platform(TypeTable& types, eval::PlatformRegistry& registry,
                               TestObserver& observer) {
  using eval::Vm;
  using Args = std::span<const Slot>;
  Registrar registrar(types, registry);
  registrar.effect = eval::Effect::effectful;
  const Type* body = types.async_function({}, types.null());
  TestObserver* watch = &observer;
  registrar.add("testPass", {}, types.null(), [watch](Vm&, Args, Slot&) {
    watch->pass();
    return true;
  });
  registrar.add("testFail", {types.string()}, types.null(), [watch](Vm& vm, Args args, Slot&) {
    std::string message(text_of(args[0]));
    watch->fail(message);
    return vm.fail(eval::FailureKind::aborted, message);
  });
  registrar.is_async = true;
  registrar.add("test", {types.string(), body}, types.null(), [watch](Vm& vm, Args args, Slot&) {
    watch->begin_test(text_of(args[0]));
    Slot result;
    if (vm.call(args[1], std::span<const Slot>{}, result)) {
      watch->end_test(nullptr);
      return true;
    }
    // A limit of the whole run is not this test's affair.
    if (vm.failure() != eval::FailureKind::error && vm.failure() != eval::FailureKind::aborted)
      return false;
    std::string error = eval::error_text(vm.error());
    vm.clear_failure();
    watch->end_test(&error);
    return true;
  });
  registrar.add("describe", {types.string(), body}, types.null(), [](Vm& vm, Args args, Slot&) {
    Slot result;
    return vm.call(args[1], std::span<const Slot>{}, result);
  });
  return registrar.finish();
}

}  // namespace samara::platform
