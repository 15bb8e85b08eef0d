#include "simulator/checkers/electable.hpp"

#include <fmt/format.h>

namespace simulator::checkers {
namespace {

// What makes a disk or a link so bad that votes may come too late for ever.
bool is_sound(const io_sim::DiskFaults& faults) {
  return !faults.write && !faults.sync && faults.hang == 0 && faults.capacity_bytes == io_sim::DiskFaults::no_end &&
         faults.write_error == 0 && faults.sync_error == 0 && faults.lies() == 0;
}

bool is_sound(const io_sim::Link& link, core::Duration election_timeout) {
  return link.loss <= 0.2 && link.latency.quantile(0.99) * 8 <= election_timeout && link.bytes_per_second == 0;
}

bool ahead(const core::raft::Raft& one, const core::raft::Raft& other) {
  if (one.log().last_term() != other.log().last_term()) return one.log().last_term() > other.log().last_term();
  return one.last_index() > other.last_index();
}

}  // namespace

std::optional<std::string> Electable::saw(const Sight& sight) {
  if (sight.raft.is_leader() && health_.well_since(sight.node, sight.at)) led_at_ = sight.at;
  return std::nullopt;
}

std::size_t Electable::supporters(const Round& round, NodeId server, TrueTime since) const {
  const Cluster& cluster = round.cluster;
  const io_sim::World& world = cluster.world();
  const core::raft::Raft& raft = *cluster.server(server)->raft();
  std::size_t out = 0;
  for (NodeId other = 0; other < cluster.servers(); ++other) {
    const core::server::Server* const up = cluster.region_of(other) == region_ ? cluster.server(other) : nullptr;
    if (up == nullptr || up->raft() == nullptr || cluster.has_left(other)) continue;
    if (!raft.configuration().is_voter(up->id()) || !is_sound(world.disk(other).faults())) continue;
    if (!up->raft()->configuration().is_voter(cluster.server(server)->id()) || ahead(*up->raft(), raft)) continue;
    if (!health_.meet_since(server, other, since)) continue;
    const core::Duration timeout = raft.config().election_timeout;
    if (other != server && (!is_sound(world.network().link(server, other), timeout) ||
                            !is_sound(world.network().link(other, server), timeout)))
      continue;
    ++out;
  }
  return out;
}

std::optional<std::string> Electable::at_intervals(const Round& round) {
  const Cluster& cluster = round.cluster;
  for (NodeId node = 0; node < cluster.servers(); ++node) {
    const core::server::Server* const server = cluster.region_of(node) == region_ ? cluster.server(node) : nullptr;
    if (server == nullptr || server->raft() == nullptr) continue;
    if (server->is_leader() && health_.well_since(node, round.at)) led_at_ = round.at;
  }
  for (NodeId node = 0; node < cluster.servers(); ++node) {
    const core::server::Server* const server = cluster.region_of(node) == region_ ? cluster.server(node) : nullptr;
    if (server == nullptr || server->raft() == nullptr || cluster.has_left(node)) continue;
    const core::raft::Raft& raft = *server->raft();
    const core::Duration most = patience * raft.config().election_timeout;
    if (round.at < led_at_ + most || raft.configuration().voters() == 0) continue;
    const TrueTime since = round.at - most;
    if (!health_.well_since(node, since) || 2 * supporters(round, node, since) <= raft.configuration().voters())
      continue;
    return fmt::format("nobody has led for {} s, in which a majority of the voters could have elected {}",
                       (round.at - led_at_).count() / 1'000'000'000, cluster.name(node));
  }
  return std::nullopt;
}

}  // namespace simulator::checkers
