// In this program the engine runs in the process of the tests.

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {

port::Workers* test_workers() { return nullptr; }

}  // namespace samara::runtime::wasm
