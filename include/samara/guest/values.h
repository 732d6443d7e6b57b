/* Values as guests see them, headerless beast2: reading arguments and, where the header that
 * includes this one says how bytes are put down, writing the result. For C and C++, on every
 * target.
 *
 * Included by samara/guest/task.h and samara/guest/wasm.h. To write, samara_writer and
 * samara_write_raw(samara_writer*, const void*, size_t) are defined before, and
 * SAMARA_GUEST_WRITES, too.
 *
 * Threads: pure functions. Specified by: docs/formats/native-image.md, section 8, and
 * docs/formats/wasm-function.md. */
#ifndef SAMARA_GUEST_VALUES_H
#define SAMARA_GUEST_VALUES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- reading arguments ---------------------------------------------------------------------------
 * A cursor that never passes the end: after the first byte that does not fit, `failed` is set and
 * everything read is 0 or empty. */

typedef struct samara_reader {
  const uint8_t* at;
  const uint8_t* end;
  int failed;
} samara_reader;

static inline void samara_reader_fail(samara_reader* from) {
  from->failed = 1;
  from->at = from->end;
}

static inline uint64_t samara_read_varint(samara_reader* from) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && from->at < from->end; shift += 7) {
    uint8_t byte = *from->at++;
    if (shift == 63 && byte > 1) break;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  samara_reader_fail(from);
  return 0;
}

/* Integer and DateTime (milliseconds since 1970). */
static inline int64_t samara_read_integer(samara_reader* from) {
  uint64_t raw = samara_read_varint(from);
  return (int64_t)((raw >> 1) ^ (0 - (raw & 1)));
}

/* The number of an array's elements, which follow; or of a dict's pairs, or of a set's keys. A
 * container that stands twice in the arguments is a reference the second time, and fails here. */
static inline size_t samara_read_count(samara_reader* from) {
  uint64_t count = 0;
  if (samara_read_varint(from) != 0) {
    samara_reader_fail(from);
    return 0;
  }
  count = samara_read_varint(from);
  if (count > SIZE_MAX) samara_reader_fail(from);
  return from->failed ? 0 : (size_t)count;
}

/* String and Blob: `length` bytes at the address returned, in the input. */
static inline const uint8_t* samara_read_bytes(samara_reader* from, size_t* length) {
  uint64_t size = samara_read_varint(from);
  const uint8_t* start = from->at;
  if (size > (uint64_t)(from->end - from->at)) {
    samara_reader_fail(from);
    size = 0;
    start = from->end;
  }
  from->at = start + (size_t)size;
  *length = (size_t)size;
  return start;
}

static inline double samara_read_float(samara_reader* from) {
  double value = 0;
  uint64_t bits = 0;
  if (from->end - from->at < 8) {
    samara_reader_fail(from);
    return 0;
  }
  for (unsigned i = 0; i < 8; i++) bits |= (uint64_t)from->at[i] << (8 * i);
  from->at += 8;
  __builtin_memcpy(&value, &bits, 8);
  return value;
}

static inline int samara_read_boolean(samara_reader* from) {
  if (from->at == from->end || *from->at > 1) {
    samara_reader_fail(from);
    return 0;
  }
  return *from->at++;
}

/* The case of a Variant; its payload follows. */
static inline uint64_t samara_read_case(samara_reader* from) { return samara_read_varint(from); }

/* Whether all went well and nothing is left. */
static inline int samara_read_all(const samara_reader* from) {
  return !from->failed && from->at == from->end;
}

#ifdef SAMARA_GUEST_WRITES

/* --- writing the result
 * -----------------------------------------------------------------------------
 */

static inline void samara_write_varint(samara_writer* to, uint64_t value) {
  uint8_t bytes[10];
  size_t length = 0;
  while (value >= 0x80) {
    bytes[length++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  bytes[length++] = (uint8_t)value;
  samara_write_raw(to, bytes, length);
}

/* Integer and DateTime. */
static inline void samara_write_integer(samara_writer* to, int64_t value) {
  samara_write_varint(to, ((uint64_t)value << 1) ^ (0 - ((uint64_t)value >> 63)));
}

/* An array, set or dict begins with the number of its elements, keys or pairs; keys ascend. */
static inline void samara_write_count(samara_writer* to, size_t count) {
  uint8_t marker = 0;
  samara_write_raw(to, &marker, 1);
  samara_write_varint(to, count);
}

/* String (UTF-8) and Blob. */
static inline void samara_write_bytes(samara_writer* to, const void* bytes, size_t length) {
  samara_write_varint(to, length);
  samara_write_raw(to, bytes, length);
}

static inline void samara_write_float(samara_writer* to, double value) {
  uint64_t bits = 0x7ff8000000000000U;
  uint8_t bytes[8];
  if (value == value) __builtin_memcpy(&bits, &value, 8);
  for (unsigned i = 0; i < 8; i++) bytes[i] = (uint8_t)(bits >> (8 * i));
  samara_write_raw(to, bytes, 8);
}

static inline void samara_write_boolean(samara_writer* to, int value) {
  uint8_t byte = value != 0;
  samara_write_raw(to, &byte, 1);
}

static inline void samara_write_case(samara_writer* to, uint64_t index) {
  samara_write_varint(to, index);
}

#endif /* SAMARA_GUEST_WRITES */

#ifdef __cplusplus
}
#endif

#endif
