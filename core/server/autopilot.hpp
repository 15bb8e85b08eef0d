// Autopilot: which of the region's servers are well, which newcomer may vote, and which dead one is to go
// (server-internals.md §6). The leader looks every few seconds; what it decides is one change of the configuration at a
// time, for Raft to carry out.
//
// Invariants: a server votes only after it was found healthy at every look of server_stabilization_time. A dead voter
// goes only while the voters that answer are a quorum of those that stay, fewer than half of all are dead, and
// min_quorum voters stay.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/gossip/gossip.hpp"
#include "core/model/autopilot.hpp"
#include "core/raft/configuration.hpp"

namespace core::server {

inline constexpr Duration autopilot_interval = 2s;        // between two looks
inline constexpr Duration autopilot_dead_patience = 10s;  // silent for that long, and gossip gave it up: dead

/// What the leader knows of one server of the configuration.
struct ServerFacts {
  std::string id;
  std::string name;  // of the gossip member; empty when gossip does not know it
  std::string address;
  std::string version;
  gossip::MemberStatus serf = gossip::MemberStatus::none;
  bool leader = false;
  bool voter = false;
  Duration last_contact{};  // since it last answered the leader
  std::uint64_t last_term = 0;
  std::uint64_t last_index = 0;  // that the leader knows to be on its disk
};

struct ServerHealth {
  ServerFacts facts;
  bool healthy = false;
  Instant since;          // it has been so
  WallTime stable_since;  // the same, for people
};

class Autopilot {
 public:
  /// What a look is made of, beside the servers.
  struct Sight {
    std::vector<ServerFacts> servers;
    /// How late an answer may be at the least: heartbeats go out only so often.
    Duration least_contact{};
    /// A voter that answered within it counts as living.
    Duration answer_patience{};
  };

  /// The leader looks. Servers that are not in `sight` are forgotten.
  void look(Now now, const model::AutopilotConfig& config, Sight sight);
  /// What is to be changed next, given the last look.
  std::optional<raft::ConfigurationChange> next_change(Instant now, const model::AutopilotConfig& config) const;
  /// Leadership is over: nothing of what was seen counts for the next.
  void forget() { servers_.clear(); }

  /// In the order of ids; empty on who does not lead.
  const std::vector<ServerHealth>& servers() const { return servers_; }
  bool healthy() const;
  /// How many healthy voters may fail without costing the quorum.
  std::size_t failure_tolerance() const;

 private:
  std::optional<raft::ConfigurationChange> promotion(Instant now, const model::AutopilotConfig& config) const;
  std::optional<raft::ConfigurationChange> removal(const model::AutopilotConfig& config) const;
  std::size_t voters() const;

  std::vector<ServerHealth> servers_;
  Duration answer_patience_{};
};

}  // namespace core::server
