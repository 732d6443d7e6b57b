#pragma once
// Function values in beast2: a closure is written as its IR and captures, and read back by checking
// and compiling that IR against the platform functions of the running evaluator.
// Threads: as the Vm.

#include <memory>

#include "value/beast2.hpp"

namespace samara::eval {

class Vm;

std::unique_ptr<FunctionHooks> make_function_hooks(Vm& vm);

}  // namespace samara::eval
