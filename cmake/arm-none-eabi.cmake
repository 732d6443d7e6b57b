# Toolchain for the device profile: Cortex-M3, newlib, no operating system. Tests run in QEMU's
# mps2-an385 board, which ctest starts through CMAKE_CROSSCOMPILING_EMULATOR.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

set(samara_device_flags "-mcpu=cortex-m3 -mthumb -ffunction-sections -fdata-sections")
set(CMAKE_C_FLAGS_INIT "${samara_device_flags}")
# Unwind tables would only serve exceptions. -Wpsabi notes an ABI change of 2017 and nothing of ours.
set(CMAKE_CXX_FLAGS_INIT "${samara_device_flags} -fno-unwind-tables -fno-asynchronous-unwind-tables -Wno-psabi")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(CMAKE_CROSSCOMPILING_EMULATOR
  "qemu-system-arm;-M;mps2-an385;-display;none;-monitor;none;-serial;none;-chardev;stdio,id=console;-semihosting-config;enable=on,target=native,chardev=console;-kernel")
