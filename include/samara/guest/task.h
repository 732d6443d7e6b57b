/* The interface between a native task and the node that runs it, version 1.0: for C and C++, on
 * every target of docs/formats/native-image.md. A task is one function, samara_task; it imports
 * nothing, so what it needs of the world is in the table that it is given.
 *
 * Arguments stand in `in`, one after another, as headerless beast2; the result goes to `out` in the
 * same form. The helpers below read and write both. C++ tasks include samara/guest/task.hpp.
 *
 * Threads: a task has one. Specified by: docs/formats/native-image.md, section 8. */
#ifndef SAMARA_GUEST_TASK_H
#define SAMARA_GUEST_TASK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAMARA_ABI_MAJOR 1
#define SAMARA_ABI_MINOR 0

/* What samara_task returns, and fail takes. 1 to 32767 are errors of the task. */
#define SAMARA_OK 0
#define SAMARA_PERMISSION (-1) /* the task does not hold the capability */
#define SAMARA_NO_MEMORY (-12) /* the heap is used up */
#define SAMARA_BAD_INPUT (-22) /* the arguments are not what the task expects */
#define SAMARA_NO_SPACE (-28)  /* the result is larger than the task may give */
#define SAMARA_UNSUPPORTED (-38)

typedef struct samara_call {
  const uint8_t* in;
  size_t in_len;
  uint8_t* out;
  size_t out_cap;
  size_t out_len; /* set by the task, or by emit */
  uint8_t job_id[16];
  uint32_t attempt;
  uint32_t flags; /* 0 */
} samara_call;

/* Of telemetry(): the node as it was when the run began. */
enum {
  SAMARA_TELEMETRY_UPTIME_S = 0,
  SAMARA_TELEMETRY_MEMORY_BYTES = 1,
  SAMARA_TELEMETRY_MEMORY_FREE_BYTES = 2,
  SAMARA_TELEMETRY_LOAD = 3, /* runnable tasks, mean of one minute */
  SAMARA_TELEMETRY_TEMPERATURE_C = 4
};

/* No pointer is null. Later versions append; a task that wants more than 1.0 tests `size`. */
typedef struct samara_host {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;
  /* A line of at most 512 bytes. Level: 0 output, 1 information, 2 warning, 3 error. */
  int32_t (*log)(uint32_t level, const char* text, size_t length);
  /* A named number; at most 32 names of at most 32 bytes. The last value counts. */
  int32_t (*metric)(const char* key, size_t key_length, double value);
  /* Null where the heap is used up. Align is a power of two, at most 4096. */
  void* (*alloc)(size_t size, size_t align);
  void (*free)(void* memory);
  /* Appends to the result: behind out_len, which grows. SAMARA_NO_SPACE beyond out_cap. */
  int32_t (*emit)(const void* bytes, size_t length);
  uint64_t (*remaining_us)(void); /* 0 once the deadline is over */
  void (*progress)(uint32_t permille);
  int32_t (*call)(const uint8_t task_id[32], const void* in, size_t length, uint32_t options,
                  uint32_t* handle);
  int32_t (*wait)(uint32_t handle, uint64_t timeout_us, const uint8_t** out, size_t* length);
  int32_t (*drop)(uint32_t handle);
  int32_t (*get)(const uint8_t hash[32], uint64_t offset, void* out, size_t length);
  int32_t (*put)(const void* bytes, size_t length, uint8_t hash[32]);
  int32_t (*random)(void* out, size_t length);
  int64_t (*time_unix_us)(void); /* negative: not permitted */
  /* Ends the task with an error and a text of at most 1024 bytes. Does not return. */
  void (*fail)(int32_t code, const char* text, size_t length);
  int32_t (*telemetry)(uint32_t what, double* value);
} samara_host;

#define SAMARA_EXPORT __attribute__((visibility("default")))

/* What the author writes. */
SAMARA_EXPORT int32_t samara_task(const samara_host* host, samara_call* call);

#ifndef SAMARA_GUEST_NO_HELPERS

/* --- writing the result --------------------------------------------------------------------------
 * Appends to call->out. What does not fit sets `failed`; samara_finish makes the return code. */

typedef struct samara_writer {
  samara_call* call;
  int failed;
} samara_writer;

static inline samara_writer samara_result(samara_call* call) {
  samara_writer out = {call, 0};
  call->out_len = 0;
  return out;
}

static inline int32_t samara_finish(const samara_writer* to) {
  return to->failed ? SAMARA_NO_SPACE : SAMARA_OK;
}

static inline void samara_write_raw(samara_writer* to, const void* bytes, size_t length) {
  samara_call* call = to->call;
  if (to->failed || length > call->out_cap - call->out_len) {
    to->failed = 1;
    return;
  }
  __builtin_memcpy(call->out + call->out_len, bytes, length);
  call->out_len += length;
}

#define SAMARA_GUEST_WRITES
#include "samara/guest/values.h"

static inline samara_reader samara_arguments(const samara_call* call) {
  samara_reader out = {call->in, call->in + call->in_len, 0};
  return out;
}

/* --- what compilers call by themselves ---------------------------------------------------------
 * Weak, so that each source file may hold them and a task may bring better ones. Only in tasks: a
 * program with a C library has its own. */

#if !__STDC_HOSTED__

#define SAMARA_RUNTIME __attribute__((weak))
#if defined(__clang__)
#define SAMARA_NO_LOOP_IDIOM __attribute__((no_builtin))
#else
#define SAMARA_NO_LOOP_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

SAMARA_RUNTIME SAMARA_NO_LOOP_IDIOM void* memcpy(void* to, const void* from, size_t size) {
#if defined(__x86_64__)
  void* out = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return out;
#else
  uint8_t* a = (uint8_t*)to;
  const uint8_t* b = (const uint8_t*)from;
  while (size >= 8 && (((uintptr_t)a | (uintptr_t)b) & 7) == 0) {
    *(uint64_t __attribute__((may_alias))*)a = *(const uint64_t __attribute__((may_alias))*)b;
    a += 8;
    b += 8;
    size -= 8;
  }
  while (size-- > 0) *a++ = *b++;
  return to;
#endif
}

SAMARA_RUNTIME SAMARA_NO_LOOP_IDIOM void* memmove(void* to, const void* from, size_t size) {
  uint8_t* a = (uint8_t*)to;
  const uint8_t* b = (const uint8_t*)from;
  if ((uintptr_t)a - (uintptr_t)b >= size) return memcpy(to, from, size);
  while (size > 0) {
    size--;
    a[size] = b[size];
  }
  return to;
}

SAMARA_RUNTIME SAMARA_NO_LOOP_IDIOM void* memset(void* to, int byte, size_t size) {
#if defined(__x86_64__)
  void* out = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
  return out;
#else
  uint8_t* a = (uint8_t*)to;
  while (size-- > 0) *a++ = (uint8_t)byte;
  return to;
#endif
}

SAMARA_RUNTIME SAMARA_NO_LOOP_IDIOM int memcmp(const void* first, const void* second, size_t size) {
  const uint8_t* a = (const uint8_t*)first;
  const uint8_t* b = (const uint8_t*)second;
  for (; size > 0; size--, a++, b++) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

SAMARA_RUNTIME SAMARA_NO_LOOP_IDIOM size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

#endif /* of a task */
#endif /* SAMARA_GUEST_NO_HELPERS */

#ifdef __cplusplus
}
#endif

#endif
