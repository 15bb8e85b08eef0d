// Coverage points about Raft, told from a server's state after each event that changed it.
#pragma once

#include <map>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/coverage/coverage.hpp"

namespace simulator::coverage {

class ServerPoints {
 public:
  ServerPoints(const Cluster& cluster, Coverage& coverage)
      : cluster_(cluster), coverage_(coverage), seen_(cluster.servers()) {}
  void saw(const checkers::Sight& sight);

 private:
  // A server as it was when it was last looked at.
  struct Seen {
    std::uint64_t life = 0;
    core::raft::Role role = core::raft::Role::follower;
    core::raft::Term term;
    bool voted = false;
    bool hard_state_durable = true;
    core::raft::Index first, last, durable, commit, configuration;
    core::raft::Term last_term;
    std::size_t servers = 0;
    bool behind = false;
  };
  struct Candidacy {
    std::size_t server = 0;
    core::raft::Index last;
    core::raft::Term last_term;
  };
  static Seen look(const checkers::Sight& sight);
  void came_back(const Seen& was, const Seen& is);
  void changed_role(const Seen& was, const Seen& is, std::size_t server);
  void changed_term(const Seen& was, const Seen& is);
  void changed_log(const Seen& was, const Seen& is, const core::raft::Log& log);
  void committed(const Seen& was, const Seen& is, const core::raft::Raft& raft);
  void fell_behind(Seen& is);

  const Cluster& cluster_;
  Coverage& coverage_;
  std::vector<Seen> seen_;
  std::map<core::raft::Term, Candidacy> candidates_;  // the first of each late term
  core::raft::Index most_committed_;
};

}  // namespace simulator::coverage
