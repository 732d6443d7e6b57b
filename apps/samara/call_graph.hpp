#pragma once
// CallGraph: a call and the calls that it made, read from their records; as a tree of text, and as
// a drawing with times. Threads: one.

#include <optional>
#include <string>
#include <vector>

#include "apps/samara/context.hpp"
#include "engine/records.hpp"
#include "store/executions.hpp"

namespace samara::cli {

struct CallNode {
  store::CallKey key;
  std::string name;
  size_t depth = 0;
  size_t parent = 0;  // index; the first node's is its own
  bool last = true;   // of its parent's calls
  bool from_memory = false;
  bool shown_before = false;               // what it called stands where it came first
  std::string outcome;                     // for people, as its caller noted it
  std::optional<engine::Attempt> attempt;  // that gave the answer; none: its record is gone
  std::string more;                        // instead of a call: calls that are not noted one by one

  /// What it ran in: "east", "native", or the runtime of the worker that had it.
  std::string where() const;
  /// "computed", "from memory", or how it failed.
  std::string how() const;
  uint64_t wall_ns() const { return attempt ? attempt->record.usage.wall_ns : 0; }
};

/// In the order of a tree that is walked from its root, first called first. Errors: those of the
/// store.
Result<std::vector<CallNode>> call_graph(Context& context, const store::CallKey& root);

/// One line a call, with the branches of a tree.
std::string graph_text(const std::vector<CallNode>& nodes, bool colour);
/// SVG that stands alone: the tree on the left, when each call ran on the right.
std::string graph_svg(const std::vector<CallNode>& nodes);

}  // namespace samara::cli
