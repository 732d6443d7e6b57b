// What happens before main: vector table, memory, constructors; and what happens on a fault.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ports/mps2/semihosting.hpp"

extern "C" {
// Set by the linker script; only the addresses have a meaning.
extern uint32_t samara_stack_top[];
extern uint8_t samara_data_start[];
extern uint8_t samara_data_end[];
extern const uint8_t samara_data_load[];
extern uint8_t samara_bss_start[];
extern uint8_t samara_bss_end[];
using Constructor = void (*)();
extern const Constructor samara_init_array_start[];
extern const Constructor samara_init_array_end[];

// The program; under a name of its own because C++ forbids a call of main.
int samara_main(int argc, char** argv) asm("main");
[[noreturn]] void samara_reset();
[[noreturn]] void samara_fault();
[[noreturn]] void samara_report_fault(const uint32_t* frame);
}

// Names the program when destructors of static objects are registered; there is only one.
extern "C" void* __dso_handle;
void* __dso_handle = nullptr;

namespace {

constexpr int k_arguments_max = 32;
constexpr size_t k_command_line_bytes_max = 1024;
/// Exit code after a processor fault; distinct from a failed test (1) and an abort (134).
constexpr int k_exit_fault = 139;

char command_line_text[k_command_line_bytes_max];
char* arguments[k_arguments_max + 1];

/// Splits the emulator's command line at spaces; there is no quoting.
int split_arguments() {
  int count = 0;
  if (!samara::mps2::command_line(command_line_text, sizeof(command_line_text))) return 0;
  char* at = command_line_text;
  while (count < k_arguments_max) {
    while (*at == ' ') ++at;
    if (*at == '\0') break;
    arguments[count++] = at;
    while (*at != ' ' && *at != '\0') ++at;
    if (*at == '\0') break;
    *at++ = '\0';
  }
  arguments[count] = nullptr;
  return count;
}

}  // namespace

void samara_reset() {
  std::memcpy(samara_data_start, samara_data_load,
              static_cast<size_t>(samara_data_end - samara_data_start));
  std::memset(samara_bss_start, 0, static_cast<size_t>(samara_bss_end - samara_bss_start));
  for (const Constructor* next = samara_init_array_start; next != samara_init_array_end; ++next) {
    (*next)();
  }
  const int count = split_arguments();
  const int code = samara_main(count, arguments);
  std::fflush(stdout);
  std::fflush(stderr);
  samara::mps2::exit_with(code);
}

// The processor has pushed r0-r3, r12, lr, pc, psr on the stack in use.
__attribute__((naked)) void samara_fault() {
  asm volatile(
      "tst lr, #4\n"
      "ite eq\n"
      "mrseq r0, msp\n"
      "mrsne r0, psp\n"
      "b samara_report_fault\n");
}

void samara_report_fault(const uint32_t* frame) {
  // Configurable fault status: says which kind of access was refused (Armv7-M manual, B3.2.15).
  const uint32_t status = *reinterpret_cast<volatile uint32_t*>(0xE000ED28);
  char text[96];
  const int length =
      std::snprintf(text, sizeof(text), "fault: pc=0x%08lx lr=0x%08lx status=0x%08lx\n",
                    static_cast<unsigned long>(frame[6]), static_cast<unsigned long>(frame[5]),
                    static_cast<unsigned long>(status));
  samara::mps2::console_write(samara::mps2::Console::diagnostics, text,
                              static_cast<size_t>(length));
  samara::mps2::exit_with(k_exit_fault);
}

namespace {

struct VectorTable {
  uint32_t* stack_top;
  void (*handlers[15])();
};

__attribute__((section(".vectors"), used)) const VectorTable vectors = {
    samara_stack_top,
    {samara_reset, samara_fault, samara_fault, samara_fault, samara_fault, samara_fault,
     samara_fault, samara_fault, samara_fault, samara_fault, samara_fault, samara_fault,
     samara_fault, samara_fault, samara_fault}};

}  // namespace
