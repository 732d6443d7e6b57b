#include "ports/linux/processes.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace samara::port;

TEST(LinuxProcesses, we_are_alive) {
  LinuxProcesses processes;
  ProcessId self = processes.self();
  EXPECT_EQ(self.pid, getpid());
  EXPECT_GT(self.started, 0);
  EXPECT_EQ(self.boot.size(), 36U);
  EXPECT_TRUE(processes.alive(self));
}

TEST(LinuxProcesses, a_process_number_used_again_is_somebody_else) {
  LinuxProcesses processes;
  ProcessId other = processes.self();
  other.started--;
  EXPECT_FALSE(processes.alive(other));
  other = processes.self();
  other.boot[0] = other.boot[0] == '0' ? '1' : '0';
  EXPECT_FALSE(processes.alive(other));
}

TEST(LinuxProcesses, a_killed_child_is_gone_before_it_is_waited_for) {
  LinuxProcesses processes;
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    close(channel[1]);
    static_cast<void>(read(channel[0], &byte, 1) != 0);
    _exit(0);
  }
  close(channel[0]);
  ProcessId id = processes.self();
  id.pid = child;
  // The child started later than we did, or in the same tick.
  bool seen = false;
  for (int64_t tick = 0; tick < 100'000 && !seen; tick++) {
    seen = processes.alive(id);
    if (!seen) id.started++;
  }
  EXPECT_TRUE(seen);
  kill(child, SIGKILL);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(processes.alive(id));
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(processes.alive(id));
  close(channel[1]);
}

TEST(LinuxProcesses, processor_time_grows_with_work) {
  LinuxProcesses processes;
  auto before = processes.thread_cpu();
  volatile unsigned sum = 0;
  while (processes.thread_cpu() - before < std::chrono::milliseconds(1)) sum = sum + 1;
  EXPECT_GT(sum, 0U);
}
