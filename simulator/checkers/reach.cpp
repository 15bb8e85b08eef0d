#include "simulator/checkers/reach.hpp"

#include <fmt/format.h>

namespace simulator::checkers {
namespace {

/// The voters that are up, be it slowly, and that the server reaches both ways, itself among them.
std::size_t voters_met(const Round& round, NodeId node, const core::raft::Configuration& configuration) {
  std::size_t out = 0;
  for (NodeId other = 0; other < round.cluster.servers(); ++other)
    if (const auto* up = round.cluster.server(other); up != nullptr && configuration.is_voter(up->id()))
      out += other == node || round.health.exchange(node, other) ? 1 : 0;
  return out;
}

}  // namespace

std::optional<std::string> Reach::at_intervals(const Round& round) {
  std::optional<std::string> wrong;
  for (NodeId node = 0; node < round.cluster.servers(); ++node) {
    Alone& alone = alone_[node];
    const core::server::Server* const server = round.cluster.server(node);
    const bool leads = server != nullptr && server->raft() != nullptr && server->is_leader() &&
                       round.health.well_since(node, round.at);
    if (!leads || alone.life != round.cluster.world().life(node) || alone.term != server->raft()->term()) {
      alone = {round.cluster.world().life(node), leads ? server->raft()->term() : core::raft::Term{},
               TrueTime::never()};
      if (!leads) continue;
    }
    const core::raft::Configuration& configuration = server->raft()->configuration();
    // Voters that are down count as voters, too.
    const bool majority = 2 * voters_met(round, node, configuration) > configuration.voters();
    if (majority)
      alone.since = TrueTime::never();
    else if (alone.since == TrueTime::never())
      alone.since = round.at;
    const std::int64_t multiplier = server->raft()->config().election_timeout.count() / 1'000'000'000;
    if (!majority && round.at - alone.since > std::max<std::int64_t>(1, multiplier) * patience)
      wrong = fmt::format("{} has led term {} for {} s without reaching a majority of the voters",
                          round.cluster.name(node), alone.term.value, (round.at - alone.since).count() / 1'000'000'000);
  }
  return wrong;
}

}  // namespace simulator::checkers
