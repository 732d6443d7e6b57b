#pragma once
// Shared: the parts of an engine that its calls work with. Internal to this layer.
// Threads: each part says its own rule.

#include "engine/engine.hpp"
#include "engine/history.hpp"
#include "engine/known_function.hpp"
#include "engine/live_output.hpp"
#include "engine/memo.hpp"
#include "engine/quarantine.hpp"
#include "runtime/east/east_runtime.hpp"

namespace samara::engine {

struct Shared {
  Shared(const EngineParts& given, EngineOptions chosen)
      : parts(given),
        options(std::move(chosen)),
        types(parts.types),
        east({types, parts.platform, parts.clock, parts.processes, stack, options.compiled_max}),
        call_id(types),
        values(parts.repository, parts.types, stack),
        records(parts.repository, types, parts.processes),
        runtimes(with(east, parts.runtimes)),
        functions({parts.repository, types, runtimes, options.capabilities, parts.offered}),
        memo(options.memo_entries_max),
        history(parts.repository, records, parts.past),
        quarantine(parts.repository, options.quarantine),
        self(parts.processes.self()) {}

  EngineParts parts;
  EngineOptions options;
  RecordTypes types;
  runtime::BigStack stack;
  runtime::east::EastRuntime east;
  CallIdMaker call_id;
  Values values;
  Records records;
  std::vector<runtime::Runtime*> runtimes;
  FunctionTable functions;
  Memo memo;
  History history;
  Quarantine quarantine;
  port::ProcessId self;
  LiveOutputs live_outputs{parts.repository.live_logs(), parts.clock};

  static std::vector<runtime::Runtime*> with(runtime::Runtime& first,
                                             std::span<runtime::Runtime* const> others) {
    std::vector<runtime::Runtime*> out = {&first};
    out.insert(out.end(), others.begin(), others.end());
    return out;
  }
  store::Repository& repository() { return parts.repository; }
  int64_t wall_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(parts.clock.wall())
        .time_since_epoch()
        .count();
  }
};

}  // namespace samara::engine
