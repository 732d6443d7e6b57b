#include "runtime/native/outcome.hpp"

#define SAMARA_GUEST_NO_HELPERS  // they are for tasks: here they would replace those of the system

#include <csignal>

#include "call/unit_text.hpp"
#include "runtime/limit_outcome.hpp"
#include "runtime/native/crash_text.hpp"
#include "runtime/native/effects.hpp"
#include "samara/guest/task.h"
#include "value/utf8.hpp"

namespace samara::runtime::native {

namespace {

using port::SandboxEnd;
using port::SandboxPlace;
using port::SandboxReport;

// Outcomes are East values, and their texts therefore UTF-8.
std::string valid_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t good =
        utf8_valid_prefix(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    out += text.substr(0, good);
    if (good == text.size()) break;
    out += '?';
    text.remove_prefix(good + 1);
  }
  return out;
}

std::string heap_text(const Told& told) {
  std::string out = "heap of " + bytes_text(told.heap_bytes) + " used up";
  if (told.report.heap_failed_bytes != 0) {
    out += ": " + bytes_text(told.report.heap_failed_bytes) + " asked for with " +
           bytes_text(told.report.heap_peak_bytes) + " in use";
  }
  return out;
}

Outcome crashed(const Told& told) {
  const SandboxReport& report = told.report;
  if (report.signal == SIGKILL) {
    return Outcome::of(OutcomeKind::memory,
                       "the system killed the task, usually for want of memory");
  }
  if (report.signal == SIGSEGV && report.crash.signal == SIGSEGV &&
      report.crash.place == SandboxPlace::stack_guard) {
    return Outcome::of_limit("depth", "stack of " + bytes_text(told.stack_bytes) +
                                          " used up: " + valid_text(crash_text(told)));
  }
  std::string text = valid_text(crash_text(told));
  if (report.heap_failed_bytes != 0) text += "\n  before that: " + heap_text(told);
  return Outcome::of(OutcomeKind::crash, std::move(text));
}

Outcome ended_with(const Told& told, int32_t code, std::string text) {
  if (told.report.output_too_large || code == SAMARA_NO_SPACE) {
    if (told.output_bytes_max == told.limits.output_bytes_max) return output_limit(told.limits);
    return Outcome::of_limit("output", "result larger than the " +
                                           bytes_text(told.output_bytes_max) + " that it may have");
  }
  if (code == SAMARA_NO_MEMORY || (code != 0 && told.report.heap_failed_bytes != 0)) {
    return Outcome::of(OutcomeKind::memory, heap_text(told));
  }
  if (text.empty() && code == SAMARA_BAD_INPUT) {
    text = "the task does not take these arguments";
  }
  if (text.empty() && code == SAMARA_PERMISSION) {
    text = "the task lacks the capability " + capability_names(told.report.capabilities_refused);
  }
  if (text.empty()) text = "task ended with code " + std::to_string(code);
  return Outcome::of_error(valid_text(text), {});
}

}  // namespace

Outcome outcome_of(const Told& told) {
  const SandboxReport& report = told.report;
  switch (report.end) {
    case SandboxEnd::returned:
      if (report.code != 0 || report.output_too_large) return ended_with(told, report.code, "");
      return Outcome::of_value(Hash{});
    case SandboxEnd::failed:
      return ended_with(told, report.code, report.text);
    case SandboxEnd::crashed:
      return crashed(told);
    case SandboxEnd::timed_out: {
      Outcome out = runtime::deadline_passed(told.limits);
      if (report.progress_permille != 0) {
        out.message +=
            ", " + std::to_string(report.progress_permille / 10) + " % done by its own account";
      }
      return out;
    }
    case SandboxEnd::cpu_used_up:
      return Outcome::of(OutcomeKind::timeout, "processor time beyond the deadline of " +
                                                   duration_text(told.limits.wall_max) +
                                                   " used up");
    case SandboxEnd::cancelled:
      return Outcome::of(OutcomeKind::cancelled, "cancelled");
    case SandboxEnd::out_of_order:
      return Outcome::of(OutcomeKind::trap, "the task ended its process instead of returning");
  }
  SAMARA_ASSERT(!"the end of a run");
}

void write_log(const SandboxReport& report, LogSink& log) {
  constexpr uint32_t k_warning = 2;
  if (report.log_dropped != 0) {
    log.write(LogStream::err, std::to_string(report.log_dropped) + " earlier lines were dropped\n");
  }
  for (const port::SandboxLogLine& line : report.log) {
    log.write(line.level < k_warning ? LogStream::out : LogStream::err, line.text + "\n");
  }
  for (const port::SandboxMetric& metric : report.metrics) {
    log.write(LogStream::out, "metric " + metric.key + " = " + std::to_string(metric.value) + "\n");
  }
}

}  // namespace samara::runtime::native
