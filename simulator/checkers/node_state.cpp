#include "simulator/checkers/node_state.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

NodeState::NodeState(const Cluster& cluster, std::size_t region, const core::server::HeartbeatConfig& heartbeats)
    : region_(region) {
  for (auto node = static_cast<NodeId>(cluster.servers()); node < cluster.size(); ++node)
    if (cluster.region_of(node) == region) clients_.push_back({node, Client::Is::unknown, {}});
  const core::Duration by_rate{
      static_cast<std::int64_t>(static_cast<double>(clients_.size()) / heartbeats.max_per_second * 1e9)};
  // A time to live is drawn from one to two times the base; then the report has to be committed, and a client that
  // was refused tries again after a while.
  const core::Duration slack = std::chrono::seconds(45);
  patience_ = 2 * std::max(heartbeats.min_ttl, by_rate) + heartbeats.grace + slack;
  failover_ = std::max(heartbeats.failover_ttl + slack, patience_);
}

void NodeState::note(Client& client, Client::Is is, TrueTime at) const {
  if (client.is == is) return;
  client.is = is;
  client.since = at;
}

std::optional<std::string> NodeState::at_intervals(const Round& round) {
  const Cluster& cluster = round.cluster;
  const io_sim::World& world = cluster.world();
  const auto leader = cluster.established_leader(region_);
  const core::raft::Term term = leader ? cluster.server(*leader)->raft()->term() : core::raft::Term{};
  if (leader != leader_ || term != term_ || !leader || world.is_paused(*leader)) led_since_ = round.at;
  leader_ = leader;
  term_ = term;
  std::optional<std::string> wrong;
  for (Client& client : clients_) {
    const NodeId node = client.node;
    // A client may speak to any server, and that one to the leader: well is who has no faults around.
    const bool reachable = world.network().cuts() == 0 && !world.is_paused(node) && world.lag(node) == core::Duration{};
    note(client, !world.is_up(node) ? Client::Is::gone : reachable ? Client::Is::well : Client::Is::unknown, round.at);
    if (leader && !wrong) wrong = judge(round, client, cluster.server(*leader)->state());
  }
  return wrong;
}

std::optional<std::string> NodeState::judge(const Round& round, const Client& client,
                                            const core::state::State& state) const {
  if (client.is == Client::Is::unknown) return std::nullopt;
  const core::Duration passed = std::min(round.at - client.since, round.at - led_since_);
  const bool gone = client.is == Client::Is::gone;
  if (passed <= (gone ? failover_ : patience_)) return std::nullopt;
  const auto seconds = passed.count() / 1'000'000'000;
  if (!gone) {
    const core::agent::Agent* const agent = round.cluster.agent(client.node);
    const auto held = agent != nullptr && agent->client() != nullptr ? state.node(agent->client()->node().id) : nullptr;
    if (held == nullptr || held->status != core::model::NodeStatus::down) return std::nullopt;
    return fmt::format("{} has been well for {} s and more under one leader, and is held to be down", held->name,
                       seconds);
  }
  // It has no id to be found by, and may have had several, each with a disk.
  std::optional<std::string> wrong;
  state.nodes("", [&](const core::state::Ref<core::model::Node>& one) {
    if (one->name == round.cluster.name(client.node) && one->status == core::model::NodeStatus::ready)
      wrong = fmt::format("{} has been down for {} s and more, and is held to be ready", one->name, seconds);
    return !wrong;
  });
  return wrong;
}

}  // namespace simulator::checkers
