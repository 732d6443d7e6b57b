/* (Integer) -> Integer: the n-th number of Fibonacci, the slow way. */

#include <samara/guest/task.h>

static int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int32_t samara_task(const samara_host* host, samara_call* call) {
  (void)host;
  samara_reader in = samara_arguments(call);
  int64_t n = samara_read_integer(&in);
  if (!samara_read_all(&in)) return SAMARA_BAD_INPUT;
  samara_writer out = samara_result(call);
  samara_write_integer(&out, fib(n));
  return samara_finish(&out);
}
