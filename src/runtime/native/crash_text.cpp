#include "runtime/native/crash_text.hpp"

#include <algorithm>
#include <csignal>

#include "call/unit_text.hpp"
#include "runtime/native/lines.hpp"
#include "runtime/native/symbols.hpp"
#include "runtime/native/system_call_names.hpp"

namespace samara::runtime::native {

namespace {

using port::SandboxMapping;
using port::SandboxPlace;
using port::SandboxReport;

constexpr size_t k_log_lines = 3;
constexpr size_t k_log_line_bytes = 120;

std::string hexadecimal(uint64_t number) {
  uint8_t bytes[8];
  for (unsigned i = 0; i < 8; i++) bytes[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  const std::string text = to_hex(bytes);
  const size_t first = text.find_first_not_of('0');
  return "0x" + (first == std::string::npos ? "0" : text.substr(first));
}

std::string_view signal_name(uint32_t signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    case SIGTRAP:
      return "SIGTRAP";
    case SIGSYS:
      return "SIGSYS";
    case SIGABRT:
      return "SIGABRT";
    case SIGKILL:
      return "SIGKILL";
  }
  return "";
}

std::string_view what_it_did(uint32_t signal) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
      return "bad address";
    case SIGILL:
      return "instruction that there is not, or abort";
    case SIGFPE:
      return "division by zero or overflow";
    case SIGTRAP:
      return "trap or abort";
    case SIGSYS:
      return "forbidden system call";
  }
  return "ended by a signal";
}

std::string_view place_text(SandboxPlace place) {
  switch (place) {
    case SandboxPlace::unknown:
    case SandboxPlace::outside:
      return "outside of the task";
    case SandboxPlace::null_page:
      return "null page";
    case SandboxPlace::code:
      return "code";
    case SandboxPlace::data:
      return "data";
    case SandboxPlace::heap:
      return "heap";
    case SandboxPlace::stack:
      return "stack";
    case SandboxPlace::stack_guard:
      return "stack guard";
    case SandboxPlace::input:
      return "input";
    case SandboxPlace::output:
      return "output";
    case SandboxPlace::control:
      return "control page";
    case SandboxPlace::guard:
      return "guard";
  }
  return "";
}

// "16 B behind the heap": addresses near by are usually those of an index that went too far.
std::string distance_text(const port::SandboxCrash& crash) {
  constexpr uint64_t k_near = 1U << 20;
  uint64_t best = k_near;
  std::string out;
  for (const SandboxMapping& region : crash.regions) {
    if (region.size_bytes == 0) continue;
    const uint64_t end = region.start + region.size_bytes;
    const std::string name(place_text(region.place));
    if (crash.address >= end && crash.address - end < best) {
      best = crash.address - end;
      out = ", " + bytes_text(best) + " behind the " + name;
    } else if (crash.address < region.start && region.start - crash.address < best) {
      best = region.start - crash.address;
      out = ", " + bytes_text(best) + " below the " + name;
    }
  }
  return out;
}

std::string address_text(const port::SandboxCrash& crash) {
  std::string out = hexadecimal(crash.address) + " (" + std::string(place_text(crash.place));
  if (crash.place == SandboxPlace::guard || crash.place == SandboxPlace::stack_guard ||
      crash.place == SandboxPlace::outside) {
    out += distance_text(crash);
  }
  return out + ")";
}

// Functions and lines of the places that led to a crash: all looked up at once.
class Trace {
 public:
  Trace(ByteView debug, uint64_t base) : debug_(debug), base_(base) {}

  // A return address stands behind its call, which may be the last instruction of its line.
  void add(uint64_t address, bool returns) {
    at_.push_back(address - base_);
    looked_up_.push_back(address - base_ - (returns ? 1 : 0));
  }
  std::vector<std::string> texts() const {
    const auto lines = find_lines(debug_, looked_up_);
    std::vector<std::string> out;
    for (size_t i = 0; i < at_.size(); i++) {
      out.push_back(symbol_text(debug_, at_[i], at_[i] - looked_up_[i]));
      if (lines[i]) out.back() += " at " + lines[i]->file + ":" + std::to_string(lines[i]->line);
    }
    return out;
  }

