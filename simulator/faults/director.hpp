// Carries the timeline of a scenario out: draws when and whom, does it, undoes what lasts only a while, and at the
// end takes all faults away.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulator/cluster/cluster.hpp"
#include "simulator/cluster/operator.hpp"
#include "simulator/faults/operation.hpp"
#include "simulator/report/story.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

class Director {
 public:
  /// With `only`, no other operations are carried out; it must outlive the director.
  Director(Cluster& cluster, Operator& api, Story& story, const Scenario& scenario, io_sim::Choices& choices,
           const Operations* only);

  /// Puts the whole timeline into the world's queue.
  void begin();
  /// Heals the network, starts what is down, resumes what stands still; nothing new happens from now on.
  void end_all_faults();
  /// What was carried out, in that order.
  const std::vector<Operation>& carried_out() const { return carried_out_; }
  /// What is wrong with a job file that an agent would not take: the scenario's fault.
  const std::string& scenario_error() const { return scenario_error_; }

 private:
  using Pair = std::pair<NodeId, NodeId>;

  void schedule(const Entry& entry, Operation operation, TrueTime when);
  void carry_out(const Entry& entry, Operation operation);
  std::vector<NodeId> choose(const Selectors& selectors, const std::set<NodeId>& taken, bool wants_up);
  void choose_random(std::vector<NodeId> from, Count count, std::set<NodeId>& into);
  std::string names(const std::vector<NodeId>& nodes) const;
  void tell(const std::string& text) { story_.tell(cluster_.world().now(), text); }
  /// Later, unless the run has come to its end.
  void undo(const Entry& entry, std::function<void()> what);

  void act(const Entry& entry, const RunJob& run);
  void act(const Entry& entry, const StopJob& stop);
  void act(const Entry& entry, const Crash& crash);
  void act(const Entry& entry, const Start& start);
  void act(const Entry& entry, const Pause& pause);
  void act(const Entry& entry, const Resume& resume);
  void act(const Entry& entry, const Leave& leave);
  void act(const Entry& entry, const ForceLeave& leave);
  void act(const Entry& entry, const Partition& partition);
  void act(const Entry& entry, const Heal& heal);
  void act(const Entry& entry, const Loss& loss);
  void act(const Entry& entry, const ClockStep& step);
  void act(const Entry& entry, const Slow& slow);
  void start(const std::vector<NodeId>& nodes, bool had_left);
  void register_job(const std::string& file, const std::string& body);

  Cluster& cluster_;
  Operator& operator_;
  Story& story_;
  const Scenario& scenario_;
  io_sim::Choices& choices_;
  io_sim::Stream rng_;  // of the operation that is being carried out
  const Operations* only_;
  std::vector<Operation> carried_out_;
  bool over_ = false;
  std::uint64_t last_job_ = 0;
  double usual_loss_ = 0;
  std::map<std::string, std::string> parsed_;  // job files, as the API answered
  std::string scenario_error_;
};

/// What the operator sends to register the job that /v1/jobs/parse answered. Empty: that was no job.
std::string registration(const std::string& parsed, const std::string& id, std::optional<std::uint64_t> count,
                         std::optional<std::uint64_t> memory_mb);

}  // namespace simulator
