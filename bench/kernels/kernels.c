/* The kernels of the table that bench/macro/kernels.sh makes, for every engine from this one
 * source: without a C library, without input, deterministic. Each does its work `rounds` times and
 * gives a number that depends on all of it, so that no engine can leave anything out unseen.
 *
 * The rounds are there because clocks and starts of engines have their own cost; what a round does
 * depends on the one before, or on a volatile number, so that rounds cannot be merged. */
#include "kernels.h"

/* --- fib 32 ----------------------------------------------------------------------------------- */

static int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

KERNEL(fib) {
  volatile int64_t n = 32;
  int64_t sum = 0;
  for (int64_t i = 0; i < rounds; i++) sum += fib(n) ^ i;
  return sum;
}

/* --- one mebibyte, for the two that read bytes --------------------------------------------------
 */

enum { k_bytes = 1 << 20 };
static uint8_t data[k_bytes];

static uint32_t xorshift(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

static void fill_data(void) {
  uint32_t state = 2463534242u;
  for (uint32_t i = 0; i < k_bytes; i++) data[i] = (uint8_t)(xorshift(&state) >> 11);
}

/* --- SHA-256 (FIPS 180-4) -----------------------------------------------------------------------
 */

static const uint32_t k_sha[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t x, unsigned by) { return x >> by | x << (32 - by); }

static void sha_block(uint32_t* h, const uint8_t* block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    uint32_t t1 = k + s1 + ((e & f) ^ (~e & g)) + k_sha[i] + w[i];
    uint32_t s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    k = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  h[0] += a;
  h[1] += b;
  h[2] += c;
  h[3] += d;
  h[4] += e;
  h[5] += f;
  h[6] += g;
  h[7] += k;
}

KERNEL(sha256) {
  uint32_t h[8] = {0};
  uint8_t end[64] = {0x80};
  fill_data();
  for (int i = 0; i < 8; i++) end[56 + i] = (uint8_t)((uint64_t)k_bytes * 8 >> (56 - 8 * i));
  for (int64_t i = 0; i < rounds; i++) {
    static const uint32_t k_first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (int j = 0; j < 8; j++) h[j] = k_first[j];
    for (uint32_t at = 0; at < k_bytes; at += 64) sha_block(h, data + at);
    sha_block(h, end);
    data[i & (k_bytes - 1)] ^= (uint8_t)h[0];
  }
  return (int64_t)((uint64_t)h[0] << 32 | h[7]);
}

/* --- matrix product, 256 x 256 of f64 -----------------------------------------------------------
 * A routine for matrices of any size, as libraries have it: the size is not known when it is
 * compiled. (With sizes known, gcc -O2 computes two columns at a time with vector instructions,
 * which WebAssembly without its vector extension cannot say.) */

enum { k_side = 256 };
static double left[k_side * k_side], right[k_side * k_side], product[k_side * k_side];

static void multiply(const double* a, const double* b, double* out, int side) {
  for (int i = 0; i < side; i++) {
    for (int j = 0; j < side; j++) {
      double sum = 0;
      for (int k = 0; k < side; k++) sum += a[i * side + k] * b[k * side + j];
      out[i * side + j] = sum;
    }
  }
}

KERNEL(matrix) {
  volatile int side = k_side;
  for (int i = 0; i < k_side * k_side; i++) {
    left[i] = (i % 31) * 0.25 - 3.5;
    right[i] = (i % 17) * 0.5 - 4.0;
  }
  for (int64_t round = 0; round < rounds; round++) {
    multiply(left, right, product, side);
    left[round & 1023] += product[round & 255] > 0 ? 0.25 : -0.25;
  }
  double trace = 0;
  for (int i = 0; i < k_side; i++) trace += product[i * k_side + i] * (i % 7 + 1);
  return (int64_t)(trace * 1024);
}

/* --- CRC-32 (IEEE 802.3), by a table of bytes ---------------------------------------------------
 */

static uint32_t crc_table[256];

KERNEL(crc32) {
  fill_data();
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
    crc_table[i] = c;
  }
  uint32_t crc = 0xffffffffu;
  for (int64_t i = 0; i < rounds; i++) {
    for (uint32_t at = 0; at < k_bytes; at++) {
      crc = crc_table[(crc ^ data[at]) & 255] ^ crc >> 8;
    }
  }
  return (int64_t)(crc ^ 0xffffffffu);
}

/* --- a mix of what control programs do: a list, small matrices, a state machine, CRC-16 ----------
 */

typedef struct item {
  struct item* next;
  int32_t key;
  int32_t load;
} item;

enum { k_items = 400, k_small = 18, k_text = 2000 };
static item items[k_items];
static int16_t small_a[k_small * k_small], small_b[k_small * k_small];
static int32_t small_c[k_small * k_small];
static char text[k_text + 1];

static uint16_t crc16(uint16_t crc, uint32_t word) {
  for (int i = 0; i < 32; i++) {
    uint16_t bit = (uint16_t)((crc ^ word) & 1);
    crc = (uint16_t)(crc >> 1);
    if (bit != 0) crc ^= 0xa001;
    word >>= 1;
  }
  return crc;
}

