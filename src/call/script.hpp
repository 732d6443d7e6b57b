#pragma once
// Script and offer: the code objects of functions that run in worker processes. A script is source
// of a language, with the lock file of what must be installed for it; an offer stands for a
// platform function that workers have, by name and implementation. Threads: value types. Specified
// by: docs/formats/function.md, "Scripts" and "Offers".

#include <string>

#include "call/function.hpp"

namespace samara {

inline constexpr std::string_view k_kind_offer = "offer";
inline constexpr std::string_view k_kind_python = "python";
inline constexpr std::string_view k_kind_node = "node";
inline constexpr std::string_view k_kind_julia = "julia";

struct Script {
  std::string entry;        // the function in the source
  std::string source;       // UTF-8
  std::string lock_kind;    // "uv.lock", …; empty: nothing must be installed
  std::string environment;  // contents of the lock file
  bool operator==(const Script&) const = default;
};

struct OfferCode {
  std::string name;
  Hash implementation;  // changes with what it does
  bool operator==(const OfferCode&) const = default;
};

/// Made once for a type table and kept.
struct ScriptTypes {
  explicit ScriptTypes(TypeTable& types);

  TypeTable& types;
  const Type* script = nullptr;
  const Type* offer = nullptr;
  Bytes script_head;
  Bytes offer_head;
};

/// Errors: invalid_argument (a part is no UTF-8), exhausted.
Result<Bytes> encode_script(const Script& script, const ScriptTypes& types);
/// Errors: corrupt, unsupported (a newer version), exhausted.
Result<Script> decode_script(ByteView bytes, const ScriptTypes& types);
Result<Bytes> encode_offer(const OfferCode& offer, const ScriptTypes& types);
Result<OfferCode> decode_offer(ByteView bytes, const ScriptTypes& types);

/// The id of an environment; all zero: nothing must be installed.
Hash environment_id(const Script& script);

/// The queue whose workers take calls of a function: the kind, with its environment; an offer has
/// one of its own, which all workers serve that offer the same.
std::string queue_of_offer(const Hash& function);
std::string queue_of_script(std::string_view kind, const Hash& environment);

}  // namespace samara
