// All checkers at work: looks at a server after each of its events, when something that a checker reads has changed.
// What it learns on the way, it tells as the story.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/history.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/report/story.hpp"

namespace simulator::checkers {

/// What happened in a run, as numbers: a check that passes because nothing happened proves nothing.
struct Coverage {
  std::uint64_t elections = 0;
  std::uint64_t leaders_deposed = 0;
  std::uint64_t truncations = 0;
  std::uint64_t committed = 0;
  std::uint64_t placements = 0;
  std::uint64_t nodes_down = 0;
  std::uint64_t restarts = 0;
};

class Watch final : public io_sim::Watcher {
 public:
  Watch(Cluster& cluster, Story& story);
  ~Watch() override;

  void handled(NodeId node, TrueTime at, const core::world::Event& event, const core::world::Effects& effects) override;

  /// The first thing that fell; later ones may only follow from it.
  const std::optional<Violation>& violation() const { return violation_; }
  const Coverage& coverage() const { return coverage_; }

 private:
  // What the checkers read, in brief: while it stays, nothing is to be checked.
  struct Brief {
    std::uint64_t life = 0;
    core::raft::Term term;
    bool leads = false;
    bool voted = false;
    bool hard_state_durable = false;
    core::raft::Index last;
    core::raft::Term last_term;
    core::raft::Index commit;
    core::raft::Index durable;
    std::uint64_t applied = 0;
    friend bool operator==(const Brief&, const Brief&) = default;
  };
  void committed(const Commit& commit);
  void tell_command(const Commit& commit);
  void tell_allocs(const Commit& commit, const core::state::UpdateAllocsFromClient& update);
  void fell(std::string_view invariant, TrueTime at, std::string what);

  Cluster& cluster_;
  Story& story_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::vector<Brief> briefs_;
  std::optional<Violation> violation_;
  Coverage coverage_;
  std::size_t registered_ = 0;
  std::map<std::string, bool> all_running_;  // by job
};

}  // namespace simulator::checkers
