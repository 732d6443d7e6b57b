#pragma once
// What the node and the zygote say to each other, and the memory that the node shares with a task.
// Both sides are built together, so there are no versions. Messages go over a seqpacket socket;
// everything in shared memory is the task's word and nothing more.
// Freestanding. Threads: plain data. Specified by: docs/formats/native-image.md, section 9.

#include <stddef.h>
#include <stdint.h>

namespace samara::sandbox {

inline constexpr int k_control_fd = 3;  // of the zygote; runners have no descriptor
inline constexpr uint32_t k_frames_max = 32;
inline constexpr uint32_t k_registers_max = 32;
inline constexpr uint32_t k_stack_bytes_max = 512;
inline constexpr uint32_t k_text_max = 1024;
inline constexpr uint32_t k_log_bytes = 16384;
inline constexpr uint32_t k_log_line_max = 512;
inline constexpr uint32_t k_log_head_bytes = 4;  // u16 length, u8 level, u8 0
inline constexpr uint32_t k_metrics_max = 32;
inline constexpr uint32_t k_metric_key_max = 32;
inline constexpr uint32_t k_regions_max = 4;

enum Message : uint32_t {
  k_hello = 1,  // zygote: ready
  k_load,       // node: map this image; descriptors: image, shared memory
  k_loaded,     // zygote: done or not
  k_run,        // node: start a runner
  k_kill,       // node: end the runner
  k_ended,      // zygote: the runner is gone
};

/// Walls that stand around a runner: bits.
enum Wall : uint32_t {
  k_wall_seccomp = 1U << 0,
  k_wall_no_new_privileges = 1U << 1,
  k_wall_landlock = 1U << 2,
  k_wall_rlimits = 1U << 3,
  k_wall_user_namespace = 1U << 4,
  k_wall_process_namespace = 1U << 5,
  k_wall_mount_namespace = 1U << 6,
  k_wall_network_namespace = 1U << 7,
  k_wall_ipc_namespace = 1U << 8,
  k_wall_host_name_namespace = 1U << 9,
  k_wall_empty_root = 1U << 10,
  k_wall_no_capabilities = 1U << 11,
  k_wall_no_new_code = 1U << 12,
  k_wall_group_memory = 1U << 13,
  k_wall_group_processes = 1U << 14,
};

struct HelloMessage {
  uint32_t kind = k_hello;
  uint32_t walls = 0;
};

enum Right : uint32_t { k_right_read = 1, k_right_write = 2, k_right_execute = 4 };

struct MapRegion {
  uint64_t address = 0;  // from the start of the image
  uint64_t size = 0;
  uint32_t rights = 0;
  uint32_t unused = 0;
};

struct LoadMessage {
  uint32_t kind = k_load;
  uint32_t region_count = 0;
  MapRegion regions[k_regions_max]{};
  // Absolute addresses, all in [reserve, reserve + reserve_bytes); the rest of that is guard.
  uint64_t reserve = 0;
  uint64_t reserve_bytes = 0;
  uint64_t image = 0;
  uint64_t image_bytes = 0;
  uint64_t pristine = 0;  // a second, read-only view of the image; 0: none
  uint64_t heap = 0;
  uint64_t heap_bytes = 0;
  uint64_t stack = 0;
  uint64_t stack_bytes = 0;
  uint64_t control = 0;  // start of the shared memory: Control, then input, then output
  uint64_t input = 0;
  uint64_t input_bytes = 0;
  uint64_t output = 0;
  uint64_t output_bytes = 0;
  uint64_t entry = 0;
  uint64_t init_array = 0;
  uint64_t init_count = 0;
  uint64_t capabilities = 0;
};

struct LoadedMessage {
  uint32_t kind = k_loaded;
  int32_t error = 0;  // errno
};

inline constexpr uint32_t k_telemetry_count = 5;

struct RunMessage {
  uint32_t kind = k_run;
  uint32_t reused = 0;       // 1: the runner stays and waits for the next one; see Exchange
  uint64_t input_bytes = 0;  // in use
  uint64_t output_bytes = 0;
  uint64_t deadline_ns = 0;  // of the monotonic clock; UINT64_MAX: none
  uint64_t cpu_seconds = 0;
  uint8_t job_id[16]{};
  uint32_t attempt = 0;
  uint32_t number = 0;  // of the run in its runner, from 1
  uint32_t spin = 0;    // whether to look for a short time before sleeping
  uint32_t unused = 0;
  double telemetry[k_telemetry_count]{};
};

struct KillMessage {
  uint32_t kind = k_kill;
};

struct EndedMessage {
  uint32_t kind = k_ended;
  int32_t status = 0;  // as wait(2) gives it
  int32_t error = 0;   // errno, when no runner could be made
  uint32_t unused = 0;
  uint64_t cpu_us = 0;
  uint64_t peak_kib = 0;
};

union AnyMessage {
  uint32_t kind;
  LoadMessage load;
  RunMessage run;
  KillMessage kill;
  AnyMessage() : kind(0) {}
};

enum State : uint32_t { k_state_none, k_state_running, k_state_returned, k_state_failed };

struct CrashRecord {
  uint32_t signal = 0;
  int32_t code = 0;
  uint64_t address = 0;
  uint64_t pc = 0;
  uint64_t sp = 0;
  uint64_t system_call = 0;
  uint32_t frame_count = 0;
  uint32_t register_count = 0;
  uint64_t frames[k_frames_max]{};
  uint64_t registers[k_registers_max]{};
  uint32_t stack_bytes = 0;
  uint32_t unused = 0;
  uint8_t stack[k_stack_bytes_max]{};
};

struct Metric {
  double value = 0;
  uint32_t length = 0;
  char key[k_metric_key_max]{};
  uint32_t unused = 0;
};

/// Start of the shared memory. Written by the task's process; the node reads a copy.
struct Control {
  uint32_t state = k_state_none;
  int32_t code = 0;
  uint64_t output_bytes = 0;
  uint32_t text_length = 0;
  uint32_t progress = 0;
  uint64_t heap_peak = 0;
  uint64_t heap_failed = 0;   // the first request that could not be answered
  uint64_t refused_call = 0;  // bits of capabilities that were used and are not held
  uint64_t output_refused = 0;
  uint64_t cpu_ns = 0;  // of one run of a reused runner
  uint64_t log_head = 0;
  uint64_t log_tail = 0;
  uint64_t log_dropped = 0;
  uint32_t metric_count = 0;
  uint32_t unused = 0;
  char text[k_text_max]{};
  CrashRecord crash{};
  Metric metrics[k_metrics_max]{};
};

/// How the node and a reused runner call each other: whoever waits looks for a short time and then
/// sleeps on the word (futex). The task can write all of it, so the node takes a word for a hint to
/// look, and never waits without an end.
struct Exchange {
  alignas(64) uint32_t go = 0;  // node: number of the run that is to begin
  uint32_t node_sleeps = 0;
  alignas(64) uint32_t bell = 0;  // runner: number of the run that is done; zygote: k_bell_ended
  uint32_t runner_sleeps = 0;
  alignas(64) RunMessage next{};  // read by the runner once `go` says so
};
inline constexpr uint32_t k_bell_ended = UINT32_MAX;
/// Longer than a short answer takes, shorter than anybody would miss.
inline constexpr uint64_t k_spin_ns = 20'000;

inline constexpr size_t k_exchange_offset = 7168;
inline constexpr size_t k_log_offset = 8192;
inline constexpr size_t k_control_bytes = k_log_offset + k_log_bytes;
static_assert(sizeof(Control) <= k_exchange_offset);
static_assert(k_exchange_offset + sizeof(Exchange) <= k_log_offset);

/// One turn of a loop that looks at memory which another processor will write.
inline void spin_once() {
#if defined(__x86_64__)
  __asm__ volatile("pause" : : : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("yield" : : : "memory");
#endif
}

}  // namespace samara::sandbox
