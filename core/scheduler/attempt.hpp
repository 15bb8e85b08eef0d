// One evaluation's way through the scheduler: plan, submit, and plan again when the applier refused part of it
// (server-internals.md §13).
//
// How the server drives it:
//
//   Attempt attempt(eval);
//   1. Compute{plan(snapshot at least attempt.needed_index() new, attempt.eval(), rng.fork(), now, config)}
//   2. on Computed:    step = attempt.planned(scheduled)
//   3. Submit{first, plan}: commit `first` (UpdateEvals), then give the plan to the applier and commit what
//      evaluate_plan() lets through (ApplyPlanResult); step = attempt.answered(result, rng, now)
//   4. Replan{min_index}: wait until the local state is at least that new, then 1 again
//   5. Finish{evals}: commit them (UpdateEvals), then acknowledge the evaluation to the broker. Those with
//      status blocked go to the blocked evals, those with wait_until to the delay heap.
//
// Anything that ends between 3 and 5 (a lost leader, a nack) leaves an evaluation that is still pending; run
// again it finds what was placed and places the rest.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/scheduler/scheduler.hpp"

namespace core::scheduler {

struct Submit {
  std::vector<model::Evaluation> first;
  model::Plan plan;
};
struct Replan {
  std::uint64_t min_index = 0;
};
struct Finish {
  std::vector<model::Evaluation> evals;
};
using Step = std::variant<Submit, Replan, Finish>;

inline constexpr int max_attempts_service = 5;  // and system
inline constexpr int max_attempts_batch = 2;    // and sysbatch

class Attempt {
 public:
  explicit Attempt(model::Evaluation eval);

  const model::Evaluation& eval() const { return eval_; }
  /// The snapshot to plan on must have applied at least this.
  std::uint64_t needed_index() const { return needed_index_; }

  /// A plan is made: submit it, or finish if there is nothing to change.
  Step planned(Scheduled scheduled);
  /// The applier's answer to the plan submitted last. After too many refusals in a row the evaluation fails, and
  /// a blocked one, drawn from `rng`, takes its place.
  Step answered(const model::PlanResult& result, Rng& rng, WallTime now);

 private:
  int max_attempts() const;
  Finish finish();
  Finish give_up(const model::PlanResult& result, Rng& rng, WallTime now);

  model::Evaluation eval_;
  std::uint64_t needed_index_ = 0;
  int attempts_ = 0;  // in a row without progress
  bool submitted_ = false;
  Scheduled scheduled_;
};

}  // namespace core::scheduler
