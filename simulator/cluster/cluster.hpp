// The cluster of a scenario: real agents, configured as the daemon configures its own, on nodes of a world.
// Servers are the nodes 0 .. servers-1, named server-1 and so on, at 10.0.0.1, spares the last of them; clients follow,
// at 10.1.0.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent/agent.hpp"
#include "io-sim/world.hpp"
#include "simulator/cluster/topology.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

using io_sim::NodeId;
using io_sim::TrueTime;

class Cluster {
 public:
  /// Draws what the scenario leaves to chance, and adds the nodes to the world, all switched off.
  Cluster(io_sim::World& world, const Scenario& scenario, const NodeLimit& limit, io_sim::Choices& choices);

  /// Switches all nodes but the spares on, each a drawn moment after now.
  void start_all();

  io_sim::World& world() { return world_; }
  const io_sim::World& world() const { return world_; }
  std::size_t servers() const { return servers_; }
  std::size_t clients() const { return clients_; }
  std::size_t size() const { return servers_ + clients_; }
  bool is_server(NodeId node) const { return node < servers_; }
  /// The regions, by number: that of the first server is 0.
  const std::vector<std::string>& regions() const { return regions_; }
  std::size_t region_of(NodeId node) const { return region_of_[node]; }
  /// Its number; of a name that is none, or empty: 0.
  std::size_t region(std::string_view name) const;
  const std::string& name(NodeId node) const { return world_.name(node); }
  std::optional<NodeId> find(std::string_view name) const;
  const NodePlan& plan(NodeId node) const { return plans_[node]; }
  /// Whether the node is of this region, datacenter, rack, class or pool.
  bool is_in(NodeId node, std::string_view place) const;
  /// Lays other settings over those the node's agent has from its next start on.
  void set_settings(NodeId node, const Settings& settings);

  /// Null while the node is down.
  const core::agent::Agent* agent(NodeId node) const;
  const core::server::Server* server(NodeId node) const;
  /// The server of the region that leads in the highest term, as far as those that are up know.
  std::optional<NodeId> leader(std::size_t region = 0) const;
  bool leads(NodeId node) const { return leader(region_of(node)) == node; }
  /// The leader once it has taken everything up; its state is the region's.
  std::optional<NodeId> established_leader(std::size_t region = 0) const;

  /// Leaves for ever unless it is started again.
  void note_left(NodeId node) { left_[node] = true; }
  void note_started(NodeId node) { left_[node] = false; }
  bool has_left(NodeId node) const { return left_[node]; }

  /// From now on only of these nodes is it asked that they are well. Until then it is asked of all.
  void set_core(const std::vector<NodeId>& nodes);
  bool in_core(NodeId node) const { return core_.empty() || core_[node]; }
  /// Up, a member, and one of those of which it is asked that they are well.
  bool counts(NodeId node) const { return world_.is_up(node) && !has_left(node) && in_core(node); }

 private:
  core::agent::Config config_of(NodeId node) const;
  void set_clock(NodeId node, io_sim::Stream chance);

  io_sim::World& world_;
  const Scenario& scenario_;
  std::vector<NodePlan> plans_;              // by node
  std::vector<core::Duration> start_after_;  // by node
  std::uint64_t append_entries_ = 64;
  std::size_t servers_ = 0;  // spares included
  std::size_t clients_ = 0;
  std::vector<std::string> regions_;
  std::vector<std::size_t> region_of_;              // by node
  std::vector<std::vector<std::string>> founders_;  // by region: the addresses of the servers that are no spares
  std::vector<bool> left_;
  std::vector<bool> core_;  // by node; empty: all
};

}  // namespace simulator
