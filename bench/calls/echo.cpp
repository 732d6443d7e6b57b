// A platform function that gives its argument back: what remains is the cost of the call.

#include <samara/samara.h>

#include <cstring>

namespace {

int32_t echo(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  result->data = samara_alloc(arguments[0].size);
  if (result->data == nullptr) return 1;
  std::memcpy(result->data, arguments[0].data, arguments[0].size);
  result->size = arguments[0].size;
  return 0;
}

const char* const k_inputs[] = {".String"};
const samara_platform_function k_functions[] = {
    {sizeof(samara_platform_function), "echo", k_inputs, 1, ".String", SAMARA_PURE, "1", echo,
     nullptr},
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const samara_platform_function*
samara_platform_functions(size_t* count) {
  *count = 1;
  return k_functions;
}
