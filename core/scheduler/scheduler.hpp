// The scheduler: one evaluation and an immutable snapshot in, one plan out. Pure: the same arguments give the
// same plan, so it runs as a Compute on any thread.
//
// Reading order: scheduler (this), attempt (the retries around it), reconcile (what is wanted), selector (where),
// feasibility, capacity, applier (the check before the commit).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/model/evaluation.hpp"
#include "core/model/plan.hpp"
#include "core/scheduler/selector.hpp"
#include "core/state/state.hpp"

namespace core::scheduler {

/// What operators set for the whole cluster (`operator scheduler set-config`).
struct Config {
  Algorithm algorithm = Algorithm::binpack;
};

/// What one pass over a snapshot came to.
struct Scheduled {
  model::Plan plan;  // its annotations are the DesiredUpdates by group
  /// The evaluation as it will be if the whole plan is committed: status, description, failed_tg_allocs,
  /// queued_allocations, blocked_eval; for one that stays blocked also its classes and snapshot index.
  model::Evaluation eval;
  /// Waits for capacity in the name of `eval`; to be stored when `eval` is.
  std::optional<model::Evaluation> blocked;
  /// Wait for their time (`wait_until`). To be stored before the plan is: the plan names them, and allocations
  /// that name an evaluation nobody has are never placed anew.
  std::vector<model::Evaluation> follow_ups;
};

/// Plans for service, batch, system and sysbatch evaluations. An evaluation of another type fails.
/// `now` decides what is rescheduled now and what later. Times are not measured: allocation_time stays 0.
Scheduled plan(const state::State& snapshot, const model::Evaluation& eval, Rng rng, WallTime now,
               const Config& config);

/// A new evaluation in the name of `eval`, blocked until capacity that may help appears. `placement_conflicts`:
/// not for want of nodes, but because its plans were refused too often.
model::Evaluation blocked_eval(const model::Evaluation& eval, std::string id, bool placement_conflicts);

}  // namespace core::scheduler
