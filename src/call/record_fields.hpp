#pragma once
// Parts that several records have in common. Used by the sources of this layer only. Threads: one.

#include "call/log.hpp"
#include "call/outcome.hpp"
#include "call/record_build.hpp"

namespace samara {

Slot build_log_entries(RecordBuilder& build, std::span<const LogEntry> entries);
Result<std::vector<LogEntry>> read_log_entries(Slot array);

/// `type` is RecordTypes::outcome.
Slot build_outcome(RecordBuilder& build, const Type* type, const Outcome& outcome);
Result<Outcome> read_outcome(const Type* type, Slot value);

}  // namespace samara
