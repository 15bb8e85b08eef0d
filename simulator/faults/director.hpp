// Carries the timeline and the nemeses of a scenario out: draws when and whom, does it, undoes what lasts only a while,
// and at the end takes all faults away. One file a family of actions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulator/cluster/cluster.hpp"
#include "simulator/cluster/command_line.hpp"
#include "simulator/cluster/operator.hpp"
#include "simulator/expect/expectations.hpp"
#include "simulator/expect/happenings.hpp"
#include "simulator/faults/operation.hpp"
#include "simulator/report/story.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

/// What a director works with. All of it outlives the director.
struct Stage {
  Cluster& cluster;
  Operator& api;
  Story& story;
  const Scenario& scenario;
  Happenings& happenings;
  Expectations& expectations;
  io_sim::Choices& choices;
  const Operations* only = nullptr;  // the operations that are carried out; null: all
};

class Director {
 public:
  explicit Director(const Stage& stage);
  ~Director();

  /// Puts the whole timeline into the world's queue.
  void begin();
  /// Heals the network, starts what is down, resumes what stands still: everywhere, or with `liveness` within a core.
  /// Nothing new happens from now on.
  void end_faults();
  /// What was carried out, in that order. Nemeses count on after the entries of the timeline.
  const std::vector<Operation>& carried_out() const { return carried_out_; }
  /// What is wrong with a job file that an agent would not take: the scenario's fault.
  const std::string& scenario_error() const { return scenario_error_; }

 private:
  using Pair = std::pair<NodeId, NodeId>;
  // How an action is carried out: for how long, to whom it is tied, and who hears of its end.
  struct Doing {
    std::optional<Span> lasts;
    std::optional<NodeId> it;
    std::function<void()> ended;
  };
  struct Worse {
    io_sim::Link before;
    int times = 0;
  };
  struct Strikes {
    std::uint64_t budget = 0;
    std::uint64_t lasting = 0;
    std::uint32_t occurrence = 0;
  };

  // director.cpp
  void begin_entry(std::uint32_t number, const Entry& entry);
  void schedule(const Entry& entry, Operation operation, TrueTime when);
  void wait_for(const Entry& entry, std::uint32_t number, std::uint64_t times);
  void soon(const Happening& after, core::Duration delay, io_sim::Stream chance, const Action& action,
            Operation operation, Doing doing);
  void perform(const Action& action, Operation operation, Doing doing);
  void undo(const Doing& doing, std::function<void()> what);
  void tell(const std::string& text) { story_.tell(cluster_.world().now(), text); }
  std::string names(const std::vector<NodeId>& nodes) const;

  void heal_nodes(const std::vector<NodeId>& nodes);

  // core.cpp
  static constexpr core::Duration core_lag{50'000'000};  // of a node beyond the core that is slow for ever
  std::vector<NodeId> draw_core(const LivenessPlan& plan);
  void heal_core(const std::vector<NodeId>& core);
  void befall(NodeId node, const std::vector<NodeId>& core);

  // nemeses.cpp
  void begin_nemeses();
  void begin_nemesis(std::uint32_t number, const Nemesis& nemesis, io_sim::Stream chance);
  static core::Duration draw_pause(const Rate& rate, io_sim::Stream& chance);
  void next_strike(std::uint32_t number, const Nemesis& nemesis, TrueTime after);
  void strike(std::uint32_t number, const Nemesis& nemesis, std::optional<NodeId> it);
  bool leaves_quorum(const Nemesis& nemesis) const;
  bool may_mean(const Selector& selector, std::size_t region) const;

  // choosing.cpp
  std::vector<NodeId> choose(const Selectors& selectors, const std::set<NodeId>& taken, bool wants_up);
  void choose_one(const Selector& selector, const std::set<NodeId>& taken, bool wants_up, std::set<NodeId>& chosen);
  std::vector<NodeId> those_up(const Selectors& selectors);
  std::vector<std::vector<NodeId>> choose_sides(const Sides& sides);
  std::vector<Pair> ways_between(const Sides& sides, const std::vector<std::vector<NodeId>>& chosen);

