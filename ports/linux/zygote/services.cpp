#include "ports/linux/zygote/services.hpp"

#include "ports/linux/zygote/kernel.hpp"

namespace samara::sandbox {
namespace {

// Four sizes for each power of two; a freed block waits for the next one of its size.
constexpr uint32_t k_classes = 256;

struct Block {
  uint64_t class_number;
  Block* next;
};

struct Services {
  const LoadMessage* load;
  const RunMessage* run;
  Control* control;
  uint8_t* log;
  samara_call* call;
  uint64_t heap_used;
  Block* freed[k_classes];
};

Services here;

enum : uint64_t { k_log_bit = 1, k_telemetry_bit = 2, k_random_bit = 32, k_clock_bit = 64 };

bool holds(uint64_t capability) {
  if ((here.load->capabilities & capability) != 0) return true;
  here.control->refused_call |= capability;
  return false;
}

bool same(const Metric& known, const char* key, size_t length) {
  if (known.length != length) return false;
  for (size_t i = 0; i < length; i++) {
    if (known.key[i] != key[i]) return false;
  }
  return true;
}

uint32_t log_size(uint64_t at) {
  const uint64_t low = here.log[at % k_log_bytes];
  const uint64_t high = here.log[(at + 1) % k_log_bytes];
  return static_cast<uint32_t>(low | high << 8) + k_log_head_bytes;
}

int32_t log(uint32_t level, const char* text, size_t length) {
  if (!holds(k_log_bit)) return SAMARA_PERMISSION;
  Control& control = *here.control;
  if (length > k_log_line_max) length = k_log_line_max;
  const uint64_t size = length + k_log_head_bytes;
  while (control.log_head + size - control.log_tail > k_log_bytes) {
    control.log_tail += log_size(control.log_tail);
    control.log_dropped++;
  }
  const uint8_t head[k_log_head_bytes] = {static_cast<uint8_t>(length),
                                          static_cast<uint8_t>(length >> 8),
                                          static_cast<uint8_t>(level < 3 ? level : 3), 0};
  uint64_t at = control.log_head;
  for (uint8_t byte : head) here.log[at++ % k_log_bytes] = byte;
  for (size_t i = 0; i < length; i++) here.log[at++ % k_log_bytes] = static_cast<uint8_t>(text[i]);
  control.log_head = at;
  return 0;
}

int32_t metric(const char* key, size_t length, double value) {
  if (!holds(k_log_bit)) return SAMARA_PERMISSION;
  if (length == 0 || length > k_metric_key_max) return SAMARA_BAD_INPUT;
  Control& control = *here.control;
  uint32_t i = 0;
  for (; i < control.metric_count; i++) {
    if (same(control.metrics[i], key, length)) break;
  }
  if (i == k_metrics_max) return SAMARA_NO_SPACE;
  Metric& out = control.metrics[i];
  for (size_t j = 0; j < length; j++) out.key[j] = key[j];
  out.length = static_cast<uint32_t>(length);
  out.value = value;
  if (i == control.metric_count) control.metric_count++;
  return 0;
}

// The number of the smallest class that holds `size`, which becomes that of the class.
uint32_t size_class(uint64_t& size) {
  if (size < 16) size = 16;
  const auto top = static_cast<uint32_t>(63 - __builtin_clzll(size));
  const uint64_t step = uint64_t{1} << (top - 2);
  size = (size + step - 1) & ~(step - 1);
  const auto rounded = static_cast<uint32_t>(63 - __builtin_clzll(size));
  return rounded * 4 + static_cast<uint32_t>((size >> (rounded - 2)) & 3);
}

void* alloc(size_t wanted, size_t align) {
  uint64_t size = wanted;
  const bool valid = align <= 4096 && (align & (align - 1)) == 0;
  if (valid && size <= here.load->heap_bytes) {
    const uint32_t number = size_class(size);
    if (align < 16) align = 16;
    if (Block* block = here.freed[number];
        block != nullptr && ((reinterpret_cast<uint64_t>(block) + 16) & (align - 1)) == 0) {
      here.freed[number] = block->next;
      return block + 1;
    }
    const uint64_t start = here.load->heap + here.heap_used;
    const uint64_t data = (start + sizeof(Block) + align - 1) & ~(align - 1);
    const uint64_t end = data + size;
    if (end <= here.load->heap + here.load->heap_bytes) {
      here.heap_used = end - here.load->heap;
      if (here.heap_used > here.control->heap_peak) here.control->heap_peak = here.heap_used;
      reinterpret_cast<Block*>(data)[-1].class_number = number;
      return reinterpret_cast<void*>(data);
    }
  }
  if (here.control->heap_failed == 0) here.control->heap_failed = wanted == 0 ? 1 : wanted;
  return nullptr;
}

void free_block(void* memory) {
  if (memory == nullptr) return;
  Block* block = static_cast<Block*>(memory) - 1;
  const uint64_t number = block->class_number;
  if (number >= k_classes) __builtin_trap();  // the heap is damaged
  block->next = here.freed[number];
  here.freed[number] = block;
}

int32_t emit(const void* bytes, size_t length) {
  samara_call& call = *here.call;
  if (call.out_len > call.out_cap || length > call.out_cap - call.out_len) {
    here.control->output_refused = 1;
    return SAMARA_NO_SPACE;
  }
  const auto* from = static_cast<const uint8_t*>(bytes);
  for (size_t i = 0; i < length; i++) call.out[call.out_len + i] = from[i];
  call.out_len += length;
  return 0;
}

uint64_t remaining_us() {
  const uint64_t deadline = here.run->deadline_ns;
  if (deadline == UINT64_MAX) return UINT64_MAX;
  const uint64_t now = clock_ns(CLOCK_MONOTONIC);
  return deadline > now ? (deadline - now) / 1000 : 0;
}

void progress(uint32_t permille) { here.control->progress = permille < 1000 ? permille : 1000; }

int32_t call_task(const uint8_t*, const void*, size_t, uint32_t, uint32_t*) {
  return SAMARA_PERMISSION;
}
int32_t wait(uint32_t, uint64_t, const uint8_t**, size_t*) { return SAMARA_PERMISSION; }
int32_t drop(uint32_t) { return SAMARA_PERMISSION; }
int32_t get(const uint8_t*, uint64_t, void*, size_t) { return SAMARA_PERMISSION; }
int32_t put(const void*, size_t, uint8_t*) { return SAMARA_PERMISSION; }

int32_t random(void* out, size_t length) {
  if (!holds(k_random_bit)) return SAMARA_PERMISSION;
  auto at = reinterpret_cast<uint64_t>(out);
  while (length > 0) {
    const size_t piece = length < 256 ? length : 256;  // such a piece comes whole
    if (kernel_call(__NR_getrandom, at, piece, 0) != static_cast<long>(piece)) {
      return SAMARA_BAD_INPUT;
    }
    at += piece;
    length -= piece;
  }
  return 0;
}

int64_t time_unix_us() {
  if (!holds(k_clock_bit)) return SAMARA_PERMISSION;
  return static_cast<int64_t>(clock_ns(CLOCK_REALTIME) / 1000);
}

void fail(int32_t code, const char* text, size_t length) {
  Control& control = *here.control;
  if (length > k_text_max) length = k_text_max;
  for (size_t i = 0; i < length; i++) control.text[i] = text[i];
  control.text_length = static_cast<uint32_t>(length);
  control.code = code;
  control.state = k_state_failed;
  end_run();
}

int32_t telemetry(uint32_t what, double* value) {
  if (!holds(k_telemetry_bit)) return SAMARA_PERMISSION;
  if (what >= k_telemetry_count) return SAMARA_UNSUPPORTED;
  const double known = here.run->telemetry[what];
  if (known != known) return SAMARA_UNSUPPORTED;  // this node does not know
  *value = known;
  return 0;
}

constexpr samara_host k_table = {
    .size = sizeof(samara_host),
    .abi_major = SAMARA_ABI_MAJOR,
    .abi_minor = SAMARA_ABI_MINOR,
    .log = log,
    .metric = metric,
    .alloc = alloc,
    .free = free_block,
    .emit = emit,
    .remaining_us = remaining_us,
    .progress = progress,
    .call = call_task,
    .wait = wait,
    .drop = drop,
    .get = get,
    .put = put,
    .random = random,
    .time_unix_us = time_unix_us,
    .fail = fail,
    .telemetry = telemetry,
};

}  // namespace

uint64_t clock_ns(int clock) {
  __kernel_timespec now{};
  kernel_call(__NR_clock_gettime, static_cast<uint64_t>(clock), address_of(&now));
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

const samara_host* start_services(const LoadMessage& load, const RunMessage& run,
                                  samara_call* call) {
  here = Services{};
  here.load = &load;
  here.run = &run;
  here.control = reinterpret_cast<Control*>(load.control);
  here.log = reinterpret_cast<uint8_t*>(load.control + k_log_offset);
  here.call = call;
  return &k_table;
}

}  // namespace samara::sandbox
