#include "simulator/cluster/cluster.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator {
namespace {

std::string server_ip(std::size_t number) { return fmt::format("10.0.0.{}", number); }
std::string client_ip(std::size_t number) {
  // 10.1.0.1 and on, 250 to a subnet.
  const std::size_t at = number - 1;
  return fmt::format("10.{}.{}.{}", 1 + at / (250 * 250), at / 250 % 250, 1 + at % 250);
}

constexpr std::uint64_t log_segment_bytes = 64 * 1024;
constexpr core::Duration start_spread{1'000'000'000};

}  // namespace

std::uint64_t draw(io_sim::Stream& chance, Count from) {
  return from.low == from.high ? from.low : from.low + chance.below(from.high - from.low + 1);
}
core::Duration draw(io_sim::Stream& chance, Span from) {
  return from.low == from.high ? from.low : chance.between(from.low, from.high);
}
double draw(io_sim::Stream& chance, Share from) {
  return from.low == from.high ? from.low : from.low + (from.high - from.low) * chance.unit();
}

Cluster::Cluster(io_sim::World& world, const Scenario& scenario, const NodeLimit& limit, io_sim::Choices& choices)
    : world_(world), scenario_(scenario) {
  const ClusterPlan& plan = scenario_.cluster;
  io_sim::Stream counts = choices.stream("cluster");
  servers_ = draw(counts, plan.servers);
  clients_ = draw(counts, plan.clients);
  servers_ = std::min(servers_, std::max<std::size_t>(limit.servers.value_or(servers_), 1));
  clients_ = std::min(clients_, limit.clients.value_or(clients_));
  left_.assign(servers_ + clients_, false);
  const auto machine = [&](std::size_t client) {
    io_sim::Stream chance = choices.stream("machine", fmt::format("client-{}", client));
    io_sim::Machinery out;
    out.cpu_mhz = draw(chance, plan.machine.cpu_mhz);
    out.cpu_cores = static_cast<std::uint32_t>(draw(chance, plan.machine.cores));
    out.memory_mb = draw(chance, plan.machine.memory_mb);
    out.disk_mb = draw(chance, plan.machine.disk_mb);
    return out;
  };
  for (std::size_t i = 1; i <= servers_; ++i)
    world_.add_node(fmt::format("server-{}", i), server_ip(i), {}, [config = server_config(i)](std::uint64_t seed) {
      return std::make_unique<core::agent::Agent>(config, seed);
    });
  for (std::size_t i = 1; i <= clients_; ++i)
    world_.add_node(fmt::format("client-{}", i), client_ip(i), machine(i), [this, i](std::uint64_t seed) {
      return std::make_unique<core::agent::Agent>(client_config(i), seed);
    });
  std::vector<NodeId> copies;  // of the state: a majority of these disks stays whole
  for (NodeId node = 0; node < servers_; ++node) copies.push_back(node);
  if (!copies.empty()) world_.damage().add_group(copies);
  for (NodeId node = 0; node < size(); ++node) {
    io_sim::Stream clock = choices.stream("clock", name(node));
    const double drift = clock.either_way(scenario_.world.drift);
    const double offset = clock.either_way(static_cast<double>(scenario_.world.offset.count()));
    io_sim::Stream start = choices.stream("start", name(node));
    start_after_.push_back(start.between({}, start_spread));
    if (drift != 0) world_.clock(node).set_drift({}, drift);
    if (offset != 0) world_.clock(node).step_wall(core::Duration{static_cast<std::int64_t>(offset)});
  }
}

void Cluster::start_all() {
  for (NodeId node = 0; node < size(); ++node)
    world_.at(world_.now() + start_after_[node], [this, node] { world_.start(node); });
}

core::agent::Config Cluster::server_config(std::size_t number) const {
  const ClusterPlan& plan = scenario_.cluster;
  core::agent::Config config;
  config.node_name = fmt::format("server-{}", number);
  config.region = plan.region;
  config.datacenter = plan.datacenter;
  config.version = NOMAD_VERSION;
  config.leave_on_interrupt = true;
  core::server::Config server;
  server.region = plan.region;
  server.datacenter = plan.datacenter;
  server.node_name = config.node_name;
  server.version = config.version;
  server.bootstrap_expect = static_cast<std::uint32_t>(servers_);
  server.rpc_advertise = *core::Address::parse(server_ip(number), io_sim::World::rpc_port);
  server.serf_advertise = *core::Address::parse(server_ip(number), io_sim::World::serf_port);
  server.raft_multiplier = plan.settings.raft_multiplier.value_or(server.raft_multiplier);
  server.num_schedulers = plan.settings.num_schedulers.value_or(server.num_schedulers);
  // Small segments: the log goes from one to the next within a run, and a restart does not read 16 MiB of zeros.
  server.log_segment_bytes = log_segment_bytes;
  server.lan_gossip = plan.settings.lan_gossip.value_or(server.lan_gossip);
  auto& heartbeats = server.heartbeats;
  heartbeats.min_ttl = plan.settings.min_heartbeat_ttl.value_or(heartbeats.min_ttl);
  heartbeats.grace = plan.settings.heartbeat_grace.value_or(heartbeats.grace);
  heartbeats.failover_ttl = plan.settings.failover_heartbeat_ttl.value_or(heartbeats.failover_ttl);
  config.server = std::move(server);
  for (std::size_t other = 1; other <= servers_; ++other)
    if (other != number) config.retry_join.push_back(server_ip(other));
  return config;
}

core::agent::Config Cluster::client_config(std::size_t number) const {
  const ClusterPlan& plan = scenario_.cluster;
  core::agent::Config config;
  config.node_name = fmt::format("client-{}", number);
  config.region = plan.region;
  config.datacenter = plan.datacenter;
  config.version = NOMAD_VERSION;
  config.leave_on_interrupt = true;
  core::client::Config client;
  client.region = plan.region;
  client.datacenter = plan.datacenter;
  client.node_name = config.node_name;
  client.node_class = plan.machine.name;
  client.http_address = client_ip(number) + ":4646";
  client.version = config.version;
  client.alloc_dir = "/var/lib/nomad/alloc";
  config.client = std::move(client);
  for (std::size_t server = 1; server <= servers_; ++server) config.client_servers.push_back(server_ip(server));
  return config;
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

std::optional<NodeId> Cluster::leader() const {
  std::optional<NodeId> found;
  core::raft::Term term;
  for (NodeId node = 0; node < servers_; ++node) {
    const core::server::Server* const up = server(node);
    if (up == nullptr || up->raft() == nullptr || !up->is_leader() || up->raft()->term() < term) continue;
    found = node;
    term = up->raft()->term();
  }
  return found;
}

std::optional<NodeId> Cluster::established_leader() const {
  const auto found = leader();
  return found && server(*found)->is_established() ? found : std::nullopt;
}

}  // namespace simulator
