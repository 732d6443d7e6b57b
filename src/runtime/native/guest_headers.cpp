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

SAMARA_EMBED("samara_guest_c", "task.h");
SAMARA_EMBED("samara_guest_cpp", "task.hpp");

extern "C" {
__attribute__((visibility("hidden"))) extern const char samara_guest_c_start[];
__attribute__((visibility("hidden"))) extern const char samara_guest_c_end[];
__attribute__((visibility("hidden"))) extern const char samara_guest_cpp_start[];
__attribute__((visibility("hidden"))) extern const char samara_guest_cpp_end[];
}

namespace samara::runtime::native {

std::string_view guest_header_c() { return {samara_guest_c_start, samara_guest_c_end}; }
std::string_view guest_header_cpp() { return {samara_guest_cpp_start, samara_guest_cpp_end}; }

}  // namespace samara::runtime::native
