#pragma once
// The function and the arguments of a call, as words of a command line.
// Threads: one.

#include <deque>
#include <vector>

#include "apps/samara/context.hpp"
#include "apps/samara/value_io.hpp"
#include "call/run_record.hpp"
#include "engine/engine.hpp"

namespace samara::cli {

/// What a call is made of. Owns what its arguments refer to.
struct CallInput {
  Hash function;
  std::string name;  // of the function, for messages
  FunctionRecord record;
  std::vector<engine::CallArgument> arguments;
  /// Where they came from, so that a named run can see later whether they are others.
  Origin function_from;
  std::vector<Origin> arguments_from;
  Heap heap;
  std::deque<InputBytes> files;
};

/// FN ARG…: the function is a name, hash, prefix or file of a program; an argument is East text of
/// the function's input type, @FILE, or the name or hash of an object,
/// or a part of a named run as forecast.outputs.table.
/// Errors: misuse (number of arguments), type_mismatch, not_found, and those of reading.
Result<void> read_call(Context& context, std::span<const std::string_view> words, CallInput& out);

}  // namespace samara::cli
