#pragma once
// From the report of a sandbox to an outcome: what the submitter of a task reads. Threads: pure.
// Specified by: docs/formats/native-image.md, section 10.

#include "call/limits.hpp"
#include "call/log.hpp"
#include "call/outcome.hpp"
#include "port/sandbox.hpp"

namespace samara::runtime::native {

struct Told {
  const port::SandboxReport& report;
  const Limits& limits;
  uint64_t image_base = 0;
  uint64_t stack_bytes = 0;
  uint64_t heap_bytes = 0;
  uint64_t output_bytes_max = 0;
  ByteView debug;  // for names of functions; may be empty
};

/// A value outcome says only that the task returned 0; its output is not looked at yet.
Outcome outcome_of(const Told& told);

/// Lines and metrics, in this order.
void write_log(const port::SandboxReport& report, LogSink& log);

}  // namespace samara::runtime::native