static item* make_list(uint32_t* state) {
  for (int i = 0; i < k_items; i++) {
    items[i].key = (int32_t)(xorshift(state) & 0x7fff);
    items[i].load = i;
    items[i].next = i + 1 < k_items ? &items[i + 1] : NULL;
  }
  return items;
}

static item* reversed(item* list) {
  item* out = NULL;
  while (list != NULL) {
    item* next = list->next;
    list->next = out;
    out = list;
    list = next;
  }
  return out;
}

static item* merged(item* a, item* b) {
  item head;
  item* last = &head;
  while (a != NULL && b != NULL) {
    item** less = a->key <= b->key ? &a : &b;
    last->next = *less;
    last = *less;
    *less = (*less)->next;
  }
  last->next = a != NULL ? a : b;
  return head.next;
}

static item* sorted(item* list) {
  if (list == NULL || list->next == NULL) return list;
  item* slow = list;
  for (item* fast = list->next; fast != NULL && fast->next != NULL; fast = fast->next->next) {
    slow = slow->next;
  }
  item* second = slow->next;
  slow->next = NULL;
  return merged(sorted(list), sorted(second));
}

static int32_t found(const item* list, int32_t key) {
  int32_t steps = 0;
  for (; list != NULL && list->key < key; list = list->next) steps++;
  return list != NULL && list->key == key ? list->load : -steps;
}

static uint16_t list_part(uint32_t* state, uint16_t crc) {
  item* list = reversed(make_list(state));
  crc = crc16(crc, (uint32_t)found(list, list->next->key));
  list = sorted(list);
  for (int i = 0; i < 20; i++) {
    crc = crc16(crc, (uint32_t)found(list, (int32_t)(xorshift(state) & 0x7fff)));
  }
  return crc;
}

static uint16_t matrix_part(uint32_t* state, uint16_t crc) {
  for (int i = 0; i < k_small * k_small; i++) {
    small_a[i] = (int16_t)xorshift(state);
    small_b[i] = (int16_t)(xorshift(state) >> 8);
  }
  for (int i = 0; i < k_small; i++) {
    for (int j = 0; j < k_small; j++) {
      int32_t sum = 0;
      for (int k = 0; k < k_small; k++) {
        int32_t one = small_a[i * k_small + k] * small_b[k * k_small + j];
        sum = (int32_t)((uint32_t)sum + (uint32_t)((one >> 2 & 15) * (one >> 5 & 127)));
      }
      small_c[i * k_small + j] = sum;
    }
  }
  for (int i = 0; i < k_small; i++) crc = crc16(crc, (uint32_t)small_c[i * k_small + i]);
  return crc;
}

/* Numbers as programs write them: which state each ends in. */
typedef enum state {
  state_start,
  state_sign,
  state_whole,
  state_point,
  state_fraction,
  state_exponent,
  state_exponent_sign,
  state_power,
  state_bad,
  state_count
} state;

static state after(state now, char c) {
  int digit = c >= '0' && c <= '9';
  switch (now) {
    case state_start:
      if (c == '+' || c == '-') return state_sign;
      return digit ? state_whole : c == '.' ? state_point : state_bad;
    case state_sign:
      return digit ? state_whole : c == '.' ? state_point : state_bad;
    case state_whole:
      if (c == '.') return state_fraction;
      if (c == 'e') return state_exponent;
      return digit ? state_whole : state_bad;
    case state_point:
      return digit ? state_fraction : state_bad;
    case state_fraction:
      if (c == 'e') return state_exponent;
      return digit ? state_fraction : state_bad;
    case state_exponent:
      if (c == '+' || c == '-') return state_exponent_sign;
      return digit ? state_power : state_bad;
    case state_exponent_sign:
    case state_power:
      return digit ? state_power : state_bad;
    default:
      return state_bad;
  }
}

static uint16_t state_part(uint32_t* seed, uint16_t crc) {
  static const char* const k_words[8] = {"5012",   "-874",     "+122.5", "35.54e-2",
                                         ".12e+8", "T0.3e-1F", "-.123",  "1e"};
  uint32_t ends[state_count] = {0};
  uint32_t at = 0;
  while (at < k_text - 10) {
    for (const char* from = k_words[xorshift(seed) >> 7 & 7]; *from != 0; from++) {
      text[at++] = *from;
    }
    text[at++] = ',';
  }
  text[at] = 0;
  state now = state_start;
  for (const char* c = text; *c != 0; c++) {
    if (*c == ',') {
      ends[now]++;
      now = state_start;
    } else {
      now = after(now, *c);
    }
  }
  for (int i = 0; i < state_count; i++) crc = crc16(crc, ends[i]);
  return crc;
}

KERNEL(mix) {
  uint32_t seed = 88172645u;
  uint16_t crc = 0xffff;
  for (int64_t round = 0; round < rounds; round++) {
    for (int i = 0; i < 100; i++) {
      crc = list_part(&seed, crc);
      crc = matrix_part(&seed, crc);
      crc = state_part(&seed, crc);
    }
  }
  return crc;
}
