#include "lang/module_graph.hpp"

#include <algorithm>
#include <unordered_map>

namespace samara::lang {

namespace {

// Tarjan's algorithm with its own stack, because programs may chain any number of functions.
class Walk {
 public:
  std::vector<Component> run(Item& root) {
    enter(&root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const std::vector<Item*>& uses = frame.item->scope->functions;
      if (frame.next < uses.size()) {
        Item* used = uses[frame.next++];
        auto at = state_.find(used);
        if (at == state_.end()) {
          if (used->scope != nullptr) enter(used);
        } else if (at->second.on_stack) {
          State& mine = state_[frame.item];
          mine.low = std::min(mine.low, at->second.index);
        }
        continue;
      }
      leave();
    }
    return std::move(found_);
  }

 private:
  struct State {
    uint32_t index = 0;
    uint32_t low = 0;
    bool on_stack = true;
  };
  struct Frame {
    Item* item = nullptr;
    size_t next = 0;
  };

  void enter(Item* item) {
    auto index = static_cast<uint32_t>(state_.size());
    state_[item] = {index, index, true};
    stack_.push_back(item);
    frames_.push_back({item, 0});
  }

  void leave() {
    Item* item = frames_.back().item;
    frames_.pop_back();
    State mine = state_[item];
    if (!frames_.empty()) {
      State& above = state_[frames_.back().item];
      above.low = std::min(above.low, mine.low);
    }
    if (mine.low != mine.index) return;
    Component component;
    Item* top = nullptr;
    do {
      top = stack_.back();
      stack_.pop_back();
      state_[top].on_stack = false;
      component.items.push_back(top);
    } while (top != item);
    std::reverse(component.items.begin(), component.items.end());
    const std::vector<Item*>& uses = item->scope->functions;
    component.recursive =
        component.items.size() > 1 || std::find(uses.begin(), uses.end(), item) != uses.end();
    std::stable_sort(component.items.begin(), component.items.end(),
                     [](const Item* a, const Item* b) {
                       return a->module == b->module && a->span.begin < b->span.begin;
                     });
    found_.push_back(std::move(component));
  }

  std::unordered_map<Item*, State> state_;
  std::vector<Item*> stack_;
  std::vector<Frame> frames_;
  std::vector<Component> found_;
};

}  // namespace

std::vector<Component> reached_from(Item& root) { return Walk().run(root); }

}  // namespace samara::lang
