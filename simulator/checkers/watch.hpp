// All checkers at work: looks at a server after each of its events, when something that a checker reads has changed.
// What it learns on the way, it tells as the story.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"
#include "simulator/checkers/history.hpp"
#include "simulator/checkers/rate.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/coverage/command_points.hpp"
#include "simulator/coverage/event_points.hpp"
#include "simulator/coverage/server_points.hpp"
#include "simulator/report/story.hpp"

namespace simulator::checkers {

class Watch final : public io_sim::Watcher {
 public:
  Watch(Cluster& cluster, const Scenario& scenario, Story& story);
  ~Watch() override;

  void handled(NodeId node, TrueTime at, const core::world::Event& event, const core::world::Effects& effects) override;

  /// The first thing that fell; later ones may only follow from it.
  const std::optional<Violation>& violation() const { return violation_; }
  const coverage::Coverage& coverage() const { return coverage_; }

  /// Told of each command that is seen committed for the first time, by whatever event is being handled.
  std::function<void(const Commit&)> on_command;

 private:
  using Checkers = std::vector<std::unique_ptr<Checker>>;
  // What the checkers read, in brief: while it stays, nothing is to be checked.
  struct Brief {
    std::uint64_t life = 0;
    core::raft::Term term;
    bool leads = false;
    core::raft::Role role = core::raft::Role::follower;
    bool voted = false;
    bool hard_state_durable = false;
    core::raft::Index last;
    core::raft::Term last_term;
    core::raft::Index commit;
    core::raft::Index durable;
    std::uint64_t applied = 0;
    std::uint64_t matches = 0;  // of a leader's followers, in sum
    bool next_fits = true;      // and each is sent what comes after them
    std::uint64_t guesses = 0;  // what those are sent next of whom nothing is known, in sum
    friend bool operator==(const Brief&, const Brief&) = default;
  };
  Brief brief(NodeId node, const core::server::Server& server) const;
  void look_around(TrueTime at);
  void note_hand_over(NodeId node, TrueTime at, const core::world::Effects& effects);
  void committed(const Commit& commit);
  template <class Ask>
  void ask(const Checkers& checkers, TrueTime at, std::optional<NodeId> node, Ask ask);
  void tell_command(const Commit& commit);
  void tell_allocs(const Commit& commit, const core::state::UpdateAllocsFromClient& update);
  void fell(std::string_view invariant, TrueTime at, std::string what, std::optional<NodeId> node);

  Checkers of_region(std::size_t region, const Scenario& scenario);

  Cluster& cluster_;
  Story& story_;
  Health health_;
  std::vector<Checkers> of_regions_;  // each is a peer set of its own
  Checkers of_all_;                   // of who is together with whom, and of the one pool of gossip
  Rate* rate_ = nullptr;              // one of those
  TrueTime next_round_;
  std::vector<TrueTime> handed_over_;  // by server: when it last began to
  struct Disk {
    std::string id;  // of the server that it holds
    std::uint64_t number = 0;
  };
  std::vector<Disk> disks_;
  std::vector<Brief> briefs_;
  std::optional<Violation> violation_;
  coverage::Coverage coverage_;
  coverage::ServerPoints server_points_;
  coverage::CommandPoints command_points_;
  coverage::EventPoints event_points_;
  struct Told {
    std::size_t clients = 0;  // there are, in the scenario
    std::size_t registered = 0;
    std::map<std::string, bool> all_running;  // by job
  };
  std::vector<Told> told_;  // by region
};

}  // namespace simulator::checkers
