#pragma once
// Types compiled for the beast2 codec: one node for each type that values of a type can hold, with
// what the codec looks at laid out flat. Nodes are unique for a type within a plan and never move.
//
// Threads: one thread; types are added as codecs meet them. A plan refers to types and must not
// outlive their table. Source: docs/formats/beast2.md.

#include <deque>
#include <unordered_map>
#include <vector>

#include "core/bytes.hpp"
#include "value/type.hpp"

namespace samara {

struct Beast2Node {
  Kind kind = Kind::never;
  bool scalar = false;      // Null, Boolean, Integer, Float, DateTime, String, Blob: no parts
  uint32_t count = 0;       // of parts
  uint32_t min_bytes = 0;   // of a value
  uint32_t zero_slots = 0;  // struct: fields that take no bytes
  const Beast2Node* const* parts = nullptr;
  const Type* type = nullptr;
};

class Beast2Plan {
 public:
  Beast2Plan() = default;
  Beast2Plan(const Beast2Plan&) = delete;
  Beast2Plan& operator=(const Beast2Plan&) = delete;

  /// The node of a closed type, made on first use. Cost: linear in the type, once.
  const Beast2Node* node(const Type* type);
  /// The type as it stands in a header; empty where the dialect cannot say it.
  ByteView header(const Type* type, Dialect dialect);

 private:
  std::deque<Beast2Node> nodes_;
  std::deque<std::vector<const Beast2Node*>> parts_;
  std::unordered_map<const Type*, const Beast2Node*> by_type_;
  std::unordered_map<const Type*, Bytes> headers_[2];
};

}  // namespace samara
