#include "ports/linux/programs.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace samara::port {
namespace {

ProgramReport run(std::vector<std::string> words, std::string_view input = {},
                  std::chrono::nanoseconds wall_max = std::chrono::minutes(1),
                  uint64_t output_max = 1 << 20) {
  LinuxPrograms programs;
  auto report = programs.run({"/bin/sh", std::move(words), as_bytes(input), wall_max, output_max});
  EXPECT_TRUE(report.has_value());
  return report ? std::move(*report) : ProgramReport{};
}

TEST(Programs, input_output_messages_and_code_pass) {
  ProgramReport report = run({"-c", "tr a-z A-Z; echo oh >&2; exit 3"}, "wings");
  EXPECT_EQ(report.end, ProgramEnd::exited);
  EXPECT_EQ(report.code, 3);
  EXPECT_FALSE(report.done());
  EXPECT_EQ(as_text(report.output), "WINGS");
  EXPECT_EQ(report.messages, "oh\n");
}

TEST(Programs, more_than_a_pipe_holds_goes_both_ways) {
  std::string input(1'000'000, 'x');
  ProgramReport report = run({"-c", "cat"}, input);
  EXPECT_TRUE(report.done());
  EXPECT_EQ(as_text(report.output), input);
}

TEST(Programs, a_program_that_does_not_read_is_no_harm) {
  std::string input(1'000'000, 'x');
  EXPECT_TRUE(run({"-c", "exit 0"}, input).done());
}

TEST(Programs, the_deadline_kills) {
  ProgramReport report = run({"-c", "exec sleep 60"}, {}, std::chrono::milliseconds(50));
  EXPECT_EQ(report.end, ProgramEnd::timed_out);
}

TEST(Programs, endless_output_is_cut) {
  ProgramReport report = run({"-c", "exec cat /dev/zero"}, {}, std::chrono::minutes(1), 100'000);
  EXPECT_EQ(report.end, ProgramEnd::output_too_large);
}

TEST(Programs, a_signal_is_told) {
  ProgramReport report = run({"-c", "kill -9 $$"});
  EXPECT_EQ(report.end, ProgramEnd::signalled);
  EXPECT_EQ(report.code, 9);
}

TEST(Programs, a_missing_file_is_an_error) {
  LinuxPrograms programs;
  auto report = programs.run({"/nowhere/at-all", {}, {}});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Code::not_found);
}

TEST(Programs, our_descriptors_stay_ours) {
  const int ours = ::fcntl(0, F_DUPFD, 200);  // one that would stay open in a new program
  ASSERT_GE(ours, 200);
  const std::string place = "/proc/$$/fd/" + std::to_string(ours);
  EXPECT_TRUE(run({"-c", "test -e /proc/$$/fd/1 && test ! -e " + place}).done());
  ::close(ours);
}

TEST(Programs, what_is_beside_us_is_found) {
  EXPECT_FALSE(program_beside("test_port_linux").empty());
  EXPECT_TRUE(program_beside("no such program").empty());
}

}  // namespace
}  // namespace samara::port
