#include "value/text_paths.hpp"

namespace samara {

void TextPaths::add(uint32_t number) {
  uint32_t node = 0;
  for (Open& open : open_) {
    if (open.node == 0) {
      auto [at, added] =
          below_.try_emplace(Key{node, open.component}, static_cast<uint32_t>(numbers_.size()));
      if (added) numbers_.push_back(k_none);
      open.node = at->second;
    }
    node = open.node;
  }
  numbers_[node] = number;
}

uint32_t TextPaths::find(size_t up, const std::vector<std::string>& components) const {
  size_t base = open_.size() - up;
  uint32_t node = base == 0 ? 0 : open_[base - 1].node;
  if (base != 0 && node == 0) return k_none;
  for (const std::string& component : components) {
    auto at = below_.find(Key{node, component});
    if (at == below_.end()) return k_none;
    node = at->second;
  }
  return numbers_[node];
}

}  // namespace samara
