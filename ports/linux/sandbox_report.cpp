#include <algorithm>
#include <cstring>

#include "ports/linux/sandbox_slot.hpp"

namespace samara::port {

namespace {

using sandbox::Control;

void read_crash(const LinuxSandboxProgram& program, const sandbox::CrashRecord& from,
                SandboxCrash& out) {
  out.signal = from.signal;
  out.code = from.code;
  out.address = from.address;
  out.place = program.place_of(from.address);
  out.pc = from.pc;
  out.pc_place = program.place_of(from.pc);
  out.system_call = from.system_call;
  const uint32_t frames = std::min(from.frame_count, sandbox::k_frames_max);
  for (uint32_t i = 0; i < frames; i++) {
    if (program.place_of(from.frames[i]) == SandboxPlace::code) {
      out.frames.push_back(from.frames[i]);
    }
  }
#if defined(__aarch64__)
  const uint64_t caller = from.registers[30];
#else
  uint64_t caller = 0;
  if (from.stack_bytes >= sizeof caller) std::memcpy(&caller, from.stack, sizeof caller);
#endif
  if (program.place_of(caller) == SandboxPlace::code) out.caller = caller;
  out.sp = from.sp;
  const uint32_t registers = std::min(from.register_count, sandbox::k_registers_max);
  out.registers.assign(from.registers, from.registers + registers);
  out.regions = program.mappings();
}

// Between the two positions, at most one turn of the ring; the first line that does not fit ends
// it.
void read_log(const Control& control, std::span<const uint8_t> ring, SandboxReport& report) {
  uint64_t at = control.log_tail;
  const uint64_t end = control.log_head;
  if (end < at || end - at > sandbox::k_log_bytes) return;
  auto byte = [&](uint64_t position) { return ring[position % sandbox::k_log_bytes]; };
  while (end - at >= sandbox::k_log_head_bytes) {
    const uint32_t length = byte(at) | static_cast<uint32_t>(byte(at + 1)) << 8;
    SandboxLogLine line;
    line.level = byte(at + 2);
    at += sandbox::k_log_head_bytes;
    if (length > sandbox::k_log_line_max || length > end - at) return;
    for (uint32_t i = 0; i < length; i++) line.text.push_back(static_cast<char>(byte(at + i)));
    at += length;
    report.log.push_back(std::move(line));
  }
}

}  // namespace

SandboxPlace LinuxSandboxProgram::place_of(uint64_t address) const {
  auto in = [address](uint64_t start, uint64_t size) {
    return address >= start && address - start < size;
  };
  if (address < 65536) return SandboxPlace::null_page;
  for (uint32_t i = 0; i < load.region_count; i++) {
    const sandbox::MapRegion& region = load.regions[i];
    if (!in(load.image + region.address, region.size)) continue;
    return (region.rights & sandbox::k_right_execute) != 0 ? SandboxPlace::code
                                                           : SandboxPlace::data;
  }
  if (in(load.heap, load.heap_bytes)) return SandboxPlace::heap;
  if (in(load.stack, load.stack_bytes)) return SandboxPlace::stack;
  // What lies right behind the heap is the guard of that.
  constexpr uint64_t k_of_heap = 65536;
  const uint64_t below_stack = load.heap + load.heap_bytes + k_of_heap;
  if (in(below_stack, load.stack - below_stack)) return SandboxPlace::stack_guard;
  if (in(load.control, sandbox::k_control_bytes)) return SandboxPlace::control;
  if (in(load.input, load.input_bytes)) return SandboxPlace::input;
  if (in(load.output, load.output_bytes)) return SandboxPlace::output;
  if (in(load.reserve, load.reserve_bytes)) return SandboxPlace::guard;
  return SandboxPlace::outside;
}

std::vector<SandboxMapping> LinuxSandboxProgram::mappings() const {
  std::vector<SandboxMapping> out;
  for (uint32_t i = 0; i < load.region_count; i++) {
    const uint64_t start = load.image + load.regions[i].address;
    out.push_back({place_of(start), start, load.regions[i].size});
  }
  out.push_back({SandboxPlace::heap, load.heap, load.heap_bytes});
  out.push_back({SandboxPlace::stack, load.stack, load.stack_bytes});
  out.push_back({SandboxPlace::input, load.input, load.input_bytes});
  out.push_back({SandboxPlace::output, load.output, load.output_bytes});
  return out;
}

void read_words(const LinuxSandboxProgram& program, const Control& control,
                std::span<const uint8_t> log, SandboxReport& report) {
  report.code = control.code;
  const uint32_t text = std::min(control.text_length, sandbox::k_text_max);
  report.text.assign(control.text, text);
  report.output_too_large = control.code != 0 && control.output_refused != 0;
  report.heap_peak_bytes = std::min(control.heap_peak, program.load.heap_bytes);
  report.heap_failed_bytes = control.heap_failed;
  report.capabilities_refused = control.refused_call;
  report.progress_permille = std::min(control.progress, 1000U);
  report.log_dropped = control.log_dropped;
  read_log(control, log, report);
  const uint32_t metrics = std::min(control.metric_count, sandbox::k_metrics_max);
  for (uint32_t i = 0; i < metrics; i++) {
    const sandbox::Metric& metric = control.metrics[i];
    const uint32_t length = std::min(metric.length, sandbox::k_metric_key_max);
    report.metrics.push_back({std::string(metric.key, length), metric.value});
  }
  if (control.crash.signal != 0) read_crash(program, control.crash, report.crash);
}

}  // namespace samara::port
