#include "runtime/native/guest_headers.hpp"

#define SAMARA_EMBED(name, file)                \
  __asm__(                                      \
      ".section .rodata\n"                      \
      ".globl " name                            \
      "_start\n"                                \
      ".hidden " name "_start\n" name           \
      "_start:\n"                               \
      ".incbin \"" SAMARA_GUEST_FOLDER "/" file \
      "\"\n"                                    \
      ".globl " name                            \
      "_end\n"                                  \
      ".hidden " name "_end\n" name             \
      "_end:\n"                                 \
      ".previous\n")

SAMARA_EMBED("samara_guest_values", "values.h");
SAMARA_EMBED("samara_guest_c", "task.h");
SAMARA_EMBED("samara_guest_cpp", "task.hpp");

#define SAMARA_EMBEDDED(name)                                             \
  __attribute__((visibility("hidden"))) extern const char name##_start[]; \
  __attribute__((visibility("hidden"))) extern const char name##_end[]

extern "C" {
SAMARA_EMBEDDED(samara_guest_values);
SAMARA_EMBEDDED(samara_guest_c);
SAMARA_EMBEDDED(samara_guest_cpp);
}

namespace samara::runtime::native {

std::span<const GuestHeader> guest_headers() {
  static const GuestHeader headers[] = {
      {"values.h", {samara_guest_values_start, samara_guest_values_end}},
      {"task.h", {samara_guest_c_start, samara_guest_c_end}},
      {"task.hpp", {samara_guest_cpp_start, samara_guest_cpp_end}},
  };
  return headers;
}

}  // namespace samara::runtime::native
