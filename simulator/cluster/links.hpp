// The network of a scenario, laid between the nodes of a cluster: racks, datacenters, and groups of nodes.
#pragma once

#include "io-sim/world.hpp"
#include "simulator/cluster/topology.hpp"

namespace simulator {

/// Draws what the plan leaves to chance and sets every link. The nodes are those of the world, in order.
void lay_links(io_sim::Network& network, const Scenario& scenario, const std::vector<NodePlan>& nodes,
               io_sim::Choices& choices);

}  // namespace simulator
