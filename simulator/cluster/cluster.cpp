#include "simulator/cluster/cluster.hpp"

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

std::uint64_t draw(core::Rng& rng, Count from) {
  return from.low == from.high ? from.low : from.low + rng.below(from.high - from.low + 1);
}
core::Duration draw(core::Rng& rng, Span from) {
  return from.low == from.high ? from.low : rng.between(from.low, from.high);
}
double draw(core::Rng& rng, Share from) {
  return from.low == from.high ? from.low : from.low + (from.high - from.low) * rng.unit();
}

Cluster::Cluster(io_sim::World& world, const Scenario& scenario, core::Rng rng)
    : world_(world), scenario_(scenario), rng_(rng) {
  const ClusterPlan& plan = scenario_.cluster;
  servers_ = draw(rng_, plan.servers);
  clients_ = draw(rng_, plan.clients);
  left_.assign(servers_ + clients_, false);
  const auto machine = [&] {
    io_sim::Machinery out;
    out.cpu_mhz = draw(rng_, plan.machine.cpu_mhz);
    out.cpu_cores = static_cast<std::uint32_t>(draw(rng_, plan.machine.cores));
    out.memory_mb = draw(rng_, plan.machine.memory_mb);
    out.disk_mb = draw(rng_, plan.machine.disk_mb);
    return out;
  };
  for (std::size_t i = 1; i <= servers_; ++i)
    world_.add_node(fmt::format("server-{}", i), server_ip(i), {}, [config = server_config(i)](std::uint64_t seed) {
      return std::make_unique<core::agent::Agent>(config, seed);
    });
  for (std::size_t i = 1; i <= clients_; ++i)
    world_.add_node(fmt::format("client-{}", i), client_ip(i), machine(), [this, i](std::uint64_t seed) {
      return std::make_unique<core::agent::Agent>(client_config(i), seed);
    });
  const auto either_way = [&](double most) { return most <= 0 ? 0.0 : (2 * rng_.unit() - 1) * most; };
  for (NodeId node = 0; node < size(); ++node) {
    const double drift = either_way(scenario_.world.drift);
    const double offset = either_way(static_cast<double>(scenario_.world.offset.count()));
    if (drift != 0) world_.clock(node).set_drift({}, drift);
    if (offset != 0) world_.clock(node).step_wall(core::Duration{static_cast<std::int64_t>(offset)});
  }
}

void Cluster::start_all() {
  for (NodeId node = 0; node < size(); ++node) {
    const core::Duration after = rng_.between(core::Duration{}, start_spread);
    world_.at(world_.now() + after, [this, node] { world_.start(node); });
  }
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
