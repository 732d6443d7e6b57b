/* The kernels as a native task: (which, rounds) -> result. */
#include <samara/guest/task.h>

#include "kernels.c"

int32_t samara_task(const samara_host* host, samara_call* call) {
  (void)host;
#define SAMARA_ENTRY(name) kernel_##name,
  static int64_t (*const k_kernels[])(int64_t) = {KERNELS(SAMARA_ENTRY)};
  samara_reader in = samara_arguments(call);
  const int64_t which = samara_read_integer(&in);
  const int64_t rounds = samara_read_integer(&in);
  if (!samara_read_all(&in) || which < 0) return SAMARA_BAD_INPUT;
  if (which >= (int64_t)(sizeof k_kernels / sizeof *k_kernels)) return SAMARA_BAD_INPUT;
  samara_writer out = samara_result(call);
  samara_write_integer(&out, k_kernels[which](rounds));
  return samara_finish(&out);
}
