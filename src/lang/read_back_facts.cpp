#include "lang/read_back_builder.hpp"

namespace samara::lang {

using ir::Node;
using ir::Op;

ProgramFacts::ProgramFacts(const ir::Program& program)
    : uses_(program.name_count()), definitions_(program.name_count()) {
  walk(*program.root());
}

void ProgramFacts::walk(const Node& node) {
  switch (node.op) {
    case Op::variable:
      uses_[node.name]++;
      if (conditions_ > 0) steering_.insert(node.name);
      break;
    case Op::let:
      define(*node.kids[0]);
      walk(*node.kids[1]);
      break;
    case Op::function:
    case Op::async_function: {
      std::vector<const Node*> loops;
      loops.swap(loops_);
      functions_.push_back(&node);
      for (const Node* parameter : node.kids.subspan(node.count_a, node.count_b)) {
        define(*parameter);
      }
      walk(*node.kids.back());
      functions_.pop_back();
      loops.swap(loops_);
      break;
    }
    case Op::match:
      walk(*node.kids[0]);
      for (size_t i = 1; i < node.kids.size(); i += 2) {
        define(*node.kids[i]);
        walk(*node.kids[i + 1]);
      }
      break;
    case Op::try_catch:
      walk(*node.kids[0]);
      define(*node.kids[2]);
      define(*node.kids[3]);
      walk(*node.kids[1]);
      walk(*node.kids[4]);
      break;
    case Op::while_:
    case Op::for_array:
    case Op::for_dict:
    case Op::for_set:
      loop(node);
      break;
    case Op::break_:
    case Op::continue_:
      for (size_t i = loops_.size(); i > 0; i--) {
        if (loops_[i - 1]->name != node.name) continue;
        if (i < loops_.size()) labelled_.insert(loops_[i - 1]);
        break;
      }
      break;
    case Op::return_:
      returning_.insert(functions_.back());
      walk(*node.kids[0]);
      break;
    default:
      if (node.op == Op::platform) platform_calls_.push_back(&node);
      for (const Node* kid : node.kids) walk(*kid);
  }
}

void ProgramFacts::loop(const Node& node) {
  uint32_t step = node.op == Op::while_ ? 1 : 0;
  conditions_ += step;
  walk(*node.kids[0]);
  conditions_ -= step;
  for (const Node* variable : node.kids.subspan(1, node.kids.size() - 2)) define(*variable);
  loops_.push_back(&node);
  walk(*node.kids.back());
  loops_.pop_back();
}

}  // namespace samara::lang
