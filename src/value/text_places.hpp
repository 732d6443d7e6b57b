#pragma once
// Places of containers within a value being printed, so that a container met again becomes a
// reference. `Place` says how a value is reached from the one around it.
//
// Threads: one. Source: docs/formats/text.md, "References".

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "value/object.hpp"

namespace samara {

template <typename Place>
class TextPlaces {
 public:
  void enter(Place place) { open_.push_back({place, 0}); }
  void leave() { open_.pop_back(); }

  /// Remembers where `object` is. False when it was met before; then `up` and `down` lead to that
  /// place from the current one.
  [[gnu::noinline]] bool first_visit(const Object* object, size_t& up, std::vector<Place>& down) {
    auto [at, added] = seen_.try_emplace(object, 0);
    if (!added) {
      way_to(at->second, up, down);
      return false;
    }
    uint32_t above = 0;
    for (size_t i = 0; i < open_.size(); i++) {
      if (open_[i].node == 0) {
        open_[i].node = static_cast<uint32_t>(nodes_.size());
        nodes_.push_back({above, static_cast<uint32_t>(i + 1), open_[i].place});
      }
      above = open_[i].node;
    }
    at->second = above;
    return true;
  }

 private:
  struct Open {
    Place place;
    uint32_t node;  // 0 while nothing at or below was remembered
  };
  struct Node {
    uint32_t above = 0;
    uint32_t depth = 0;
    Place place{};
  };

  // A component of the target's path that is still open on our own path is common to both.
  void way_to(uint32_t target, size_t& up, std::vector<Place>& down) const {
    down.clear();
    uint32_t node = target;
    for (; node != 0 && !is_open(node); node = nodes_[node].above)
      down.push_back(nodes_[node].place);
    for (size_t i = 0, j = down.size(); i + 1 < j; i++) std::swap(down[i], down[--j]);
    up = open_.size() - nodes_[node].depth;
  }
  bool is_open(uint32_t node) const {
    uint32_t depth = nodes_[node].depth;
    return depth <= open_.size() && open_[depth - 1].node == node;
  }

  std::vector<Open> open_;
  std::vector<Node> nodes_ = std::vector<Node>(1);  // node 0 is the root
  std::unordered_map<const Object*, uint32_t> seen_;
};

}  // namespace samara
