/* Functions for Samara in WebAssembly, for C and C++; version 1.0. A function is written with one
 * line, the type of its arguments and result as East text:
 *
 *   #include <samara/guest/wasm.h>
 *   SAMARA_FUNCTION(twice, ".Function (inputs=[.Integer], output=.Integer)") {
 *     samara_write_integer(out, 2 * samara_read_integer(in));
 *   }
 *
 *   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -I <include> -o twice.wasm twice.c
 *   samara run twice.wasm 21
 *
 * `in` holds the arguments one after another and `out` takes the result, both as headerless beast2.
 * Arguments that are not read to the end, or are read as something else, end the run with an error.
 * Memory comes from samara_alloc and is gone when the function returns; nobody frees it. With a C
 * library for WASI it is that library's malloc.
 *
 * Several functions may stand in one module: samara run module.wasm:twice 21.
 *
 * Threads: there is one. Specified by: docs/formats/wasm-function.md. */
#ifndef SAMARA_GUEST_WASM_H
#define SAMARA_GUEST_WASM_H

#ifdef SAMARA_GUEST_TASK_H
#error "samara/guest/task.h is for native tasks: include one of the two"
#endif

#include <stddef.h>
#include <stdint.h>

#ifndef __wasm32__
#define SAMARA_FUNCTION(name, type) \
  _Static_assert(0, "functions in WebAssembly are compiled with clang --target=wasm32")
#else

#ifdef __wasi__
#include <stdlib.h>
#include <string.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- host functions: what is called becomes an import, and an effect of the function ------------
 */

#define SAMARA_IMPORT(name) __attribute__((import_module("samara"), import_name(name)))

/* A line. Level: 0 output, 1 information, 2 warning, 3 error. */
SAMARA_IMPORT("log") void samara_log(uint32_t level, const char* text, size_t length);
/* Ends the run with an error of that message. */
SAMARA_IMPORT("fail") __attribute__((noreturn)) void samara_fail(const char* text, size_t length);
/* Bytes that nobody can predict, at most 64 KiB; capability random. */
SAMARA_IMPORT("random") void samara_random(void* to, size_t length);
/* Microseconds since 1970-01-01; capability time. */
SAMARA_IMPORT("clock") int64_t samara_clock(void);
/* A measurement, and how far the run is, for whoever watches it. A key has at most 64 bytes. */
SAMARA_IMPORT("metric") void samara_metric(const char* key, size_t length, double value);
SAMARA_IMPORT("progress") void samara_progress(uint32_t permille);
/* See samara_call below. */
SAMARA_IMPORT("call")
uint64_t samara_call_begin(const char* name, size_t name_length, const void* arguments,
                           size_t length);
SAMARA_IMPORT("call_result") size_t samara_call_result(uint64_t offset, void* to, size_t length);
/* For modules of the form "task", which use no SAMARA_FUNCTION. */
SAMARA_IMPORT("input_size") uint64_t samara_input_size(uint32_t index);
/* Copies from `offset` on, at most 16 MiB; gives the number of bytes. */
SAMARA_IMPORT("input")
size_t samara_input(uint32_t index, uint64_t offset, void* to, size_t length);
/* The result so far; the last one counts. */
SAMARA_IMPORT("publish_result") void samara_publish_result(const void* bytes, size_t length);

/* --- memory ------------------------------------------------------------------------------------
 */

#define SAMARA_WEAK __attribute__((weak))

/* Aligned to 16; null where there is no more. The host calls it for the arguments. */
SAMARA_WEAK __attribute__((export_name("samara_alloc"))) void* samara_alloc(size_t size);

#ifdef __wasi__
SAMARA_WEAK void* samara_alloc(size_t size) { return malloc(size); }
#else
extern unsigned char __heap_base;
SAMARA_WEAK uintptr_t samara_heap_at = 0;

SAMARA_WEAK void* samara_alloc(size_t size) {
  const uintptr_t page = 65536;
  uintptr_t at =
      samara_heap_at != 0 ? samara_heap_at : ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
  uint64_t end = ((uint64_t)at + size + 15) & ~(uint64_t)15;
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * page;
  if (end > have) {
    uint64_t pages = (end - have + page - 1) / page;
    if (end > UINT32_MAX || __builtin_wasm_memory_grow(0, (size_t)pages) == SIZE_MAX) return NULL;
  }
  samara_heap_at = (uintptr_t)end;
  return (void*)at;
}

