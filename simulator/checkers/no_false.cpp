#include "simulator/checkers/no_false.hpp"

#include <functional>

#include <fmt/format.h>

namespace simulator::checkers {
namespace {

using core::gossip::MemberStatus;

/// Calls `visit(observer, subject, status)` for what each server that is up holds of each other one.
void each_view(const Cluster& cluster, const std::function<void(NodeId, NodeId, MemberStatus)>& visit) {
  for (NodeId observer = 0; observer < cluster.servers(); ++observer) {
    const core::server::Server* const server = cluster.server(observer);
    if (server == nullptr || server->gossip() == nullptr || cluster.world().is_paused(observer)) continue;
    for (const auto& [name, member] : server->gossip()->members())
      if (const auto subject = cluster.find(std::string_view(name).substr(0, name.find('.'))))
        if (*subject != observer && cluster.is_server(*subject)) visit(observer, *subject, member.status);
  }
}

}  // namespace

std::optional<std::string> NoFalse::at_intervals(const Round& round) {
  const std::size_t servers = round.cluster.servers();
  ServerSet everybody = 0;
  for (NodeId server = 0; server < servers; ++server)
    if (!round.cluster.has_left(server)) everybody |= ServerSet{1} << server;
  const bool calm_now = round.health.together_since(everybody, round.at - calm);
  std::optional<std::string> wrong;
  each_view(round.cluster, [&](NodeId observer, NodeId subject, MemberStatus status) {
    const bool failed = status == MemberStatus::failed;
    const bool was = failed_[observer * servers + subject];
    failed_[observer * servers + subject] = failed;
    if (failed && !was && calm_now && !round.cluster.has_left(subject) && round.at > TrueTime{} + calm)
      wrong = fmt::format("{} declares {} failed, though all servers have been together for {} s",
                          round.cluster.name(observer), round.cluster.name(subject), calm.count() / 1'000'000'000);
  });
  return wrong;
}

std::optional<std::string> Left::at_intervals(const Round& round) {
  const std::size_t servers = round.cluster.servers();
  const io_sim::World& world = round.cluster.world();
  std::optional<std::string> wrong;
  each_view(round.cluster, [&](NodeId observer, NodeId subject, MemberStatus status) {
    Seen& seen = left_[observer * servers + subject];
    if (seen.observer_life != world.life(observer)) seen = {world.life(observer), 0};
    if (status == MemberStatus::left) {
      if (seen.life == 0) seen.life = world.life(subject);
      return;
    }
    // A process that ends is another life; only a start is a reason to come back.
    const bool no_start_since = !world.is_up(subject) && world.life(subject) <= seen.life + 1;
    if (seen.life != 0 && status == MemberStatus::alive && no_start_since)
      wrong = fmt::format("{} held {} to have left, and now for alive, though it has not started again",
                          round.cluster.name(observer), round.cluster.name(subject));
    seen.life = 0;
  });
  return wrong;
}

}  // namespace simulator::checkers
