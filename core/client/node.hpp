// What the host told, as the node that registers (client-internals.md §1, §2).
#pragma once

#include <string>

#include "core/base/time.hpp"
#include "core/client/client.hpp"

namespace core::client {

/// The node, `initializing`, with the cluster's view of its machine.
model::Node make_node(const Config& config, std::string id, std::string secret_id, const world::HostFingerprinted& host,
                      WallTime now);

/// "v1:…": equal for nodes that are alike to every feasibility check. Made of datacenter, class, pool, and those
/// attributes and meta that are not `unique.`.
std::string computed_class(const model::Node& node);

}  // namespace core::client
