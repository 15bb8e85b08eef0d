#include "core/scheduler/attempt.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"

namespace core::scheduler {

Attempt::Attempt(model::Evaluation eval)
    : eval_(std::move(eval)), needed_index_(std::max(eval_.modify_index, eval_.snapshot_index)) {}

int Attempt::max_attempts() const {
  return eval_.type == "batch" || eval_.type == "sysbatch" ? max_attempts_batch : max_attempts_service;
}

Step Attempt::planned(Scheduled scheduled) {
  check(!submitted_, "a plan is made only when none is with the applier");
  scheduled_ = std::move(scheduled);
  if (scheduled_.plan.empty()) return finish();
  submitted_ = true;
  return Submit{scheduled_.follow_ups, std::move(scheduled_.plan)};
}

Step Attempt::answered(const model::PlanResult& result, Rng& rng, WallTime now) {
  check(submitted_, "only a plan that was submitted has an answer");
  submitted_ = false;
  const bool committed_whole = result.refresh_index == 0 && result.rejected_nodes.empty();
  if (committed_whole) return finish();
  const bool progress = !result.stops.empty() || !result.placements.empty();
  attempts_ = progress ? 0 : attempts_ + 1;
  needed_index_ = std::max({needed_index_, result.refresh_index, result.alloc_index});
  if (attempts_ >= max_attempts()) return give_up(result, rng, now);
  return Replan{needed_index_};
}

Finish Attempt::finish() {
  Finish done;
  if (scheduled_.blocked) done.evals.push_back(*scheduled_.blocked);
  done.evals.push_back(scheduled_.eval);
  return done;
}

Finish Attempt::give_up(const model::PlanResult& result, Rng& rng, WallTime now) {
  model::Evaluation failed = scheduled_.eval;
  failed.status = model::EvalStatus::failed;
  failed.status_description = fmt::format("maximum attempts reached ({})", max_attempts());
  failed.modify_time = now.unix_ns;
  failed.class_eligibility.clear();
  model::Evaluation blocked = blocked_eval(failed, rng.uuid(), true);
  blocked.snapshot_index = std::max(failed.snapshot_index, result.refresh_index);
  failed.blocked_eval = blocked.id;
  return Finish{{std::move(blocked), std::move(failed)}};
}

}  // namespace core::scheduler
