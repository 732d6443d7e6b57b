#pragma once
// The East types of the records of this layer. Records are East values, so that every East tool can
// read them. Threads: immutable. Specified by: docs/formats/{function,call,execution-record}.md.

#include "core/bytes.hpp"
#include "value/type.hpp"

namespace samara {

/// Made once for a type table and kept.
struct RecordTypes {
  explicit RecordTypes(TypeTable& types);

  TypeTable& types;
  const Type* function = nullptr;   // function objects
  const Type* companion = nullptr;  // debug companions of functions
  const Type* call = nullptr;       // what a call id is the hash of
  const Type* outcome = nullptr;
  const Type* log = nullptr;        // a log that is an object of its own
  const Type* execution = nullptr;  // execution records

  /// How the bytes of each begin, up to and with its version.
  Bytes function_head;
  Bytes companion_head;
  Bytes call_head;
  Bytes log_head;
  Bytes execution_head;
};

}  // namespace samara
