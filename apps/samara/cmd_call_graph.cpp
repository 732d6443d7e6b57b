// samara call graph: what a call called, where it ran and how long it took.

#include "apps/samara/call_graph.hpp"
#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/value_io.hpp"

namespace samara::cli {
namespace {

std::string node_line(const CallNode& node, size_t index) {
  JsonLine line("node");
  line.number("node", uint64_t{index}).number("depth", uint64_t{node.depth});
  if (node.depth > 0) line.number("parent", uint64_t{node.parent});
  if (!node.more.empty()) return line.text("more", node.more).done();
  line.text("name", node.name).boolean("from_memory", node.from_memory);
  line.text("outcome", node.outcome);
  if (!node.attempt) return line.done();
  const ExecutionRecord& record = node.attempt->record;
  return line.text("call", node.key.call.hex())
      .text("function", node.key.function.hex())
      .text("where", node.where())
      .text("place", record.place)
      .text("attempt", record.id.text())
      .number("started_ms", record.started_ms)
      .number("wall_ns", record.usage.wall_ns)
      .done();
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  auto to = arguments.value("output");
  if (to && !to->ends_with(".svg") && *to != "-") {
    return context.misuse("option '--output' expects a file that ends with .svg, got '" +
                          std::string(*to) + "'");
  }
  SAMARA_TRY(store::CallKey key, call_named(context, arguments.positional(0)));
  SAMARA_TRY(auto nodes, call_graph(context, key));
  if (to) {
    SAMARA_CHECK(write_output(context, *to, graph_svg(nodes)));
    if (*to != "-")
      context.note("'" + std::string(*to) + "' shows " + std::to_string(nodes.size()) + " calls");
    return Exit::done;
  }
  if (!context.json()) {
    context.out().write(graph_text(nodes, context.colour()));
    return Exit::done;
  }
  for (size_t i = 0; i < nodes.size(); i++) context.out().line(node_line(nodes[i], i));
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"CALL", "id of a call, or its beginning", Completes::call},
};
constexpr OptionSpec k_options[] = {
    {"output", 'o', "FILE", "draw it as SVG, with times; - is stdout", Completes::file},
};

}  // namespace

constinit const Command k_call_graph = {
    .group = "call",
    .name = "graph",
    .summary = "show what a call called, where, how long, and what was remembered",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "It is read from the records: of each call the attempt that gave the answer.",
    .example = "samara call graph 7c1e02 -o graph.svg",
    .run = run,
};

}  // namespace samara::cli
