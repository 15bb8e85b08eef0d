// node status.
#include <fmt/format.h>

#include "agent/cli/commands.hpp"
#include "agent/cli/lookup.hpp"
#include "agent/cli/node_format.hpp"

namespace agent::cli {
namespace {

struct NodeFlags {
  bool verbose = false, allocs = false, self = false, stats = false, brief = false, quiet = false, os = false;
  std::string filter;
};

std::map<std::string, std::int64_t> running_allocs(Call& call, const Json& nodes) {
  std::map<std::string, std::int64_t> out;
  for (const auto& node : items(nodes)) {
    const auto id = text(node, "ID");
    auto allocs = call.api().get("/v1/node/" + url_escaped(id) + "/allocations");
    if (!allocs) continue;
    for (const auto& alloc : items(*allocs)) out[id] += text(alloc, "ClientStatus") == "running";
  }
  return out;
}

int list_nodes(Call& call, const NodeFlags& flags) {
  Query query;
  if (!flags.filter.empty()) query["filter"] = flags.filter;
  if (flags.os) query["os"] = "true";
  auto nodes = call.api().get("/v1/nodes", query);
  if (!nodes) return call.fail("Error querying node status: " + nodes.error().text);
  if (call.wants_format()) return call.print_formatted(*nodes);
  if (items(*nodes).empty()) return 0;
  if (flags.quiet) {
    for (const auto& node : items(*nodes)) {
      call.output(limit(text(node, "ID"), flags.verbose ? full_id_length : short_id_length));
    }
    return 0;
  }
  NodeListView view{.verbose = flags.verbose, .os = flags.os};
  if (flags.allocs) view.allocs = running_allocs(call, *nodes);
  call.output(format_nodes(*nodes, view));
  return 0;
}

int show(Call& call, const std::string& id, const NodeFlags& flags) {
  auto node = call.api().get("/v1/node/" + url_escaped(id));
  if (!node) return call.fail("Error querying node info: " + node.error().text);
  if (call.wants_format()) return call.print_formatted(*node);
  NodeParts parts{.node = std::move(*node)};
  auto allocs = call.api().get("/v1/node/" + url_escaped(id) + "/allocations");
  if (!allocs) return call.fail("Error querying node allocations: " + allocs.error().text);
  parts.allocations = std::move(*allocs);
  if (!flags.brief) {
    auto stats = call.api().get("/v1/client/stats", {{"node_id", id}});
    if (stats) {
      parts.host_stats = std::move(*stats);
    } else {
      call.output("");
      call.error("error fetching node stats: " + stats.error().text);
    }
    for (const auto& alloc : items(parts.allocations)) {
      if (text(alloc, "ClientStatus") != "running") continue;
      const auto alloc_id = text(alloc, "ID");
      auto use = call.api().get("/v1/client/allocation/" + url_escaped(alloc_id) + "/stats");
      if (use) parts.alloc_stats[alloc_id] = std::move(*use);
    }
  }
  call.output(format_node(parts, {.brief = flags.brief, .stats = flags.stats}, call.style(flags.verbose)));
  return 0;
}

}  // namespace

int show_node(Call& call, const std::string& id, bool verbose) {
  const auto found = find_node(call, id);
  return found ? show(call, *found, {.verbose = verbose}) : found.error();
}

int node_status(Call& call) {
  NodeFlags flags;
  call.flags.add("verbose", flags.verbose, "Show whole ids and more detail.");
  call.flags.add("allocs", flags.allocs, "Count the running allocations of each node.");
  call.flags.add("self", flags.self, "Show the node of the agent that is asked.");
  call.flags.add("stats", flags.stats, "Show the use of processors, memory and disks in detail.");
  call.flags.add("short", flags.brief, "Show the node and its allocations only.");
  call.flags.add("quiet", flags.quiet, "Print ids only.");
  call.flags.add("os", flags.os, "Show the operating system.");
  call.flags.add("filter", flags.filter, "An expression that what is listed must meet.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (call.args.size() > 1) return call.usage("This command takes either one or no arguments");
  std::string wanted = call.args.empty() ? "" : call.args[0];
  if (wanted.empty() && !flags.self) {
    if (flags.brief) return call.usage("-short is for one node, and none is named");
    if (flags.quiet && call.wants_format()) return call.usage("-quiet cannot be used with -json or -t");
    return list_nodes(call, flags);
  }
  if (!flags.filter.empty()) return call.fail("The -filter flag is for the list of nodes, not for one");
  if (flags.quiet) return call.usage("-quiet cannot be used when one node is named");
  if (flags.self) {
    auto self = call.api().get("/v1/agent/self");
    if (!self) return call.fail("Error querying agent info: " + self.error().text);
    wanted = text(at(*self, {"stats", "client", "node_id"}));
    if (wanted.empty()) return call.fail("Agent is not running as a client: -self names no node");
  }
  const auto found = find_node(call, wanted);
  return found ? show(call, *found, flags) : found.error();
}

}  // namespace agent::cli