 private:
  ByteView debug_;
  uint64_t base_;
  std::vector<uint64_t> at_;
  std::vector<uint64_t> looked_up_;
};

Trace trace_of(const Told& told) {
  const port::SandboxCrash& crash = told.report.crash;
  Trace out(told.debug, told.image_base);
  out.add(crash.pc, false);
  // Compilers let a function do its first work before it makes a frame.
  constexpr uint64_t k_start_bytes = 32;
  const auto symbol = find_symbol(told.debug, crash.pc - told.image_base);
  if (symbol && symbol->offset < k_start_bytes && crash.caller != 0 &&
      (crash.frames.empty() || crash.frames[0] != crash.caller)) {
    out.add(crash.caller, true);
  }
  for (uint64_t frame : crash.frames) out.add(frame, true);
  return out;
}

std::string memory_text(const Told& told) {
  const port::SandboxCrash& crash = told.report.crash;
  std::string out;
  for (const SandboxMapping& region : crash.regions) {
    if (region.size_bytes == 0) continue;
    out += (out.empty() ? "\n  memory: " : ", ") + std::string(place_text(region.place)) + " " +
           bytes_text(region.size_bytes) + " at " + hexadecimal(region.start);
    const uint64_t end = region.start + region.size_bytes;
    if (region.place == SandboxPlace::heap) {
      out += " (" + bytes_text(told.report.heap_peak_bytes) + " used)";
    } else if (region.place == SandboxPlace::stack && crash.sp >= region.start && crash.sp <= end) {
      out += " (" + bytes_text(end - crash.sp) + " used)";
    }
  }
  return out;
}

std::string register_name(size_t index, size_t count) {
  constexpr std::string_view k_x86[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"};
  if (count == 16) {
    return index < 8 ? std::string(k_x86[index]) : "r" + std::to_string(index);
  }
  return "x" + std::to_string(index);
}

std::string registers_text(const std::vector<uint64_t>& registers) {
  constexpr size_t k_on_a_line = 6;
  std::string out;
  size_t shown = 0;
  for (size_t i = 0; i < registers.size(); i++) {
    if (registers[i] == 0) continue;
    const bool new_line = shown % k_on_a_line == 0;
    out += shown == 0 ? "\n  registers, others 0:" : new_line ? ",\n   " : ",";
    out += " " + register_name(i, registers.size()) + " " + hexadecimal(registers[i]);
    shown++;
  }
  return out;
}

std::string log_text(const SandboxReport& report) {
  std::string out;
  const size_t count = std::min(report.log.size(), k_log_lines);
  for (size_t i = report.log.size() - count; i < report.log.size(); i++) {
    out += out.empty() ? "\n  last lines of its log:\n    " : "\n    ";
    for (char c : report.log[i].text.substr(0, k_log_line_bytes)) {
      out += c >= 0 && (c < 0x20 || c == 0x7f) ? '?' : c;
    }
  }
  return out;
}

}  // namespace

std::string crash_text(const Told& told) {
  const SandboxReport& report = told.report;
  const port::SandboxCrash& crash = report.crash;
  std::string out(signal_name(report.signal));
  if (out.empty()) out = "signal " + std::to_string(report.signal);
  out += ": " + std::string(what_it_did(report.signal));
  // What the process has recorded of another signal is not about this one.
  if (crash.signal != report.signal) return out + log_text(report);
  if (report.signal == SIGSYS) out += " " + system_call_text(crash.system_call);
  if (report.signal == SIGSEGV || report.signal == SIGBUS) out += " " + address_text(crash);
  const std::vector<std::string> trace = trace_of(told).texts();
  if (crash.pc_place == SandboxPlace::code) {
    out += " in " + trace[0];
  } else if (report.signal != SIGSYS) {
    out += ", executing " + hexadecimal(crash.pc) + " (" + std::string(place_text(crash.pc_place)) +
           ")";
  }
  for (size_t i = 1; i < trace.size(); i++) out += "\n  called from " + trace[i];
  return out + memory_text(told) + registers_text(crash.registers) + log_text(report);
}

}  // namespace samara::runtime::native