/* What compilers call by themselves. */
#define SAMARA_NO_BUILTIN __attribute__((weak, no_builtin))
SAMARA_NO_BUILTIN void* memcpy(void* to, const void* from, size_t size) {
  uint8_t* a = (uint8_t*)to;
  const uint8_t* b = (const uint8_t*)from;
  typedef uint64_t __attribute__((may_alias, aligned(1))) word;
  for (; size >= 8; size -= 8, a += 8, b += 8) *(word*)a = *(const word*)b;
  while (size-- > 0) *a++ = *b++;
  return to;
}
SAMARA_NO_BUILTIN void* memmove(void* to, const void* from, size_t size) {
  uint8_t* a = (uint8_t*)to;
  const uint8_t* b = (const uint8_t*)from;
  if ((uintptr_t)a - (uintptr_t)b >= size) {
    while (size-- > 0) *a++ = *b++;
    return to;
  }
  while (size > 0) {
    size--;
    a[size] = b[size];
  }
  return to;
}
SAMARA_NO_BUILTIN void* memset(void* to, int byte, size_t size) {
  uint8_t* a = (uint8_t*)to;
  while (size-- > 0) *a++ = (uint8_t)byte;
  return to;
}
SAMARA_NO_BUILTIN int memcmp(const void* first, const void* second, size_t size) {
  const uint8_t* a = (const uint8_t*)first;
  const uint8_t* b = (const uint8_t*)second;
  for (; size > 0; size--, a++, b++) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}
SAMARA_NO_BUILTIN size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
#endif

/* --- writing the result --------------------------------------------------------------------------
 * A buffer that grows; where there is no more memory, `failed` is set. */

typedef struct samara_writer {
  uint8_t* bytes;
  size_t size;
  size_t capacity;
  int failed;
} samara_writer;

static inline void samara_write_raw(samara_writer* to, const void* bytes, size_t length) {
  if (length > to->capacity - to->size) {
    size_t capacity = to->capacity < 256 ? 512 : 2 * to->capacity;
    uint8_t* more = NULL;
    if (capacity - to->size < length) capacity = to->size + length + 256;
    if (!to->failed && capacity > to->size) more = (uint8_t*)samara_alloc(capacity);
    if (more == NULL) {
      to->failed = 1;
      return;
    }
    if (to->size > 0) __builtin_memcpy(more, to->bytes, to->size);
    to->bytes = more;
    to->capacity = capacity;
  }
  if (length > 0) __builtin_memcpy(to->bytes + to->size, bytes, length);
  to->size += length;
}

#define SAMARA_GUEST_WRITES
#include "samara/guest/values.h"

/* --- calling other functions ---------------------------------------------------------------------
 */

/* Declares a function of the repository that the module calls, as C name and with its type. */
#define SAMARA_CALLEE(name, type) \
  __asm__(".section .custom_section.samara.callee." #name ",\"\",@\n.ascii " #type "\n")

/* Calls a function that SAMARA_CALLEE has declared. `arguments` holds them one after another, as
 * they are written to a result; what is read from the reader is the result. If the function ends
 * with an error, so does the caller. */
#define SAMARA_CALL(name, arguments) samara_call(#name, sizeof(#name) - 1, arguments)

static inline samara_reader samara_call(const char* name, size_t name_length,
                                        const samara_writer* arguments) {
  static const char k_no_room[] = "no memory to call a function";
  samara_reader result = {NULL, NULL, 0};
  uint64_t size;
  size_t at = 0;
  uint8_t* bytes;
  if (arguments->failed) samara_fail(k_no_room, sizeof(k_no_room) - 1);
  size = samara_call_begin(name, name_length, arguments->bytes, arguments->size);
  if (size == 0) return result;
  bytes = size > UINT32_MAX ? NULL : (uint8_t*)samara_alloc((size_t)size);
  if (bytes == NULL) samara_fail(k_no_room, sizeof(k_no_room) - 1);
  while (at < size) at += samara_call_result(at, bytes + at, (size_t)size - at);
  result.at = bytes;
  result.end = bytes + size;
  return result;
}

/* --- what the host calls ------------------------------------------------------------------------
 */

#define SAMARA_FAIL(text) samara_fail(text, sizeof(text) - 1)

/* Arguments at `from`; gives where the result is: its address in the high half, its length in the
 * low one. */
static inline uint64_t samara_enter(void (*function)(samara_reader*, samara_writer*),
                                    const uint8_t* from, size_t length) {
  samara_reader in = {from, from + length, 0};
  samara_writer out = {NULL, 0, 0, 0};
  function(&in, &out);
  if (!samara_read_all(&in)) SAMARA_FAIL("the function reads other arguments than its type says");
  if (out.failed) SAMARA_FAIL("no memory for the result");
  return (uint64_t)(uintptr_t)out.bytes << 32 | out.size;
}

#ifdef __cplusplus
}
#define SAMARA_EXTERN_C extern "C"
#else
#define SAMARA_EXTERN_C
#endif

/* Exports a function `name` of that type. The type goes into a section of the module, where it is
 * read when the module is added. */
#define SAMARA_FUNCTION(name, type)                                                     \
  __asm__(".section .custom_section.samara.type." #name ",\"\",@\n.ascii " #type "\n"); \
  static void samara_body_##name(samara_reader* in, samara_writer* out);                \
  SAMARA_EXTERN_C __attribute__((export_name(#name))) uint64_t samara_export_##name(    \
      const uint8_t* from, size_t length) {                                             \
    return samara_enter(samara_body_##name, from, length);                              \
  }                                                                                     \
  static void samara_body_##name(samara_reader* in, samara_writer* out)

#endif /* __wasm32__ */

#endif
