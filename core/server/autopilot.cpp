#include "core/server/autopilot.hpp"

#include <algorithm>

namespace core::server {
namespace {

bool dead(const ServerFacts& server) {
  const bool given_up = server.serf == gossip::MemberStatus::failed || server.serf == gossip::MemberStatus::none;
  return given_up && !server.leader && server.last_contact >= autopilot_dead_patience;
}

std::size_t quorum_of(std::size_t voters) { return voters / 2 + 1; }

}  // namespace

void Autopilot::look(Now now, const model::AutopilotConfig& config, Sight sight) {
  std::map<std::string, ServerHealth> before;
  for (ServerHealth& server : servers_) before.emplace(server.facts.id, std::move(server));
  servers_.clear();
  answer_patience_ = sight.answer_patience;
  std::sort(sight.servers.begin(), sight.servers.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  const auto leader = std::find_if(sight.servers.begin(), sight.servers.end(), [](const auto& s) { return s.leader; });
  const Duration patience = std::max(config.last_contact_threshold, sight.least_contact);
  for (ServerFacts& facts : sight.servers) {
    const bool knows_leader = leader != sight.servers.end();
    const bool healthy = knows_leader && facts.serf == gossip::MemberStatus::alive && facts.last_contact <= patience &&
                         facts.last_term == leader->last_term &&
                         facts.last_index + config.max_trailing_logs >= leader->last_index;
    ServerHealth server{facts, healthy, now.instant, now.wall};
    if (const auto was = before.find(facts.id); was != before.end() && was->second.healthy == healthy) {
      server.since = was->second.since;
      server.stable_since = was->second.stable_since;
    }
    servers_.push_back(std::move(server));
  }
}

std::size_t Autopilot::voters() const {
  return static_cast<std::size_t>(
      std::count_if(servers_.begin(), servers_.end(), [](const auto& server) { return server.facts.voter; }));
}

bool Autopilot::healthy() const {
  return !servers_.empty() &&
         std::all_of(servers_.begin(), servers_.end(), [](const auto& one) { return one.healthy; });
}

std::size_t Autopilot::failure_tolerance() const {
  const auto well = static_cast<std::size_t>(std::count_if(
      servers_.begin(), servers_.end(), [](const auto& server) { return server.facts.voter && server.healthy; }));
  return well - std::min(well, quorum_of(voters()));
}

std::optional<raft::ConfigurationChange> Autopilot::next_change(Instant now,
                                                                const model::AutopilotConfig& config) const {
  if (auto change = promotion(now, config)) return change;
  return removal(config);
}

std::optional<raft::ConfigurationChange> Autopilot::promotion(Instant now, const model::AutopilotConfig& config) const {
  for (const ServerHealth& server : servers_)
    if (!server.facts.voter && server.healthy && now - server.since >= config.server_stabilization_time)
      return raft::AddVoter{server.facts.id, server.facts.address};
  return std::nullopt;
}

// Who may have died is known to be silent to the leader, and given up by gossip: either alone errs too often. Servers
// without a vote cost nothing. Of the voters, those that answer decide alone on what remains, so they must be a quorum
// of it; and were half of them to be cleaned up, it would rather be us who are cut off.
std::optional<raft::ConfigurationChange> Autopilot::removal(const model::AutopilotConfig& config) const {
  if (!config.cleanup_dead_servers) return std::nullopt;
  std::size_t dead_voters = 0;
  std::size_t answering = 0;
  for (const ServerHealth& server : servers_) {
    if (!server.facts.voter) {
      if (dead(server.facts)) return raft::RemoveServer{server.facts.id};
      continue;
    }
    if (dead(server.facts)) ++dead_voters;
    if (server.facts.leader || server.facts.last_contact <= answer_patience_) ++answering;
  }
  const std::size_t all = voters();
  if (dead_voters == 0 || 2 * dead_voters >= all) return std::nullopt;
  const std::size_t remain = all - 1;
  if (remain < config.min_quorum || answering < quorum_of(remain)) return std::nullopt;
  for (const ServerHealth& server : servers_)
    if (server.facts.voter && dead(server.facts)) return raft::RemoveServer{server.facts.id};
  return std::nullopt;
}

}  // namespace core::server
