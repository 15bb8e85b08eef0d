#include "core/scheduler/scheduler.hpp"

#include <fmt/format.h>

#include "core/scheduler/pass.hpp"

namespace core::scheduler {
namespace {

constexpr std::string_view waits_for_capacity = "created to place remaining allocations";
constexpr std::string_view waits_for_conflicts = "created due to placement conflicts";

bool is_known_type(std::string_view type) {
  return type == "service" || type == "batch" || type == "system" || type == "sysbatch";
}

}  // namespace

model::Evaluation blocked_eval(const model::Evaluation& eval, std::string id, bool placement_conflicts) {
  model::Evaluation blocked;
  blocked.id = std::move(id);
  blocked.namespace_ = eval.namespace_;
  blocked.priority = eval.priority;
  blocked.type = eval.type;
  blocked.triggered_by =
      placement_conflicts ? model::EvalTrigger::max_plan_attempts : model::EvalTrigger::queued_allocs;
  blocked.job_id = eval.job_id;
  blocked.job_modify_index = eval.job_modify_index;
  blocked.status = model::EvalStatus::blocked;
  blocked.status_description = placement_conflicts ? waits_for_conflicts : waits_for_capacity;
  blocked.previous_eval = eval.id;
  blocked.snapshot_index = eval.snapshot_index;
  blocked.create_time = eval.modify_time;
  blocked.modify_time = eval.modify_time;
  return blocked;
}

Scheduled plan(const state::State& snapshot, const model::Evaluation& eval, Rng rng, WallTime now,
               const Config& config) {
  Scheduled out = nothing_yet(snapshot, eval);
  out.eval.modify_time = now.unix_ns;
  if (!is_known_type(eval.type)) {
    out.eval.status = model::EvalStatus::failed;
    out.eval.status_description = fmt::format("scheduler type \"{}\" is not known", eval.type);
    return out;
  }
  const state::Ref<model::Job> job = snapshot.job(eval.namespace_, eval.job_id);
  if (job == nullptr || job->stop) {
    // Nothing is to run: no node has to be looked at.
    const Reconciled wanted = reconcile(snapshot, job.get(), eval, now);
    out.plan.job = job;
    out.plan.annotations = wanted.updates;
    for (const Stop& stop : wanted.stops)
      out.plan.stops.push_back(
          {stop.alloc->id, stop.alloc->node_id, std::string(stop.description), stop.client_status, ""});
    return out;
  }
  Pass pass(snapshot, eval, *job, rng, now, config);
  pass.out().plan.job = job;
  pass.out().eval.modify_time = now.unix_ns;
  if (job->type == "system" || job->type == "sysbatch")
    plan_system(pass, snapshot, eval, *job);
  else
    plan_generic(pass, snapshot, eval, *job, rng, now);
  return pass.finish();
}

}  // namespace core::scheduler
