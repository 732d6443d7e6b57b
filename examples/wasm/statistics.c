/* Two functions in one module.
 *   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -I ../../include -o statistics.wasm
 * statistics.c samara run statistics.wasm:mean '[1.0, 2.0, 6.0]' */

#include <samara/guest/wasm.h>

SAMARA_FUNCTION(mean, ".Function (inputs=[.Array .Float], output=.Float)") {
  size_t count = samara_read_count(in);
  double sum = 0;
  for (size_t i = 0; i < count && !in->failed; i++) sum += samara_read_float(in);
  if (count == 0) SAMARA_FAIL("no samples");
  samara_write_float(out, sum / (double)count);
}

/* How many samples stand in each of some bins of equal width. */
SAMARA_FUNCTION(histogram,
                ".Function (inputs=[.Array .Float, .Struct [(name=\"from\", type=.Float), "
                "(name=\"to\", type=.Float), (name=\"bins\", type=.Integer)]], "
                "output=.Array .Integer)") {
  size_t count = samara_read_count(in);
  const uint8_t* samples = in->at;
  if (count > (size_t)(in->end - in->at) / 8) count = 0;
  in->at += 8 * count;
  double from = samara_read_float(in);
  double to = samara_read_float(in);
  int64_t bins = samara_read_integer(in);
  if (bins < 1 || bins > 1000000 || !(from < to)) SAMARA_FAIL("there are no such bins");
  int64_t* counts = (int64_t*)samara_alloc((size_t)bins * sizeof(int64_t));
  if (counts == NULL) SAMARA_FAIL("no memory");
  memset(counts, 0, (size_t)bins * sizeof(int64_t));
  samara_reader sample = {samples, samples + 8 * count, 0};
  for (size_t i = 0; i < count; i++) {
    double place = (samara_read_float(&sample) - from) / (to - from);
    if (place >= 0 && place < 1) counts[(size_t)(place * (double)bins)]++;
  }
  samara_write_count(out, (size_t)bins);
  for (int64_t i = 0; i < bins; i++) samara_write_integer(out, counts[i]);
}
