// Notices what happens in a run and tells those who wait for it: entries of the timeline, nemeses, expectations.
//
// Only what somebody listens for is looked for. It is told right after the event in which it showed, before the node
// carries out what it wants in answer; who acts on it does so by World::at.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/state/state.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/scenario/happening.hpp"

namespace simulator {

/// Whether it is told at the very edge, where what is done to the node at once strikes between two of its deeds.
bool is_promise(const Happening& happening);

class Happenings final : public io_sim::Watcher {
 public:
  explicit Happenings(Cluster& cluster)
      : cluster_(cluster), servers_(cluster.servers()), lives_(cluster.size()), regions_(cluster.regions().size()) {}

  /// `told` gets the node that it happened to; nothing where it happened to none.
  using Told = std::function<void(std::optional<NodeId>)>;
  void listen(const Happening& happening, Told told);

  void handled(NodeId node, TrueTime at, const core::world::Event& event, const core::world::Effects& effects) override;

 private:
  using Kind = Happening::Kind;
  struct Listener {
    Happening happening;
    Told told;
  };
  // What of a server is compared from event to event.
  struct Brief {
    bool known = false;
    std::uint64_t life = 0;
    core::raft::Term term;
    bool leads = false;
    bool voted = false;
    bool vote_durable = true;
    core::raft::Index first, last, durable, commit;
  };
  struct JobSeen {
    std::uint64_t version = 0;
    bool running = false;
    bool complete = false;
  };

  bool heard(Kind kind) const { return kinds_.contains(kind); }
  bool any_heard(std::initializer_list<Kind> kinds) const;
  void tell(Kind kind, const std::string& name, std::optional<NodeId> node);
  void look_at_processes();
  void look_at_server(NodeId node);
  // What was last seen of a region's state.
  struct Region {
    std::uint64_t nodes_index = 0;
    std::uint64_t jobs_index = 0;
    std::uint64_t allocs_index = 0;
    std::map<std::string, core::model::NodeStatus> nodes;
    std::map<std::string, JobSeen> jobs;
    std::map<std::string, core::model::ClientStatus> allocs;
  };
  void look_at_state(const core::state::State& state, Region& region);
  void look_at_nodes(const core::state::State& state, Region& region);
  void look_at_jobs(const core::state::State& state, Region& region);
  void look_at_allocs(const core::state::State& state, Region& region);

  Cluster& cluster_;
  std::vector<Listener> listeners_;
  std::set<Kind> kinds_;
  std::vector<Brief> servers_;
  std::vector<std::uint64_t> lives_;  // of processes; odd or even says nothing, another number is another life
  std::vector<bool> up_;
  std::vector<Region> regions_;
};

}  // namespace simulator
