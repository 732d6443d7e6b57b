/* (Array<Float>, Integer) -> Array<Float>: each value becomes the median of those up to so far
   away. The hot loop of the pipeline: a window that stays sorted while it moves. */

#include <samara/guest/task.h>

#define REACH_MAX 200

typedef struct {
  double values[2 * REACH_MAX + 1];
  size_t count;
} window;

/* Where a value stands, or would. */
static size_t place_of(const window* in, double value) {
  size_t at = 0;
  while (at < in->count && in->values[at] < value) at++;
  return at;
}

static void put(window* to, double value) {
  const size_t at = place_of(to, value);
  for (size_t i = to->count; i > at; i--) to->values[i] = to->values[i - 1];
  to->values[at] = value;
  to->count++;
}

static void take(window* from, double value) {
  from->count--;
  for (size_t i = place_of(from, value); i < from->count; i++)
    from->values[i] = from->values[i + 1];
}

static double median(const window* of) {
  const size_t half = of->count / 2;
  if (of->count % 2 == 1) return of->values[half];
  return (of->values[half - 1] + of->values[half]) / 2.0;
}

int32_t samara_task(const samara_host* host, samara_call* call) {
  samara_reader in = samara_arguments(call);
  const size_t count = samara_read_count(&in);
  if (in.failed || count > (size_t)(in.end - in.at) / 8) return SAMARA_BAD_INPUT;
  double* load = host->alloc(count * sizeof(double) + 1, 8);
  if (load == NULL) return SAMARA_NO_MEMORY;
  for (size_t i = 0; i < count; i++) load[i] = samara_read_float(&in);
  const int64_t reach = samara_read_integer(&in);
  if (!samara_read_all(&in) || reach < 0 || reach > REACH_MAX) return SAMARA_BAD_INPUT;

  samara_writer out = samara_result(call);
  samara_write_count(&out, count);
  const size_t far = (size_t)reach;
  window near = {.count = 0};
  for (size_t i = 0; i < far && i < count; i++) put(&near, load[i]);
  for (size_t i = 0; i < count; i++) {
    if (i + far < count) put(&near, load[i + far]);
    if (i > far) take(&near, load[i - far - 1]);
    samara_write_float(&out, median(&near));
  }
  return samara_finish(&out);
}
