// What the passes of all job types share: the growing plan, and the bookkeeping of what could not be placed.
#pragma once

#include <map>
#include <string>

#include "core/scheduler/cluster.hpp"
#include "core/scheduler/reconcile.hpp"
#include "core/scheduler/scheduler.hpp"
#include "core/scheduler/selector.hpp"

namespace core::scheduler {

/// One pass over a snapshot. Lives as long as one call of plan().
class Pass {
 public:
  Pass(const state::State& snapshot, const model::Evaluation& eval, const model::Job& job, Rng& rng, WallTime now,
       const Config& config);

  Cluster& cluster() { return cluster_; }
  Selector& selector() { return selector_; }
  Scheduled& out() { return out_; }

  void stop(const Stop& stop);
  /// Takes the last stop back.
  void unstop(const model::Allocation& alloc);
  /// Adds a new allocation of `group` to the plan. The metrics are the selector's last ones.
  void place(const Choice& choice, const Missing& missing);
  /// Adds an old one, now of this version of the job, with all that it holds.
  void keep(const InPlace& in_place);
  /// Counts what was not placed, and keeps the first reason.
  void fail(const model::TaskGroup& group);
  bool has_failed(const model::TaskGroup& group) const { return out_.eval.failed_tg_allocs.contains(group.name); }
  /// Closes the pass: statuses, and a blocked evaluation if something waits for capacity.
  Scheduled finish();

 private:
  const state::State& snapshot_;
  const model::Evaluation& eval_;
  const model::Job& job_;
  Rng& rng_;
  WallTime now_;
  Cluster cluster_;
  Selector selector_;
  Scheduled out_;
};

/// An empty result for the evaluation, complete.
Scheduled nothing_yet(const state::State& snapshot, const model::Evaluation& eval);

/// The passes by job type; `job` is not stopped.
void plan_generic(Pass& pass, const state::State& snapshot, const model::Evaluation& eval, const model::Job& job,
                  Rng& rng, WallTime now);
void plan_system(Pass& pass, const state::State& snapshot, const model::Evaluation& eval, const model::Job& job);

}  // namespace core::scheduler
