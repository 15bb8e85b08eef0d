#include "simulator/cluster/cluster.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/config/core_config.hpp"
#include "agent/config/merge.hpp"
#include "simulator/cluster/links.hpp"

namespace simulator {
namespace {

constexpr std::uint64_t snapshot_chunk_bytes = 1000;
constexpr core::Duration start_spread{1'000'000'000};

}  // namespace

Cluster::Cluster(io_sim::World& world, const Scenario& scenario, const NodeLimit& limit, io_sim::Choices& choices)
    : world_(world), scenario_(scenario), plans_(draw_topology(scenario.cluster, limit, choices)) {
  io_sim::Stream limits = choices.stream("world", "limits");
  append_entries_ = draw(limits, scenario_.cluster.append_entries);
  io_sim::Stream hosts = choices.stream("world", "hosts");
  const double slow = draw(hosts, scenario_.hosts.slow);
  for (NodeId node = 0; node < plans_.size(); ++node) {
    const NodePlan& plan = plans_[node];
    ++(plan.server ? servers_ : clients_);
    const auto known = std::find(regions_.begin(), regions_.end(), plan.region);
    region_of_.push_back(static_cast<std::size_t>(known - regions_.begin()));
    if (known == regions_.end()) regions_.push_back(plan.region);
    founders_.resize(regions_.size());
    if (plan.server && !plan.spare) founders_[region_of_.back()].push_back(plan.ip);
    left_.push_back(plan.spare);
    world_.add_node(plan.name, plan.ip, plan.machinery, [this, node](std::uint64_t seed) {
      return std::make_unique<core::agent::Agent>(config_of(node), seed);
    });
    set_clock(node, choices.stream("clock", plan.name));
    io_sim::Stream start = choices.stream("start", plan.name);
    start_after_.push_back(start.between({}, start_spread));
    if (start.chance(slow)) world_.set_lag(node, scenario_.hosts.slow_by);
    const auto special = scenario_.cluster.nodes.find(plan.name);
    if (special != scenario_.cluster.nodes.end() && special->second.slow_by)
      world_.set_lag(node, *special->second.slow_by);
  }
  lay_links(world_.network(), scenario_, plans_, choices);
  for (std::size_t region = 0; region < regions_.size(); ++region) {
    std::vector<NodeId> copies;
    for (NodeId node = 0; node < servers_; ++node)
      if (!plans_[node].spare && region_of_[node] == region) copies.push_back(node);
    world_.damage().add_group(copies);
  }
}

void Cluster::set_clock(NodeId node, io_sim::Stream chance) {
  double drift = chance.either_way(draw(chance, scenario_.clocks.drift));
  core::Duration offset{
      static_cast<std::int64_t>(chance.either_way(static_cast<double>(scenario_.clocks.offset.count())))};
  if (const auto special = scenario_.cluster.nodes.find(plans_[node].name); special != scenario_.cluster.nodes.end()) {
    if (special->second.drift) drift = draw(chance, *special->second.drift);
    if (special->second.offset) offset = draw(chance, *special->second.offset);
  }
  if (drift != 0) world_.clock(node).set_drift({}, drift);
  if (offset != core::Duration{}) world_.clock(node).step_wall(offset);
}

void Cluster::start_all() {
  for (NodeId node = 0; node < size(); ++node)
    if (!plans_[node].spare)
      world_.at(world_.now() + start_after_[node], [this, node] {
        note_started(node);  // told to leave before it was there
        world_.start(node);
      });
}

// What the daemon would make of the same settings at this address.
core::agent::Config Cluster::config_of(NodeId node) const {
  const NodePlan& plan = plans_[node];
  agent::config::AgentConfig config = *plan.config;
  config.name = plan.name;
  if (!plan.server)
    config.client.servers = founders_[region_of_[node]];
  else if (plan.spare)
    config.server.bootstrap_expect = 0;
  else if (config.server.bootstrap_expect == 0)
    config.server.bootstrap_expect = static_cast<std::int32_t>(founders_[region_of_[node]].size());
  agent::config::Addresses addresses;
  addresses.advertise_http = *core::Address::parse(plan.ip, io_sim::World::http_port);
  addresses.advertise_rpc = *core::Address::parse(plan.ip, io_sim::World::rpc_port);
  addresses.advertise_serf = *core::Address::parse(plan.ip, io_sim::World::serf_port);
  core::agent::Config out = agent::config::core_config(config, addresses, "/var/lib/nomad/alloc");
  // Small segments: the log goes from one to the next within a run, and a restart does not read 16 MiB of zeros.
  if (out.server) out.server->log_segment_bytes = scenario_.cluster.log_segment.bytes;
  if (out.server) out.server->append_entries = append_entries_;
  if (out.server) out.server->append_bytes = scenario_.cluster.append_bytes.bytes;
  // Small chunks: a snapshot of a small state, too, is many messages, of which some are lost.
  if (out.server) out.server->snapshot_chunk_bytes = snapshot_chunk_bytes;
  if (plan.server)
    for (const auto& of_region : founders_)
      for (const std::string& other : of_region)
        if (other != plan.ip) out.retry_join.push_back(other);
  return out;
}

bool Cluster::is_in(NodeId node, std::string_view place) const { return plans_[node].is_in(place); }

std::size_t Cluster::region(std::string_view name) const {
  const auto found = std::find(regions_.begin(), regions_.end(), name);
  return found == regions_.end() ? 0 : static_cast<std::size_t>(found - regions_.begin());
}

void Cluster::set_settings(NodeId node, const Settings& settings) {
  // It was read with the scenario, by the rules of the agent.
  if (auto changed = agent::config::apply(*plans_[node].config, settings.said))
    plans_[node].config = std::make_shared<agent::config::AgentConfig>(std::move(*changed));
}

std::optional<NodeId> Cluster::find(std::string_view name) const {
  for (NodeId node = 0; node < size(); ++node)
    if (world_.name(node) == name) return node;
  return std::nullopt;
}

const core::agent::Agent* Cluster::agent(NodeId node) const {
  return static_cast<const core::agent::Agent*>(world_.machine(node));
}

const core::server::Server* Cluster::server(NodeId node) const {
  const core::agent::Agent* const up = is_server(node) ? agent(node) : nullptr;
  return up == nullptr ? nullptr : up->server();
}

void Cluster::set_core(const std::vector<NodeId>& nodes) {
  core_.assign(size(), false);
  for (const NodeId node : nodes) core_[node] = true;
}

std::optional<NodeId> Cluster::leader(std::size_t region) const {
  std::optional<NodeId> found;
  core::raft::Term term;
  for (NodeId node = 0; node < servers_; ++node) {
    const core::server::Server* const up = region_of_[node] == region ? server(node) : nullptr;
    if (up == nullptr || up->raft() == nullptr || !up->is_leader() || up->raft()->term() < term) continue;
    found = node;
    term = up->raft()->term();
  }
  return found;
}

std::optional<NodeId> Cluster::established_leader(std::size_t region) const {
  const auto found = leader(region);
  return found && server(*found)->is_established() ? found : std::nullopt;
}

}  // namespace simulator
