#include "core/scheduler/pass.hpp"

#include "core/base/check.hpp"
#include "core/scheduler/reschedule.hpp"

namespace core::scheduler {

Scheduled nothing_yet(const state::State& snapshot, const model::Evaluation& eval) {
  Scheduled out;
  out.plan.eval_id = eval.id;
  out.plan.priority = eval.priority;
  out.plan.snapshot_index = snapshot.index();
  out.eval = eval;
  out.eval.status = model::EvalStatus::complete;
  out.eval.status_description.clear();
  out.eval.failed_tg_allocs.clear();
  out.eval.queued_allocations.clear();
  out.eval.class_eligibility.clear();
  out.eval.escaped_computed_class = false;
  out.eval.snapshot_index = snapshot.index();
  return out;
}

Pass::Pass(const state::State& snapshot, const model::Evaluation& eval, const model::Job& job, Rng& rng, WallTime now,
           const Config& config)
    : snapshot_(snapshot),
      eval_(eval),
      job_(job),
      rng_(rng),
      now_(now),
      cluster_(snapshot, eval.namespace_, eval.job_id, job),
      selector_(cluster_, job, config.algorithm, rng),
      out_(nothing_yet(snapshot, eval)) {
  out_.plan.all_at_once = job.all_at_once;
  for (const model::TaskGroup& group : job.task_groups) out_.eval.queued_allocations[group.name] = 0;
}

void Pass::stop(const Stop& stop) {
  selector_.stop(*stop.alloc);
  out_.plan.stops.push_back(
      {stop.alloc->id, stop.alloc->node_id, std::string(stop.description), stop.client_status, ""});
}

void Pass::unstop(const model::Allocation& alloc) {
  check(!out_.plan.stops.empty() && out_.plan.stops.back().alloc_id == alloc.id, "only the last stop is taken back");
  out_.plan.stops.pop_back();
  selector_.restore(alloc);
}

void Pass::place(const Choice& choice, const Missing& missing) {
  const model::Node& node = cluster_.node(choice.slot);
  model::Allocation& alloc = out_.plan.placements.emplace_back();
  alloc.id = rng_.uuid();
  alloc.namespace_ = eval_.namespace_;
  alloc.eval_id = eval_.id;
  alloc.name = missing.name;
  alloc.node_id = node.id;
  alloc.node_name = node.name;
  alloc.job_id = job_.id;
  alloc.task_group = missing.group->name;
  alloc.allocated_resources = choice.resources;
  alloc.metrics = std::make_shared<const model::AllocMetric>(selector_.metrics());
  alloc.create_time = now_.unix_ns;
  alloc.modify_time = now_.unix_ns;
  if (missing.previous != nullptr) {
    alloc.previous_allocation = missing.previous->id;
    if (missing.rescheduled) alloc.reschedule_tracker = next_tracker(*missing.previous, now_);
  }
  selector_.place(choice, alloc.id, *missing.group);
}

void Pass::keep(const InPlace& in_place) {
  model::Allocation& alloc = out_.plan.placements.emplace_back(*in_place.alloc);
  alloc.job = nullptr;  // the plan's
  alloc.eval_id = eval_.id;
  if (const SlotIndex slot = cluster_.find(alloc.node_id); slot != no_slot)
    selector_.place({slot, alloc.allocated_resources}, alloc.id, *in_place.group);
}

void Pass::fail(const model::TaskGroup& group) {
  ++out_.eval.queued_allocations[group.name];
  const auto [metric, is_first] = out_.eval.failed_tg_allocs.try_emplace(group.name);
  if (is_first)
    metric->second = selector_.metrics();
  else
    ++metric->second.coalesced_failures;
}

Scheduled Pass::finish() {
  if (out_.eval.failed_tg_allocs.empty()) return std::move(out_);
  const bool delayed_instead = !out_.follow_ups.empty() && !eval_.wait_until.is_set();
  const bool is_blocked = eval_.status == model::EvalStatus::blocked;
  if (!is_blocked && delayed_instead) return std::move(out_);
  model::Evaluation waiting = is_blocked ? out_.eval : blocked_eval(out_.eval, rng_.uuid(), false);
  waiting.status = model::EvalStatus::blocked;
  waiting.snapshot_index = snapshot_.index();
  waiting.escaped_computed_class = selector_.feasibility().escaped();
  if (!waiting.escaped_computed_class) waiting.class_eligibility = selector_.feasibility().class_eligibility();
  if (is_blocked) {
    // The same evaluation waits on: a new one would say nothing else.
    waiting.status_description = eval_.status_description;
    out_.eval = std::move(waiting);
    return std::move(out_);
  }
  out_.eval.blocked_eval = waiting.id;
  out_.blocked = std::move(waiting);
  return std::move(out_);
}

}  // namespace core::scheduler
