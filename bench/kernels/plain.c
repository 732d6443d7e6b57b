/* A kernel in a plain process, or translated to C and linked in instead.
 * usage: plain KERNEL ROUNDS REPEATS: a JSON line with the result and the nanoseconds of processor
 * time of each repeat. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef SAMARA_WASM2C
#include "kernels_wasm2c.h"
#define KERNELS(X) X(fib) X(sha256) X(matrix) X(crc32) X(mix)
static Z_kernels_instance_t instance;
#define CALL(name) (int64_t)Z_kernelsZ_##name(&instance, (u64)rounds)
#else
#include "kernels.h"
#define CALL(name) kernel_##name(rounds)
#endif

static int64_t call(const char* kernel, int64_t rounds) {
#define SAMARA_CALL(name) \
  if (strcmp(kernel, #name) == 0) return CALL(name);
  KERNELS(SAMARA_CALL)
  fprintf(stderr, "there is no kernel '%s'\n", kernel);
  exit(2);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int count, char** words) {
  if (count != 4) return 2;
#ifdef SAMARA_WASM2C
  wasm_rt_init();
  Z_kernels_init_module();
  Z_kernels_instantiate(&instance);
#endif
  printf("{\"result\": %lld, \"cpu_ns\": [", (long long)call(words[1], 1));
  for (int i = 0, repeats = atoi(words[3]); i < repeats; i++) {
    int64_t start = now_ns();
    int64_t result = call(words[1], atoll(words[2]));
    int64_t end = now_ns();
    printf("%s%lld", i == 0 ? "" : ", ", (long long)(end - start));
    if (result == 42) fputs(" ", stdout);
  }
  puts("]}");
  return 0;
}
