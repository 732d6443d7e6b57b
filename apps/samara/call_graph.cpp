#include "apps/samara/call_graph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "apps/samara/names.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"
#include "engine/called_note.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {

namespace {

constexpr size_t k_nodes_max = 5000;
constexpr std::string_view k_more = "called functions ";

// Calls are numbered by their ids, so a chain of a thousand is no recursion here.
class Walk {
 public:
  Walk(Context& context, engine::Engine& engine) : context_(context), engine_(engine) {}

  Result<std::vector<CallNode>> from(const store::CallKey& root) {
    CallNode first;
    first.key = root;
    first.name = function_label(context_, root.function);
    SAMARA_TRY(first.attempt, attempt_of(root, INT64_MAX));
    if (first.attempt && first.attempt->record.outcome) {
      first.outcome = outcome_name(first.attempt->record.outcome->kind);
    }
    std::vector<CallNode> waiting;  // the next one last
    waiting.push_back(std::move(first));
    while (!waiting.empty() && out_.size() < k_nodes_max) {
      CallNode node = std::move(waiting.back());
      waiting.pop_back();
      const size_t index = out_.size();
      out_.push_back(std::move(node));
      SAMARA_TRY(auto calls, calls_of(index));
      std::move(calls.rbegin(), calls.rend(), std::back_inserter(waiting));
    }
    return std::move(out_);
  }

 private:
  // The attempt that gave what the caller got: the last one with a value that began before then.
  Result<std::optional<engine::Attempt>> attempt_of(const store::CallKey& key, int64_t before_ms) {
    SAMARA_TRY(auto attempts, engine_.attempts(key));
    const engine::Attempt* best = nullptr;
    for (const engine::Attempt& attempt : attempts) {
      if (attempt.record.started_ms > before_ms) break;
      if (best == nullptr || gave_value(attempt) || !gave_value(*best)) best = &attempt;
    }
    return best == nullptr ? std::optional<engine::Attempt>() : std::optional(*best);
  }

  // Calls whose id begins so; of several the one of the function that the name was bound to.
  Result<std::optional<store::CallKey>> key_of(const engine::CalledNote& note,
                                               const CallSpec& caller) {
    auto known = keys_.find(note.call);
    if (known != keys_.end()) return known->second;
    SAMARA_TRY(auto found, engine_.repository().executions().find_calls(note.call));
    std::optional<store::CallKey> out;
    auto bound = caller.bindings.find(note.name);
    for (const store::CallKey& key : found) {
      const bool wanted = bound != caller.bindings.end() && bound->second == key.function;
      if (!out || wanted) out = key;
    }
    keys_[note.call] = out;
    return out;
  }

  Result<std::vector<CallNode>> calls_of(size_t index) {
    CallNode& caller = out_[index];
    std::vector<CallNode> calls;
    if (!caller.attempt) return calls;
    const ExecutionRecord& record = caller.attempt->record;
    const int64_t end = record.finished_ms.value_or(INT64_MAX);
    for (const std::string& decision : record.decisions) {
      CallNode node;
      node.depth = caller.depth + 1;
      node.parent = index;
      node.last = false;
      if (auto note = engine::CalledNote::parse(decision)) {
        node.name = note->name;
        node.outcome = note->outcome;
        node.from_memory = note->from_memory;
        SAMARA_TRY(auto key, key_of(*note, record.spec));
        if (key) {
          node.key = *key;
          SAMARA_TRY(node.attempt, attempt_of(*key, end));
        }
      } else if (decision.starts_with(k_more)) {
        node.more = "and " + decision.substr(k_more.size());
      } else {
        continue;
      }
      calls.push_back(std::move(node));
    }
    if (calls.empty()) return calls;
    if (!seen_.insert(caller.key.call).second) {
      caller.shown_before = true;
      return std::vector<CallNode>();
    }
    calls.back().last = true;
    return calls;
  }

  Context& context_;
  engine::Engine& engine_;
  std::vector<CallNode> out_;
  std::map<std::string, std::optional<store::CallKey>> keys_;
  std::set<Hash> seen_;
};

constexpr std::string_view k_bold = "\033[1m";
constexpr std::string_view k_dim = "\033[2m";
constexpr std::string_view k_plain = "\033[0m";

std::string padded(std::string text, size_t width, bool right = false) {
  const size_t used = display_width(text);
  const size_t gap = used < width ? width - used : 0;
  return right ? std::string(gap, ' ') + text : text + std::string(gap, ' ');
}

// "│  ├─ " in front of a node; `open` says at which depths more is to come.
std::string branches(const CallNode& node, std::vector<bool>& open) {
  std::string out;
  open.resize(node.depth + 1);
  for (size_t depth = 1; depth < node.depth; depth++) out += open[depth] ? "│  " : "   ";
  if (node.depth > 0) {
    out += node.last ? "└─ " : "├─ ";
    open[node.depth] = !node.last;
  }
  return out;
}

std::string took(const CallNode& node) {
  if (!node.attempt) return "";
  if (node.attempt->record.running()) return node.attempt->running ? "runs" : "lost";
  return duration_text(std::chrono::nanoseconds(static_cast<int64_t>(node.wall_ns())));
}

}  // namespace

std::string CallNode::where() const {
  if (!attempt) return "";
  const ExecutionRecord& record = attempt->record;
  for (const std::string& decision : record.decisions) {
    // "worker 84171f368e6cf51d of python"
    constexpr std::string_view k_worker = "worker ";
    if (!decision.starts_with(k_worker)) continue;
    const size_t of = decision.find(" of ", k_worker.size());
    if (of == std::string::npos) continue;
    const size_t begin = of + 4;
    return decision.substr(begin, decision.find(' ', begin) - begin);
  }
  return record.runtime;
}

std::string CallNode::how() const {
  if (!more.empty()) return "";
  if (!attempt) return "its record is gone";
  if (attempt->record.running()) return "";
  const bool value = outcome.starts_with("value");
  std::string out = from_memory ? "from memory" : value ? "computed" : outcome;
  if (shown_before) out += ", see above";
  return out;
}

Result<std::vector<CallNode>> call_graph(Context& context, const store::CallKey& root) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  return Walk(context, *engine).from(root);
}

std::string graph_text(const std::vector<CallNode>& nodes, bool colour) {
  struct Line {
    std::string left;
    const CallNode* node;
  };
  std::vector<Line> lines;
  std::vector<bool> open;
  size_t left = 0;
  size_t where = 0;
  size_t time = 0;
  for (const CallNode& node : nodes) {
    std::string text = branches(node, open) + (node.more.empty() ? node.name : node.more);
    left = std::max(left, display_width(text));
    where = std::max(where, display_width(node.where()));
    time = std::max(time, display_width(took(node)));
    lines.push_back({std::move(text), &node});
  }
  std::string out;
  for (const Line& line : lines) {
    const CallNode& node = *line.node;
    std::string text = padded(line.left, left);
    if (node.more.empty()) {
      const std::string id = node.attempt ? node.key.call.short_hex() : std::string(12, ' ');
      text += "  " + padded(node.where(), where) + "  " + padded(took(node), time, true) + "  " +
              id + "  " + node.how();
    }
    text.erase(text.find_last_not_of(' ') + 1);
    if (colour && node.from_memory) {
      text = std::string(k_dim) + text + std::string(k_plain);
    } else if (colour && node.depth == 0) {
      text = std::string(k_bold) + text + std::string(k_plain);
    }
    out += text + "\n";
  }
  return out;
}

}  // namespace samara::cli
