#include "ports/mps2/semihosting.hpp"

namespace samara::mps2 {
namespace {

// Operation numbers of the semihosting specification, section 5.
constexpr uint32_t k_sys_open = 0x01;
constexpr uint32_t k_sys_write = 0x05;
constexpr uint32_t k_sys_clock = 0x10;
constexpr uint32_t k_sys_get_cmdline = 0x15;
constexpr uint32_t k_sys_exit_extended = 0x20;
constexpr uint32_t k_application_exit = 0x20026;

uint32_t semihost(uint32_t operation, const void* block) {
  // A Cortex-M3 traps to the host with breakpoint 0xAB.
  register uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = block;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

uint32_t address(const void* pointer) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

uint32_t open_console(Console stream) {
  // ":tt" is the console: mode 4 ("w") is its output, mode 8 ("a") its diagnostics.
  const char name[] = ":tt";
  const uint32_t mode = stream == Console::output ? 4 : 8;
  const uint32_t block[3] = {address(name), mode, sizeof(name) - 1};
  return semihost(k_sys_open, block);
}

// Handles are opened on first use; zero means not yet, the value kept is the handle plus one.
uint32_t handles[2] = {};

}  // namespace

bool console_write(Console stream, const char* bytes, size_t count) {
  uint32_t& kept = handles[stream == Console::output ? 0 : 1];
  if (kept == 0) kept = open_console(stream) + 1;
  const uint32_t block[3] = {kept - 1, address(bytes), static_cast<uint32_t>(count)};
  return semihost(k_sys_write, block) == 0;
}

bool command_line(char* buffer, size_t capacity) {
  if (capacity == 0) return false;
  uint32_t block[2] = {address(buffer), static_cast<uint32_t>(capacity)};
  const bool given = semihost(k_sys_get_cmdline, block) == 0;
  if (!given) buffer[0] = '\0';
  buffer[capacity - 1] = '\0';
  return given && buffer[0] != '\0';
}

uint32_t centiseconds() { return semihost(k_sys_clock, nullptr); }

void exit_with(int code) {
  const uint32_t block[2] = {k_application_exit, static_cast<uint32_t>(code)};
  for (;;) semihost(k_sys_exit_extended, block);
}

}  // namespace samara::mps2
