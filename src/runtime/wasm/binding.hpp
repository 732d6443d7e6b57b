#pragma once
// Binding: how one function of East types is called in a module. Threads: immutable.

#include "runtime/wasm/signature.hpp"

namespace samara::runtime::wasm {

struct Binding {
  uint64_t number = 0;  // in this process, of no other binding
  Signature signature;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
};

}  // namespace samara::runtime::wasm
