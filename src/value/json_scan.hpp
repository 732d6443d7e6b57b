#pragma once
// The syntax of JSON (RFC 8259), checked once before values are read, and where arrays and objects
// end, so that members can be skipped and read out of order in constant time.
//
// Threads: pure. Source: docs/formats/json.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace samara {

/// An array or object of the document; they are numbered in the order in which they start.
struct JsonSpan {
  size_t end = 0;   // offset after the closing bracket
  size_t next = 0;  // number of the first one that starts after `end`
};

struct JsonSyntaxError {
  std::string reason;      // with position, where it helps
  size_t offset = 0;       // in bytes
  bool at_end = false;     // the document stops too early
  bool exhausted = false;  // it nests too deep
};

inline constexpr size_t k_json_depth_max = 20'000;

/// True when the whole input is one JSON document; `spans` then lists its arrays and objects.
/// Cost: linear; nothing is allocated but `spans` and 8 bytes for each open bracket.
bool scan_json(std::string_view input, std::vector<JsonSpan>& spans, JsonSyntaxError& error);

inline bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace samara
