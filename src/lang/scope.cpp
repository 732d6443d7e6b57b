#include "lang/scope.hpp"

namespace samara::lang {

void Scopes::push(Binding* binding) {
  Binding*& latest = latest_[binding->variable->name];
  binding->hidden = latest;
  latest = binding;
  top_ = binding;
}

void Scopes::pop() {
  latest_[top_->variable->name] = top_->hidden;
  top_ = top_->below;
}

void Scopes::define(Variable* variable) {
  if (variable->name.empty()) return;
  all_.push_back({variable, top_, nullptr, top_ == nullptr ? 1 : top_->depth + 1});
  push(&all_.back());
}

void Scopes::leave(Binding* place) {
  while (top_ != place) pop();
}

void Scopes::go_to(Binding* place) {
  std::vector<Binding*> ahead;
  uint32_t depth = place == nullptr ? 0 : place->depth;
  while (top_ != nullptr && top_->depth > depth) pop();
  uint32_t mine = top_ == nullptr ? 0 : top_->depth;
  Binding* at = place;
  while (at != nullptr && at->depth > mine) {
    ahead.push_back(at);
    at = at->below;
  }
  while (top_ != at) {
    pop();
    ahead.push_back(at);
    at = at->below;
  }
  for (size_t i = ahead.size(); i-- > 0;) push(ahead[i]);
}

void Scopes::clear() {
  all_.clear();
  latest_.clear();
  top_ = nullptr;
}

}  // namespace samara::lang
