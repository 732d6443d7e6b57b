#pragma once
// Places of containers within a document being read, so that later references find them.
//
// Threads: one. Source: docs/formats/text.md, "References"; docs/formats/json.md, "References".

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace samara {

/// The path from the root of the document to the value being read, and the registered places.
/// A place carries a number chosen by the reader (an index into its own table of objects).
class TextPaths {
 public:
  static constexpr uint32_t k_none = UINT32_MAX;

  /// Goes one component down. Equal components below one place mean the same place.
  void enter(std::string component) { open_.push_back({std::move(component), 0}); }
  void leave() { open_.pop_back(); }
  size_t depth() const { return open_.size(); }

  /// Gives the current place a number.
  void add(uint32_t number);
  /// The number of the place `up` components above the current one and then down `components`, or
  /// k_none. Requires: up ≤ depth().
  uint32_t find(size_t up, const std::vector<std::string>& components) const;

 private:
  struct Open {
    std::string component;
    uint32_t node;  // 0 while nothing at or below was added
  };
  struct Key {
    uint32_t above;
    std::string component;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<std::string>{}(key.component) * 31 + key.above;
    }
  };

  std::vector<Open> open_;
  std::vector<uint32_t> numbers_ = {k_none};  // by node; node 0 is the root
  std::unordered_map<Key, uint32_t, KeyHash> below_;
};

}  // namespace samara
