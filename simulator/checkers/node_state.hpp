// NODESTATE: the status of a node follows its heartbeats: one that is up and reaches a steady leader is not held to be
// down, and one that is gone is not held to be ready, for longer than its time to live and the grace allow.
#pragma once

#include <vector>

#include "core/server/heartbeats.hpp"
#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class NodeState final : public Checker {
 public:
  /// Of one region. `heartbeats`: as its servers are configured.
  NodeState(const Cluster& cluster, std::size_t region, const core::server::HeartbeatConfig& heartbeats);
  std::string_view invariant() const override { return "NODESTATE"; }
  std::optional<std::string> at_intervals(const Round& round) override;

 private:
  // A client as it was found at each look since `since`.
  struct Client {
    NodeId node;
    enum class Is { unknown, well, gone } is = Is::unknown;
    TrueTime since;
  };
  void note(Client& client, Client::Is is, TrueTime at) const;
  std::optional<std::string> judge(const Round& round, const Client& client, const core::state::State& state) const;

  std::size_t region_;
  core::Duration patience_;  // with a leader that was there all the time
  core::Duration failover_;  // what a new one gives the nodes it inherits
  std::vector<Client> clients_;
  std::optional<NodeId> leader_;
  core::raft::Term term_;
  TrueTime led_since_;
};

}  // namespace simulator::checkers
