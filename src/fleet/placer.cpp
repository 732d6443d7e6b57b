#include "fleet/placer.hpp"

#include <bit>

namespace samara::fleet {

namespace {

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string text_of(const Needs& needs) {
  std::string out = needs.runtime + '\n' + needs.target;
  auto functions = needs.functions;
  std::sort(functions.begin(), functions.end());
  for (const std::string& one : functions) out += "\nf" + one;
  auto labels = needs.labels;
  std::sort(labels.begin(), labels.end());
  for (const std::string& one : labels) out += "\nl" + one;
  return out;
}

constexpr size_t k_candidates_max = 32;

}  // namespace

uint32_t memory_bucket(uint64_t bytes) {
  constexpr unsigned k_fraction_bits = 3;
  if (bytes < (1U << k_fraction_bits)) return static_cast<uint32_t>(bytes);
  const auto width = static_cast<unsigned>(std::bit_width(bytes));
  const auto fraction =
      static_cast<uint32_t>(bytes >> (width - 1 - k_fraction_bits)) & ((1U << k_fraction_bits) - 1);
  return (width << k_fraction_bits) + fraction;
}

bool Placer::suits(const FleetNode& node, const Needs& needs, std::string* why_not) {
  const auto no = [&](const std::string& what) {
    if (why_not != nullptr) *why_not = what;
    return false;
  };
  if (!needs.runtime.empty() && !has(node.runtimes, needs.runtime)) {
    return no("no runtime '" + needs.runtime + "'");
  }
  if (!needs.target.empty() && !has(node.targets, needs.target)) {
    return no("other target than '" + needs.target + "'");
  }
  for (const std::string& one : needs.functions) {
    if (!has(node.functions, one)) return no("no platform function '" + one + "'");
  }
  for (const std::string& one : needs.labels) {
    if (!has(node.labels, one)) return no("no label '" + one + "'");
  }
  return true;
}

Result<uint32_t> Placer::lane(const TaskSpec& task, Instant now) {
  const Needs& needs = task.needs;
  const uint32_t memory = memory_bucket(task.limits.memory_bytes);
  std::string text = text_of(needs) + "\nm" + std::to_string(memory);
  if (const auto at = lane_ids_.find(text); at != lane_ids_.end()) return at->second;
  uint32_t id = 0;
  if (lanes_.size() < k_lanes_max) {
    id = static_cast<uint32_t>(lanes_.size());
    lanes_.push_back(nullptr);
  } else {
    // The place of one that nobody waits in. Tasks that run and come back ask for theirs anew.
    const auto idle = std::find_if(lane_ids_.begin(), lane_ids_.end(), [&](const auto& one) {
      return lanes_[one.second]->queue.empty();
    });
    if (idle == lane_ids_.end()) {
      return Error(Code::exhausted, "tasks with too many different needs are waiting");
    }
    id = idle->second;
    lane_ids_.erase(idle);
  }
  lanes_[id] = std::make_unique<Lane>(submitters_);
  lanes_[id]->needs = needs;
  lanes_[id]->memory = memory;
  lane_ids_.emplace(std::move(text), id);
  // Which nodes belong together may be different now.
  for (auto& one : lanes_) one->groups.clear();
  for (FleetNode& node : nodes_) {
    take_out(node);
    node.group = UINT32_MAX;
  }
  groups_.clear();
  group_ids_.clear();
  for (FleetNode& node : nodes_) {
    if (!node.introduced) continue;
    node.lanes.resize(std::max<size_t>(node.lanes.size(), id + 1));
    node.lanes[id] = suits(node, needs);
    regroup(node);
    put_in(node, now);
  }
  return id;
}

void Placer::regroup(FleetNode& node) {
  auto [at, fresh] = group_ids_.try_emplace(node.lanes, static_cast<uint32_t>(groups_.size()));
  if (fresh) {
    groups_.push_back(std::make_unique<Group>());
    groups_.back()->lanes = node.lanes;
    for (size_t i = 0; i < node.lanes.size(); i++) {
      if (node.lanes[i] && lanes_[i] != nullptr) lanes_[i]->groups.push_back(at->second);
    }
  }
  node.group = at->second;
}

void Placer::take_out(FleetNode& node) {
  if (node.group == UINT32_MAX) return;
  Group& group = *groups_[node.group];
  if (node.counted_alive) {
    group.alive--;
    node.counted_alive = false;
  }
  if (!node.open) return;
  const auto bucket = group.open.find(node.bucket);
  SAMARA_ASSERT(bucket != group.open.end() && bucket->second.erase({node.key, node.id}) == 1);
  if (bucket->second.empty()) group.open.erase(bucket);
  node.open = false;
}

void Placer::put_in(FleetNode& node, Instant now) {
  if (node.group == UINT32_MAX) return;
  Group& group = *groups_[node.group];
  if (node.alive) {
    group.alive++;
    node.counted_alive = true;
  }
  if (!node.takes_work(now)) return;
  node.bucket = memory_bucket(node.memory_left());
  node.key = policy_.key(node);
  group.open[node.bucket].emplace(node.key, node.id);
  node.open = true;
}

void Placer::update(FleetNode& node, Instant now, bool what_it_is) {
  take_out(node);
  if (what_it_is) {
    node.lanes.assign(lanes_.size(), false);
    for (size_t i = 0; i < lanes_.size(); i++) {
      node.lanes[i] = lanes_[i] != nullptr && suits(node, lanes_[i]->needs);
    }
    regroup(node);
  }
  put_in(node, now);
}

void Placer::push(Task& task) {
  SAMARA_ASSERT(!task.place);
  task.place = lanes_[task.lane]->queue.push(task.spec.priority,
                                             submitters_.index(task.spec.submitter), task.spec.id);
  waiting_++;
}

void Placer::erase(Task& task) {
  SAMARA_ASSERT(task.place.has_value());
  lanes_[task.lane]->queue.erase(*task.place);
  task.place.reset();
  waiting_--;
}

bool Placer::any_open(const Lane& lane) const {
  for (const uint32_t group : lane.groups) {
    const auto& open = groups_[group]->open;
    if (!open.empty() && open.rbegin()->first >= lane.memory) return true;
  }
  return false;
}

size_t Placer::alive_nodes(uint32_t lane) const {
  size_t count = 0;
  for (const uint32_t group : lanes_[lane]->groups) count += groups_[group]->alive;
  return count;
}

std::optional<TaskId> Placer::next() {
  std::optional<FairQueue::Head> best;
  for (auto& lane : lanes_) {
    if (lane == nullptr || lane->queue.empty() || !any_open(*lane)) continue;
    FairQueue::Head head = lane->queue.head();
    if (!best || head.before(*best)) best = head;
  }
  if (!best) return std::nullopt;
  return best->task;
}

std::optional<NodeId> Placer::choose(const Task& task) {
  const Lane& lane = *lanes_[task.lane];
  const uint64_t memory = task.spec.limits.memory_bytes;
  size_t excluded = 0;
  size_t busy_with_it = 0;
  for (const Attempt& attempt : task.attempts) {
    const FleetNode& node = nodes_[attempt.node];
    const bool counts = node.alive && node.lanes.size() > task.lane && node.lanes[task.lane];
    if (counts && task.excludes(attempt.node)) excluded++;
    if (attempt.live()) busy_with_it++;
  }
  // Where every node that could has failed it, the choice is between those, not none.
  const bool exclude = alive_nodes(task.lane) > excluded;
  const size_t from_each = 2 + excluded + busy_with_it;
  std::optional<NodeId> best;
  int64_t best_score = 0;
  const auto consider = [&](NodeId id) {
    const FleetNode& node = nodes_[id];
    if (!node.open || node.memory_left() < memory || !fits(node, task.spec)) return;
    for (const Attempt& attempt : task.attempts) {
      if (attempt.node != id) continue;
      // Never two of one quorum at one node, and never where it cannot run.
      if (attempt.live() || attempt.end == AttemptEnd::answered || attempt.unfit) return;
    }
    if (exclude && task.excludes(id)) return;
    const int64_t score = policy_.score(node, task.spec, node.holds(task.spec.module.hash));
    if (!best || score < best_score || (score == best_score && id < *best)) {
      best = id;
      best_score = score;
    }
  };
  if (const auto holders = holders_.find(task.spec.module.hash); holders != holders_.end()) {
    for (const NodeId id : holders->second) {
      const FleetNode& node = nodes_[id];
      if (node.lanes.size() > task.lane && node.lanes[task.lane]) consider(id);
    }
  }
  for (const uint32_t id : lane.groups) {
    const Group& group = *groups_[id];
    size_t seen = 0;
    for (auto bucket = group.open.lower_bound(memory_bucket(memory)); bucket != group.open.end();
         ++bucket) {
      size_t here = 0;
      for (const auto& [key, node] : bucket->second) {
        if (++here > from_each) break;
        consider(node);
      }
      if (best && (seen += here) > k_candidates_max) break;
    }
  }
  return best;
}

bool Placer::fits(const FleetNode& node, const TaskSpec& task) {
  size_t bytes = 0;
  for (const ArgumentSpec& argument : task.arguments) bytes += argument.value.size();
  return bytes <= node.inline_bytes_max;
}

void Placer::holds(FleetNode& node, const Hash& hash) {
  constexpr size_t k_held_max = 16;
  constexpr size_t k_holders_max = 8;
  const auto at = std::find(node.held.begin(), node.held.end(), hash);
  if (at != node.held.end()) {
    std::rotate(at, at + 1, node.held.end());
  } else {
    if (node.held.size() == k_held_max) node.held.erase(node.held.begin());
    node.held.push_back(hash);
  }
  auto& holders = holders_[hash];
  if (std::find(holders.begin(), holders.end(), node.id) != holders.end()) return;
  if (holders.size() == k_holders_max) holders.erase(holders.begin());
  holders.push_back(node.id);
  // What is remembered of modules is bounded; what is forgotten is only a hint.
  constexpr size_t k_modules_max = 65536;
  if (holders_.size() > k_modules_max) holders_.clear();
}

}  // namespace samara::fleet
