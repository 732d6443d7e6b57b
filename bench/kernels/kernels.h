/* Which kernels there are, and how each is exported: int64_t kernel_NAME(int64_t rounds). */
#ifndef SAMARA_BENCH_KERNELS_H
#define SAMARA_BENCH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define KERNELS(X) X(fib) X(sha256) X(matrix) X(crc32) X(mix)

#ifdef __wasm32__
#define KERNEL(name) __attribute__((export_name(#name))) int64_t kernel_##name(int64_t rounds)
#else
#define KERNEL(name) int64_t kernel_##name(int64_t rounds)
#endif

#define SAMARA_DECLARE(name) int64_t kernel_##name(int64_t rounds);
KERNELS(SAMARA_DECLARE)
#undef SAMARA_DECLARE

#endif
