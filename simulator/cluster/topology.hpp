// Who is in the cluster of a run: each node with its place, its machine and its settings, after what the scenario
// leaves to chance has been drawn.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.hpp"
#include "io-sim/choices.hpp"
#include "io-sim/host.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

/// At most how many nodes a run has, whatever the scenario says: what minimising takes away. They count as the result
/// of a run does, so that what a run had, as its limit, is the same run.
struct NodeLimit {
  std::optional<std::size_t> servers;  // spares included, which are the first to go
  std::optional<std::size_t> clients;
  friend bool operator==(const NodeLimit&, const NodeLimit&) = default;
};

/// A node of the cluster, before it is made.
struct NodePlan {
  std::string name;
  std::string ip;
  bool server = false;
  bool spare = false;
  std::string region;
  std::string datacenter;
  std::string rack;
  const NodeGroup* group = nullptr;  // null: a spare
  io_sim::Machinery machinery;
  std::shared_ptr<const agent::config::AgentConfig> config;  // shared by all that are alike

  /// Whether it is of this region, datacenter, rack, class or pool.
  bool is_in(std::string_view place) const;
};

/// Servers first, spares after them, then clients.
std::vector<NodePlan> draw_topology(const ClusterPlan& plan, const NodeLimit& limit, io_sim::Choices& choices);

/// Draws from a range.
std::uint64_t draw(io_sim::Stream& chance, Count from);
core::Duration draw(io_sim::Stream& chance, Span from);
core::Duration draw(io_sim::Stream& chance, Shift from);
double draw(io_sim::Stream& chance, Share from);
double draw(io_sim::Stream& chance, Drift from);

}  // namespace simulator
