// Platform functions that behave in all the ways a worker must survive. Arguments and results are
// Strings, so that they can be given back as they came.

#include <samara/samara.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace {

int32_t give(samara_view value, samara_bytes* out) {
  out->data = samara_alloc(value.size);
  if (out->data == nullptr) return 1;
  std::memcpy(out->data, value.data, value.size);
  out->size = value.size;
  return 0;
}

int32_t echo(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  return give(arguments[0], result);
}

// The bytes of the text alone: behind magic, type and length.
samara_view text_of(samara_view value) {
  constexpr size_t k_head = 10;
  if (value.size < k_head) return value;
  return {value.data + k_head, value.size - k_head};
}

int32_t refuse(void*, const samara_view* arguments, size_t, samara_bytes*, samara_bytes* error) {
  give(text_of(arguments[0]), error);
  return 1;
}

int32_t die(void*, const samara_view*, size_t, samara_bytes*, samara_bytes*) { std::abort(); }

int32_t never_end(void*, const samara_view*, size_t, samara_bytes*, samara_bytes*) {
  std::atomic<bool> never{false};
  while (!never.load()) {
  }
  return 1;
}

int32_t be_slow(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  ::sleep(1);
  return give(arguments[0], result);
}

int32_t give_nonsense(void*, const samara_view*, size_t, samara_bytes* result, samara_bytes*) {
  static const uint8_t k_nonsense[] = {1, 2, 3};
  return give({k_nonsense, sizeof k_nonsense}, result);
}

const char* const k_inputs[] = {".String"};

constexpr samara_platform_function function(const char* name, int32_t effect,
                                            samara_platform_call call) {
  return {
      sizeof(samara_platform_function), name, k_inputs, 1, ".String", effect, "1", call, nullptr};
}

const samara_platform_function k_functions[] = {
    function("echo", SAMARA_PURE, echo),
    function("refuse", SAMARA_PURE, refuse),
    function("die", SAMARA_PURE, die),
    function("die_once_told", SAMARA_EFFECTFUL, die),
    function("never_end", SAMARA_PURE, never_end),
    function("be_slow", SAMARA_PURE, be_slow),
    function("give_nonsense", SAMARA_PURE, give_nonsense),
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const samara_platform_function*
samara_platform_functions(size_t* count) {
  *count = sizeof k_functions / sizeof k_functions[0];
  return k_functions;
}
