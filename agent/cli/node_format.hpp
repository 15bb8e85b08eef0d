// Nodes as text.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/cli/json.hpp"
#include "agent/cli/style.hpp"

namespace agent::cli {

struct NodeListView {
  bool verbose = false;                                       // addresses, versions, whole ids
  bool os = false;                                            // its operating system
  std::optional<std::map<std::string, std::int64_t>> allocs;  // running ones by node id, for -allocs
};
/// The table of `node status`.
std::string format_nodes(const Json& nodes, const NodeListView& view);

/// What `node status ID` shows; every part but the node may be null.
struct NodeParts {
  Json node;
  Json allocations;                         // /v1/node/ID/allocations
  Json host_stats;                          // /v1/client/stats
  std::map<std::string, Json> alloc_stats;  // of the running ones, by id
};
struct NodeView {
  bool brief = false;  // -short
  bool stats = false;  // -stats
};
std::string format_node(const NodeParts& parts, const NodeView& view, const Style& style);

}  // namespace agent::cli
