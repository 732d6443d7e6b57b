#include "runtime/native/outcome.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace samara::runtime::native {
namespace {

using port::SandboxEnd;
using port::SandboxPlace;
using port::SandboxReport;

Outcome outcome(const SandboxReport& report) {
  Limits limits;
  limits.wall_max = std::chrono::milliseconds(250);
  return outcome_of({.report = report,
                     .limits = limits,
                     .image_base = 0x1000000,
                     .stack_bytes = 65536,
                     .heap_bytes = 1U << 20,
                     .output_bytes_max = 4096,
                     .debug = {}});
}

SandboxReport crash(int signal) {
  SandboxReport out;
  out.end = SandboxEnd::crashed;
  out.signal = static_cast<uint32_t>(signal);
  out.crash.signal = out.signal;
  out.crash.pc = 0x1000040;
  out.crash.pc_place = SandboxPlace::code;
  return out;
}

TEST(NativeOutcome, task_that_returns_zero_has_a_value) {
  SandboxReport report;
  report.end = SandboxEnd::returned;
  EXPECT_TRUE(outcome(report).is_value());
}

TEST(NativeOutcome, record_that_names_another_signal_than_the_kernel_is_not_shown) {
  SandboxReport report = crash(SIGILL);
  report.crash.signal = SIGSEGV;
  report.crash.address = 0x1234;
  EXPECT_EQ(outcome(report).message, "SIGILL: instruction that there is not, or abort");
}

TEST(NativeOutcome, crash_has_address_place_and_frames) {
  SandboxReport report = crash(SIGSEGV);
  report.crash.address = 8;
  report.crash.place = SandboxPlace::null_page;
  report.crash.frames = {0x1000100, 0x1000200};
  EXPECT_EQ(outcome(report), Outcome::of(OutcomeKind::crash,
                                         "SIGSEGV: bad address 0x8 (null page) in image+0x40\n"
                                         "  called from image+0x100\n  called from image+0x200"));
}

TEST(NativeOutcome, crash_shows_memory_registers_and_the_end_of_the_log) {
  SandboxReport report = crash(SIGSEGV);
  report.heap_peak_bytes = 4096;
  report.crash.address = 0x2100010;
  report.crash.place = SandboxPlace::guard;
  report.crash.sp = 0x3000f00;
  report.crash.regions = {{SandboxPlace::code, 0x1000000, 8192},
                          {SandboxPlace::heap, 0x2000000, 1U << 20},
                          {SandboxPlace::stack, 0x3000000, 4096},
                          {SandboxPlace::input, 0x4000000, 0}};
  report.crash.registers.assign(16, 0);
  report.crash.registers[1] = 0x2a;
  report.crash.registers[12] = 7;
  report.log = {{0, "one"}, {0, "two"}, {0, "t\x1bhree"}, {0, "four"}};
  EXPECT_EQ(
      outcome(report),
      Outcome::of(OutcomeKind::crash,
                  "SIGSEGV: bad address 0x2100010 (guard, 16 B behind the heap) in image+0x40\n"
                  "  memory: code 8 KiB at 0x1000000, heap 1 MiB at 0x2000000 (4 KiB used), "
                  "stack 4 KiB at 0x3000000 (256 B used)\n"
                  "  registers, others 0: rbx 0x2a, r12 0x7\n"
                  "  last lines of its log:\n    two\n    t?hree\n    four"));
}

TEST(NativeOutcome, address_below_a_region_is_measured_from_its_start) {
  SandboxReport report = crash(SIGSEGV);
  report.crash.address = 0x2fffff8;
  report.crash.place = SandboxPlace::outside;
  report.crash.regions = {{SandboxPlace::heap, 0x2000000, 4096},
                          {SandboxPlace::input, 0x3000000, 4096}};
  EXPECT_EQ(outcome(report).message.find(
                "SIGSEGV: bad address 0x2fffff8 (outside of the task, 8 B below the input)"),
            0U)
      << outcome(report).message;
}

TEST(NativeOutcome, fault_in_the_guard_of_the_stack_is_a_limit_of_depth) {
  SandboxReport report = crash(SIGSEGV);
  report.crash.place = SandboxPlace::stack_guard;
  const Outcome got = outcome(report);
  EXPECT_EQ(got.kind, OutcomeKind::limit);
  EXPECT_EQ(got.which, "depth");
  EXPECT_EQ(got.message.find("stack of 64 KiB used up"), 0U) << got.message;
}

TEST(NativeOutcome, forbidden_system_call_is_named) {
  SandboxReport report = crash(SIGSYS);
  report.crash.system_call = 100'000;
  EXPECT_EQ(outcome(report).message, "SIGSYS: forbidden system call 100000 in image+0x40");
}

TEST(NativeOutcome, kill_by_the_system_is_want_of_memory) {
  EXPECT_EQ(outcome(crash(SIGKILL)).kind, OutcomeKind::memory);
}

TEST(NativeOutcome, error_behind_a_failed_request_for_memory_is_want_of_memory) {
  SandboxReport report;
  report.end = SandboxEnd::failed;
  report.code = 5;
  report.heap_failed_bytes = 2U << 20;
  report.heap_peak_bytes = 1000;
  EXPECT_EQ(outcome(report),
            Outcome::of(OutcomeKind::memory,
                        "heap of 1 MiB used up: 2 MiB asked for with 1000 B in use"));
}

TEST(NativeOutcome, text_of_a_task_becomes_valid_text) {
  SandboxReport report;
  report.end = SandboxEnd::failed;
  report.code = 5;
  report.text = "a\xff\x80z";
  EXPECT_EQ(outcome(report).message, "a??z");
}

TEST(NativeOutcome, deadline_says_how_far_the_task_was_by_its_own_account) {
  SandboxReport report;
  report.end = SandboxEnd::timed_out;
  EXPECT_EQ(outcome(report).message, "deadline of 250 ms passed");
  report.progress_permille = 420;
  EXPECT_EQ(outcome(report).message, "deadline of 250 ms passed, 42 % done by its own account");
}

}  // namespace
}  // namespace samara::runtime::native
