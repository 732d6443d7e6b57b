#pragma once
// argument_value: an argument of a run as a value, however it was given. Threads: pure apart from
// the heap and the type table.

#include "runtime/argument_error.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime {

/// The value given, or the bytes given decoded into `heap`. Where the heap is used up the value is
/// null: whoever runs looks at heap.exhausted() and ends with memory_limit().
/// Errors: type_mismatch, corrupt; the text says which argument.
Result<Slot> argument_value(const ArgumentPlace& place, const Argument& given, TypeTable& types,
                            Heap& heap, const Beast2Options& options = {});

}  // namespace samara::runtime