  // lifecycle.cpp
  void act(const Doing& doing, const Crash& crash);
  void act(const Doing& doing, const PowerLoss& loss);
  void act(const Doing& doing, const Start& start);
  void act(const Doing& doing, const Restart& restart);
  void act(const Doing& doing, const Reformat& reformat);
  void act(const Doing& doing, const Replace& replace);
  void act(const Doing& doing, const Pause& pause);
  void act(const Doing& doing, const Resume& resume);
  void act(const Doing& doing, const Slow& slow);
  void act(const Doing& doing, const Upgrade& upgrade);
  void start(const std::vector<NodeId>& nodes, const char* how);
  // membership.cpp
  static constexpr core::Duration leave_look{100'000'000};  // how often one looks whether a leave is done
  void act(const Doing& doing, const Leave& leave);
  void come_back(const std::vector<NodeId>& who);
  void act(const Doing& doing, const ForceLeave& leave);
  void act(const Doing& doing, const Join& join);
  // partitions.cpp
  void act(const Doing& doing, const Partition& partition);
  void act(const Doing& doing, const Heal& heal);
  void act(const Doing& doing, const Loss& loss);
  void act(const Doing& doing, const Flaky& flaky);
  void worsen(Pair way, io_sim::Link link);
  void mend(Pair way);
  void mend_all();
  // clocks.cpp
  void act(const Doing& doing, const ClockChange& change);
  core::Duration offset_of(NodeId node) const;
  void set_offset(NodeId node, core::Duration offset);
  // disks.cpp
  void act(const Doing& doing, const DiskFull& full);
  void act(const Doing& doing, const DiskSlow& slow);
  void act(const Doing& doing, const DiskCorrupt& corrupt);
  void act(const Doing& doing, const DiskTorn& torn);
  void act(const Doing& doing, const SyncError& error);
  using MendDisk = std::function<void(io_sim::DiskFaults& now, const io_sim::DiskFaults& usual)>;
  void mend_disks(const std::vector<NodeId>& nodes, const MendDisk& mend);
  // jobs.cpp
  void act(const Doing& doing, const RunJob& run);
  void act(const Doing& doing, const StopJob& stop);
  void act(const Doing& doing, const OperatorCommand& command);
  void refuse(const RunJob& run, const std::string& why);
  void register_job(const RunJob& run, const std::string& body);

  Cluster& cluster_;
  Operator& operator_;
  Story& story_;
  const Scenario& scenario_;
  Happenings& happenings_;
  Expectations& expectations_;
  io_sim::Choices& choices_;
  io_sim::Stream rng_;  // of the operation that is being carried out
  const Operations* only_;
  std::optional<NodeId> it_;  // whom the event concerned that the operation waited for
  CommandLine command_line_;
  std::vector<Operation> carried_out_;
  std::vector<Strikes> strikes_;            // by nemesis
  std::vector<std::uint32_t> occurrences_;  // by entry that waits for something
  bool lasts_on_ = false;                   // what was carried out last will be undone
  bool over_ = false;
  std::uint64_t last_job_ = 0;
  double usual_loss_ = 0;
  struct Usual {  // of a node, when the run begins
    core::Duration lag;
    double drift = 0;
    core::Duration offset;
  };
  std::vector<Usual> usual_;                     // by node
  std::vector<io_sim::DiskFaults> usual_disks_;  // by node
  std::map<Pair, Worse> worse_;                  // links that are flaky
  std::map<std::string, std::string> parsed_;    // job files, as the API answered
  std::string scenario_error_;
};

/// What the operator sends to register the job that /v1/jobs/parse answered. Empty: that was no job.
std::string registration(const std::string& parsed, const std::string& id, const std::string& region,
                         std::optional<std::uint64_t> count, std::optional<std::uint64_t> memory_mb);

}  // namespace simulator
