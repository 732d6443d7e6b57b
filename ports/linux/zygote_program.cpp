#include "ports/linux/zygote_program.hpp"

#ifdef SAMARA_ZYGOTE
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".globl samara_zygote_start\n"
    ".hidden samara_zygote_start\n"
    "samara_zygote_start:\n"
    ".incbin \"" SAMARA_ZYGOTE
    "\"\n"
    ".globl samara_zygote_end\n"
    ".hidden samara_zygote_end\n"
    "samara_zygote_end:\n"
    ".previous\n");

extern "C" __attribute__((visibility("hidden"))) const uint8_t samara_zygote_start[];
extern "C" __attribute__((visibility("hidden"))) const uint8_t samara_zygote_end[];
#endif

namespace samara::port {

ByteView zygote_program() {
#ifdef SAMARA_ZYGOTE
  return {samara_zygote_start, samara_zygote_end};
#else
  return {};
#endif
}

}  // namespace samara::port
