#pragma once
// CallSpec and call id: a call is named by the hash of function, arguments, bindings and the
// semantics number. Equal ids mean the same question, so a pure call's answer is valid for ever.
// Threads: value types; CallIdMaker is immutable. Specified by: docs/formats/call.md.

#include <map>
#include <string>
#include <vector>

#include "call/record_types.hpp"
#include "core/hash.hpp"

namespace samara {

/// Version of what programs mean. Raised only by a fix that changes results.
inline constexpr int64_t k_semantics = 1;

/// What each platform function that the code can reach stands for: the digest of its
/// implementation. One that is not offered has no entry.
using Bindings = std::map<std::string, Hash, std::less<>>;

struct CallSpec {
  Hash function;
  std::vector<Hash> arguments;
  Bindings bindings;
  int64_t semantics = k_semantics;
  bool operator==(const CallSpec&) const = default;
};

/// The canonical bytes whose SHA-256 is the call id.
Bytes encode_call(const CallSpec& spec, const RecordTypes& types);

/// Makes call ids, with the constant part of their encoding prepared.
/// Cost: one hash of about 300 bytes and 33 for each argument.
class CallIdMaker {
 public:
  explicit CallIdMaker(const RecordTypes& types);
  Hash operator()(const CallSpec& spec) const;

 private:
  Bytes head_;
};

}  // namespace samara
